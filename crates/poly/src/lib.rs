//! Part of wrt.

//! The computation graph of a formula: `wrt trace` as a table, `wrt graph` as a picture.

pub mod trace;
mod words;

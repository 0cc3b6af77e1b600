//! The tests of pictures.

mod pictures;

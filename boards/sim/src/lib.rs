//! The simulated board.

#![deny(unsafe_code)]

pub mod engine;

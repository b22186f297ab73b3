//! The simulated board.

#![deny(unsafe_code)]

pub mod engine;
#[expect(
    unsafe_code,
    reason = "pages with stable addresses, copied by volatile accesses"
)]
pub mod host_memory;
pub mod monitor;
mod random;
pub mod root_complex;

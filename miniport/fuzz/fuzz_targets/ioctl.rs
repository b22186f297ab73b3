//! Any bytes as a sequence of requests to the reference miniport.
#![no_main]

#[path = "../bodies/ioctl.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::run(bytes));

//! Any bytes as registry names, values and files.
#![no_main]

#[path = "../bodies/registry.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::run(bytes));

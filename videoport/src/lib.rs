//! The Windows video port services.
#![no_std]

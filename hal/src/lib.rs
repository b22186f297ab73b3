//! Register-level HAL of the Lumenport display card.
#![no_std]

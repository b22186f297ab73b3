//! Lumenport's one register map.
#![no_std]

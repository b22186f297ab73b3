//! The Lumenport reference miniport.
#![no_std]

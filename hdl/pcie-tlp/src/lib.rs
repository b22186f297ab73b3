//! PCI Express TLP, DLLP and ordered-set codec.
#![no_std]

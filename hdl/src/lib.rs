//! Gateware of the Lumenport display card, in rust-hdl.

//! What a gateware file imports: rust-hdl's prelude with the types that simulate fast.
//!
//! `use crate::prelude::*;` (in tests `use lumenport_hdl::prelude::*;`) instead of
//! `rust_hdl::prelude`. [`Bits`], [`DFF`] and the functions on them have the same names, methods
//! and generated Verilog.

pub use crate::bits::{Bits, ToBits, bit_cast, bits};
pub use crate::constant::Const;
pub use crate::dff::DFF;
pub use rust_hdl::prelude::*;

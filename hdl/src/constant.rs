//! Constants of a block with a default value, so that a block can derive `Default`.
//!
//! rust-hdl's `Constant` has none: every block with a constant would need a constructor that lists
//! all of its ports. [`Const`] carries the usual value in its type; [`Const::with`] replaces it
//! where a parameter is known only at run time. Generated Verilog is that of `Constant`.

use crate::bits::{Bits, bits};
use rust_hdl::prelude::{Block, Constant, LiteralType, Logic, Probe};

/// A constant of `N` bits, `V` unless given otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Const<const N: usize, const V: LiteralType>(Constant<Bits<N>>);

impl<const N: usize, const V: LiteralType> Const<N, V> {
    /// A constant with another value than `V`.
    #[must_use]
    pub fn with(value: LiteralType) -> Self {
        Self(Constant::new(bits(value)))
    }

    /// The value.
    #[must_use]
    pub fn val(&self) -> Bits<N> {
        self.0.val()
    }
}

impl<const N: usize, const V: LiteralType> Default for Const<N, V> {
    fn default() -> Self {
        Self::with(V)
    }
}

impl<const N: usize, const V: LiteralType> Logic for Const<N, V> {
    fn update(&mut self) {}

    fn connect(&mut self) {}
}

impl<const N: usize, const V: LiteralType> Block for Const<N, V> {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.0.accept(name, probe);
    }
}

//! Bit vectors of up to 32 bits, as one machine word.
//!
//! Methods, operators, conversions and generated Verilog are those of rust-hdl's own `Bits`; a
//! block does not see the difference. That type is ten words long and its shifts and slices go
//! through heap-allocated big integers, which took more than half of the time of a simulation.
//! This one is a `u32`. Together with [`crate::dff::DFF`] blocks simulate several times faster.
//! Blocks get it from [`crate::prelude`]. Not supported: more than 32 bits (use lanes), signed
//! arithmetic.

use core::cmp::Ordering;
use core::ops::{Add, BitAnd, BitOr, BitXor, Not, Shl, Shr, Sub};
use rust_hdl::prelude as upstream;
use upstream::{LiteralType, Synth, TypeDescriptor, VCDValue, VerilogLiteral};

/// A vector of `N` bits, `N` in 1..=32. Arithmetic wraps at `2^N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Bits<const N: usize>(u32);

impl<const N: usize> Bits<N> {
    const MASK: u32 = {
        assert!(
            N >= 1 && N <= 32,
            "a vector has 1 to 32 bits; use lanes for more"
        );
        u32::MAX >> (32 - N)
    };

    #[inline]
    const fn wrapped(value: u32) -> Self {
        Self(value & Self::MASK)
    }

    /// All bits one.
    #[inline]
    #[must_use]
    pub const fn mask() -> Self {
        Self(Self::MASK)
    }

    /// Any bit is one.
    #[inline]
    #[must_use]
    pub const fn any(&self) -> bool {
        self.0 != 0
    }

    /// All bits are one.
    #[inline]
    #[must_use]
    pub const fn all(&self) -> bool {
        self.0 == Self::MASK
    }

    /// Parity: an odd number of bits is one.
    #[inline]
    #[must_use]
    pub const fn xor(&self) -> bool {
        self.0.count_ones() & 1 == 1
    }

    /// The value as an index.
    #[inline]
    #[must_use]
    pub const fn index(&self) -> usize {
        self.0 as usize
    }

    /// Bit `index`.
    ///
    /// # Panics
    /// When `index` is not below `N`.
    #[inline]
    #[must_use]
    pub const fn get_bit(&self, index: usize) -> bool {
        assert!(index < N);
        self.0 >> index & 1 == 1
    }

    /// This vector with bit `index` replaced.
    ///
    /// # Panics
    /// When `index` is not below `N`.
    #[inline]
    #[must_use]
    pub const fn replace_bit(&self, index: usize, val: bool) -> Self {
        assert!(index < N);
        Self(self.0 & !(1 << index) | (val as u32) << index)
    }

    /// `M` bits from bit `index` up; bits beyond the end are zero.
    ///
    /// # Panics
    /// When `index` is above `N`.
    #[inline]
    #[must_use]
    pub const fn get_bits<const M: usize>(&self, index: usize) -> Bits<M> {
        assert!(index <= N);
        Bits::wrapped((self.0 as u64 >> index) as u32)
    }

    /// The low 8 bits.
    ///
    /// # Panics
    /// When `N` is above 8.
    #[inline]
    #[must_use]
    pub const fn to_u8(self) -> u8 {
        assert!(N <= 8);
        self.0 as u8
    }

    /// The value.
    ///
    /// # Panics
    /// When `N` is above 16.
    #[inline]
    #[must_use]
    pub const fn to_u16(self) -> u16 {
        assert!(N <= 16);
        self.0 as u16
    }

    /// The value.
    #[inline]
    #[must_use]
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// The value.
    #[inline]
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0 as u64
    }
}

/// `x` with `M` bits: cut off or extended with zeros.
#[inline]
#[must_use]
pub const fn bit_cast<const M: usize, const N: usize>(x: Bits<N>) -> Bits<M> {
    Bits::wrapped(x.0)
}

/// A literal as a vector.
///
/// # Panics
/// When the value does not fit.
#[inline]
#[must_use]
pub fn bits<const N: usize>(x: LiteralType) -> Bits<N> {
    x.into()
}

/// Integers as vectors, for generated code.
pub trait ToBits {
    /// The value with `N` bits.
    ///
    /// # Panics
    /// When the value does not fit.
    fn to_bits<const N: usize>(self) -> Bits<N>;
}

impl ToBits for usize {
    #[inline]
    fn to_bits<const N: usize>(self) -> Bits<N> {
        (self as LiteralType).into()
    }
}

impl ToBits for u32 {
    #[inline]
    fn to_bits<const N: usize>(self) -> Bits<N> {
        LiteralType::from(self).into()
    }
}

impl<const N: usize> From<LiteralType> for Bits<N> {
    #[inline]
    fn from(x: LiteralType) -> Self {
        assert!(
            x <= u64::from(Self::MASK),
            "value 0x{x:x} does not fit {N} bits"
        );
        Self(x as u32)
    }
}

impl<const N: usize> From<Bits<N>> for LiteralType {
    #[inline]
    fn from(x: Bits<N>) -> Self {
        u64::from(x.0)
    }
}

impl From<bool> for Bits<1> {
    #[inline]
    fn from(x: bool) -> Self {
        Self(u32::from(x))
    }
}

impl From<Bits<1>> for bool {
    #[inline]
    fn from(x: Bits<1>) -> Self {
        x.any()
    }
}

impl<const N: usize> From<Bits<N>> for upstream::Bits<N> {
    fn from(x: Bits<N>) -> Self {
        u64::from(x.0).into()
    }
}

impl<const N: usize> Synth for Bits<N> {
    const BITS: usize = N;

    fn descriptor() -> TypeDescriptor {
        upstream::Bits::<N>::descriptor()
    }

    fn vcd(self) -> VCDValue {
        upstream::Bits::from(self).vcd()
    }

    fn verilog(self) -> VerilogLiteral {
        upstream::Bits::from(self).verilog()
    }
}

macro_rules! operator {
    ($Trait:ident, $method:ident, |$a:ident, $b:ident| $result:expr) => {
        impl<const N: usize> $Trait for Bits<N> {
            type Output = Self;

            #[inline]
            fn $method(self, rhs: Self) -> Self {
                let ($a, $b) = (self.0, rhs.0);
                Self::wrapped($result)
            }
        }

        impl<const N: usize> $Trait<LiteralType> for Bits<N> {
            type Output = Self;

            #[inline]
            fn $method(self, rhs: LiteralType) -> Self {
                self.$method(Self::from(rhs))
            }
        }

        impl<const N: usize> $Trait<Bits<N>> for LiteralType {
            type Output = Bits<N>;

            #[inline]
            fn $method(self, rhs: Bits<N>) -> Bits<N> {
                Bits::<N>::from(self).$method(rhs)
            }
        }
    };
}

operator!(Add, add, |a, b| a.wrapping_add(b));
operator!(Sub, sub, |a, b| a.wrapping_sub(b));
operator!(BitAnd, bitand, |a, b| a & b);
operator!(BitOr, bitor, |a, b| a | b);
operator!(BitXor, bitxor, |a, b| a ^ b);

impl<const N: usize> Add<bool> for Bits<N> {
    type Output = Self;

    #[inline]
    fn add(self, rhs: bool) -> Self {
        Self::wrapped(self.0.wrapping_add(u32::from(rhs)))
    }
}

impl<const N: usize> Not for Bits<N> {
    type Output = Self;

    #[inline]
    fn not(self) -> Self {
        Self::wrapped(!self.0)
    }
}

impl<const N: usize> Shl<LiteralType> for Bits<N> {
    type Output = Self;

    #[inline]
    fn shl(self, rhs: LiteralType) -> Self {
        if rhs < 32 {
            Self::wrapped(self.0 << rhs)
        } else {
            Self(0)
        }
    }
}

impl<const N: usize> Shr<LiteralType> for Bits<N> {
    type Output = Self;

    #[inline]
    fn shr(self, rhs: LiteralType) -> Self {
        if rhs < 32 {
            Self(self.0 >> rhs)
        } else {
            Self(0)
        }
    }
}

impl<const M: usize, const N: usize> Shl<Bits<M>> for Bits<N> {
    type Output = Self;

    #[inline]
    fn shl(self, rhs: Bits<M>) -> Self {
        self << rhs.to_u64()
    }
}

impl<const M: usize, const N: usize> Shr<Bits<M>> for Bits<N> {
    type Output = Self;

    #[inline]
    fn shr(self, rhs: Bits<M>) -> Self {
        self >> rhs.to_u64()
    }
}

impl<const N: usize> PartialEq<LiteralType> for Bits<N> {
    #[inline]
    fn eq(&self, other: &LiteralType) -> bool {
        u64::from(self.0) == *other
    }
}

impl<const N: usize> PartialEq<Bits<N>> for LiteralType {
    #[inline]
    fn eq(&self, other: &Bits<N>) -> bool {
        *self == u64::from(other.0)
    }
}

impl PartialEq<bool> for Bits<1> {
    #[inline]
    fn eq(&self, other: &bool) -> bool {
        self.any() == *other
    }
}

impl<const N: usize> PartialOrd<LiteralType> for Bits<N> {
    #[inline]
    fn partial_cmp(&self, other: &LiteralType) -> Option<Ordering> {
        u64::from(self.0).partial_cmp(other)
    }
}

impl<const N: usize> PartialOrd<Bits<N>> for LiteralType {
    #[inline]
    fn partial_cmp(&self, other: &Bits<N>) -> Option<Ordering> {
        self.partial_cmp(&u64::from(other.0))
    }
}

impl<const N: usize> core::fmt::LowerHex for Bits<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::LowerHex::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs every operation on both types and compares; `N` and `M` are widths.
    fn agree<const N: usize, const M: usize>(a: u64, b: u64, shift: u64) {
        let (a, b) = (
            a & Bits::<N>::mask().to_u64(),
            b & Bits::<N>::mask().to_u64(),
        );
        let (x, y): (Bits<N>, Bits<N>) = (a.into(), b.into());
        let (their_x, their_y): (upstream::Bits<N>, upstream::Bits<N>) = (a.into(), b.into());
        let same =
            |ours: Bits<N>, theirs: upstream::Bits<N>| assert_eq!(ours.to_u64(), theirs.to_u64());
        same(x + y, their_x + their_y);
        same(x - y, their_x - their_y);
        same(x & y, their_x & their_y);
        same(x | y, their_x | their_y);
        same(x ^ y, their_x ^ their_y);
        same(!x, !their_x);
        same(x << shift, their_x << shift);
        same(x >> shift, their_x >> shift);
        same(x + true, their_x + true);
        let bit = shift as usize % N;
        same(x.replace_bit(bit, true), their_x.replace_bit(bit, true));
        same(x.replace_bit(bit, false), their_x.replace_bit(bit, false));
        assert_eq!(x.get_bit(bit), their_x.get_bit(bit));
        assert_eq!(
            x.get_bits::<M>(bit).to_u64(),
            their_x.get_bits::<M>(bit).to_u64()
        );
        assert_eq!(
            bit_cast::<M, N>(x).to_u64(),
            upstream::bit_cast::<M, N>(their_x).to_u64()
        );
        assert_eq!(
            (x.any(), x.all(), x.xor()),
            (their_x.any(), their_x.all(), their_x.xor())
        );
        assert_eq!(
            (x < y, x == y, x >= y),
            (their_x < their_y, their_x == their_y, their_x >= their_y)
        );
        assert_eq!(
            (x < b, x == b, x >= b),
            (their_x < b, their_x == b, their_x >= b)
        );
        assert_eq!(x.verilog().to_string(), their_x.verilog().to_string());
    }

    #[test]
    fn operations_agree_with_rust_hdl() {
        let mut rng = crate::testbench::Rng::new(5);
        for _ in 0..500 {
            let (a, b) = (u64::from(rng.next_u32()), u64::from(rng.next_u32()));
            let shift = u64::from(rng.below(40));
            agree::<1, 1>(a, b, shift);
            agree::<3, 5>(a, b, shift);
            agree::<8, 3>(a, b, shift);
            agree::<13, 32>(a, b, shift);
            agree::<31, 7>(a, b, shift);
            agree::<32, 1>(a, b, shift);
            agree::<32, 32>(a, b, shift);
        }
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn a_literal_that_does_not_fit_is_refused() {
        let _: Bits<4> = 16.into();
    }

    #[test]
    fn width_and_description_are_those_of_rust_hdl() {
        assert_eq!(Bits::<13>::BITS, 13);
        let (ours, theirs) = (Bits::<13>::descriptor(), upstream::Bits::<13>::descriptor());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }
}

//! Typed registers: fields that know their register, windows that know their bounds.

use crate::meta::{Instance, RegMeta};
use core::marker::PhantomData;

/// A mask of the `width` lowest bits; all ones from 32 on.
pub(crate) const fn low_mask(width: u32) -> u32 {
    if width >= 32 {
        u32::MAX
    } else {
        (1 << width) - 1
    }
}

/// A field of register `R`. Only `R`'s own methods take it.
pub struct Field<R> {
    lsb: u8,
    width: u8,
    register: PhantomData<fn() -> R>,
}

impl<R> Clone for Field<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Field<R> {}

impl<R> Field<R> {
    /// Field at `msb:lsb`; the block check has proved `lsb <= msb <= 31`.
    pub(crate) const fn new(msb: u8, lsb: u8) -> Self {
        Self {
            lsb: lsb & 31,
            width: (msb & 31).saturating_sub(lsb & 31) + 1,
            register: PhantomData,
        }
    }

    /// Lowest bit, 0..=31.
    #[must_use]
    pub const fn lsb(self) -> u32 {
        self.lsb as u32
    }

    /// Width in bits, 1..=32.
    #[must_use]
    pub const fn width(self) -> u32 {
        self.width as u32
    }

    /// Largest value the field holds.
    #[must_use]
    pub const fn max(self) -> u32 {
        low_mask(self.width as u32)
    }

    /// Mask within the register.
    #[must_use]
    pub const fn mask(self) -> u32 {
        self.max() << self.lsb
    }

    /// The field's value within the register value `bits`.
    #[must_use]
    pub const fn extract(self, bits: u32) -> u32 {
        (bits >> self.lsb) & self.max()
    }

    /// `bits` with the field replaced by `value`; bits of `value` beyond the field's width are dropped.
    #[must_use]
    pub const fn insert(self, bits: u32, value: u32) -> u32 {
        (bits & !self.mask()) | ((value & self.max()) << self.lsb)
    }
}

/// Any 32-bit register as a value type.
pub trait Register: Copy {
    /// What the map says about it.
    const META: &'static RegMeta;
    /// Value after reset.
    const RESET: Self;
    /// Register from its 32 bits.
    fn from_bits(bits: u32) -> Self;
    /// The 32 bits.
    fn bits(self) -> u32;
}

/// A register at one fixed place in BAR2.
pub trait Addressed: Register {
    /// Bytes from the start of BAR2.
    const OFFSET: u32;
}

/// A register that is a word of a window entry.
pub trait Entry: Register {
    /// The window whose entries hold it.
    const WINDOW: Window;

    /// Bytes from the start of BAR2 to this word of entry `idx`; `None` when there is no such entry.
    #[must_use]
    fn offset_of(idx: u32) -> Option<u32> {
        Self::WINDOW
            .entry_offset(idx)
            .map(|entry| entry | Self::META.offset)
    }
}

/// Place and shape of a window in BAR2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    base: u32,
    count: u32,
    stride: u32,
}

impl Window {
    /// Window `offset` bytes into the block at `instance`.
    pub(crate) const fn new(instance: Instance, offset: u32, count: u32, stride: u32) -> Self {
        Self {
            base: instance.base | offset,
            count,
            stride,
        }
    }

    /// Bytes from the start of BAR2 to entry 0.
    #[must_use]
    pub const fn base(self) -> u32 {
        self.base
    }

    /// Number of entries.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// Bytes from one entry to the next.
    #[must_use]
    pub const fn stride(self) -> u32 {
        self.stride
    }

    /// Bytes from the start of BAR2 to entry `idx`; `None` when there is no such entry.
    #[must_use]
    pub const fn entry_offset(self, idx: u32) -> Option<u32> {
        if idx < self.count {
            Some(self.base | idx.wrapping_mul(self.stride))
        } else {
            None
        }
    }
}

//! Handles: opaque numbers for objects the port owns, with a generation so that an old one is recognised.
//!
//! A handle is one pointer-sized number, so the C layer can hand it out as a pointer: kind in bits 3:0, table index
//! in bits 11:4, generation above. It is never zero.

use core::num::NonZeroUsize;

/// Why a handle does not name a live object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HandleError {
    /// No handle of that kind was ever given out.
    Unknown,
    /// It named an object that is gone.
    Stale,
}

const INDEX_SHIFT: u32 = 4;
const GENERATION_SHIFT: u32 = 12;
/// 20 bits, so that a handle fits 32-bit targets too.
const GENERATION_MASK: usize = 0xf_ffff;

fn compose(kind: u8, index: usize, generation: usize) -> NonZeroUsize {
    let kind = usize::from(kind & 0xf) | 1 << (usize::BITS - 1);
    let raw = kind
        | ((index & 0xff) << INDEX_SHIFT)
        | ((generation & GENERATION_MASK) << GENERATION_SHIFT);
    NonZeroUsize::MIN.saturating_add(raw - 1)
}

/// Declares a handle type of one kind.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub struct $name(core::num::NonZeroUsize);

        impl $name {
            const KIND: u8 = $kind;

            /// The handle as a number for foreign callers. Never 0.
            pub const fn raw(self) -> usize {
                self.0.get()
            }

            /// Takes a number back, `None` when it cannot be a handle of this kind.
            pub fn from_raw(raw: usize) -> Option<Self> {
                let raw = core::num::NonZeroUsize::new(raw)?;
                (raw.get() & 0xf == usize::from(Self::KIND)).then_some(Self(raw))
            }
        }

        impl $crate::handle::Handle for $name {
            const KIND: u8 = $kind;

            fn number(self) -> core::num::NonZeroUsize {
                self.0
            }

            fn from_number(number: core::num::NonZeroUsize) -> Self {
                Self(number)
            }
        }
    };
}
pub(crate) use handle;

/// What the tables need from a handle type.
pub(crate) trait Handle: Copy {
    /// Distinguishes the kinds, `1..16`.
    const KIND: u8;
    /// The whole number.
    fn number(self) -> NonZeroUsize;
    /// The way back.
    fn from_number(number: NonZeroUsize) -> Self;
}

struct Slot<T> {
    generation: usize,
    value: Option<T>,
}

/// A table of at most `N` objects (`N <= 256`) named by handles of type `H`.
pub(crate) struct Table<H, T, const N: usize> {
    slots: [Slot<T>; N],
    kind: core::marker::PhantomData<fn() -> H>,
}

impl<H: Handle, T, const N: usize> Table<H, T, N> {
    /// An empty table.
    pub(crate) fn new() -> Self {
        const { assert!(N <= 256) };
        Self {
            slots: core::array::from_fn(|_| Slot {
                generation: 0,
                value: None,
            }),
            kind: core::marker::PhantomData,
        }
    }

    /// Puts an object in, or gives it back when the table is full.
    pub(crate) fn insert(&mut self, value: T) -> Result<H, T> {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.value.is_none() {
                slot.generation = slot.generation.wrapping_add(1) & GENERATION_MASK;
                slot.value = Some(value);
                return Ok(H::from_number(compose(H::KIND, index, slot.generation)));
            }
        }
        Err(value)
    }

    fn index(&self, handle: H) -> Result<usize, HandleError> {
        let raw = handle.number().get();
        let index = (raw >> INDEX_SHIFT) & 0xff;
        let slot = self.slots.get(index).ok_or(HandleError::Unknown)?;
        let generation = (raw >> GENERATION_SHIFT) & GENERATION_MASK;
        if slot.value.is_some() && compose(H::KIND, index, slot.generation) == handle.number() {
            Ok(index)
        } else if generation != 0
            && generation <= slot.generation
            && compose(H::KIND, index, generation) == handle.number()
        {
            Err(HandleError::Stale)
        } else {
            Err(HandleError::Unknown)
        }
    }

    /// The object behind a handle.
    pub(crate) fn get_mut(&mut self, handle: H) -> Result<&mut T, HandleError> {
        let index = self.index(handle)?;
        self.slots
            .get_mut(index)
            .and_then(|slot| slot.value.as_mut())
            .ok_or(HandleError::Unknown)
    }

    /// Takes the object out; the handle is stale from then on.
    pub(crate) fn remove(&mut self, handle: H) -> Result<T, HandleError> {
        let index = self.index(handle)?;
        self.slots
            .get_mut(index)
            .and_then(|slot| slot.value.take())
            .ok_or(HandleError::Unknown)
    }

    /// All live objects with their handles.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (H, &mut T)> {
        self.slots
            .iter_mut()
            .enumerate()
            .filter_map(|(index, slot)| {
                let handle = H::from_number(compose(H::KIND, index, slot.generation));
                slot.value.as_mut().map(|value| (handle, value))
            })
    }

    /// How many are live.
    pub(crate) fn len(&self) -> usize {
        self.slots
            .iter()
            .filter(|slot| slot.value.is_some())
            .count()
    }

    /// Any live handle, for tearing down.
    pub(crate) fn any(&mut self) -> Option<H> {
        self.iter_mut().next().map(|(handle, _)| handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    handle!(
        /// A test handle.
        Probe,
        9
    );

    #[test]
    fn reused_slot_makes_the_old_handle_stale() {
        let mut table = Table::<Probe, u32, 1>::new();
        let first = table.insert(1).unwrap();
        assert_eq!(table.insert(2), Err(2));
        assert_eq!(table.remove(first), Ok(1));
        let second = table.insert(3).unwrap();
        assert_ne!(first, second);
        assert_eq!(table.get_mut(first), Err(HandleError::Stale));
        assert_eq!(table.get_mut(second), Ok(&mut 3));
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn numbers_that_were_never_handles_are_unknown() {
        let mut table = Table::<Probe, u32, 2>::new();
        let live = table.insert(1).unwrap();
        assert_eq!(Probe::from_raw(0), None);
        assert_eq!(Probe::from_raw(live.raw() ^ 1), None);
        let never = Probe::from_raw(live.raw() | 1 << 20).unwrap();
        assert_eq!(table.get_mut(never), Err(HandleError::Unknown));
        let outside = Probe::from_raw(live.raw() | 0xff0).unwrap();
        assert_eq!(table.get_mut(outside), Err(HandleError::Unknown));
    }
}

//! Child state requests: which monitors are on, and whether their limits prune the mode list.
//!
//! Source: `IOCTL_VIDEO_GET_CHILD_STATE`, `IOCTL_VIDEO_VALIDATE_CHILD_STATE_CONFIGURATION`,
//! `IOCTL_VIDEO_SET_CHILD_STATE_CONFIGURATION`, `VIDEO_CHILD_STATE`, `VIDEO_CHILD_STATE_CONFIGURATION`.

use super::{code, u32_at};

/// State of a child: in its id as a 32-bit number, out flags.
pub const GET_CHILD_STATE: u32 = code(0x120);
/// Whether a configuration can be had: in [`ChildStateConfiguration`], out 1 or 0 as a 32-bit number.
pub const VALIDATE_CHILD_STATE_CONFIGURATION: u32 = code(0x121);
/// Go there: in [`ChildStateConfiguration`].
pub const SET_CHILD_STATE_CONFIGURATION: u32 = code(0x122);

/// The child shows the picture.
pub const CHILD_ACTIVE: u32 = 1;
/// The child is not there.
pub const CHILD_DETACHED: u32 = 2;
/// Modes are not left out because of the child's size. The header calls it `_RESOLUTION`.
pub const CHILD_NOPRUNE_SIZE: u32 = 0x4000_0000;
/// Modes are not left out because of the child's frequencies.
pub const CHILD_NOPRUNE_FREQ: u32 = 0x8000_0000;

/// `VIDEO_CHILD_STATE`: one child and its flags.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChildState {
    /// The child's id.
    pub id: u32,
    /// Flags, `CHILD_*`.
    pub state: u32,
}

/// `VIDEO_CHILD_STATE_CONFIGURATION`: a count and so many [`ChildState`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChildStateConfiguration<'b> {
    entries: &'b [u8],
}

impl<'b> ChildStateConfiguration<'b> {
    /// Bytes before the first entry.
    const HEAD: usize = 4;
    /// Bytes of an entry.
    const ENTRY: usize = 8;

    /// A checked view; `None` when the buffer is shorter than its count says.
    pub fn parse(bytes: &'b [u8]) -> Option<Self> {
        let count = usize::try_from(u32_at(bytes, 0)?).ok()?;
        let end = count.checked_mul(Self::ENTRY)?.checked_add(Self::HEAD)?;
        let entries = bytes.get(Self::HEAD..end)?;
        Some(Self { entries })
    }

    /// The children, in the order of the buffer.
    pub fn children(&self) -> impl Iterator<Item = ChildState> + use<'b> {
        let entries = self.entries.chunks_exact(Self::ENTRY);
        entries.filter_map(|entry| {
            Some(ChildState {
                id: u32_at(entry, 0)?,
                state: u32_at(entry, 4)?,
            })
        })
    }

    /// The byte form of a configuration of one child.
    pub fn emit_one(child: ChildState) -> [u8; 12] {
        let mut bytes = [0; 12];
        let words = [1, child.id, child.state];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_is_read_as_long_as_its_count_says() {
        let child = ChildState {
            id: 7,
            state: CHILD_ACTIVE | CHILD_NOPRUNE_FREQ,
        };
        let bytes = ChildStateConfiguration::emit_one(child);
        let parsed = ChildStateConfiguration::parse(&bytes).unwrap();
        assert!(parsed.children().eq([child]));
        assert_eq!(ChildStateConfiguration::parse(&bytes[..11]), None);
        assert_eq!(ChildStateConfiguration::parse(&[0xFF; 4]), None);
        let none = ChildStateConfiguration::parse(&[0; 4]).unwrap();
        assert_eq!(none.children().count(), 0);
    }
}

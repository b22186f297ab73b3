//! The block of process memory behind the simulated RAM, reached only by volatile copies.
//!
//! This file holds all unsafe code of host memory.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::PAGE_BYTES;

/// Memory with a stable address, aligned to pages.
///
/// # Invariants
/// `start` points to `len` bytes (a multiple of [`PAGE_BYTES`]) allocated with the layout made of both, valid until drop. No
/// reference to them is ever made here.
pub(super) struct Arena {
    start: NonNull<u64>,
    len: usize,
}

// SAFETY: the arena owns its allocation; `start` is not tied to the thread that made it.
unsafe impl Send for Arena {}
// SAFETY: all methods copy by volatile accesses inside the allocation and make no reference. Two threads that touch the same bytes
// at the same time are ordered by whoever holds the pages, exactly as processor and device are on real hardware.
unsafe impl Sync for Arena {}

/// Bytes that are moved at once where the alignment allows it.
const WORD: usize = size_of::<u64>();

impl Arena {
    /// Allocates `len` bytes, a positive multiple of the page; `None` when the length is illegal or the system has no memory.
    pub(super) fn new(len: usize) -> Option<Self> {
        let layout = Layout::from_size_align(len, PAGE_BYTES).ok()?;
        if len == 0 || !len.is_multiple_of(PAGE_BYTES) {
            return None;
        }
        // SAFETY: the layout's size is not zero, checked above.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        // INVARIANT: allocated just now with the layout that drop recomputes from `len`.
        Some(Self {
            start: start.cast(),
            len,
        })
    }

    /// Pointer to the byte at `offset`.
    ///
    /// # Panics
    /// When `offset` is outside.
    pub(super) fn pointer(&self, offset: usize) -> NonNull<u8> {
        assert!(
            offset < self.len,
            "offset {offset} outside the arena of {}",
            self.len
        );
        // SAFETY: `offset` is inside the allocation (asserted), so the result stays inside it.
        unsafe { self.start.cast::<u8>().add(offset) }
    }

    /// Offset of `pointer`, when `len` bytes from there are all inside.
    pub(super) fn offset_of(&self, pointer: *const u8, len: usize) -> Option<usize> {
        let offset = (pointer as usize).checked_sub(self.start.as_ptr() as usize)?;
        (offset.checked_add(len)? <= self.len && offset < self.len).then_some(offset)
    }

    /// Copies bytes out.
    ///
    /// # Panics
    /// When the range is outside.
    pub(super) fn read(&self, offset: usize, bytes: &mut [u8]) {
        assert!(offset <= self.len && bytes.len() <= self.len - offset);
        let head = bytes.len().min(offset.wrapping_neg() % WORD);
        let (head, rest) = bytes.split_at_mut(head);
        self.read_bytes(offset, head);
        let mut at = offset + head.len();
        let mut words = rest.chunks_exact_mut(WORD);
        for word in &mut words {
            let source = self.start.as_ptr().wrapping_add(at / WORD);
            // SAFETY: `at` is a multiple of the word inside the asserted range; initialised (zeroed at first, then written).
            let value = unsafe { source.read_volatile() };
            word.copy_from_slice(&value.to_ne_bytes());
            at += WORD;
        }
        self.read_bytes(at, words.into_remainder());
    }

    /// Copies single bytes out of a range that the caller has checked.
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) {
        let mut source = self.start.as_ptr().cast::<u8>().wrapping_add(offset);
        for byte in bytes {
            // SAFETY: inside the range that the caller checked; bytes need no alignment; initialised.
            *byte = unsafe { source.read_volatile() };
            source = source.wrapping_add(1);
        }
    }

    /// Copies bytes in.
    ///
    /// # Panics
    /// When the range is outside.
    pub(super) fn write(&self, offset: usize, bytes: &[u8]) {
        assert!(offset <= self.len && bytes.len() <= self.len - offset);
        let (head, rest) = bytes.split_at(bytes.len().min(offset.wrapping_neg() % WORD));
        self.write_bytes(offset, head);
        let mut at = offset + head.len();
        let words = rest.chunks_exact(WORD);
        let tail = words.remainder();
        for word in words {
            let mut value = [0; WORD];
            value.copy_from_slice(word);
            let target = self.start.as_ptr().wrapping_add(at / WORD);
            // SAFETY: `at` is a multiple of the word inside the asserted range.
            unsafe { target.write_volatile(u64::from_ne_bytes(value)) };
            at += WORD;
        }
        self.write_bytes(at, tail);
    }

    /// Copies single bytes into a range that the caller has checked.
    fn write_bytes(&self, offset: usize, bytes: &[u8]) {
        let mut target = self.start.as_ptr().cast::<u8>().wrapping_add(offset);
        for byte in bytes {
            // SAFETY: inside the range that the caller checked; bytes need no alignment.
            unsafe { target.write_volatile(*byte) };
            target = target.wrapping_add(1);
        }
    }

    /// Overwrites `len` bytes with one value.
    ///
    /// # Panics
    /// When the range is outside.
    pub(super) fn fill(&self, offset: usize, len: usize, byte: u8) {
        let page = [byte; PAGE_BYTES];
        let mut done = 0;
        while done < len {
            let piece = (len - done).min(PAGE_BYTES);
            self.write(offset + done, &page[..piece]);
            done += piece;
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Ok(layout) = Layout::from_size_align(self.len, PAGE_BYTES) {
            // SAFETY: allocated by `alloc_zeroed` with this same layout (invariant) and freed only here.
            unsafe { dealloc(self.start.as_ptr().cast(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alignment_and_length_round_trips_and_touches_nothing_else() {
        let arena = Arena::new(PAGE_BYTES).unwrap();
        let source: Vec<u8> = (1..=40).collect();
        for offset in 8..24 {
            for len in 0..source.len() {
                arena.fill(0, 128, 0xAA);
                arena.write(offset, &source[..len]);
                let mut all = [0; 128];
                arena.read(0, &mut all);
                assert_eq!(all[offset..offset + len], source[..len]);
                assert!(
                    all[..offset]
                        .iter()
                        .chain(&all[offset + len..])
                        .all(|byte| *byte == 0xAA)
                );
                let mut back = vec![0; len];
                arena.read(offset, &mut back);
                assert_eq!(back, source[..len]);
            }
        }
    }

    #[test]
    fn offsets_outside_are_refused() {
        let arena = Arena::new(PAGE_BYTES).unwrap();
        let start = arena.pointer(0).as_ptr();
        assert_eq!(arena.offset_of(start, PAGE_BYTES), Some(0));
        assert_eq!(arena.offset_of(start, PAGE_BYTES + 1), None);
        assert_eq!(arena.offset_of(start.wrapping_add(PAGE_BYTES), 0), None);
        assert_eq!(arena.offset_of(start.wrapping_sub(1), 1), None);
        assert!(Arena::new(0).is_none());
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn reading_past_the_end_is_stopped() {
        Arena::new(PAGE_BYTES)
            .unwrap()
            .read(PAGE_BYTES - 1, &mut [0; 2]);
    }
}

//! What the host knows about each page: allocated or not, pins, and what it tells the device.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::HostMemoryError;

/// What a pin allows the device to do with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinRights {
    /// The device may read the page.
    DeviceReads,
    /// The device may write the page.
    DeviceWrites,
    /// Both.
    Both,
}

/// How a page answers the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageAccess {
    /// As memory does.
    #[default]
    ReadWrite,
    /// Writes are refused.
    ReadOnly,
    /// Everything is refused.
    None,
    /// As if there were no memory.
    Absent,
}

/// What is still held when it should have been given back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaks {
    /// Allocations: first frame number and pages.
    pub allocations: Vec<(usize, usize)>,
    /// Pages that are pinned, allocated or not.
    pub pinned_pages: usize,
}

impl Leaks {
    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.allocations.is_empty() && self.pinned_pages == 0
    }

    /// Pages of all allocations.
    pub fn page_count(&self) -> usize {
        self.allocations.iter().map(|(_, count)| count).sum()
    }
}

/// One page's state in a word, so that the device's side needs no lock.
///
/// Layout: read pins 11:0, write pins 23:12, access 25:24, allocated 26.
#[derive(Clone, Copy)]
pub(super) struct State(u32);

const READ_PIN: u32 = 1;
const WRITE_PIN: u32 = 1 << 12;
const PIN_MASK: u32 = 0xFFF;
const ACCESS_SHIFT: u32 = 24;
const ALLOCATED: u32 = 1 << 26;

impl State {
    fn reads(self) -> u32 {
        self.0 & PIN_MASK
    }

    fn writes(self) -> u32 {
        self.0 >> 12 & PIN_MASK
    }

    /// Whether a pin with this right is held.
    pub(super) fn is_pinned(self, right: PinRights) -> bool {
        match right {
            PinRights::DeviceReads => self.reads() != 0,
            PinRights::DeviceWrites => self.writes() != 0,
            PinRights::Both => self.reads() != 0 && self.writes() != 0,
        }
    }

    /// How the page answers the device.
    pub(super) fn access(self) -> PageAccess {
        match self.0 >> ACCESS_SHIFT & 3 {
            0 => PageAccess::ReadWrite,
            1 => PageAccess::ReadOnly,
            2 => PageAccess::None,
            _ => PageAccess::Absent,
        }
    }
}

fn pin_unit(rights: PinRights) -> u32 {
    match rights {
        PinRights::DeviceReads => READ_PIN,
        PinRights::DeviceWrites => WRITE_PIN,
        PinRights::Both => READ_PIN + WRITE_PIN,
    }
}

/// The books of all pages. Changes go through the lock; the device's side only reads [`State`] words.
pub(super) struct Pages {
    states: Vec<AtomicU32>,
    /// First frame of the contiguous zone.
    scattered: usize,
    allocations: Mutex<BTreeMap<usize, usize>>,
}

impl Pages {
    pub(super) fn new(scattered: usize, contiguous: usize) -> Self {
        Self {
            states: (0..scattered + contiguous)
                .map(|_| AtomicU32::new(0))
                .collect(),
            scattered,
            allocations: Mutex::new(BTreeMap::new()),
        }
    }

    /// A panic of another thread between two steps leaves at worst a leaked page, so the books stay usable.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        self.allocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self, frame: usize) -> State {
        State(self.states[frame].load(Ordering::Acquire))
    }

    fn change(&self, frame: usize, change: impl Fn(u32) -> u32) {
        let word = &self.states[frame];
        word.store(change(word.load(Ordering::Acquire)), Ordering::Release);
    }

    /// Finds the lowest free run of a zone.
    pub(super) fn allocate(
        &self,
        count: usize,
        contiguous: bool,
    ) -> Result<usize, HostMemoryError> {
        let mut allocations = self.lock();
        let zone = if contiguous {
            self.scattered..self.states.len()
        } else {
            0..self.scattered
        };
        let mut at = zone.start;
        let mut free = 0;
        let mut found = None;
        for (start, len) in allocations.range(zone.clone()) {
            free += start - at;
            if found.is_none() && start - at >= count {
                found = Some(at);
            }
            at = start + len;
        }
        free += zone.end - at;
        if found.is_none() && zone.end - at >= count {
            found = Some(at);
        }
        let (Some(start), 1..) = (found, count) else {
            return Err(HostMemoryError::Exhausted { count, free });
        };
        allocations.insert(start, count);
        for frame in start..start + count {
            // Pins of a page that was freed while pinned survive: the device may still be at it.
            self.change(frame, |word| word & !(3 << ACCESS_SHIFT) | ALLOCATED);
        }
        Ok(start)
    }

    /// Frees the allocation `start`, `count`; false when there is none like it.
    ///
    /// `wipe` runs while the pages are still taken: once they are free, another thread may own them.
    pub(super) fn free(&self, start: usize, count: usize, wipe: impl FnOnce()) -> bool {
        let mut allocations = self.lock();
        if allocations.get(&start) != Some(&count) {
            return false;
        }
        wipe();
        allocations.remove(&start);
        for frame in start..start + count {
            self.change(frame, |word| word & !(3 << ACCESS_SHIFT) & !ALLOCATED);
        }
        true
    }

    pub(super) fn all_allocated(&self, frames: Range<usize>) -> bool {
        self.states[frames]
            .iter()
            .all(|word| word.load(Ordering::Acquire) & ALLOCATED != 0)
    }

    /// Adds one pin to every frame.
    ///
    /// # Panics
    /// When a page has 4095 pins of one kind: software that leaks so many is lost.
    pub(super) fn pin(&self, frames: Range<usize>, rights: PinRights) {
        let _books = self.lock();
        for frame in frames {
            let state = self.state(frame);
            assert!(
                state.reads() < PIN_MASK && state.writes() < PIN_MASK,
                "page pinned 4095 times"
            );
            self.change(frame, |word| word + pin_unit(rights));
        }
    }

    /// Takes one pin from every frame, or from none; the error is the first frame that is not pinned so.
    pub(super) fn unpin(&self, frames: Range<usize>, rights: PinRights) -> Result<(), usize> {
        let _books = self.lock();
        if let Some(frame) = frames
            .clone()
            .find(|frame| !self.state(*frame).is_pinned(rights))
        {
            return Err(frame);
        }
        for frame in frames {
            self.change(frame, |word| word - pin_unit(rights));
        }
        Ok(())
    }

    pub(super) fn set_access(&self, frames: Range<usize>, access: PageAccess) {
        let _books = self.lock();
        let code = match access {
            PageAccess::ReadWrite => 0,
            PageAccess::ReadOnly => 1,
            PageAccess::None => 2,
            PageAccess::Absent => 3,
        };
        for frame in frames {
            self.change(frame, |word| {
                word & !(3 << ACCESS_SHIFT) | code << ACCESS_SHIFT
            });
        }
    }

    pub(super) fn leaks(&self) -> Leaks {
        let allocations = self.lock();
        let pinned = |word: &&AtomicU32| word.load(Ordering::Acquire) & 0xFF_FFFF != 0;
        Leaks {
            allocations: allocations
                .iter()
                .map(|(start, count)| (*start, *count))
                .collect(),
            pinned_pages: self.states.iter().filter(pinned).count(),
        }
    }

    pub(super) fn free_count(&self) -> usize {
        self.states.len() - self.lock().values().sum::<usize>()
    }
}

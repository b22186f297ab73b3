//! Register suite: tests of any card, driven by the register map's metadata.
//!
//! The same code runs on the fake card, on the simulated gateware and on a real card: it needs a [`Bus`] and an idle
//! card after reset (no raster, no transfer, nobody holding a semaphore). It never allocates and never panics;
//! failures go to a callback.
//!
//! Everything that was changed is put back to its reset value. Not tested here: side effects of write-only fields,
//! computed fields, semaphore claims; the drivers' own tests do that.

use lumenport_regmap::{Access, BlockMeta, HwAccess, RegMeta, card};

use crate::bus::Bus;

/// Which property a failure is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Check {
    /// Fixed and stored fields read their reset value; write-only fields and unused bits read zero.
    Reset,
    /// Stored fields keep what was written; everything else ignores it.
    ReadWrite,
    /// Each stored bit can be set alone.
    WalkingBit,
    /// No two registers share storage.
    Aliasing,
    /// INTR_TEST sets and a one written to INTR_STATE clears, bit by bit.
    Interrupt,
}

/// One wrong register value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Failure {
    /// What was tested.
    pub check: Check,
    /// Block name.
    pub block: &'static str,
    /// Register name.
    pub register: &'static str,
    /// Bytes from the start of BAR2.
    pub offset: u32,
    /// Bits that were compared.
    pub mask: u32,
    /// Value they should have.
    pub expected: u32,
    /// Value that was read, masked.
    pub found: u32,
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "{:?}: {}.{} at {:#06x}: expected {:#010x}, found {:#010x} (mask {:#010x})",
            self.check,
            self.block,
            self.register,
            self.offset,
            self.expected,
            self.found,
            self.mask
        )
    }
}

/// How many entries of a window are visited.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Depth {
    /// First, last and every power of two: enough to find a stuck or swapped address bit.
    #[default]
    Quick,
    /// All of them.
    Full,
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Summary {
    /// Values compared.
    pub checks: u32,
    /// Of these wrong.
    pub failures: u32,
}

/// Registers whose write acts on the outside; left alone, with the reason in the name.
const SWITCHES_THE_BOARD_CLOCK: (&str, &str) = ("crtc", "CLOCK_SELECT");
const SWITCHES_THE_DISPLAY_ON: (&str, &str) = ("dispi", "ENABLE");
const CLAIMS_A_SEMAPHORE: (&str, &str) = ("sem", "SEM");
/// Written as zero by contract; a card need not store it.
const RESERVED: (&str, &str) = ("elements", "FLAGS");

/// One register at its place.
#[derive(Clone, Copy)]
struct Place {
    block: &'static str,
    meta: &'static RegMeta,
    offset: u32,
    in_window: bool,
}

impl Place {
    /// Bits that software stores and nothing else changes on an idle card.
    fn stored_mask(&self) -> u32 {
        let named = (self.block, self.meta.name);
        let left_alone = [
            SWITCHES_THE_BOARD_CLOCK,
            SWITCHES_THE_DISPLAY_ON,
            CLAIMS_A_SEMAPHORE,
            RESERVED,
        ];
        if left_alone.contains(&named) {
            return 0;
        }
        let keeps =
            |hw: HwAccess| hw != HwAccess::Write && (self.in_window || hw != HwAccess::ReadWrite);
        let fields = self
            .meta
            .fields
            .iter()
            .filter(|field| field.access == Access::ReadWrite && keeps(field.hw));
        fields.fold(0, |mask, field| mask | field.mask())
    }
}

/// A number that differs between all offsets of the BAR: a word index in both halves, stirred.
fn unique(offset: u32) -> u32 {
    (offset >> 2).wrapping_mul(0x9E37_79B1) ^ 0x5A5A_0000
}

/// Visits every register and the chosen window entries.
fn for_each(depth: Depth, mut visit: impl FnMut(Place)) {
    for block in card::BLOCKS {
        for meta in block.registers {
            let offset = block.instance.base.wrapping_add(meta.offset);
            visit(Place {
                block: block.name,
                meta,
                offset,
                in_window: false,
            });
        }
        visit_windows(block, depth, &mut visit);
    }
}

fn visit_windows(block: &'static BlockMeta, depth: Depth, visit: &mut impl FnMut(Place)) {
    for window in block.windows {
        let chosen = |idx: &u32| depth == Depth::Full || idx.is_power_of_two() || *idx == 0;
        let last = window.count.saturating_sub(1);
        let entries = (0..window.count).filter(|idx| chosen(idx) || *idx == last);
        for idx in entries {
            for meta in window.words {
                let entry = window.offset.wrapping_add(idx.wrapping_mul(window.stride));
                let offset = block
                    .instance
                    .base
                    .wrapping_add(entry)
                    .wrapping_add(meta.offset);
                visit(Place {
                    block: block.name,
                    meta,
                    offset,
                    in_window: true,
                });
            }
        }
    }
}

/// The suite over one card.
struct Run<'a, B, F> {
    bus: &'a B,
    depth: Depth,
    report: F,
    summary: Summary,
}

impl<B: Bus, F: FnMut(&Failure)> Run<'_, B, F> {
    fn compare(&mut self, check: Check, place: &Place, mask: u32, expected: u32) {
        let found = self.bus.read32(place.offset) & mask;
        let expected = expected & mask;
        self.summary.checks = self.summary.checks.saturating_add(1);
        if found != expected {
            self.summary.failures = self.summary.failures.saturating_add(1);
            let (block, register, offset) = (place.block, place.meta.name, place.offset);
            (self.report)(&Failure {
                check,
                block,
                register,
                offset,
                mask,
                expected,
                found,
            });
        }
    }

    fn reset(&mut self) {
        for_each(self.depth, |place| {
            if !place.in_window {
                self.compare(
                    Check::Reset,
                    &place,
                    !place.meta.volatile_mask(),
                    place.meta.reset(),
                );
            }
        });
    }

    fn read_write(&mut self) {
        for_each(self.depth, |place| {
            let mask = place.stored_mask();
            if mask == 0 {
                return;
            }
            for pattern in [u32::MAX, 0x5555_5555, 0xAAAA_AAAA, 0] {
                self.bus.write32(place.offset, pattern & mask);
                self.compare(
                    Check::ReadWrite,
                    &place,
                    !place.meta.volatile_mask() | mask,
                    {
                        let fixed = place.meta.reset() & !place.meta.mask_of(Access::ReadWrite);
                        (pattern & mask) | fixed
                    },
                );
            }
            self.restore(&place);
        });
    }

    fn walking_bit(&mut self) {
        for_each(self.depth, |place| {
            let mask = place.stored_mask();
            for bit in (0..32)
                .map(|shift| 1_u32 << shift)
                .filter(|bit| mask & bit != 0)
            {
                self.bus.write32(place.offset, bit);
                self.compare(Check::WalkingBit, &place, mask, bit);
            }
            if mask != 0 {
                self.restore(&place);
            }
        });
    }

    fn aliasing(&mut self) {
        for_each(self.depth, |place| {
            if place.stored_mask() != 0 {
                self.bus
                    .write32(place.offset, unique(place.offset) & place.stored_mask());
            }
        });
        for_each(self.depth, |place| {
            let mask = place.stored_mask();
            if mask != 0 {
                self.compare(Check::Aliasing, &place, mask, unique(place.offset));
            }
        });
        for_each(self.depth, |place| {
            if place.stored_mask() != 0 {
                self.restore(&place);
            }
        });
    }

    fn interrupts(&mut self) {
        for block in card::BLOCKS {
            let (Some(state), Some(test)) =
                (block.register("INTR_STATE"), block.register("INTR_TEST"))
            else {
                continue;
            };
            let offset = block.instance.base.wrapping_add(state.offset);
            let place = Place {
                block: block.name,
                meta: state,
                offset,
                in_window: false,
            };
            let all = state.mask_of(Access::ReadWriteOneClears);
            self.bus.write32(offset, all);
            for bit in (0..32)
                .map(|shift| 1_u32 << shift)
                .filter(|bit| all & bit != 0)
            {
                self.bus
                    .write32(block.instance.base.wrapping_add(test.offset), bit);
                self.compare(Check::Interrupt, &place, all, bit);
                self.bus.write32(offset, all & !bit);
                self.compare(Check::Interrupt, &place, all, bit);
                self.bus.write32(offset, bit);
                self.compare(Check::Interrupt, &place, all, 0);
            }
        }
    }

    fn restore(&self, place: &Place) {
        self.bus.write32(place.offset, place.meta.reset());
    }
}

/// Runs every check. `report` gets each failure.
pub fn run<B: Bus>(bus: &B, depth: Depth, report: impl FnMut(&Failure)) -> Summary {
    let mut run = Run {
        bus,
        depth,
        report,
        summary: Summary::default(),
    };
    run.reset();
    run.read_write();
    run.walking_bit();
    run.aliasing();
    run.interrupts();
    run.summary
}

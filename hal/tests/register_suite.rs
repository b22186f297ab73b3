//! The metadata-driven register suite against the fake card, and against cards with one planted fault each.

use lumenport_hal::bus::Bus;
use lumenport_hal::fake::FakeCard;
use lumenport_hal::regmap::blocks::{elements, id, mem};
use lumenport_hal::suite::{Check, Depth, Failure, run};

/// A card whose accesses pass through a fault.
struct Faulty<R, W> {
    card: FakeCard,
    read: R,
    write: W,
}

impl<R: Fn(u32, u32) -> u32, W: Fn(u32, u32) -> (u32, u32)> Bus for Faulty<R, W> {
    fn read32(&self, offset: u32) -> u32 {
        (self.read)(offset, self.card.read32(offset))
    }
    fn write32(&self, offset: u32, value: u32) {
        let (offset, value) = (self.write)(offset, value);
        self.card.write32(offset, value);
    }
    fn barrier(&self) {}
}

/// A card that maps some offsets onto others.
struct Folding<F>(FakeCard, F);

impl<F: Fn(u32) -> u32> Bus for Folding<F> {
    fn read32(&self, offset: u32) -> u32 {
        self.0.read32((self.1)(offset))
    }
    fn write32(&self, offset: u32, value: u32) {
        self.0.write32((self.1)(offset), value);
    }
    fn barrier(&self) {}
}

fn failures(bus: &impl Bus) -> Vec<Failure> {
    let mut list = Vec::new();
    let summary = run(bus, Depth::Quick, |failure| list.push(*failure));
    assert_eq!(summary.failures as usize, list.len());
    assert!(summary.checks > 1000, "only {} checks", summary.checks);
    list
}

#[test]
fn fake_card_passes_quick_and_full() {
    let card = FakeCard::default();
    assert_eq!(failures(&card), []);
    let summary = run(&card, Depth::Full, |failure| panic!("{failure}"));
    assert!(summary.checks > 100_000);
    assert_eq!(failures(&card), [], "the suite leaves reset values behind");
}

#[test]
fn stuck_bit_is_found_and_named() {
    let read = |offset, value| {
        if offset == id::Scratch::OFFSET {
            value | 0x100
        } else {
            value
        }
    };
    let card = Faulty {
        card: FakeCard::default(),
        read,
        write: |offset, value| (offset, value),
    };
    let found = failures(&card);
    assert!(
        found
            .iter()
            .all(|failure| (failure.block, failure.register) == ("id", "SCRATCH"))
    );
    for check in [Check::Reset, Check::ReadWrite, Check::WalkingBit] {
        assert!(
            found.iter().any(|failure| failure.check == check),
            "{check:?}"
        );
    }
    assert!(
        found
            .iter()
            .any(|failure| failure.to_string().contains("id.SCRATCH at 0x102c"))
    );
}

#[test]
fn swapped_address_bit_is_an_alias() {
    // Element address bit 5 of the window is ignored by this card.
    let base = elements::ELEMENT.base();
    let fold = move |offset: u32| {
        if offset >= base {
            offset & !0x20
        } else {
            offset
        }
    };
    let inner = FakeCard::default();
    let found = failures(&Folding(inner, fold));
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|failure| failure.check == Check::Aliasing && failure.block == "elements")
    );
}

#[test]
fn wrong_reset_value_is_found() {
    let read = |offset, value| {
        if offset == mem::ModelLatency::OFFSET && value == 4 {
            5
        } else {
            value
        }
    };
    let card = Faulty {
        card: FakeCard::default(),
        read,
        write: |offset, value| (offset, value),
    };
    let found = failures(&card);
    assert!(
        found
            .iter()
            .any(|failure| failure.check == Check::Reset && failure.register == "MODEL_LATENCY")
    );
}

#[test]
fn event_that_cannot_be_cleared_is_found() {
    let clear = lumenport_hal::regmap::blocks::plane::IntrState::OFFSET;
    let write = move |offset, value| (offset, if offset == clear { 0 } else { value });
    let card = Faulty {
        card: FakeCard::default(),
        read: |_, value| value,
        write,
    };
    let found = failures(&card);
    assert!(
        found
            .iter()
            .any(|failure| failure.check == Check::Interrupt && failure.block == "plane")
    );
}

use super::*;
use crate::fake::FakeCard;
use core::cell::Cell;
use std::vec::Vec;

/// Counts accesses on their way to a card.
struct Counting<'a> {
    card: &'a FakeCard,
    reads: Cell<u32>,
    writes: Cell<u32>,
}

impl<'a> Counting<'a> {
    fn new(card: &'a FakeCard) -> Self {
        Self {
            card,
            reads: Cell::new(0),
            writes: Cell::new(0),
        }
    }

    fn forget(&self) {
        self.reads.set(0);
        self.writes.set(0);
    }
}

impl Bus for Counting<'_> {
    fn read32(&self, offset: u32) -> u32 {
        self.reads.set(self.reads.get() + 1);
        self.card.read32(offset)
    }
    fn write32(&self, offset: u32, value: u32) {
        self.writes.set(self.writes.get() + 1);
        self.card.write32(offset, value);
    }
    fn barrier(&self) {}
}

fn element(address: u64, length: u32) -> Element {
    Element {
        address: BusAddr::new(address),
        length: ByteLen::new(length),
    }
}

#[test]
fn neighbours_merge_and_others_do_not() {
    let list = [
        element(0x1000, 4096),
        element(0x2000, 4096),
        element(0x4000, 100),
        element(0x4064, 1),
    ];
    let merged: Vec<_> = Merge {
        inner: list.into_iter(),
        held: None,
    }
    .collect();
    assert_eq!(merged, [element(0x1000, 8192), element(0x4000, 101)]);
}

#[test]
fn lock_and_unlock_stay_within_their_access_budget() {
    let card = FakeCard::default();
    let bus = Counting::new(&card);
    let mut tables = SgTables::<32>::attach(&bus).unwrap();
    for n in [1_u32, 2, 7, 64] {
        bus.forget();
        let list = (0..n).map(|page| element(0x1_0000_0000 + u64::from(page) * 0x2000, 4096));
        let locked = tables.lock(&bus, list, Rights::CardReads).unwrap();
        assert_eq!((locked.elements, locked.total.raw()), (n, n * 4096));
        assert!(
            bus.writes.get() <= 4 * n + 8,
            "{n} elements took {} writes",
            bus.writes.get()
        );
        assert_eq!(bus.reads.get(), 1);
        bus.forget();
        tables
            .unlock(&bus, locked.handle, &mut card.delay(), Bound::short())
            .unwrap();
        assert!(bus.reads.get() + bus.writes.get() <= 4);
    }
}

#[test]
fn card_sees_what_was_locked() {
    let card = FakeCard::default();
    let mut tables = SgTables::<32>::attach(&card).unwrap();
    tables
        .lock(&card, [element(0x9000, 10)], Rights::CardReads)
        .unwrap();
    let list = [element(0x1_2345_6789, 77), element(0x5000, 4096)];
    let locked = tables.lock(&card, list, Rights::CardWrites).unwrap();
    let idx = u32::from(locked.handle.slot);
    let control: sgl::Control = card.load_entry(idx).unwrap();
    assert!(control.is_set(sgl::Control::VALID) && control.is_set(sgl::Control::CARD_WRITE));
    assert!(!control.is_set(sgl::Control::CARD_READ));
    assert_eq!(
        control.get(sgl::Control::GENERATION),
        u32::from(locked.handle.generation)
    );
    let table: sgl::Table = card.load_entry(idx).unwrap();
    assert_eq!(
        (table.get(sgl::Table::FIRST), table.get(sgl::Table::COUNT)),
        (1, 2)
    );
    assert_eq!(
        card.load_entry::<sgl::Total>(idx).unwrap().bits(),
        77 + 4096
    );
    assert_eq!(card.load_entry::<elements::AddressHi>(1).unwrap().bits(), 1);
    assert_eq!(
        card.load_entry::<elements::AddressLo>(1).unwrap().bits(),
        0x2345_6789
    );
    assert_eq!(card.load_entry::<elements::Length>(2).unwrap().bits(), 4096);
}

#[test]
fn lists_that_are_no_buffer_are_refused() {
    let card = FakeCard::default();
    let mut tables = SgTables::<32>::attach(&card).unwrap();
    let mut lock = |list: &[Element]| tables.lock(&card, list.iter().copied(), Rights::CardReads);
    assert_eq!(lock(&[]), Err(SglError::Empty));
    assert_eq!(
        lock(&[element(0, 1), element(8, 0)]),
        Err(SglError::ZeroLength { idx: 1 })
    );
    assert_eq!(
        lock(&[element(u64::MAX, 2)]),
        Err(SglError::AddressWrap { idx: 0 })
    );
    assert_eq!(
        lock(&[element(0, u32::MAX), element(1 << 40, 1)]),
        Err(SglError::TooLong)
    );
    assert!(
        lock(&[element(u64::MAX, 1)]).is_ok(),
        "the very last byte is a byte"
    );
    assert_eq!(tables.slots_in_use(), 1);
}

#[test]
fn full_card_is_an_error_and_recovers() {
    let card = FakeCard::default();
    let mut tables = SgTables::<32>::attach(&card).unwrap();
    let held: Vec<_> = (0..32)
        .map(|_| {
            tables
                .lock(&card, [element(0, 1)], Rights::CardReads)
                .unwrap()
                .handle
        })
        .collect();
    assert_eq!(
        tables.lock(&card, [element(0, 1)], Rights::CardReads),
        Err(SglError::NoSlot { slots: 32 })
    );
    for handle in held {
        tables
            .unlock(&card, handle, &mut card.delay(), Bound::short())
            .unwrap();
    }
    let too_many = (0..2049_u64).map(|page| element(page * 0x2000, 1));
    let no_room = SglError::NoElements {
        wanted: 2049,
        largest_free: 2048,
    };
    assert_eq!(
        tables.lock(&card, too_many, Rights::CardReads),
        Err(no_room)
    );
    assert_eq!((tables.slots_in_use(), tables.elements_in_use()), (0, 0));
}

#[test]
fn second_unlock_is_stale() {
    let card = FakeCard::default();
    let mut tables = SgTables::<32>::attach(&card).unwrap();
    let handle = tables
        .lock(&card, [element(0, 1)], Rights::CardReads)
        .unwrap()
        .handle;
    tables
        .unlock(&card, handle, &mut card.delay(), Bound::short())
        .unwrap();
    let again = tables.unlock(&card, handle, &mut card.delay(), Bound::short());
    assert_eq!(again, Err(SglError::StaleHandle { handle }));
}

#[test]
fn next_driver_continues_the_generation() {
    let card = FakeCard::default();
    let first = SgTables::<32>::attach(&card)
        .unwrap()
        .lock(&card, [element(0, 1)], Rights::CardReads)
        .unwrap();
    let mut next = SgTables::<32>::attach(&card).unwrap();
    assert_eq!(next.slots_in_use(), 0);
    let second = next
        .lock(&card, [element(0, 1)], Rights::CardReads)
        .unwrap();
    assert_eq!(first.handle.slot, second.handle.slot);
    assert_eq!(second.handle.generation, first.handle.generation + 1);
}

#[test]
fn card_that_left_is_reported_and_nothing_stays_allocated() {
    let card = FakeCard::default();
    let mut tables = SgTables::<32>::attach(&card).unwrap();
    let handle = tables
        .lock(&card, [element(0, 1)], Rights::CardReads)
        .unwrap()
        .handle;
    card.set_gone(true);
    assert_eq!(
        tables.lock(&card, [element(0, 1)], Rights::CardReads),
        Err(SglError::Gone)
    );
    assert_eq!(
        tables.unlock(&card, handle, &mut card.delay(), Bound::short()),
        Err(SglError::Gone)
    );
    assert_eq!((tables.slots_in_use(), tables.elements_in_use()), (0, 0));
    assert!(SgTables::<32>::attach(&card).is_err());
}

#[test]
fn handle_survives_its_register_form() {
    let handle = Handle {
        slot: 31,
        generation: 0xABCD,
    };
    assert_eq!(handle.raw(), 0xABCD_001F);
    assert_eq!(Handle::from_raw(handle.raw()), handle);
}

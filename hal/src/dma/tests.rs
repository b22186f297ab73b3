use super::*;
use crate::error::{ErrorKind, Kind};
use crate::fake::{FakeCard, HostFault, HostMemory, VecHost};
use crate::sgl::{Element, Rights, SgTables, SglError};

const BASE: u64 = 0x2_0000_0000;

/// Two separate pages, the second one first on the bus.
fn pages() -> [Element; 2] {
    [(BASE + 0x3000, 4096), (BASE, 4096)].map(|(address, length)| Element {
        address: BusAddr::new(address),
        length: ByteLen::new(length),
    })
}

struct Setup {
    card: FakeCard,
    host: VecHost,
    tables: SgTables<32>,
    handle: Handle,
}

fn setup(rights: Rights) -> Setup {
    let card = FakeCard::default();
    let host = VecHost::new(BusAddr::new(BASE), 0x4000);
    host.with(|bytes| {
        bytes
            .iter_mut()
            .zip(0_u32..)
            .for_each(|(byte, i)| *byte = (i * 7 + (i >> 8)) as u8);
    });
    card.connect_host(host.clone());
    let mut tables = SgTables::attach(&card).unwrap();
    let handle = tables.lock(&card, pages(), rights).unwrap().handle;
    Setup {
        card,
        host,
        tables,
        handle,
    }
}

fn bound() -> Bound {
    Bound::new(10, 100_000)
}

#[test]
fn linear_read_crosses_the_element_edge() {
    let s = setup(Rights::CardReads);
    let dma = Dma::new(&s.card);
    let (offset, length) = (4000, 200);
    let transfer = Transfer::linear(
        s.handle,
        ByteLen::new(offset),
        ByteLen::new(length),
        CardAddr::new(0x101),
        Direction::HostToCard,
    );
    dma.submit(&transfer).unwrap();
    assert_eq!(
        dma.wait(&mut s.card.delay(), bound()),
        Ok(ByteLen::new(length))
    );
    let mut got = [0; 200];
    s.card.read_memory(0x101, &mut got);
    s.host.with(|bytes| {
        assert_eq!(got[..96], bytes[0x3000 + 4000..0x4000]);
        assert_eq!(got[96..], bytes[..104]);
    });
    assert!(dma.events().done);
}

#[test]
fn rows_with_pitches_land_where_they_should_both_ways() {
    let s = setup(Rights::CardReadsAndWrites);
    let dma = Dma::new(&s.card);
    let transfer = Transfer {
        handle: s.handle,
        offset: ByteLen::new(3),
        length: ByteLen::new(5),
        rows: 3,
        host_pitch: ByteLen::new(16),
        card_address: CardAddr::new(1000),
        card_pitch: ByteLen::new(64),
        direction: Direction::HostToCard,
    };
    dma.submit(&transfer).unwrap();
    assert_eq!(dma.wait(&mut s.card.delay(), bound()), Ok(ByteLen::new(15)));
    for row in 0..3 {
        let mut got = [0; 5];
        s.card.read_memory(1000 + 64 * row, &mut got);
        let start = 0x3000 + 3 + 16 * row as usize;
        s.host
            .with(|bytes| assert_eq!(got, bytes[start..start + 5]));
    }
    s.host.with(|bytes| bytes.fill(0));
    dma.submit(&Transfer {
        direction: Direction::CardToHost,
        offset: ByteLen::new(100),
        ..transfer
    })
    .unwrap();
    assert_eq!(dma.wait(&mut s.card.delay(), bound()), Ok(ByteLen::new(15)));
    let mut first = [0; 5];
    s.card.read_memory(1000, &mut first);
    s.host.with(|bytes| {
        assert_eq!(bytes[0x3000 + 100..0x3000 + 105], first);
        assert_eq!(bytes[0x3000 + 105], 0);
    });
}

fn outcome_of(s: &Setup, change: impl FnOnce(Transfer) -> Transfer) -> Result<ByteLen, DmaError> {
    let dma = Dma::new(&s.card);
    let linear = Transfer::linear(
        s.handle,
        ByteLen::ZERO,
        ByteLen::new(8192),
        CardAddr::new(0),
        Direction::HostToCard,
    );
    dma.submit(&change(linear))?;
    dma.wait(&mut s.card.delay(), bound())
}

#[test]
fn card_refuses_what_the_lock_does_not_cover() {
    let s = setup(Rights::CardReads);
    let fault = |fault| Err(DmaError::Fault(fault));
    let wrong = Handle {
        generation: s.handle.generation + 1,
        ..s.handle
    };
    assert_eq!(
        outcome_of(&s, |t| Transfer { handle: wrong, ..t }),
        fault(Fault::StaleHandle)
    );
    assert_eq!(
        outcome_of(&s, |t| Transfer {
            direction: Direction::CardToHost,
            ..t
        }),
        fault(Fault::NoRight)
    );
    assert_eq!(
        outcome_of(&s, |t| Transfer {
            offset: ByteLen::new(1),
            ..t
        }),
        fault(Fault::Range)
    );
    let last = s
        .card
        .load::<crate::regmap::blocks::mem::SizeBytes>()
        .bits()
        - 8191;
    assert_eq!(
        outcome_of(&s, |t| Transfer {
            card_address: CardAddr::new(last),
            ..t
        }),
        fault(Fault::Range)
    );
    s.card.set_bus_master(false);
    assert_eq!(outcome_of(&s, |t| t), fault(Fault::BusMasterOff));
}

#[test]
fn nonsense_never_reaches_the_card() {
    let s = setup(Rights::CardReads);
    assert_eq!(
        outcome_of(&s, |t| Transfer {
            length: ByteLen::ZERO,
            ..t
        }),
        Err(DmaError::Invalid)
    );
    assert_eq!(
        outcome_of(&s, |t| Transfer { rows: 0, ..t }),
        Err(DmaError::Invalid)
    );
    let narrow = ByteLen::new(8191);
    assert_eq!(
        outcome_of(&s, |t| Transfer {
            rows: 2,
            host_pitch: narrow,
            ..t
        }),
        Err(DmaError::Invalid)
    );
    let huge = ByteLen::new(u32::MAX);
    assert_eq!(
        outcome_of(&s, |t| Transfer {
            rows: 2,
            host_pitch: huge,
            ..t
        }),
        Err(DmaError::Invalid)
    );
    assert_eq!(Dma::new(&s.card).counters().completed, 0);
}

struct Refusing(HostFault);
impl HostMemory for Refusing {
    fn read(&mut self, _: BusAddr, _: &mut [u8]) -> Result<(), HostFault> {
        Err(self.0)
    }
    fn write(&mut self, _: BusAddr, _: &[u8]) -> Result<(), HostFault> {
        Err(self.0)
    }
}

#[test]
fn host_refusals_come_back_with_their_address() {
    let address = BusAddr::new(BASE + 0x3000);
    for (host, expected) in [
        (
            HostFault::UnsupportedRequest,
            Fault::UnsupportedRequest { address },
        ),
        (HostFault::CompleterAbort, Fault::CompleterAbort { address }),
        (HostFault::Poisoned, Fault::Poisoned { address }),
        (HostFault::NoAnswer, Fault::Timeout { address }),
    ] {
        let s = setup(Rights::CardReads);
        s.card.connect_host(Refusing(host));
        assert_eq!(outcome_of(&s, |t| t), Err(DmaError::Fault(expected)));
    }
}

#[test]
fn second_submit_is_busy_and_abort_ends_the_first() {
    let s = setup(Rights::CardReads);
    let dma = Dma::new(&s.card);
    let transfer = Transfer::linear(
        s.handle,
        ByteLen::ZERO,
        ByteLen::new(8192),
        CardAddr::new(0),
        Direction::HostToCard,
    );
    dma.submit(&transfer).unwrap();
    assert_eq!(dma.submit(&transfer), Err(DmaError::Busy));
    dma.abort(&mut s.card.delay(), bound()).unwrap();
    assert_eq!(dma.outcome(), Ok(Err(Fault::Aborted)));
    assert_eq!(dma.counters().completed, 1);
    dma.abort(&mut s.card.delay(), bound()).unwrap();
}

#[test]
fn frozen_engine_is_a_timeout_and_its_slot_stays_taken_until_it_moves() {
    let mut s = setup(Rights::CardReads);
    let dma = Dma::new(&s.card);
    dma.submit(&Transfer::linear(
        s.handle,
        ByteLen::ZERO,
        ByteLen::new(8192),
        CardAddr::new(0),
        Direction::HostToCard,
    ))
    .unwrap();
    s.card.set_dma_frozen(true);
    let waited = dma.wait(&mut s.card.delay(), Bound::new(10, 1_000));
    assert!(
        matches!(waited, Err(DmaError::Timeout(timeout)) if timeout.waited_us == 1_000),
        "{waited:?}"
    );
    let busy = s.tables.unlock(
        &s.card,
        s.handle,
        &mut s.card.delay(),
        Bound::new(10, 1_000),
    );
    assert!(
        matches!(
            busy,
            Err(SglError::Busy {
                waited_us: 1_000,
                ..
            })
        ),
        "{busy:?}"
    );
    assert_eq!(s.tables.slots_in_use(), 1);
    s.card.set_dma_frozen(false);
    s.tables
        .unlock(&s.card, s.handle, &mut s.card.delay(), Bound::short())
        .unwrap();
    assert_eq!(s.tables.slots_in_use(), 0);
    assert_eq!(dma.outcome(), Ok(Err(Fault::SlotReleased)));
}

#[test]
fn lost_answer_puts_one_tag_into_quarantine_and_the_next_transfer_runs() {
    let s = setup(Rights::CardReads);
    let dma = Dma::new(&s.card);
    dma.set_timeout_cycles(1_000);
    dma.set_quarantine_cycles(1_000_000);
    s.card.connect_host(Refusing(HostFault::NoAnswer));
    let lost = outcome_of(&s, |t| t);
    assert!(matches!(lost, Err(DmaError::Fault(Fault::Timeout { .. }))));
    assert_eq!(dma.quarantine(), Ok(1));
    assert_eq!(dma.counters().timeouts, 1);
    s.card.connect_host(Refusing(HostFault::CompleterAbort));
    let answered = outcome_of(&s, |t| t);
    assert!(matches!(
        answered,
        Err(DmaError::Fault(Fault::CompleterAbort { .. }))
    ));
    assert_eq!(dma.quarantine(), Ok(1), "an answer to another tag");
    // 1 000 000 clocks of 16 ns are 16 ms.
    let early = dma.wait_quarantine(&mut s.card.delay(), Bound::new(100, 5_000));
    assert!(matches!(early, Err(DmaError::Timeout(_))), "{early:?}");
    let late = dma.wait_quarantine(&mut s.card.delay(), Bound::new(100, 16_000));
    assert_eq!(late, Ok(()));
    assert_eq!(dma.quarantine(), Ok(0));
}

#[test]
fn read_without_a_tag_is_refused_and_a_write_is_not() {
    let s = setup(Rights::CardReadsAndWrites);
    let dma = Dma::new(&s.card);
    dma.set_timeout_cycles(1_000);
    dma.set_tag_limit(1);
    s.card.connect_host(Refusing(HostFault::NoAnswer));
    let lost = outcome_of(&s, |t| t);
    assert!(matches!(lost, Err(DmaError::Fault(Fault::Timeout { .. }))));
    let refused = DmaError::Fault(Fault::NoTag);
    assert_eq!(outcome_of(&s, |t| t), Err(refused));
    assert_eq!(refused.kind(), ErrorKind::Busy);
    let write = |transfer| Transfer {
        direction: Direction::CardToHost,
        ..transfer
    };
    assert!(outcome_of(&s, write).is_ok());
    dma.set_tag_limit(2);
    let lost = outcome_of(&s, |t| t);
    assert!(matches!(lost, Err(DmaError::Fault(Fault::Timeout { .. }))));
    assert_eq!(dma.quarantine(), Ok(0b11));
    dma.set_tag_limit(0);
    assert_eq!(outcome_of(&s, |t| t), Err(refused));
}

#[test]
fn card_that_left_ends_every_wait() {
    let s = setup(Rights::CardReads);
    let dma = Dma::new(&s.card);
    assert_eq!(dma.outcome(), Err(DmaError::NotFinished));
    s.card.set_gone(true);
    assert_eq!(outcome_of(&s, |t| t), Err(DmaError::Gone));
    assert_eq!(dma.wait(&mut s.card.delay(), bound()), Err(DmaError::Gone));
    assert_eq!(dma.abort(&mut s.card.delay(), bound()), Err(DmaError::Gone));
    assert_eq!(dma.outcome(), Err(DmaError::Gone));
    assert_eq!(dma.events(), Events::default());
    assert_eq!(dma.quarantine(), Err(DmaError::Gone));
    let waited = dma.wait_quarantine(&mut s.card.delay(), bound());
    assert_eq!(waited, Err(DmaError::Gone));
}

#[test]
fn every_result_code_is_decoded() {
    let address = BusAddr::new(0x1234);
    for &code in dma::ResultCode::ALL {
        let decoded = Fault::decode(code.bits(), || address);
        assert!(
            !matches!(decoded, Some(Err(Fault::Unknown { .. }))),
            "{code:?}"
        );
    }
    assert_eq!(
        Fault::decode(200, || address),
        Some(Err(Fault::Unknown { code: 200 }))
    );
}

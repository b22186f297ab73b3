//! DMA engine: hosts that answer wrongly, late or never, aborts, releases.

mod dma_bench;

use dma_bench::host::Mischief;
use dma_bench::{Bench, Stalls, Transfer, bit, code, reg};
use lumenport_hdl::testbench::Rng;

const BASE: u64 = 0x1_4000_0000;
const BYTES: u32 = 8192;

fn bench() -> Bench {
    let mut bench = Bench::new(8);
    bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, &table());
    bench.write(reg::TIMEOUT_CYCLES, 2000);
    bench.host.latency = 40;
    bench
}

fn table() -> [(u64, u32); 2] {
    [(BASE, 4096), (BASE + 0x10_0000, BYTES - 4096)]
}

/// Every card byte is what it was or what the transfer should make it.
fn assert_old_or_new(got: &[u8], old: &[u8], new: &[u8]) {
    for at in 0..got.len() {
        assert!(
            got[at] == old[at] || got[at] == new[at],
            "card byte {at:#x} is neither old nor new"
        );
    }
}

/// The engine moves data both ways as if nothing had happened.
fn works(bench: &mut Bench) {
    bench.host.latency = 10;
    bench.host.mischief = None;
    bench.stalls = Stalls {
        latency: 3,
        ..Stalls::default()
    };
    bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, &table());
    bench.run_and_compare(
        &Transfer {
            offset: 3,
            card_address: 77,
            ..Transfer::simple(700)
        },
        &table(),
    );
    bench.run_and_compare(
        &Transfer {
            offset: 9,
            card_address: 5,
            to_host: true,
            ..Transfer::simple(700)
        },
        &table(),
    );
}

/// One mischief at the n-th request; returns (code, fault address).
fn mischief(kind: Mischief, at: u32) -> (u32, u64) {
    let mut bench = bench();
    let transfer = Transfer::simple(BYTES);
    let (new, _) = bench.expect(&transfer, &table());
    let old = bench.card.clone();
    bench.host.split_all = true;
    bench.host.mischief = Some((at, kind));
    let report = bench.run(&transfer);
    assert_eq!(
        bench.host.pending_answers(),
        0,
        "BUSY falls when no answer is on its way"
    );
    assert_old_or_new(&bench.card, &old, &new);
    assert!(report.bytes < BYTES);
    assert_eq!(bench.read(reg::INTR_STATE), bit::ERROR);
    bench.host.forget_tags();
    works(&mut bench);
    (report.code, report.fault)
}

#[test]
fn statuses_end_the_transfer_with_their_code_and_address() {
    for at in [0, 5, 31] {
        let address = BASE + 128 * u64::from(at);
        assert_eq!(
            mischief(Mischief::Status(1), at),
            (code::UNSUPPORTED_REQUEST, address)
        );
        assert_eq!(
            mischief(Mischief::Status(4), at),
            (code::COMPLETER_ABORT, address)
        );
        assert_eq!(
            mischief(Mischief::Status(2), at),
            (code::BAD_COMPLETION, address)
        );
        assert_eq!(
            mischief(Mischief::Status(7), at),
            (code::BAD_COMPLETION, address)
        );
    }
    let second_page = BASE + 0x10_0000 + 128 * 7;
    assert_eq!(
        mischief(Mischief::Status(1), 39),
        (code::UNSUPPORTED_REQUEST, second_page)
    );
}

#[test]
fn poisoned_data_is_not_written() {
    assert_eq!(
        mischief(Mischief::Poison, 3),
        (code::POISONED, BASE + 128 * 3)
    );
}

#[test]
fn completions_that_do_not_match_are_not_written() {
    for kind in [
        Mischief::ByteCount,
        Mischief::LowerAddress,
        Mischief::NoData,
        Mischief::Twice,
    ] {
        let (result, fault) = mischief(kind, 4);
        assert_eq!(result, code::BAD_COMPLETION, "{kind:?}");
        assert_eq!(
            fault & !63,
            BASE + 128 * 4 + if kind == Mischief::Twice { 64 } else { 0 },
            "{kind:?}"
        );
    }
    assert_eq!(mischief(Mischief::CutShort, 4).0, code::BAD_COMPLETION);
    assert_eq!(
        mischief(Mischief::HeaderOnly, 4),
        (code::BAD_COMPLETION, BASE + 128 * 4)
    );
}

#[test]
fn a_completion_longer_than_its_request_is_refused() {
    let mut bench = bench();
    bench.host.completion_payload = 128;
    bench.host.boundary = 128;
    let transfer = Transfer {
        offset: 64,
        ..Transfer::simple(64)
    };
    let old = bench.card.clone();
    bench.host.mischief = Some((0, Mischief::TooLong));
    assert_eq!(bench.run(&transfer).code, code::BAD_COMPLETION);
    assert!(bench.card == old);
    works(&mut bench);
}

#[test]
fn two_faults_in_one_completion_still_end_the_transfer() {
    let mut bench = bench();
    let old = bench.card.clone();
    bench.host.mischief = Some((0, Mischief::PoisonCutShort));
    let report = bench.run(&Transfer::simple(8));
    assert_eq!((report.code, report.bytes), (code::POISONED, 0));
    assert!(bench.card == old);
    works(&mut bench);
}

#[test]
fn completions_nobody_waits_for_are_counted_and_dropped() {
    for kind in [Mischief::Requester, Mischief::Tag, Mischief::HighTag] {
        let mut bench = bench();
        // One part per request, so that the answer is simply missing.
        bench.host.boundary = 128;
        let transfer = Transfer::simple(1024);
        let (new, _) = bench.expect(&transfer, &table());
        let old = bench.card.clone();
        bench.host.mischief = Some((2, kind));
        let report = bench.run(&transfer);
        assert_eq!(
            (report.code, report.bytes, report.fault),
            (code::TIMEOUT, 1024 - 128, BASE + 256),
            "{kind:?}"
        );
        assert_eq!(bench.read(reg::UNEXPECTED), 1);
        assert_eq!(bench.read(reg::COMPLETIONS), 7);
        assert_old_or_new(&bench.card, &old, &new);
        bench.host.forget_tags();
        works(&mut bench);
    }
}

#[test]
fn stray_completions_while_idle_are_dropped() {
    let mut bench = bench();
    let old = bench.card.clone();
    for tag in 0..40u32 {
        let now = bench.now;
        bench.host.inject(
            now,
            vec![
                0x4A00_0001,
                0x00A8_0004,
                0x0100_0000 | tag << 8,
                0x1234_5678,
            ],
        );
    }
    bench
        .host
        .inject(bench.now, vec![0x0A00_0000, 0x00A8_2004, 0x0100_0000]);
    bench.host.inject(bench.now, vec![0x6000_0001]);
    bench.clocks(300);
    assert_eq!(bench.read(reg::UNEXPECTED), 41);
    assert!(bench.card == old);
    works(&mut bench);
}

#[test]
fn a_silent_host_times_out_and_the_late_answer_is_dropped() {
    let mut bench = bench();
    let transfer = Transfer {
        offset: 256,
        ..Transfer::simple(1024)
    };
    bench.host.boundary = 128;
    bench.host.mischief = Some((6, Mischief::Silence));
    let from = bench.now;
    let report = bench.run(&transfer);
    assert_eq!(
        (report.code, report.bytes, report.fault),
        (code::TIMEOUT, 896, BASE + 256 + 6 * 128)
    );
    assert!(
        (2000..2300).contains(&(bench.now - from)),
        "one timeout: {}",
        bench.now - from
    );
    assert_eq!(bench.read(reg::QUARANTINE), 1 << 6);
    // Other transfers run while that tag is still out; the host model checks that it is not reused.
    for _ in 0..6 {
        works(&mut bench);
    }
    // The answer comes after all: tag 6, counted, not written.
    let old = bench.card.clone();
    let mut late = vec![0x4A00_0020, 0x00A8_0080, 0x0100_0600];
    late.extend([0x5A5A_5A5A; 32]);
    bench.host.inject(bench.now, late);
    bench.clocks(100);
    assert_eq!((bench.read(reg::LATE), bench.read(reg::UNEXPECTED)), (1, 0));
    assert_eq!(bench.read(reg::QUARANTINE), 0, "answered in full");
    assert!(bench.card == old);
    bench.host.forget_tags();
    works(&mut bench);
}

#[test]
fn with_every_tag_in_quarantine_reads_are_refused_and_time_brings_the_tags_back() {
    let mut bench = bench();
    bench.write(reg::TIMEOUT_CYCLES, 300);
    for lost in 0..32 {
        assert_eq!(bench.read(reg::QUARANTINE), (1u64 << lost) as u32 - 1);
        bench.host.mischief = Some((0, Mischief::Silence));
        let report = bench.run(&Transfer::simple(16));
        assert_eq!((report.code, report.fault), (code::TIMEOUT, BASE));
    }
    let requests = bench.read(reg::REQUESTS);
    assert_eq!(bench.run(&Transfer::simple(16)).code, code::NO_TAG);
    assert_eq!(bench.read(reg::REQUESTS), requests, "nothing was asked for");
    let to_host = Transfer {
        to_host: true,
        ..Transfer::simple(300)
    };
    bench.run_and_compare(&to_host, &table());
    // The shorter bound is in effect at once.
    bench.write(reg::QUARANTINE_CYCLES, 5000);
    bench.clocks(5000);
    assert_eq!(bench.read(reg::QUARANTINE), 0);
    bench.host.forget_tags();
    bench.write(reg::TIMEOUT_CYCLES, 2000);
    works(&mut bench);
}

#[test]
fn slow_but_steady_progress_does_not_time_out() {
    let mut bench = bench();
    let long = [(BASE, 16_384)];
    bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, &long);
    bench.set_sizes(0, 0);
    // A deadline counts from its own request: the transfer takes several of them.
    bench.write(reg::TIMEOUT_CYCLES, 1800);
    bench.host.latency = 350;
    bench.stalls.cpl = 20;
    let from = bench.now;
    bench.run_and_compare(&Transfer::simple(16_384), &long);
    assert!(bench.now - from > 5400);
    // A link that takes a DW now and then is progress.
    bench.write(reg::TIMEOUT_CYCLES, 400);
    bench.stalls.tx = 97;
    bench.run_and_compare(
        &Transfer {
            to_host: true,
            ..Transfer::simple(2000)
        },
        &long,
    );
}

#[test]
fn a_request_stream_that_never_moves_times_out() {
    for to_host in [false, true] {
        let mut bench = bench();
        bench.stalls.tx = 100;
        bench.submit(&Transfer {
            to_host,
            ..Transfer::simple(1024)
        });
        bench.clocks(3000);
        assert_eq!(
            bench.read(reg::STATUS),
            bit::BUSY | bit::DRAINING,
            "the started TLP still waits"
        );
        bench.stalls.tx = 0;
        let report = bench.wait();
        assert_eq!(report.code, code::TIMEOUT);
        bench.clocks(100);
        works(&mut bench);
    }
}

#[test]
fn releasing_the_slot_ends_the_transfer_and_nothing_is_touched_afterwards() {
    for seed in 0..16 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut bench = bench();
        let to_host = rng.percent(50);
        bench.host.latency = 100;
        bench.host.jitter = 100;
        bench.host.reorder = true;
        bench.stalls.tx = 40;
        bench.submit(&Transfer {
            to_host,
            ..Transfer::simple(BYTES)
        });
        bench.clocks(u64::from(rng.below(900)));
        if rng.percent(50) {
            bench.release_slot(0);
        } else {
            // Released and locked again by somebody else, before the engine could have finished.
            bench.write(
                reg::SLOTS + 8,
                2 << 16 | bit::CARD_READ | bit::CARD_WRITE | bit::VALID,
            );
        }
        while bench.read(reg::SLOTS + 12) & 1 != 0 {}
        bench.host.forbid(0);
        assert_eq!(
            bench.host.pending_answers(),
            0,
            "BUSY falls when no read is in flight"
        );
        let card = bench.card.clone();
        let report = bench.wait();
        assert_eq!(report.code, code::SLOT_RELEASED);
        bench.clocks(600);
        assert!(bench.card == card, "nothing is written after BUSY fell");
        works(&mut bench);
    }
}

#[test]
fn bus_master_off_stops_requests() {
    for to_host in [false, true] {
        let mut bench = bench();
        bench.submit(&Transfer {
            to_host,
            ..Transfer::simple(BYTES)
        });
        bench.clocks(300);
        bench.uut.bus_master_enable.next = false;
        bench.clocks(2);
        let requests = bench.read(reg::REQUESTS);
        let report = bench.wait();
        assert_eq!(report.code, code::BUS_MASTER_OFF);
        assert_eq!(bench.read(reg::REQUESTS), requests);
        bench.uut.bus_master_enable.next = true;
        works(&mut bench);
    }
}

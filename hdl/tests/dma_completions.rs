//! DMA engine: one test for each way in which completions go wrong, and for orders that are legal.
//!
//! The transfer is 2 KiB in sixteen reads of 128 bytes, each answered in two parts of 64 bytes. Every
//! card byte must be old or new afterwards, and only the damaged request's bytes may be old.

mod dma_bench;

use dma_bench::host::{Mischief, Order};
use dma_bench::{Bench, Transfer, bit, code, reg};
use lumenport_hdl::testbench::Rng;

const BASE: u64 = 0x1_4000_0000;
const BYTES: u32 = 2048;
/// The request that is damaged: byte 640 of the transfer.
const VICTIM: u32 = 5;
const AT: u64 = BASE + 128 * VICTIM as u64;
const TIMEOUT: u32 = 2500;
/// An expiry is noticed at most this late.
const SCAN: u64 = 66;

fn table() -> [(u64, u32); 1] {
    [(BASE, 4096)]
}

fn bench() -> Bench {
    let mut bench = Bench::new(21);
    bench.set_slot(0, 1, bit::CARD_READ | bit::CARD_WRITE, 0, &table());
    bench.write(reg::TIMEOUT_CYCLES, TIMEOUT);
    bench.host.latency = 60;
    bench.host.split_all = true;
    bench
}

/// What one damaged transfer left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    code: u32,
    fault: u64,
    /// UNEXPECTED, LATE, TIMEOUTS.
    counted: (u32, u32, u32),
    quarantine: u32,
    /// Pulses on `unexpected_strobe` and `completion_timeout_strobe`.
    strobes: (u32, u32),
}

/// Runs a transfer whose request VICTIM meets `kind` in part `part` of its answer, then checks that nothing
/// foreign was written and that the engine works both ways.
fn damaged(kind: Mischief, part: usize) -> Outcome {
    let mut bench = bench();
    bench.host.mischief = Some((VICTIM, kind));
    bench.host.mischief_part = part;
    let transfer = Transfer::simple(BYTES);
    let (new, _) = bench.expect(&transfer, &table());
    let old = bench.card.clone();
    let report = bench.run(&transfer);
    let victim = (128 * VICTIM) as usize + 64 * part;
    for at in 0..bench.card.len() {
        assert!(
            bench.card[at] == new[at] || bench.card[at] == old[at],
            "{kind:?}: card byte {at:#x} is neither old nor new"
        );
        if kind != Mischief::Twice && report.code != code::OK && (victim..victim + 64).contains(&at)
        {
            assert_eq!(
                bench.card[at], old[at],
                "{kind:?}: byte {at:#x} of the bad part"
            );
        }
    }
    let outcome = Outcome {
        code: report.code,
        fault: report.fault,
        counted: (
            bench.read(reg::UNEXPECTED),
            bench.read(reg::LATE),
            bench.read(reg::TIMEOUTS),
        ),
        quarantine: bench.read(reg::QUARANTINE),
        strobes: (bench.unexpected_strobes, bench.timeout_strobes),
    };
    assert_eq!(
        bench.host.pending_answers(),
        0,
        "BUSY falls with the last answer"
    );
    let interrupt = if report.code == code::OK {
        bit::DONE
    } else {
        bit::ERROR
    };
    assert_eq!(bench.read(reg::INTR_STATE), interrupt);
    works(&mut bench);
    println!("{kind:?} in part {part}: {outcome:?}");
    outcome
}

/// Transfers both ways are right; tags that the host still owes an answer for are not used (the host checks).
fn works(bench: &mut Bench) {
    bench.host.mischief = None;
    bench.host.latency = 10;
    for to_host in [false, true, false] {
        bench.run_and_compare(
            &Transfer {
                offset: 3,
                card_address: 0x1001,
                to_host,
                ..Transfer::simple(900)
            },
            &table(),
        );
    }
}

/// The transfer failed with `code` at `fault`; the victim's request then expired because its answer was bad.
fn refused(outcome: Outcome, code: u32, fault: u64) {
    assert_eq!((outcome.code, outcome.fault), (code, fault));
    assert_eq!(outcome.counted.2, 1, "the request expired");
    assert_eq!(outcome.quarantine, 1 << VICTIM, "its tag is not used again");
}

/// The transfer failed with `code` at `fault`; every request was answered.
fn refused_and_answered(outcome: Outcome, code: u32, fault: u64) {
    assert_eq!((outcome.code, outcome.fault), (code, fault));
    assert_eq!(
        (outcome.counted.0, outcome.counted.2, outcome.quarantine),
        (0, 0, 0)
    );
}

#[test]
fn dropped_completion_times_out_with_its_address() {
    let outcome = damaged(Mischief::Silence, 0);
    refused(outcome, code::TIMEOUT, AT);
    assert_eq!(outcome.counted, (0, 0, 1));
    assert_eq!(outcome.strobes, (0, 1));
}

#[test]
fn dropped_second_part_times_out_at_the_missing_byte() {
    // The first part says that more would come, the rest carries a tag that is not outstanding.
    let outcome = damaged(Mischief::HighTag, 1);
    refused(outcome, code::TIMEOUT, AT + 64);
    assert_eq!(outcome.counted, (1, 0, 1));
}

#[test]
fn duplicate_part_is_refused() {
    let outcome = damaged(Mischief::Twice, 0);
    assert_eq!(
        (outcome.code, outcome.fault),
        (code::BAD_COMPLETION, AT + 64)
    );
    assert_eq!(outcome.counted.0, 1, "the second copy of the last part");
    assert_eq!((outcome.counted.2, outcome.quarantine), (0, 0));
}

#[test]
fn duplicate_of_a_whole_answer_is_dropped_and_harms_nobody() {
    let mut bench = bench();
    bench.host.boundary = 128;
    bench.host.mischief = Some((VICTIM, Mischief::Twice));
    bench.run_and_compare(&Transfer::simple(BYTES), &table());
    assert_eq!(bench.read(reg::UNEXPECTED), 1);
    assert_eq!(bench.unexpected_strobes, 1);
    works(&mut bench);
}

#[test]
fn over_long_last_part_is_refused() {
    refused(damaged(Mischief::TooLong, 1), code::BAD_COMPLETION, AT + 64);
}

#[test]
fn short_last_part_is_refused() {
    refused(
        damaged(Mischief::ShortLast, 1),
        code::BAD_COMPLETION,
        AT + 64,
    );
}

#[test]
fn part_that_ends_off_the_boundary_is_refused() {
    refused(damaged(Mischief::Boundary, 0), code::BAD_COMPLETION, AT);
}

#[test]
fn wrong_lower_address_is_refused() {
    refused(damaged(Mischief::LowerAddress, 0), code::BAD_COMPLETION, AT);
    let outcome = damaged(Mischief::LowerAddress, 1);
    refused(outcome, code::BAD_COMPLETION, AT + 64);
    assert_eq!(
        outcome.strobes,
        (1, 1),
        "one mismatch, one timeout to report"
    );
}

#[test]
fn wrong_byte_count_is_refused() {
    refused(damaged(Mischief::ByteCount, 0), code::BAD_COMPLETION, AT);
    refused(
        damaged(Mischief::ByteCount, 1),
        code::BAD_COMPLETION,
        AT + 64,
    );
}

#[test]
fn wrong_requester_id_is_dropped() {
    let outcome = damaged(Mischief::Requester, 1);
    refused(outcome, code::TIMEOUT, AT + 64);
    assert_eq!(outcome.counted, (1, 0, 1));
    assert_eq!(outcome.strobes, (1, 1));
}

#[test]
fn wrong_tag_is_dropped() {
    let outcome = damaged(Mischief::Tag, 1);
    refused(outcome, code::TIMEOUT, AT + 64);
    assert_eq!(outcome.counted, (1, 0, 1));
}

#[test]
fn foreign_traffic_class_or_attribute_is_refused() {
    refused(
        damaged(Mischief::TrafficClass, 1),
        code::BAD_COMPLETION,
        AT + 64,
    );
    refused(damaged(Mischief::NoSnoop, 1), code::BAD_COMPLETION, AT + 64);
}

#[test]
fn success_without_data_is_refused() {
    refused(damaged(Mischief::NoData, 1), code::BAD_COMPLETION, AT + 64);
}

#[test]
fn unsupported_request_ends_the_transfer_at_once_or_after_data() {
    for part in [0, 1] {
        let outcome = damaged(Mischief::Status(1), part);
        refused_and_answered(outcome, code::UNSUPPORTED_REQUEST, AT + 64 * part as u64);
    }
}

#[test]
fn completer_abort_ends_the_transfer_at_once_or_after_data() {
    for part in [0, 1] {
        let outcome = damaged(Mischief::Status(4), part);
        refused_and_answered(outcome, code::COMPLETER_ABORT, AT + 64 * part as u64);
    }
}

#[test]
fn retry_status_or_a_reserved_one_ends_the_transfer() {
    for status in [2, 3, 5, 6, 7] {
        refused_and_answered(
            damaged(Mischief::Status(status), 1),
            code::BAD_COMPLETION,
            AT + 64,
        );
    }
}

#[test]
fn poisoned_part_is_not_written_and_its_tag_comes_back() {
    for part in [0, 1] {
        let outcome = damaged(Mischief::Poison, part);
        refused_and_answered(outcome, code::POISONED, AT + 64 * part as u64);
    }
}

#[test]
fn parts_of_different_tags_may_interleave() {
    let mut bench = bench();
    bench.host.order = Order::RoundRobin;
    bench.host.latency = 300;
    bench.run_and_compare(&Transfer::simple(BYTES), &table());
    assert_eq!(
        bench.host.most_outstanding, 16,
        "all were outstanding together"
    );
    assert_eq!(bench.read(reg::UNEXPECTED), 0);
}

#[test]
fn answers_of_different_tags_may_come_in_reverse() {
    let mut bench = bench();
    bench.host.order = Order::Reversed;
    bench.host.latency = 300;
    bench.run_and_compare(&Transfer::simple(BYTES), &table());
    assert_eq!(bench.host.most_outstanding, 16);
}

/// Random transfers over a host that loses, delays, damages and refuses; whatever happens, only the right bytes are
/// written, the engine ends, and it works afterwards.
fn random_mischief(seed: u64, rounds: u32) -> [u32; 16] {
    println!("seed {seed}");
    let kinds = [
        Mischief::Status(1),
        Mischief::Status(4),
        Mischief::Silence,
        Mischief::Late,
        Mischief::Poison,
        Mischief::ByteCount,
        Mischief::LowerAddress,
        Mischief::Requester,
        Mischief::HighTag,
        Mischief::NoData,
        Mischief::TooLong,
        Mischief::Twice,
        Mischief::ShortLast,
        Mischief::Boundary,
        Mischief::TrafficClass,
        Mischief::NoSnoop,
    ];
    let mut rng = Rng::new(seed);
    let mut bench = bench();
    bench.write(reg::QUARANTINE_CYCLES, u32::MAX);
    let mut codes = [0; 16];
    for round in 0..rounds {
        let kind = kinds[rng.below(kinds.len() as u32) as usize];
        bench.host.mischief = Some((rng.below(20), kind));
        bench.host.mischief_part = (rng.below(6) / 3) as usize;
        bench.host.boundary = 64 << rng.below(2);
        bench.host.split_all = rng.percent(50);
        bench.host.reorder = rng.percent(70);
        bench.host.latency = u64::from(rng.below(200));
        bench.host.jitter = rng.below(200);
        bench.stalls.tx = rng.below(2) * 40;
        bench.stalls.cpl = rng.below(2) * 20;
        bench.stalls.memory = rng.below(2) * 30;
        bench.set_sizes(0, rng.below(3));
        let length = 1 + rng.below(3000);
        let transfer = Transfer {
            offset: rng.below(4096 - length),
            card_address: rng.below(9000),
            ..Transfer::simple(length)
        };
        let (new, _) = bench.expect(&transfer, &table());
        let old = bench.card.clone();
        let report = bench.run(&transfer);
        println!("round {round}: {kind:?} {transfer:?} -> {report:?}");
        codes[report.code as usize] += 1;
        for at in 0..bench.card.len() {
            assert!(
                bench.card[at] == new[at] || bench.card[at] == old[at],
                "byte {at:#x}"
            );
        }
        assert!(report.code != code::OK || bench.card == new);
        // Late answers come in the middle of later transfers, while their tags are in quarantine.
        bench
            .host
            .answer_late(bench.now + u64::from(rng.below(500)));
        bench.host.mischief = None;
        bench.stalls = dma_bench::Stalls {
            latency: 3,
            ..Default::default()
        };
        bench.host.reorder = true;
        let (card, _) = bench.expect(&transfer, &table());
        assert_eq!(bench.run(&transfer).code, code::OK);
        assert!(bench.card == card, "the engine works afterwards");
        if bench.read(reg::QUARANTINE).count_ones() > 20 {
            bench.write(reg::QUARANTINE_CYCLES, 0);
            bench.clocks(SCAN);
            assert_eq!(bench.read(reg::QUARANTINE), 0);
            bench.write(reg::QUARANTINE_CYCLES, u32::MAX);
            bench.host.forget_tags();
        }
    }
    println!("results by code: {codes:?}");
    codes
}

#[test]
fn random_mischief_never_writes_a_wrong_byte() {
    let mut codes = random_mischief(71, 100);
    for (sum, more) in codes.iter_mut().zip(random_mischief(72, 100)) {
        *sum += more;
    }
    for wanted in [
        code::OK,
        code::UNSUPPORTED_REQUEST,
        code::COMPLETER_ABORT,
        code::TIMEOUT,
        code::POISONED,
        code::BAD_COMPLETION,
    ] {
        assert!(codes[wanted as usize] > 0, "code {wanted} came up");
    }
}

//! DMA engine: deadlines of requests, late answers, tags in quarantine, the tag limit.

mod dma_bench;

use dma_bench::host::Mischief;
use dma_bench::{Bench, Transfer, bit, code, reg};

const BASE: u64 = 0x1_4000_0000;
const BYTES: u32 = 2048;
/// The request that is lost: byte 640 of the transfer.
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

/// Loses the answer of request `VICTIM` of a transfer and keeps it for later.
fn lose_one(bench: &mut Bench) -> Vec<Vec<u32>> {
    bench.host.mischief = Some((VICTIM, Mischief::Late));
    let report = bench.run(&Transfer::simple(BYTES));
    assert_eq!((report.code, report.fault), (code::TIMEOUT, AT));
    assert_eq!(bench.read(reg::QUARANTINE), 1 << VICTIM);
    bench.host.mischief = None;
    bench.host.withheld[0].1.iter().cloned().collect()
}

#[test]
fn completion_that_is_late_after_a_timeout_is_counted_and_never_written() {
    let mut bench = bench();
    let late = lose_one(&mut bench);
    assert_eq!(late.len(), 2);
    bench.card.fill(0x11);
    let card = bench.card.clone();
    bench.host.inject(bench.now, late[0].clone());
    bench.clocks(100);
    assert_eq!((bench.read(reg::LATE), bench.read(reg::UNEXPECTED)), (1, 0));
    assert_eq!(
        bench.read(reg::QUARANTINE),
        1 << VICTIM,
        "half of it is still to come"
    );
    bench.host.inject(bench.now, late[1].clone());
    bench.clocks(100);
    assert_eq!((bench.read(reg::LATE), bench.read(reg::UNEXPECTED)), (2, 0));
    assert_eq!(bench.read(reg::QUARANTINE), 0, "answered in full");
    assert_eq!(bench.unexpected_strobes, 2);
    assert!(bench.card == card);
    bench.host.forget_tags();
    works(&mut bench);
}

#[test]
fn with_the_timeout_switched_off_a_read_waits_and_an_abort_still_ends() {
    let mut bench = bench();
    bench.uut.timeout_disable.next = true;
    bench.host.mischief = Some((0, Mischief::Silence));
    bench.submit(&Transfer::simple(64));
    bench.clocks(4 * u64::from(TIMEOUT));
    assert!(bench.busy(), "it waits as long as the host likes");
    bench.write(reg::CONTROL, bit::ABORT);
    let from = bench.now;
    assert_eq!(bench.wait().code, code::ABORTED);
    assert!(bench.now - from < 200, "the deadline has long passed");
    assert_eq!(bench.read(reg::QUARANTINE).count_ones(), 1);
    bench.uut.timeout_disable.next = false;
    works(&mut bench);
}

#[test]
fn late_error_status_ends_the_quarantine() {
    let mut bench = bench();
    let late = lose_one(&mut bench);
    let refusal = vec![0x0A00_0000, 0x00A8_2080, late[0][2]];
    bench.host.inject(bench.now, refusal);
    bench.clocks(100);
    assert_eq!((bench.read(reg::LATE), bench.read(reg::QUARANTINE)), (1, 0));
}

#[test]
fn late_completion_that_does_not_fit_does_not_end_the_quarantine() {
    let mut bench = bench();
    let late = lose_one(&mut bench);
    bench.host.inject(bench.now, late[1].clone());
    bench.clocks(100);
    assert_eq!(
        (bench.read(reg::LATE), bench.read(reg::QUARANTINE)),
        (1, 1 << VICTIM)
    );
}

#[test]
fn late_completion_in_the_middle_of_the_next_transfer_harms_nobody() {
    for wait in 0..60 {
        let mut bench = bench();
        lose_one(&mut bench);
        let transfer = Transfer {
            offset: 1024,
            ..Transfer::simple(BYTES)
        };
        let (card, _) = bench.expect(&transfer, &table());
        bench.submit(&transfer);
        bench.clocks(wait * 5);
        bench.host.answer_late(bench.now);
        assert_eq!(bench.wait().code, code::OK);
        bench.clocks(100);
        assert!(bench.card == card, "wait {wait}");
        assert_eq!((bench.read(reg::LATE), bench.read(reg::UNEXPECTED)), (2, 0));
        assert_eq!(bench.read(reg::QUARANTINE), 0);
    }
}

#[test]
fn tag_in_quarantine_is_not_used_until_its_time_has_passed() {
    let mut bench = bench();
    bench.write(reg::QUARANTINE_CYCLES, 20_000);
    lose_one(&mut bench);
    let lost = bench.now;
    // The host still holds the tag and refuses its reuse; 40 reads go through every other tag.
    while bench.now < lost + 19_000 {
        bench.run_and_compare(&Transfer::simple(4096), &table());
        assert_eq!(bench.read(reg::QUARANTINE), 1 << VICTIM);
    }
    let mut patience = 0;
    while bench.read(reg::QUARANTINE) != 0 {
        patience += 1;
        assert!(patience < 3000);
    }
    assert!((20_000 - 100..20_000 + SCAN + 10).contains(&(bench.now - lost)));
    bench.host.forget_tags();
    bench.host.most_outstanding = 0;
    bench.host.latency = 400;
    bench.run_and_compare(&Transfer::simple(4096), &table());
    assert_eq!(bench.host.most_outstanding, 32, "the tag is used again");
}

#[test]
fn deadline_counts_from_the_last_word_of_each_request() {
    for request in [0, 7, 15] {
        let mut bench = bench();
        bench.host.mischief = Some((request, Mischief::Silence));
        bench.submit(&Transfer::simple(BYTES));
        while bench.timeout_strobes == 0 {
            bench.clock();
            assert!(bench.now < 10_000);
        }
        let left = bench.host.read_times[request as usize];
        let took = bench.now - left;
        println!("request {request}: expired {took} clocks after its last word");
        assert!((u64::from(TIMEOUT)..=u64::from(TIMEOUT) + SCAN).contains(&took));
        let report = bench.wait();
        assert_eq!(report.fault, BASE + 128 * u64::from(request));
    }
}

#[test]
fn progress_of_other_tags_does_not_hide_a_lost_answer() {
    // The stream never rests for TIMEOUT clocks, yet the lost request expires in its own time.
    let mut bench = bench();
    let long = [(BASE, 32_768)];
    bench.set_slot(0, 1, bit::CARD_READ, 0, &long);
    bench.host.mischief = Some((VICTIM, Mischief::Silence));
    let from = bench.now;
    let report = bench.run(&Transfer::simple(32_768));
    assert_eq!((report.code, report.fault), (code::TIMEOUT, AT));
    assert!(
        bench.now - from < 2 * u64::from(TIMEOUT),
        "not only at the end"
    );
    assert!(report.bytes > 2048, "others went on: {}", report.bytes);
}

#[test]
fn tag_limit_bounds_the_requests_outstanding() {
    let mut bench = bench();
    bench.host.latency = 400;
    for (limit, most) in [(1, 1), (5, 5), (31, 31), (32, 32), (63, 32)] {
        bench.write(reg::TAG_LIMIT, limit);
        bench.host.most_outstanding = 0;
        bench.run_and_compare(&Transfer::simple(4096), &table());
        bench.run_and_compare(&Transfer::simple(4000), &table());
        assert_eq!(bench.host.most_outstanding, most, "limit {limit}");
    }
    bench.write(reg::TAG_LIMIT, 0);
    assert_eq!(bench.run(&Transfer::simple(4)).code, code::NO_TAG);
    bench.write(reg::TAG_LIMIT, 1);
    bench.submit(&Transfer::simple(4096));
    bench.write(reg::TAG_LIMIT, 32);
    bench.host.most_outstanding = 0;
    assert_eq!(bench.wait().code, code::OK);
    assert_eq!(bench.host.most_outstanding, 1, "taken over by SUBMIT");
}

#[test]
fn read_is_refused_while_every_tag_within_the_limit_is_in_quarantine() {
    let mut bench = bench();
    bench.write(reg::TAG_LIMIT, 2);
    for _ in 0..2 {
        bench.host.mischief = Some((0, Mischief::Silence));
        assert_eq!(bench.run(&Transfer::simple(64)).code, code::TIMEOUT);
    }
    assert_eq!(bench.read(reg::QUARANTINE), 0b11);
    assert_eq!(bench.run(&Transfer::simple(64)).code, code::NO_TAG);
    bench.write(reg::TAG_LIMIT, 3);
    works(&mut bench);
}

//! Semaphores: claim, release, contention, lease, break, exclusion between agents.

mod bus_bench;

use bus_bench::{OnBus, clock, read, start, write, write_as};
use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::sem::{CONTENTION_LIMIT, SEMAPHORES, Semaphores};
use lumenport_hdl::testbench::{Rng, settle};

on_bus!(Semaphores, bus_agent);

const BASE: u16 = 0x1200;
const INTR_STATE: u16 = BASE + 0x04;
const INTR_ENABLE: u16 = BASE + 0x08;
const COUNT: u16 = BASE + 0x14;
const LEASE_CYCLES: u16 = BASE + 0x18;
const BREAK: u16 = BASE + 0x1C;
const BREAK_LOG: u16 = BASE + 0x20;
const KEY: u32 = 0xB4EA_0000;
const HOST: u8 = 1;
const MANAGEMENT: u8 = 2;

fn sem(index: usize) -> u16 {
    BASE + 0x40 + 4 * index as u16
}

fn contention(index: usize) -> u16 {
    BASE + 0x60 + 4 * index as u16
}

fn block() -> Semaphores {
    let mut uut = Semaphores::default();
    uut.clock.connect();
    uut.reset.connect();
    uut.bus_address.connect();
    uut.bus_wdata.connect();
    uut.bus_be.connect();
    uut.bus_write.connect();
    uut.bus_agent.connect();
    start(uut)
}

fn wait(uut: &mut Semaphores, clocks: usize) {
    for _ in 0..clocks {
        clock(uut);
    }
}

#[test]
fn claim_shows_owner_and_agent_and_release_frees() {
    let mut uut = block();
    assert_eq!(read(&mut uut, COUNT), SEMAPHORES as u32);
    for index in 0..SEMAPHORES {
        assert_eq!(read(&mut uut, sem(index)), 0);
        write_as(&mut uut, HOST, sem(index), 0x1000 + index as u32);
    }
    for index in 0..SEMAPHORES {
        assert_eq!(read(&mut uut, sem(index)), 0x1_1000 + index as u32);
    }
    write_as(&mut uut, HOST, sem(3), 0);
    assert_eq!(read(&mut uut, sem(3)), 0);
    assert_eq!(read(&mut uut, sem(2)), 0x1_1002);
    write_as(&mut uut, MANAGEMENT, sem(3), 9);
    assert_eq!(read(&mut uut, sem(3)), 0x2_0009);
}

#[test]
fn foreign_release_is_ignored_and_foreign_claim_counts() {
    let mut uut = block();
    write_as(&mut uut, HOST, sem(0), 5);
    write_as(&mut uut, MANAGEMENT, sem(0), 0);
    assert_eq!(read(&mut uut, sem(0)), 0x1_0005);
    assert_eq!(read(&mut uut, contention(0)), 0);
    // same number, other agent; other number, same agent; both refused and counted
    write_as(&mut uut, MANAGEMENT, sem(0), 5);
    write_as(&mut uut, HOST, sem(0), 6);
    assert_eq!(read(&mut uut, sem(0)), 0x1_0005);
    assert_eq!(read(&mut uut, contention(0)), 2);
    assert_eq!(read(&mut uut, contention(1)), 0);
    // a refresh is no contention, and the count survives a release
    write_as(&mut uut, HOST, sem(0), 5);
    write_as(&mut uut, HOST, sem(0), 0);
    assert_eq!(read(&mut uut, contention(0)), 2);
    write_as(&mut uut, HOST, contention(0), 77);
    assert_eq!(read(&mut uut, contention(0)), 2, "read only");
}

#[test]
fn contention_stays_at_its_limit() {
    let mut uut = block();
    write_as(&mut uut, HOST, sem(7), 1);
    uut.set_bus(sem(7), 2, 0xF, true, MANAGEMENT);
    settle(&mut uut);
    wait(&mut uut, CONTENTION_LIMIT as usize + 5);
    uut.set_bus(0, 0, 0, false, 0);
    assert_eq!(read(&mut uut, contention(7)), CONTENTION_LIMIT);
    assert_eq!(read(&mut uut, sem(7)), 0x1_0001);
}

#[test]
fn break_needs_key_holder_and_an_ended_lease() {
    let mut uut = block();
    write(&mut uut, LEASE_CYCLES, 200);
    write(&mut uut, INTR_ENABLE, 1);
    wait(&mut uut, 300);
    write_as(&mut uut, MANAGEMENT, sem(4), 0xABCD);
    write(&mut uut, BREAK, KEY | 4);
    wait(&mut uut, 2);
    assert_eq!(read(&mut uut, sem(4)), 0x2_ABCD, "lease still runs");
    wait(&mut uut, 180);
    write_as(&mut uut, MANAGEMENT, sem(4), 0xABCD);
    wait(&mut uut, 180);
    write(&mut uut, BREAK, KEY | 4);
    wait(&mut uut, 2);
    assert_eq!(
        read(&mut uut, sem(4)),
        0x2_ABCD,
        "the refresh restarted the lease"
    );
    wait(&mut uut, 30);
    write(&mut uut, BREAK, 0xB4EB_0004);
    write(&mut uut, BREAK, KEY | 5);
    wait(&mut uut, 2);
    assert_eq!(
        read(&mut uut, sem(4)),
        0x2_ABCD,
        "wrong key, wrong semaphore"
    );
    assert_eq!(
        (read(&mut uut, INTR_STATE), read(&mut uut, BREAK_LOG)),
        (0, 0)
    );
    assert!(!uut.interrupt.val());
    write(&mut uut, BREAK, KEY | 4);
    wait(&mut uut, 2);
    assert_eq!(read(&mut uut, sem(4)), 0);
    assert_eq!(read(&mut uut, INTR_STATE), 1);
    assert!(uut.interrupt.val());
    assert_eq!(
        read(&mut uut, BREAK_LOG),
        1 << 24 | 4 << 20 | 2 << 18 | 0xABCD
    );
    write(&mut uut, BREAK, KEY | 4);
    wait(&mut uut, 2);
    assert_eq!(
        read(&mut uut, BREAK_LOG) >> 24,
        1,
        "a free one cannot be broken"
    );
    write(&mut uut, INTR_STATE, 1);
    wait(&mut uut, 1);
    assert!(!uut.interrupt.val());
    // a new claim has a new lease
    write_as(&mut uut, HOST, sem(4), 1);
    write(&mut uut, BREAK, KEY | 4);
    wait(&mut uut, 2);
    assert_eq!(read(&mut uut, sem(4)), 0x1_0001);
}

#[test]
fn a_refresh_in_the_clock_of_the_break_wins() {
    let mut uut = block();
    write(&mut uut, LEASE_CYCLES, 20);
    write_as(&mut uut, HOST, sem(6), 8);
    wait(&mut uut, 60);
    // the break takes effect one clock after its write: in the clock of the refresh
    write_as(&mut uut, MANAGEMENT, BREAK, KEY | 6);
    write_as(&mut uut, HOST, sem(6), 8);
    assert_eq!(read(&mut uut, sem(6)), 0x1_0008);
    assert_eq!(read(&mut uut, BREAK_LOG), 0);
}

#[test]
fn lease_ends_within_nine_clocks_of_its_time() {
    for phase in 0..8 {
        for index in 0..SEMAPHORES {
            let mut uut = block();
            write(&mut uut, LEASE_CYCLES, 100);
            wait(&mut uut, 130 + phase);
            write_as(&mut uut, HOST, sem(index), 1);
            wait(&mut uut, 97);
            write(&mut uut, BREAK, KEY | index as u32);
            wait(&mut uut, 2);
            assert_ne!(
                read(&mut uut, sem(index)),
                0,
                "too early, phase {phase}, {index}"
            );
            wait(&mut uut, 8);
            write(&mut uut, BREAK, KEY | index as u32);
            wait(&mut uut, 2);
            assert_eq!(
                read(&mut uut, sem(index)),
                0,
                "too late, phase {phase}, {index}"
            );
        }
    }
}

#[test]
fn break_log_count_stays_at_255() {
    let mut uut = block();
    write(&mut uut, LEASE_CYCLES, 0);
    for round in 0..260u32 {
        write_as(&mut uut, HOST, sem(0), 1);
        wait(&mut uut, 20);
        write(&mut uut, BREAK, KEY);
        wait(&mut uut, 2);
        assert_eq!(read(&mut uut, BREAK_LOG) >> 24, (round + 1).min(255));
    }
}

#[test]
fn reset_frees_everything() {
    let mut uut = block();
    for index in 0..SEMAPHORES {
        write_as(&mut uut, HOST, sem(index), 3);
        write_as(&mut uut, HOST, sem(index), 4);
    }
    uut.reset.next = true;
    clock(&mut uut);
    uut.reset.next = false;
    for index in 0..SEMAPHORES {
        assert_eq!(
            (
                read(&mut uut, sem(index)),
                read(&mut uut, contention(index))
            ),
            (0, 0)
        );
    }
}

/// Two agents fight for one semaphore with random timing, writes even back to back. Each keeps its
/// own belief (claimed and read back); both must never believe at once.
#[test]
fn two_agents_are_never_both_inside() {
    for seed in 1..=6u64 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut uut = block();
        let owner = [0x11u32, 0x11];
        let mut inside = [false; 2];
        let (mut entries, mut refused) = ([0u32; 2], 0u32);
        for _ in 0..1500 {
            let me = rng.below(2) as usize;
            let agent = [HOST, MANAGEMENT][me];
            if inside[me] {
                if rng.percent(40) {
                    write_as(&mut uut, agent, sem(2), 0);
                    inside[me] = false;
                } else if rng.percent(30) {
                    write_as(&mut uut, agent, sem(2), owner[me]);
                }
            } else {
                write_as(&mut uut, agent, sem(2), owner[me]);
                if rng.percent(50) {
                    // the other one tries in the very next clock
                    write_as(&mut uut, [HOST, MANAGEMENT][1 - me], sem(2), owner[1 - me]);
                }
                let seen = read(&mut uut, sem(2));
                if seen == u32::from(agent) << 16 | owner[me] {
                    assert!(!inside[1 - me], "both inside");
                    inside[me] = true;
                    entries[me] += 1;
                } else {
                    assert!(
                        inside[1 - me],
                        "refused although nobody is inside: {seen:x}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(
            entries.iter().all(|count| *count > 50) && refused > 50,
            "{entries:?} {refused}"
        );
        assert!(read(&mut uut, contention(2)) >= refused);
    }
}

#[test]
fn semaphore_block_elaborates() {
    elaborate::check("sem", &block());
}

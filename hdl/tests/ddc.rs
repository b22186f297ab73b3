//! Display data channel: what is on the wire, what goes wrong on it, hot plug, and every way through the registers.

mod bus_bench;
mod ddc_bench;

use ddc_bench::{BIT, Rig, Target, Wire, read, stop, write};
use lumenport_hdl::ddc::Ddc;
use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::Rng;
use lumenport_regmap::blocks::ddc::{self, Command, IntrState};
use lumenport_regmap::card;

on_bus!(Ddc);

/// Clocks from a level on a pin to its effect: two synchronising registers, three samples, one more.
const INPUT_DELAY: u32 = 6;

fn rig() -> Rig {
    Rig::new(Target::willing(), false)
}

fn is_just(state: IntrState, flags: &[IntrState]) -> bool {
    let all = flags.iter().fold(0, |bits, flag| bits | flag.bits());
    state.bits() == all
}

macro_rules! events {
    ($($name: ident),*) => {
        &[$(IntrState::new().with_flag(IntrState::$name, true)),*]
    };
}

#[test]
fn written_bytes_and_conditions_are_on_the_wire() {
    let mut rig = rig();
    assert!(is_just(rig.open(0xA0), events!(DONE)));
    assert_eq!(rig.busy_active(), (false, true));
    assert!(!rig.lines().0, "the clock is held between commands");
    assert!(is_just(rig.run(write(0x5A)), events!(DONE)));
    assert!(rig.reply().1, "acknowledged");
    assert!(is_just(
        rig.run(write(0x00).with_flag(Command::STOP, true)),
        events!(DONE)
    ));
    assert_eq!(rig.busy_active(), (false, false));
    assert_eq!((rig.lines(), rig.pulls()), ((true, true), (false, false)));
    let expected = [
        Wire::Start,
        Wire::Byte(0xA0, true),
        Wire::Byte(0x5A, true),
        Wire::Byte(0x00, true),
        Wire::Stop,
    ];
    assert_eq!(rig.target.heard, expected);
}

#[test]
fn read_bytes_arrive_and_the_last_one_is_not_acknowledged() {
    let mut rig = rig();
    rig.target.sends = vec![0x00, 0xFF, 0xA5];
    rig.open(0xA1);
    let mut got = vec![];
    for last in [false, false, true] {
        assert!(is_just(rig.run(read(last)), events!(DONE)));
        got.push(rig.reply().0);
    }
    assert!(rig.reply().1, "ACK stays that of the written byte");
    rig.run(stop());
    assert_eq!(got, [0x00, 0xFF, 0xA5]);
    assert_eq!(
        rig.target.heard[2..],
        [
            Wire::Byte(0x00, true),
            Wire::Byte(0xFF, true),
            Wire::Byte(0xA5, false),
            Wire::Stop
        ]
    );
}

#[test]
fn repeated_start_and_whole_transfers_in_one_command() {
    let mut rig = rig();
    rig.open(0xA0);
    rig.open(0xA1);
    rig.run(read(true).with_flag(Command::STOP, true));
    assert_eq!(
        rig.target.heard,
        [
            Wire::Start,
            Wire::Byte(0xA0, true),
            Wire::Start,
            Wire::Byte(0xA1, true),
            Wire::Byte(0xFF, false),
            Wire::Stop
        ]
    );
    rig.target.heard.clear();
    // start and stop without a byte; WRITE wins over READ
    rig.run(stop().with_flag(Command::START, true));
    rig.run(
        write(0xA0)
            .with_flag(Command::START, true)
            .with_flag(Command::READ, true)
            .with_flag(Command::STOP, true),
    );
    rig.run(Command::new().with_flag(Command::START, true));
    assert_eq!(
        rig.busy_active(),
        (false, true),
        "a start alone holds the bus"
    );
    rig.run(stop());
    assert_eq!(
        rig.target.heard,
        [
            Wire::Start,
            Wire::Stop,
            Wire::Start,
            Wire::Byte(0xA0, true),
            Wire::Stop,
            Wire::Start,
            Wire::Stop
        ]
    );
}

#[test]
fn refused_byte_is_told_and_the_stop_is_still_sent() {
    let mut rig = rig();
    rig.target.acknowledges = 1;
    assert!(is_just(rig.open(0xA0), events!(DONE)));
    let ended = rig.run(write(7).with_flag(Command::STOP, true));
    assert!(is_just(ended, events!(DONE, NACK)), "{ended:?}");
    assert!(!rig.reply().1);
    assert_eq!(rig.target.heard.last(), Some(&Wire::Stop));
    // it stays until it is cleared, on its own
    rig.store(IntrState::new().with_flag(IntrState::DONE, true));
    assert!(is_just(rig.load(), events!(NACK)));
}

#[test]
fn bit_time_is_four_quarters_and_the_way_through_the_filter() {
    for (setting, quarter) in [(0, 4), (3, 4), (4, 4), (5, 5), (40, 40), (155, 155)] {
        let mut rig = rig();
        rig.store(ddc::Quarter::new().with(ddc::Quarter::VALUE, setting));
        rig.begin(write(0xA0).with_flag(Command::START, true));
        rig.end(10_000);
        rig.begin(write(0x55));
        let (_, took) = rig.end(10_000);
        // These lines rise at once; real ones take a clock or more, hence the seven of the register map.
        let expected = 9 * (4 * quarter + 6);
        assert!(
            took.abs_diff(expected) <= 6,
            "QUARTER {setting}: {took} clocks, expected {expected}"
        );
    }
}

#[test]
fn stretched_clock_is_borne_up_to_the_limit_of_a_command() {
    let mut rig = rig();
    rig.target.stretch = 50;
    rig.begin(write(0xA0).with_flag(Command::START, true));
    let (ended, took) = rig.end(1_000);
    assert!(is_just(ended, events!(DONE)));
    assert!(took > 9 * 50, "{took} clocks");
    assert_eq!(rig.target.heard, [Wire::Start, Wire::Byte(0xA0, true)]);
    // The bound is of the command: nine short stretches add up.
    rig.store(ddc::StretchLimit::from_bits(200));
    let ended = rig.run(write(0x33));
    assert!(is_just(ended, events!(DONE, TIMEOUT)), "{ended:?}");
    assert_eq!(rig.busy_active(), (false, false));
    assert_eq!(rig.pulls(), (false, false));
}

#[test]
fn clock_that_is_held_for_ever_ends_in_bounded_time() {
    for first in [true, false] {
        let mut rig = rig();
        rig.store(ddc::StretchLimit::from_bits(500));
        if !first {
            rig.open(0xA0);
        }
        rig.target.stretch = u32::MAX;
        rig.begin(write(0xA0).with_flag(Command::START, first));
        let (ended, took) = rig.end(1_000);
        assert!(is_just(ended, events!(DONE, TIMEOUT)), "{ended:?}");
        assert!((500..500 + 4 * BIT).contains(&took), "{took} clocks");
        assert_eq!(rig.pulls(), (false, false), "both lines are let go");
        assert_eq!(rig.busy_active(), (false, false));
    }
}

#[test]
fn another_master_is_noticed_at_start_bit_and_stop() {
    // at the start condition: the data line is low already
    let mut rig = rig();
    rig.target.intruder = 0..1;
    rig.pass(20);
    let ended = rig.open(0xA0);
    assert!(is_just(ended, events!(DONE, ARBITRATION_LOST)), "{ended:?}");
    // in a byte: where this master sends a one
    for (bit, byte) in [(1, 0x80), (8, 0x01)] {
        let mut rig = rig_with_intruder(bit);
        let ended = rig.open(byte);
        assert!(is_just(ended, events!(DONE, ARBITRATION_LOST)), "bit {bit}");
        assert_eq!(
            (rig.pulls(), rig.busy_active()),
            ((false, false), (false, false))
        );
    }
    // where it sends a zero there is nothing to lose, and the acknowledge bit is the target's
    for (bit, byte) in [(1, 0x7F), (8, 0xFE), (9, 0xFF)] {
        let ended = rig_with_intruder(bit).open(byte);
        assert!(is_just(ended, events!(DONE)), "bit {bit}: {ended:?}");
    }
    // at the stop condition: the line does not rise
    let mut rig = rig_with_intruder(10);
    rig.target.intruder = 10..99;
    assert!(is_just(rig.open(0xA0), events!(DONE)));
    let ended = rig.run(stop());
    assert!(is_just(ended, events!(DONE, ARBITRATION_LOST)), "{ended:?}");
    assert_eq!(rig.busy_active(), (false, false));
}

/// Somebody pulls the data line while bit `bit` of the first byte is sent.
fn rig_with_intruder(bit: u32) -> Rig {
    let mut rig = rig();
    // fall 1 ends the start condition, so bit 1 is between falls 1 and 2
    rig.target.intruder = bit..bit + 1;
    rig
}

#[test]
fn recovery_clocks_until_the_data_line_is_free() {
    let recover = Command::new().with_flag(Command::RECOVER, true);
    for (held, expected) in [
        (0..0, events!(DONE) as &[IntrState]),
        (0..5, events!(DONE)),
        (0..9, events!(DONE)),
        (0..99, events!(DONE, ARBITRATION_LOST)),
    ] {
        let mut rig = rig();
        rig.target.intruder = held.clone();
        // the line that goes low and high again looks like conditions
        rig.target.may_cut = true;
        rig.pass(20);
        // what else the command asks for is ignored
        let ended = rig.run(write(0xA0).with_flag(Command::RECOVER, true));
        assert!(is_just(ended, expected), "{held:?}: {ended:?}");
        assert_eq!(
            (rig.pulls(), rig.busy_active()),
            ((false, false), (false, false))
        );
        if held.end < 99 {
            assert_eq!(rig.target.heard.last(), Some(&Wire::Stop), "{held:?}");
            rig.target.heard.clear();
            assert!(
                is_just(rig.open(0xA0), events!(DONE)),
                "the bus works again"
            );
        }
    }
    let mut rig = rig();
    rig.begin(recover);
    let (_, took) = rig.end(100);
    assert!(
        took < 4 * BIT,
        "a free bus needs one clock and a stop: {took}"
    );
}

#[test]
fn commands_at_a_wrong_time_are_rejected_and_nothing_happens() {
    let mut rig = rig();
    for command in [write(1), read(true), stop()] {
        rig.begin(command);
        rig.pass(2 * BIT);
        assert!(is_just(rig.load(), events!(REJECTED)), "{command:?}");
    }
    assert_eq!(rig.target.heard, []);
    // no flag, or LAST alone, is no command
    rig.begin(Command::new().with(Command::DATA, 0xFF));
    rig.store(Command::new().with_flag(Command::LAST, true));
    rig.pass(2 * BIT);
    assert!(is_just(rig.load(), &[]));
    // while another one runs
    rig.begin(write(0xA0).with_flag(Command::START, true));
    rig.pass(BIT);
    assert!(rig.busy_active().0);
    rig.store(write(0x77).with_flag(Command::START, true));
    let (ended, _) = rig.end(1_000);
    assert!(is_just(ended, events!(DONE, REJECTED)), "{ended:?}");
    rig.run(stop());
    assert_eq!(
        rig.target.heard,
        [Wire::Start, Wire::Byte(0xA0, true), Wire::Stop]
    );
}

#[test]
fn reset_lets_go_of_the_lines_in_the_middle_of_a_byte() {
    let mut rig = rig();
    rig.target.may_cut = true;
    rig.begin(write(0x00).with_flag(Command::START, true));
    rig.pass(3 * BIT);
    rig.uut.reset.next = true;
    rig.pass(2);
    assert_eq!(rig.pulls(), (false, false));
    rig.uut.reset.next = false;
    assert_eq!(rig.busy_active(), (false, false));
    assert!(is_just(rig.load(), &[]));
}

#[test]
fn lines_by_hand_pull_and_read_back() {
    let mut rig = rig();
    for (scl_low, sda_low) in [(false, false), (true, false), (true, true), (false, true)] {
        rig.store(
            ddc::Lines::new()
                .with_flag(ddc::Lines::SCL_LOW, scl_low)
                .with_flag(ddc::Lines::SDA_LOW, sda_low),
        );
        rig.pass(INPUT_DELAY);
        assert_eq!(rig.pulls(), (scl_low, sda_low));
        let lines: ddc::Lines = rig.load();
        let levels = (lines.is_set(ddc::Lines::SCL), lines.is_set(ddc::Lines::SDA));
        assert_eq!(levels, (!scl_low, !sda_low));
    }
    // somebody else's pull is seen too
    rig.store(ddc::Lines::new());
    rig.target.intruder = 0..99;
    rig.pass(INPUT_DELAY);
    let lines: ddc::Lines = rig.load();
    assert!(lines.is_set(ddc::Lines::SCL) && !lines.is_set(ddc::Lines::SDA));
}

#[test]
fn spikes_of_two_clocks_are_swallowed() {
    let mut rig = rig();
    for length in 1..=4 {
        rig.pass(20);
        rig.target.intruder = 0..1;
        rig.pass(length);
        rig.target.intruder = 0..0;
        let mut low = false;
        for _ in 0..12 {
            // the read takes three clocks, the level lasts as long as the spike
            rig.uut.bus_address.next =
                u64::from(<ddc::Lines as lumenport_regmap::Addressed>::OFFSET).into();
            rig.tick();
            low |= !ddc::Lines::from_bits(rig.uut.bus_rdata.val().to_u32()).is_set(ddc::Lines::SDA)
                && rig.uut.bus_rdata.val().to_u32() != 0;
        }
        assert_eq!(low, length >= 3, "{length} clocks");
    }
}

#[test]
fn hot_plug_counts_when_it_stayed() {
    let mut rig = rig();
    let status = |rig: &mut Rig| {
        let status: ddc::Status = rig.load();
        (
            status.is_set(ddc::Status::HOTPLUG),
            status.is_set(ddc::Status::HOTPLUG_RAW),
        )
    };
    rig.store(ddc::Debounce::from_bits(100));
    rig.store(ddc::IntrEnable::from_bits(events!(HOTPLUG)[0].bits()));
    // a contact that bounces faster than that is not there
    for _ in 0..10 {
        rig.contact = !rig.contact;
        rig.pass(95);
    }
    assert!(is_just(rig.load(), &[]));
    assert!(!rig.uut.interrupt.val());
    for level in [true, false] {
        rig.contact = level;
        rig.pass(90);
        assert_eq!(status(&mut rig), (!level, level));
        rig.pass(20);
        assert_eq!(status(&mut rig), (level, level));
        assert!(is_just(rig.load(), events!(HOTPLUG)));
        assert!(rig.uut.interrupt.val());
        rig.store(events!(HOTPLUG)[0]);
        rig.pass(300);
        assert!(is_just(rig.load(), &[]), "once for each change");
        assert!(!rig.uut.interrupt.val());
    }
}

#[test]
fn hot_plug_level_at_reset_is_no_event() {
    for contact in [false, true] {
        let mut rig = Rig::new(Target::willing(), contact);
        let status: ddc::Status = rig.load();
        assert_eq!(status.is_set(ddc::Status::HOTPLUG), contact);
        rig.store(ddc::Debounce::from_bits(0));
        rig.pass(50);
        assert!(is_just(rig.load(), &[]));
        // without debounce every change counts at once
        rig.contact = !contact;
        rig.pass(8);
        assert!(is_just(rig.load(), events!(HOTPLUG)));
    }
}

#[test]
fn every_event_interrupts_when_enabled_and_stays_until_cleared() {
    let mut rig = rig();
    let all = card::BLOCKS
        .iter()
        .find(|block| block.name == "ddc")
        .and_then(|block| block.register("INTR_STATE"))
        .expect("the map has it");
    assert_eq!(all.fields.len(), 6);
    for field in all.fields {
        let bit = field.mask();
        rig.store(ddc::IntrTest::from_bits(bit));
        rig.pass(2);
        assert_eq!(rig.load::<IntrState>().bits(), bit, "{}", field.name);
        assert!(!rig.uut.interrupt.val(), "{}: not enabled", field.name);
        rig.store(ddc::IntrEnable::from_bits(!bit));
        rig.pass(2);
        assert!(!rig.uut.interrupt.val(), "{}: others enabled", field.name);
        rig.store(ddc::IntrEnable::from_bits(bit));
        rig.pass(2);
        assert!(rig.uut.interrupt.val(), "{}", field.name);
        rig.store(IntrState::from_bits(!bit));
        assert_eq!(rig.load::<IntrState>().bits(), bit, "{}: stays", field.name);
        rig.store(IntrState::from_bits(bit));
        rig.pass(2);
        assert!(!rig.uut.interrupt.val(), "{}: cleared", field.name);
        rig.store(ddc::IntrEnable::new());
    }
}

#[test]
fn random_transfers_with_random_stretching_arrive() {
    let seed = 0xDDC;
    println!("seed {seed:#x}");
    let mut random = Rng::new(seed);
    let mut rig = rig();
    for _ in 0..12 {
        rig.target.heard.clear();
        rig.target.stretch = random.below(60);
        rig.store(ddc::Quarter::new().with(ddc::Quarter::VALUE, 4 + random.below(6)));
        let mut expected = vec![Wire::Start];
        let reads = random.percent(50);
        let address = random.next_u32() as u8 & 0xFE | u8::from(reads);
        expected.push(Wire::Byte(address, true));
        let count = 1 + random.below(4);
        let bytes: Vec<u8> = (0..count).map(|_| random.next_u32() as u8).collect();
        rig.target.sends = if reads { bytes.clone() } else { vec![] };
        rig.begin(write(address).with_flag(Command::START, true));
        rig.end(2_000);
        for (index, byte) in bytes.iter().enumerate() {
            let last = index + 1 == bytes.len();
            rig.begin(if reads { read(last) } else { write(*byte) });
            assert!(is_just(rig.end(2_000).0, events!(DONE)));
            if reads {
                assert_eq!(rig.reply().0, *byte);
            }
            expected.push(Wire::Byte(*byte, !(reads && last)));
        }
        rig.begin(stop());
        rig.end(2_000);
        expected.push(Wire::Stop);
        assert_eq!(rig.target.heard, expected);
    }
}

#[test]
fn verilog_elaborates() {
    let mut uut = Ddc::default();
    uut.connect_all();
    elaborate::check("ddc", &uut);
}

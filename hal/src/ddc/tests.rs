use super::*;
use crate::edid::build::{BaseBlock, CtaBlock, seal};
use crate::edid::{BLOCK_BYTES, Block, Edid, Timing};
use crate::fake::{BusFlaws, FakeCard, FakeDelay};
use crate::mode;
use embedded_hal::i2c::{Error as _, ErrorKind as I2cKind, I2c, NoAcknowledgeSource, Operation};
use std::vec::Vec;

const SYS: KiloHertz = KiloHertz::new(62_500);

fn edid(extensions: u8) -> Vec<u8> {
    let preferred = Timing::of(mode::by_name("1280x720").unwrap());
    let base = BaseBlock::new(*b"LMP", 1, 7)
        .timing(&preferred)
        .name("Fake")
        .emit(extensions);
    let mut bytes = base.to_vec();
    for index in 0..extensions {
        let mut block = CtaBlock::new().vics(&[4, 16]).emit();
        block[100] = index;
        seal(&mut block);
        bytes.extend(block);
    }
    bytes
}

fn card(edid: &[u8], flaws: BusFlaws) -> FakeCard {
    let card = FakeCard::default();
    card.set_monitor(Some(edid), flaws);
    card
}

fn i2c(card: &FakeCard) -> DdcI2c<&FakeCard, FakeDelay<'_>> {
    DdcI2c::new(card, card.delay(), SYS, STANDARD_RATE)
}

fn read(card: &FakeCard) -> (Result<EdidRead, DdcError>, Vec<u8>) {
    let mut bytes = [0; 8 * BLOCK_BYTES];
    let outcome = i2c(card).read_edid(&mut bytes, ReadPolicy::default());
    let length = outcome.map_or(0, |read| read.length);
    (outcome, bytes[..length].to_vec())
}

#[test]
fn quarter_gives_at_most_the_rate() {
    for (rate, quarter) in [
        (100, 155),
        (400, 38),
        (10, 1561),
        (1, 15624),
        (5000, 4),
        (0, 15624),
    ] {
        assert_eq!(
            quarter_clocks(SYS, KiloHertz::new(rate)),
            quarter,
            "{rate} kHz"
        );
    }
    for rate in 1..2700 {
        let clocks = 4 * u32::from(quarter_clocks(SYS, KiloHertz::new(rate))) + BIT_OVERHEAD_CLOCKS;
        assert!(clocks * rate >= 62_500, "{rate} kHz");
    }
}

#[test]
fn edid_with_extensions_in_several_segments_is_read() {
    for extensions in 0..5 {
        let expected = edid(extensions);
        let (outcome, bytes) = read(&card(&expected, BusFlaws::default()));
        let read = EdidRead {
            length: expected.len(),
            retries: 0,
            bad_blocks: 0,
        };
        assert_eq!(outcome, Ok(read));
        assert_eq!(bytes, expected);
    }
}

#[test]
fn small_buffer_takes_what_fits_and_an_empty_one_is_refused() {
    let card = card(&edid(3), BusFlaws::default());
    let mut bytes = [0; 2 * BLOCK_BYTES + 5];
    let read = i2c(&card)
        .read_edid(&mut bytes, ReadPolicy::default())
        .unwrap();
    assert_eq!(read.length, 2 * BLOCK_BYTES);
    assert_eq!(bytes[2 * BLOCK_BYTES..], [0; 5]);
    assert_eq!(
        i2c(&card).read_edid(&mut [0; 127], ReadPolicy::default()),
        Err(DdcError::EmptyRead)
    );
}

#[test]
fn deaf_and_garbling_monitors_are_asked_again() {
    let expected = edid(1);
    let flaws = BusFlaws {
        deaf: 2,
        ..BusFlaws::default()
    };
    let (outcome, bytes) = read(&card(&expected, flaws));
    assert_eq!((outcome.unwrap().retries, bytes), (2, expected.clone()));
    let flaws = BusFlaws {
        garbled: 3,
        ..BusFlaws::default()
    };
    let (outcome, bytes) = read(&card(&expected, flaws));
    assert_eq!((outcome.unwrap().retries, bytes), (3, expected.clone()));
    // One more than there are attempts: the bytes are kept and counted.
    let flaws = BusFlaws {
        garbled: 4,
        ..BusFlaws::default()
    };
    let (outcome, bytes) = read(&card(&expected, flaws));
    assert_eq!((outcome.unwrap().bad_blocks, bytes.len()), (1, 256));
    let flaws = BusFlaws {
        deaf: u32::MAX,
        ..BusFlaws::default()
    };
    assert_eq!(read(&card(&expected, flaws)).0, Err(DdcError::NoAddress));
    let nobody = FakeCard::default();
    assert_eq!(read(&nobody).0, Err(DdcError::NoAddress));
}

#[test]
fn monitor_without_segments_gives_its_first_two_blocks() {
    let flaws = BusFlaws {
        no_segments: true,
        ..BusFlaws::default()
    };
    let expected = edid(3);
    let (outcome, bytes) = read(&card(&expected, flaws));
    assert_eq!(outcome.unwrap().length, 256);
    assert_eq!(bytes, expected[..256]);
}

#[test]
fn extension_that_is_the_base_block_again_is_dropped() {
    let base = edid(0);
    let mut twice = base.clone();
    twice[126] = 1;
    seal(twice[..].first_chunk_mut::<BLOCK_BYTES>().unwrap());
    let first = twice.clone();
    twice.extend(&first);
    let (outcome, bytes) = read(&card(&twice, BusFlaws::default()));
    assert_eq!(outcome.unwrap().length, 128);
    assert_eq!(bytes, first);
}

#[test]
fn held_data_line_is_freed_and_one_held_for_ever_is_told() {
    for holds_data in 1..=9 {
        let expected = edid(0);
        let card = card(
            &expected,
            BusFlaws {
                holds_data,
                ..BusFlaws::default()
            },
        );
        assert!(!Ddc::new(&card).lines().sda);
        let (outcome, bytes) = read(&card);
        assert_eq!(
            (outcome.unwrap().retries, bytes),
            (1, expected),
            "{holds_data} clocks"
        );
    }
    let card = card(
        &edid(0),
        BusFlaws {
            holds_data: u32::MAX,
            ..BusFlaws::default()
        },
    );
    assert_eq!(read(&card).0, Err(DdcError::ArbitrationLost));
    assert_eq!(i2c(&card).recover(), Err(DdcError::ArbitrationLost));
}

#[test]
fn stretching_costs_time_and_has_a_bound() {
    let expected = edid(0);
    let flaws = BusFlaws {
        stretch_ns: 300_000,
        ..BusFlaws::default()
    };
    let slow = card(&expected, flaws);
    assert_eq!(read(&slow).1, expected);
    assert!(slow.now_ns() > 131 * 300_000);
    let stuck = card(
        &expected,
        BusFlaws {
            stretch_ns: u64::MAX,
            ..BusFlaws::default()
        },
    );
    assert_eq!(read(&stuck).0, Err(DdcError::Stretched));
    // Lines are released: the monitor, not the card, holds the bus now.
    let status = stuck.read32(crate::regmap::blocks::ddc::Status::OFFSET);
    assert_eq!(status & 3, 0);
}

#[test]
fn transactions_follow_the_embedded_hal_contract() {
    let expected = edid(1);
    let card = card(&expected, BusFlaws::default());
    let mut i2c = i2c(&card);
    // write, repeated start, two reads as one
    let (mut one, mut two) = ([0; 3], [0; 2]);
    i2c.transaction(
        0x50,
        &mut [
            Operation::Write(&[0]),
            Operation::Write(&[8]),
            Operation::Read(&mut one),
            Operation::Read(&mut two),
        ],
    )
    .unwrap();
    assert_eq!((&one[..], &two[..]), (&expected[8..11], &expected[11..13]));
    let mut four = [0; 4];
    i2c.write_read(0x50, &[200], &mut four).unwrap();
    assert_eq!(four, expected[200..204]);
    i2c.read(0x50, &mut four).unwrap();
    assert_eq!(four, expected[204..208]);
    // a probe writes nothing; nothing at all is nothing
    i2c.write(0x50, &[]).unwrap();
    i2c.transaction(0x50, &mut []).unwrap();
    i2c.transaction(
        0x50,
        &mut [Operation::Read(&mut []), Operation::Read(&mut four)],
    )
    .unwrap();
    assert_eq!(i2c.read(0x50, &mut []), Err(DdcError::EmptyRead));
    let error = i2c.write(0x51, &[1]).unwrap_err();
    assert_eq!(
        error.kind(),
        I2cKind::NoAcknowledge(NoAcknowledgeSource::Address)
    );
    // the bus is free again after the refusal
    i2c.write_read(0x50, &[0], &mut four).unwrap();
    assert_eq!(four, expected[..4]);
}

#[test]
fn commands_out_of_order_are_rejected() {
    use crate::regmap::blocks::ddc::{Command, IntrState};
    let card = card(&edid(0), BusFlaws::default());
    let ddc = Ddc::new(&card);
    card.store(Command::new().with_flag(Command::READ, true));
    assert!(ddc.events().unwrap().rejected);
    card.store(IntrState::from_bits(u32::MAX));
    let start = Command::new().with_flag(Command::START, true);
    card.store(start);
    card.store(start);
    assert!(ddc.events().unwrap().rejected);
}

#[test]
fn lines_can_be_driven_by_hand() {
    let card = card(&edid(0), BusFlaws::default());
    let ddc = Ddc::new(&card);
    let both = Lines {
        scl: true,
        sda: true,
    };
    assert_eq!(ddc.lines(), both);
    ddc.set_lines(Lines {
        scl: false,
        sda: true,
    });
    assert_eq!(
        ddc.lines(),
        Lines {
            scl: false,
            sda: true
        }
    );
    ddc.set_lines(Lines {
        scl: true,
        sda: false,
    });
    assert_eq!(
        ddc.lines(),
        Lines {
            scl: true,
            sda: false
        }
    );
    ddc.set_lines(both);
    assert_eq!(ddc.lines(), both);
}

#[test]
fn hot_plug_is_debounced_and_an_input_pin() {
    let card = FakeCard::default();
    let ddc = Ddc::new(&card);
    let mut pin = HotPlug::new(&card);
    ddc.set_debounce_clocks(1000);
    assert_eq!(
        (pin.is_high(), ddc.events().unwrap().hotplug),
        (Ok(false), false)
    );
    card.set_monitor(Some(&edid(0)), BusFlaws::default());
    assert_eq!(pin.is_low(), Ok(true));
    card.advance_ns(17_000);
    assert_eq!(
        (pin.is_high(), ddc.events().unwrap().hotplug),
        (Ok(true), true)
    );
    ddc.clear(Events::HOTPLUG);
    card.set_monitor(None, BusFlaws::default());
    card.advance_ns(17_000);
    assert_eq!(
        (ddc.is_connected(), ddc.events().unwrap().hotplug),
        (Some(false), true)
    );
    card.set_gone(true);
    assert_eq!(pin.is_high(), Err(DdcError::Gone));
    assert_eq!(ddc.events(), None);
    assert_eq!(read(&card).0, Err(DdcError::Gone));
}

#[test]
fn edid_read_over_the_bus_parses() {
    let expected = edid(1);
    let (_, bytes) = read(&card(&expected, BusFlaws::default()));
    let parsed = Edid::parse(&bytes).unwrap();
    assert!(parsed.flaws().is_empty(), "{}", parsed.flaws());
    assert!(
        parsed
            .preferred()
            .unwrap()
            .is_like(mode::by_name("1280x720").unwrap())
    );
    let mut block: Block = [0; BLOCK_BYTES];
    assert_eq!(
        i2c(&card(&expected, BusFlaws::default())).read_block(1, &mut block),
        Ok(())
    );
    assert_eq!(block, expected[128..]);
}

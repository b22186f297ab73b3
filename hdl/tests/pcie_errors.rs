//! Errors: what each event leaves in device status and in the AER registers, and which message it makes.

mod pcie_bench;

use lumenport_hdl::pcie::{ErrorLog, Identity};
use lumenport_hdl::prelude::*;
use lumenport_hdl::{elaborate, testbench};
use pcie_bench::{BAR0, BAR2, Bench, CARD, ROOT, Stalls, config, emit};
use pcie_tlp::{Header, MemoryRequest, MessageHeader, Routing, Tlp};

const UNCORRECTABLE_STATUS: u16 = 0x104;
const UNCORRECTABLE_MASK: u16 = 0x108;
const SEVERITY: u16 = 0x10C;
const CORRECTABLE_STATUS: u16 = 0x110;
const CORRECTABLE_MASK: u16 = 0x114;
const CONTROL: u16 = 0x118;
const HEADER_LOG: u16 = 0x11C;
const DEVICE_CONTROL: u16 = 0x68;

const COR: u8 = 0x30;
const NONFATAL: u8 = 0x31;
const FATAL: u8 = 0x33;
const ADVISORY: u32 = 1 << 13;

/// What makes the error.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// These DWs from the host.
    Packet(&'static [u32]),
    /// A completion, which the DMA stub calls unexpected two clocks after its header.
    Unexpected,
    /// The DMA stub's strobe.
    Timeout,
    /// More reads than credits, while the card can answer none.
    Overflow,
    /// A posted limit that goes back.
    LimitGoesBack,
}

/// One row of the error table.
struct Row {
    name: &'static str,
    cause: Cause,
    /// Uncorrectable status bit.
    bit: u32,
    /// Device status with default severities, and with the severity inverted.
    device: [u32; 2],
    /// Message with default severities, and with the severity inverted.
    message: [u8; 2],
    /// The header is in the log.
    logged: bool,
}

const STRAY: &[u32] = &[0x0A00_0000, 0x0000_2004, 0x0100_1F00];

/// The rows of the specification's tables 6-2 to 6-4 that an endpoint without link layer can see.
const ROWS: &[Row] = &[
    Row {
        name: "read of nowhere",
        cause: Cause::Packet(&[0x0000_0001, 0x0000_030F, 0x1000]),
        bit: 20,
        device: [0x9, 0xC],
        message: [COR, FATAL],
        logged: true,
    },
    Row {
        name: "write to nowhere",
        cause: Cause::Packet(&[0x6000_0001, 0x0000_000F, 1, 0x1000, 7]),
        bit: 20,
        device: [0xA, 0xC],
        message: [NONFATAL, FATAL],
        logged: true,
    },
    Row {
        name: "poisoned write",
        cause: Cause::Packet(&[0x4000_4001, 0x0000_000F, BAR0 as u32, 7]),
        bit: 12,
        device: [0x2, 0x4],
        message: [NONFATAL, FATAL],
        logged: true,
    },
    Row {
        name: "poisoned completion",
        cause: Cause::Packet(&[0x4A00_4001, 0x0000_0004, 0x0100_0100, 7]),
        bit: 12,
        device: [0x2, 0x4],
        message: [NONFATAL, FATAL],
        logged: true,
    },
    Row {
        name: "unexpected completion",
        cause: Cause::Unexpected,
        bit: 16,
        device: [0x1, 0x4],
        message: [COR, FATAL],
        logged: true,
    },
    Row {
        name: "malformed packet",
        cause: Cause::Packet(&[0x4000_0002, 0x0000_00FF, BAR0 as u32, 7]),
        bit: 18,
        device: [0x4, 0x2],
        message: [FATAL, NONFATAL],
        logged: true,
    },
    Row {
        name: "completion timeout",
        cause: Cause::Timeout,
        bit: 14,
        device: [0x2, 0x4],
        message: [NONFATAL, FATAL],
        logged: false,
    },
    Row {
        name: "receiver overflow",
        cause: Cause::Overflow,
        bit: 17,
        device: [0x4, 0x2],
        message: [FATAL, NONFATAL],
        logged: false,
    },
    Row {
        name: "flow control protocol error",
        cause: Cause::LimitGoesBack,
        bit: 13,
        device: [0x4, 0x2],
        message: [FATAL, NONFATAL],
        logged: false,
    },
];

/// A card with every message enabled and nothing masked.
fn talking() -> Bench {
    let mut bench = Bench::new(Stalls::default(), 400);
    bench.config_write(DEVICE_CONTROL, 0xF, 0x1);
    bench.config_write(CORRECTABLE_MASK, 0, 0xF);
    bench
}

/// Makes the error; returns the codes of the messages that came.
fn strike(bench: &mut Bench, cause: Cause) -> Vec<u8> {
    match cause {
        Cause::Packet(words) => bench.send(words),
        Cause::Unexpected => {
            bench.send(STRAY);
            let before = bench.completions.len();
            bench.run_until("the completion", |bench| bench.completions.len() > before);
            bench.uut.unexpected_strobe.next = true;
            bench.step();
            bench.uut.unexpected_strobe.next = false;
        }
        Cause::Timeout => {
            bench.uut.completion_timeout_strobe.next = true;
            bench.step();
            bench.uut.completion_timeout_strobe.next = false;
        }
        Cause::Overflow => {
            bench.tx_blocked = true;
            for index in 0..20 {
                bench.ask(BAR0 + 8 * index, 8);
            }
            bench.settle();
            bench.tx_blocked = false;
            bench.run_until("answers and message", |bench| bench.from_card.len() >= 20);
        }
        Cause::LimitGoesBack => {
            bench.uut.credit_infinite.next = 0x3Eu64.into();
            bench.uut.credit_limit_posted.next = (60u64 << 12).into();
            bench.step();
            bench.uut.credit_limit_posted.next = (59u64 << 12).into();
            bench.step();
            bench.uut.credit_infinite.next = 0x3Fu64.into();
            bench.step();
        }
    }
    bench.settle();
    let sent: Vec<_> = bench.from_card.drain(..).collect();
    let is_message = |words: &&Vec<u32>| words[0] >> 28 == 3;
    let messages = sent.iter().filter(is_message);
    messages
        .map(|words| {
            assert_eq!(words[..1], [0x3000_0000], "to the root complex, no data");
            assert_eq!(words[1] & !0xFF, 0x0100_0000, "from us");
            assert_eq!(words[2..], [0, 0]);
            words[1] as u8
        })
        .collect()
}

fn header_log(bench: &mut Bench) -> [u32; 4] {
    [0, 4, 8, 12].map(|at| bench.config_read(HEADER_LOG + at))
}

/// The header as the log shows it: of a three DW header the fourth is zero.
fn header(cause: Cause) -> [u32; 4] {
    let words = match cause {
        Cause::Packet(words) => words,
        _ => STRAY,
    };
    let fourth = if words[0] >> 29 & 1 == 1 { words[3] } else { 0 };
    [words[0], words[1], words[2], fourth]
}

fn check(row: &Row, inverted: usize) {
    let mut bench = talking();
    let severity = bench.config_read(SEVERITY);
    assert_eq!(severity, 0x0006_2010, "default severity");
    if inverted == 1 {
        bench.config_write(SEVERITY, severity ^ 1 << row.bit, 0xF);
    }
    let messages = strike(&mut bench, row.cause);
    if !matches!(row.cause, Cause::Overflow) {
        assert_eq!(messages, [row.message[inverted]], "{}", row.name);
    }
    assert!(messages.iter().all(|code| *code == row.message[inverted]));
    let device = bench.config_read(DEVICE_CONTROL) >> 16 & 0xF;
    assert_eq!(device, row.device[inverted], "{}", row.name);
    assert_eq!(
        bench.config_read(UNCORRECTABLE_STATUS),
        1 << row.bit,
        "{}",
        row.name
    );
    let advisory = row.message[inverted] == COR;
    assert_eq!(
        bench.config_read(CORRECTABLE_STATUS),
        if advisory { ADVISORY } else { 0 },
        "{}",
        row.name
    );
    assert_eq!(bench.config_read(CONTROL), row.bit, "first error pointer");
    let expected = if row.logged {
        header(row.cause)
    } else {
        [0; 4]
    };
    assert_eq!(header_log(&mut bench), expected, "{}", row.name);
    bench.config_write(UNCORRECTABLE_STATUS, 1 << row.bit, 0xF);
    bench.config_write(CORRECTABLE_STATUS, ADVISORY, 0xF);
    assert_eq!(bench.config_read(UNCORRECTABLE_STATUS), 0);
    assert_eq!(bench.config_read(CORRECTABLE_STATUS), 0);
}

#[test]
fn every_error_sets_its_bits_logs_its_header_and_sends_its_message() {
    for row in ROWS {
        check(row, 0);
    }
}

#[test]
fn severity_decides_between_fatal_non_fatal_and_advisory() {
    for row in ROWS {
        check(row, 1);
    }
}

#[test]
fn masked_errors_are_kept_but_neither_logged_nor_told() {
    for row in ROWS {
        let mut bench = talking();
        bench.config_write(UNCORRECTABLE_MASK, 1 << row.bit, 0xF);
        bench.config_write(CORRECTABLE_MASK, ADVISORY, 0xF);
        assert!(strike(&mut bench, row.cause).is_empty(), "{}", row.name);
        let advisory = row.message[0] == COR;
        let kept = if advisory { 0 } else { 1 << row.bit };
        assert_eq!(
            bench.config_read(UNCORRECTABLE_STATUS),
            kept,
            "{}",
            row.name
        );
        let told = if advisory { ADVISORY } else { 0 };
        assert_eq!(bench.config_read(CORRECTABLE_STATUS), told, "{}", row.name);
        assert_eq!(header_log(&mut bench), [0; 4]);
        let device = bench.config_read(DEVICE_CONTROL) >> 16 & 0xF;
        assert_eq!(device, row.device[0], "device status knows no mask");
    }
}

#[test]
fn messages_follow_the_enable_bits() {
    // device control 3:0, SERR#, then the messages of: unsupported read, unsupported write, poisoned write, malformed
    let cases: [(u32, bool, [&[u8]; 4]); 7] = [
        (0x0, false, [&[], &[], &[], &[]]),
        (0x0, true, [&[], &[NONFATAL], &[NONFATAL], &[FATAL]]),
        (0x1, false, [&[], &[], &[], &[]]),
        (0x9, false, [&[COR], &[], &[], &[]]),
        (0x2, false, [&[], &[], &[NONFATAL], &[]]),
        (0xA, false, [&[], &[NONFATAL], &[NONFATAL], &[]]),
        (0x4, false, [&[], &[], &[], &[FATAL]]),
    ];
    for (enables, serr, expected) in cases {
        for (row, messages) in [&ROWS[0], &ROWS[1], &ROWS[2], &ROWS[5]]
            .iter()
            .zip(expected)
        {
            let mut bench = talking();
            bench.config_write(DEVICE_CONTROL, enables, 0x1);
            bench.config_write(0x04, 0x6 | u32::from(serr) << 8, 0x3);
            let got = strike(&mut bench, row.cause);
            assert_eq!(got, messages, "{} with {enables:x}, SERR# {serr}", row.name);
            let signaled = serr && !messages.is_empty();
            assert_eq!(
                bench.config_read(0x04) >> 30 & 1 == 1,
                signaled,
                "signaled system error"
            );
        }
    }
}

#[test]
fn the_first_error_keeps_the_log_until_it_is_cleared() {
    let mut bench = talking();
    let (read, poisoned) = (&ROWS[0], &ROWS[2]);
    strike(&mut bench, read.cause);
    strike(&mut bench, poisoned.cause);
    assert_eq!(bench.config_read(UNCORRECTABLE_STATUS), 1 << 20 | 1 << 12);
    assert_eq!(bench.config_read(CONTROL), 20);
    assert_eq!(header_log(&mut bench), header(read.cause));
    // clearing the other one frees nothing
    bench.config_write(UNCORRECTABLE_STATUS, 1 << 12, 0xF);
    strike(&mut bench, poisoned.cause);
    assert_eq!(header_log(&mut bench), header(read.cause));
    bench.config_write(UNCORRECTABLE_STATUS, 1 << 20, 0xF);
    strike(&mut bench, poisoned.cause);
    assert_eq!(bench.config_read(CONTROL), 12);
    assert_eq!(header_log(&mut bench), header(poisoned.cause));
}

#[test]
fn completion_timeout_can_be_switched_off() {
    let mut bench = Bench::new(Stalls::default(), 401);
    assert!(!bench.uut.timeout_disable.val());
    bench.config_write(0x88, 0x10, 0x1);
    assert!(bench.uut.timeout_disable.val());
    assert_eq!(bench.config_read(0x88), 0x10);
}

#[test]
fn nothing_of_ours_is_sent_after_bus_mastering_went_off() {
    let words = |first: u32| [first, 0x0100_000F, 0x2000, 1];
    for wait in 0..40 {
        let mut bench = Bench::new(Stalls::default(), 402);
        bench.config_write(0x48, 0x0001_0000, 0xC);
        let request = config(9, CARD, 0x04, 0x3);
        bench.send_tlp(&Tlp::new(Header::ConfigWrite(request), &[0x0200_0000]));
        for _ in 0..wait {
            bench.step();
        }
        // offered at any moment around the write
        for round in 0..8 {
            let packet = words(0x4000_0001);
            for (at, word) in packet.into_iter().enumerate() {
                let number = if at == 3 { round } else { 0 };
                bench.dma.push_back((word | number, at == 3));
                bench.msi.push_back((word, at == 3));
            }
        }
        bench.run_until("the sources to rest", |bench| {
            bench.dma.is_empty() && bench.msi.is_empty()
        });
        bench.settle();
        let sent: Vec<_> = bench.from_card.drain(..).collect();
        let answer = sent.iter().position(|words| words[0] >> 24 == 0x0A);
        let answer = answer.expect("the write is answered");
        assert_eq!(
            answer + 1,
            sent.len(),
            "nothing after the answer, wait {wait}"
        );
        assert!(
            sent.iter()
                .all(|words| words.len() == 4 || words.len() == 3)
        );
        // and the streams are in step afterwards
        bench.config_write(0x04, 0x6, 0x3);
        for (at, word) in words(0x4000_0001).into_iter().enumerate() {
            bench.dma.push_back((word, at == 3));
        }
        assert_eq!(bench.receive(), words(0x4000_0001));
    }
}

#[test]
fn a_message_with_data_that_is_not_known_is_logged_with_its_header() {
    let mut bench = talking();
    let header = MessageHeader {
        requester: ROOT,
        tag: 5,
        code: 0x7E,
        routing: Routing::Local,
        body: [0x1122_3344, 0x5566_7788],
    };
    let words = emit(&Tlp::new(Header::Message(header), &[1, 2]));
    bench.send(&words);
    bench.settle();
    bench.from_card.clear();
    assert_eq!(header_log(&mut bench)[..], words[..4]);
}

#[test]
fn a_malformed_write_to_a_register_writes_nothing() {
    let mut bench = Bench::new(Stalls::default(), 403);
    let request = MemoryRequest::bytes(ROOT, 0, BAR2 + 0x102C, 8).unwrap();
    let words = emit(&Tlp::memory_write(request, &[1, 2]));
    bench.send(&words[..4]);
    bench.send(&words);
    bench.settle();
    assert_eq!(bench.bus_writes.len(), 2, "the good one only");
}

#[test]
fn error_log_elaborates() {
    let mut uut = ErrorLog::default();
    uut.connect_all();
    testbench::settle(&mut uut);
    elaborate::check("pcie_error_log", &uut);
    assert_eq!(Identity::default().max_payload_supported, 2);
}

//! Test bench of the DMA engine: drives the block, plays host memory and card memory around it.
#![allow(dead_code, reason = "each test binary uses its part of the bench")]

pub mod host;

use host::Host;
use lumenport_hdl::dma::Dma;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, connected, settle};
use std::collections::VecDeque;

/// Card memory of the bench.
pub const CARD_BYTES: usize = 64 * 1024;
/// Requester id the bench gives to the engine.
pub const REQUESTER_ID: u16 = 0x0100;
/// Clocks after which a transfer is called stuck.
const PATIENCE_CLOCKS: u64 = 100_000;

/// Register offsets in BAR2.
pub mod reg {
    pub const INTR_STATE: u16 = 0x1404;
    pub const INTR_ENABLE: u16 = 0x1408;
    pub const STATUS: u16 = 0x1410;
    pub const CAPS: u16 = 0x1414;
    pub const HANDLE: u16 = 0x1418;
    pub const OFFSET: u16 = 0x141C;
    pub const LENGTH: u16 = 0x1420;
    pub const ROWS: u16 = 0x1424;
    pub const HOST_PITCH: u16 = 0x1428;
    pub const CARD_ADDRESS: u16 = 0x142C;
    pub const CARD_PITCH: u16 = 0x1430;
    pub const CONTROL: u16 = 0x1434;
    pub const RESULT: u16 = 0x1438;
    pub const COMPLETED: u16 = 0x143C;
    pub const BYTES_DONE: u16 = 0x1440;
    pub const FAULT_LO: u16 = 0x1444;
    pub const FAULT_HI: u16 = 0x1448;
    pub const TIMEOUT_CYCLES: u16 = 0x144C;
    pub const REQUESTS: u16 = 0x1450;
    pub const COMPLETIONS: u16 = 0x1454;
    pub const UNEXPECTED: u16 = 0x1458;
    pub const SUBMIT_REJECTED: u16 = 0x145C;
    pub const LATE: u16 = 0x1460;
    pub const TIMEOUTS: u16 = 0x1464;
    pub const QUARANTINE: u16 = 0x1468;
    pub const QUARANTINE_CYCLES: u16 = 0x146C;
    pub const TAG_LIMIT: u16 = 0x1470;
    pub const SLOTS: u16 = 0x1800;
    pub const ELEMENTS: u16 = 0x8000;
}

/// CONTROL and STATUS bits.
pub mod bit {
    pub const SUBMIT: u32 = 1;
    pub const ABORT: u32 = 2;
    pub const TO_HOST: u32 = 4;
    pub const BUSY: u32 = 1;
    pub const DRAINING: u32 = 2;
    pub const VALID: u32 = 1;
    pub const CARD_READ: u32 = 2;
    pub const CARD_WRITE: u32 = 4;
    pub const DONE: u32 = 1;
    pub const ERROR: u32 = 2;
}

/// RESULT codes.
pub mod code {
    pub const NONE: u32 = 0;
    pub const OK: u32 = 1;
    pub const STALE_HANDLE: u32 = 2;
    pub const NO_RIGHT: u32 = 3;
    pub const RANGE: u32 = 4;
    pub const PARAMETER: u32 = 5;
    pub const UNSUPPORTED_REQUEST: u32 = 6;
    pub const COMPLETER_ABORT: u32 = 7;
    pub const TIMEOUT: u32 = 8;
    pub const ABORTED: u32 = 9;
    pub const POISONED: u32 = 10;
    pub const BUS_MASTER_OFF: u32 = 11;
    pub const BAD_COMPLETION: u32 = 12;
    pub const SLOT_RELEASED: u32 = 13;
    pub const NO_TAG: u32 = 14;
}

/// How rough the surroundings are, in percent of clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stalls {
    /// The request stream is not taken.
    pub tx: u32,
    /// The completion stream pauses.
    pub cpl: u32,
    /// Card memory takes no command.
    pub memory: u32,
    /// Read latency of card memory in clocks.
    pub latency: u64,
}

/// One transfer as software programs it.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    pub slot: u32,
    pub generation: u32,
    pub offset: u32,
    pub length: u32,
    pub rows: u32,
    pub host_pitch: u32,
    pub card_address: u32,
    pub card_pitch: u32,
    pub to_host: bool,
}

impl Transfer {
    /// `length` bytes from the table's start in slot 0, generation 1, host to card address 0.
    pub fn simple(length: u32) -> Self {
        Self {
            slot: 0,
            generation: 1,
            offset: 0,
            length,
            rows: 1,
            host_pitch: 0,
            card_address: 0,
            card_pitch: 0,
            to_host: false,
        }
    }
}

/// What a transfer reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub code: u32,
    pub bytes: u32,
    pub fault: u64,
}

/// The engine with its surroundings.
pub struct Bench {
    pub uut: Dma,
    pub host: Host,
    pub card: Vec<u8>,
    pub rng: Rng,
    pub stalls: Stalls,
    /// Clocks since the start.
    pub now: u64,
    /// Clock of the first and last beat of the data-carrying stream since `clear_activity`.
    pub first_beat: Option<u64>,
    pub last_beat: u64,
    reads: VecDeque<(u64, u32, u32)>,
    cpl: VecDeque<u32>,
    cpl_offered: bool,
    bus: Option<(u16, u32)>,
    tx_held: Option<(u32, bool)>,
    pub interrupt: bool,
    /// Strobes for error reporting seen so far: requests that expired, completions dropped.
    pub timeout_strobes: u32,
    pub unexpected_strobes: u32,
}

impl Bench {
    pub fn new(seed: u64) -> Self {
        let mut uut = connected(Dma::new(CARD_BYTES as u32));
        uut.bus_be.next = 0xF.into();
        uut.bus_master_enable.next = true;
        uut.timeout_disable.next = false;
        uut.read_credit.next = true;
        uut.write_credit.next = true;
        uut.requester_id.next = u64::from(REQUESTER_ID).into();
        let mut rng = Rng::new(seed);
        let card = (0..CARD_BYTES).map(|_| rng.next_u32() as u8).collect();
        Self {
            uut,
            host: Host::new(seed),
            card,
            rng,
            stalls: Stalls {
                latency: 3,
                ..Stalls::default()
            },
            now: 0,
            first_beat: None,
            last_beat: 0,
            reads: VecDeque::new(),
            cpl: VecDeque::new(),
            cpl_offered: false,
            bus: None,
            tx_held: None,
            interrupt: false,
            timeout_strobes: 0,
            unexpected_strobes: 0,
        }
    }

    /// Sets both size limits: `128 << code` bytes.
    pub fn set_sizes(&mut self, payload: u32, read_request: u32) {
        self.uut.max_payload.next = u64::from(payload).into();
        self.uut.max_read_request.next = u64::from(read_request).into();
        self.host.max_payload = 128 << payload;
        self.host.max_read_request = 128 << read_request;
    }

    /// One clock.
    pub fn clock(&mut self) {
        self.uut.clock.next = false.into();
        self.apply();
        settle(&mut self.uut);
        self.sample();
        self.uut.clock.next = true.into();
        settle(&mut self.uut);
        self.now += 1;
    }

    pub fn clocks(&mut self, count: u64) {
        for _ in 0..count {
            self.clock();
        }
    }

    fn apply(&mut self) {
        let write = self.bus.take();
        self.uut.bus_write.next = write.is_some();
        if let Some((address, value)) = write {
            self.uut.bus_address.next = u64::from(address).into();
            self.uut.bus_wdata.next = u64::from(value).into();
        }
        self.uut.tx_ready.next = !self.rng.percent(self.stalls.tx);
        self.uut.cmd_ready.next = !self.rng.percent(self.stalls.memory);
        if self.cpl.is_empty()
            && let Some(tlp) = self.host.next_completion(self.now)
        {
            self.cpl.extend(tlp);
        }
        if !self.cpl_offered {
            self.cpl_offered = !self.cpl.is_empty() && !self.rng.percent(self.stalls.cpl);
        }
        self.uut.cpl_valid.next = self.cpl_offered;
        self.uut.cpl_data.next = u64::from(self.cpl.front().copied().unwrap_or(0xDEAD_BEEF)).into();
        self.uut.cpl_last.next = self.cpl.len() == 1;
        self.uut.rvalid.next = false;
        if self.reads.front().is_some_and(|read| read.0 <= self.now) {
            let (_, lo, hi) = self.reads.pop_front().expect("there is a front");
            self.uut.rvalid.next = true;
            self.uut.rdata_lo.next = u64::from(lo).into();
            self.uut.rdata_hi.next = u64::from(hi).into();
        }
    }

    fn sample(&mut self) {
        let uut = &self.uut;
        let to_u32 = |bits: Bits<32>| bits.to_u32();
        self.interrupt = uut.interrupt.val();
        self.timeout_strobes += u32::from(uut.completion_timeout_strobe.val());
        self.unexpected_strobes += u32::from(uut.unexpected_strobe.val());
        // Request stream.
        let offered = uut
            .tx_valid
            .val()
            .then(|| (to_u32(uut.tx_data.val()), uut.tx_last.val()));
        if let Some(held) = self.tx_held {
            assert_eq!(offered, Some(held), "an offered DW stays until it is taken");
        }
        self.tx_held = offered;
        let ready: bool = uut.tx_ready.val();
        if let (Some((dw, last)), true) = (offered, ready) {
            self.tx_held = None;
            self.host.take_dw(self.now, dw, last);
            self.note_beat();
        }
        // Completion stream.
        let moved: bool = self.cpl_offered & self.uut.cpl_ready.val();
        if moved {
            self.cpl.pop_front();
            self.cpl_offered = false;
            if self.cpl.is_empty() {
                self.host.completion_sent();
            }
            self.note_beat();
        }
        // Card memory.
        let uut = &self.uut;
        let command: bool = uut.cmd_valid.val() & uut.cmd_ready.val();
        if command {
            let at = uut.cmd_address.val().to_u32() as usize * 8;
            if uut.cmd_write.val() {
                let word = u64::from(to_u32(uut.wdata_hi.val())) << 32
                    | u64::from(to_u32(uut.wdata_lo.val()));
                let enables = uut.be.val().to_u8();
                for (lane, byte) in word.to_le_bytes().into_iter().enumerate() {
                    if enables >> lane & 1 == 1 {
                        self.card[at + lane] = byte;
                    }
                }
            } else {
                let half = |from: usize| {
                    u32::from_le_bytes(self.card[from..from + 4].try_into().expect("4 bytes"))
                };
                self.reads
                    .push_back((self.now + self.stalls.latency, half(at), half(at + 4)));
            }
        }
    }

    fn note_beat(&mut self) {
        self.first_beat.get_or_insert(self.now);
        self.last_beat = self.now;
    }

    pub fn write(&mut self, address: u16, value: u32) {
        self.bus = Some((address, value));
        self.clock();
        self.clock();
    }

    pub fn read(&mut self, address: u16) -> u32 {
        self.uut.bus_address.next = u64::from(address).into();
        self.clocks(3);
        self.uut.bus_rdata.val().to_u32()
    }

    /// Writes elements from `first` on and makes `slot` name them; tells the host model what is allowed.
    pub fn set_slot(
        &mut self,
        slot: u32,
        generation: u32,
        rights: u32,
        first: u32,
        elements: &[(u64, u32)],
    ) {
        for (idx, &(address, length)) in elements.iter().enumerate() {
            let at = reg::ELEMENTS + 16 * (first as u16 + idx as u16);
            self.write(at, address as u32);
            self.write(at + 4, (address >> 32) as u32);
            self.write(at + 8, length);
        }
        let at = reg::SLOTS + 16 * slot as u16;
        self.write(at, first | (elements.len() as u32) << 16);
        self.write(at + 4, elements.iter().map(|element| element.1).sum());
        self.write(at + 8, generation << 16 | rights | bit::VALID);
        self.host.allow(slot, rights, elements);
    }

    pub fn release_slot(&mut self, slot: u32) {
        self.write(reg::SLOTS + 16 * slot as u16 + 8, 0);
    }

    /// Programs and submits; does not wait.
    pub fn submit(&mut self, transfer: &Transfer) {
        self.write(reg::HANDLE, transfer.generation << 16 | transfer.slot);
        self.write(reg::OFFSET, transfer.offset);
        self.write(reg::LENGTH, transfer.length);
        self.write(reg::ROWS, transfer.rows);
        self.write(reg::HOST_PITCH, transfer.host_pitch);
        self.write(reg::CARD_ADDRESS, transfer.card_address);
        self.write(reg::CARD_PITCH, transfer.card_pitch);
        let direction = if transfer.to_host { bit::TO_HOST } else { 0 };
        self.first_beat = None;
        self.write(reg::CONTROL, bit::SUBMIT | direction);
    }

    pub fn busy(&mut self) -> bool {
        self.read(reg::STATUS) & bit::BUSY != 0
    }

    /// Waits until BUSY falls and reads the outcome.
    pub fn wait(&mut self) -> Report {
        let from = self.now;
        while self.busy() {
            assert!(
                self.now - from < PATIENCE_CLOCKS,
                "the transfer does not end"
            );
        }
        Report {
            code: self.read(reg::RESULT),
            bytes: self.read(reg::BYTES_DONE),
            fault: u64::from(self.read(reg::FAULT_HI)) << 32 | u64::from(self.read(reg::FAULT_LO)),
        }
    }

    pub fn run(&mut self, transfer: &Transfer) -> Report {
        self.submit(transfer);
        self.wait()
    }

    /// Card memory, or host memory of `elements`, as it must be after `transfer`.
    pub fn expect(&self, transfer: &Transfer, elements: &[(u64, u32)]) -> (Vec<u8>, Vec<u8>) {
        let mut card = self.card.clone();
        let mut table = self.host.read_table(elements);
        for row in 0..transfer.rows {
            let host = (transfer.offset + row * transfer.host_pitch) as usize;
            let at = (transfer.card_address + row * transfer.card_pitch) as usize;
            let length = transfer.length as usize;
            if transfer.to_host {
                table[host..host + length].copy_from_slice(&card[at..at + length]);
            } else {
                card[at..at + length].copy_from_slice(&table[host..host + length]);
            }
        }
        (card, table)
    }

    /// Runs a transfer that must succeed, compares every byte of both memories, and that the host owes nothing.
    pub fn run_and_compare(&mut self, transfer: &Transfer, elements: &[(u64, u32)]) {
        self.run_and_compare_busy(transfer, elements);
        self.host.assert_quiet();
    }

    /// The same, while the host may still owe answers to earlier requests.
    pub fn run_and_compare_busy(&mut self, transfer: &Transfer, elements: &[(u64, u32)]) {
        let (card, table) = self.expect(transfer, elements);
        let report = self.run(transfer);
        assert_eq!(
            report,
            Report {
                code: code::OK,
                bytes: transfer.length * transfer.rows,
                fault: 0
            },
            "{transfer:?}"
        );
        assert_same("card memory", &self.card, &card);
        assert_same("host memory", &self.host.read_table(elements), &table);
    }
}

/// Compares without printing the whole memory.
pub fn assert_same(what: &str, got: &[u8], wanted: &[u8]) {
    if let Some(at) = (0..wanted.len()).find(|&at| got[at] != wanted[at]) {
        let end = (at + 16).min(wanted.len());
        panic!(
            "{what} differs at {at:#x}: got {:02x?}, wanted {:02x?}",
            &got[at..end],
            &wanted[at..end]
        );
    }
}

/// A random table of `total` bytes or a little more, elements apart from each other.
pub fn random_table(rng: &mut Rng, total: u32, largest: u32) -> Vec<(u64, u32)> {
    let mut elements = Vec::new();
    let mut sum = 0;
    // Bases far apart, so that no two elements meet; some near the 4 GiB line, some above.
    let mut base = 0x1000_0000u64;
    while sum < total {
        let length = match rng.below(4) {
            0 => 1 + rng.below(3),
            1 => 1 + rng.below(64),
            _ => 1 + rng.below(largest),
        };
        let address = base + u64::from(rng.below(0x2000));
        base += 0x1_0000 + u64::from(length) + if rng.percent(20) { 0x4000_0000 } else { 0 };
        elements.push((address, length));
        sum += length;
    }
    elements
}

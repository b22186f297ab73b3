//! Test bench around [`Endpoint`]: a host at the TLP boundary, card memory, a register bus, a DMA
//! stub. Every stream can stall at random; the seed is printed when a test starts.
#![allow(dead_code, reason = "each test binary uses a part of the bench")]

use lumenport_hdl::pcie::{Endpoint, Identity};
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, connected, cycle};
use pcie_tlp::{
    CompletionHeader, CompletionStatus, ConfigRequest, FunctionId, Header, MemoryRequest, Tlp,
};
use std::collections::{HashMap, VecDeque};

/// Where the bench maps BAR0 (4 MiB).
pub const BAR0: u64 = 0x8040_0000;
/// Where the bench maps BAR2 (64 KiB).
pub const BAR2: u64 = 0x9001_0000;
/// The host's function number.
pub const ROOT: FunctionId = FunctionId::new(0, 0, 0);
/// The card's function number.
pub const CARD: FunctionId = FunctionId::new(1, 0, 0);
/// Clocks after which waiting for something is a failure.
const PATIENCE_CYCLES: u64 = 20_000;
/// Clocks for which an address must be held before the register model answers.
const REGISTER_ANSWER_CLOCKS: u32 = 3;

/// Chances of a stall, in percent, of each stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stalls {
    /// The host offers no DW.
    pub rx: u32,
    /// The link takes no DW.
    pub tx: u32,
    /// The DMA stub takes no completion DW.
    pub cpl: u32,
    /// Card memory takes no command.
    pub memory: u32,
}

impl Stalls {
    /// The same chance everywhere.
    pub const fn all(percent: u32) -> Self {
        Self {
            rx: percent,
            tx: percent,
            cpl: percent,
            memory: percent,
        }
    }
}

/// One write that reached the register bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusWrite {
    /// Byte address.
    pub address: u16,
    /// Register value.
    pub value: u32,
    /// Byte enables.
    pub be: u8,
}

/// The endpoint and everything around it.
pub struct Bench {
    /// The block under test.
    pub uut: Endpoint,
    /// Card memory, byte by byte.
    pub memory: Vec<u8>,
    /// Register values; others read zero.
    pub registers: HashMap<u16, u32>,
    /// Writes seen on the register bus, in order.
    pub bus_writes: Vec<BusWrite>,
    /// DWs to send to the card, with `last`.
    pub rx: VecDeque<(u32, bool)>,
    /// TLPs received from the card.
    pub from_card: VecDeque<Vec<u32>>,
    /// Completions that reached the DMA stub.
    pub completions: VecDeque<Vec<u32>>,
    /// DWs the DMA stub wants to send.
    pub dma: VecDeque<(u32, bool)>,
    /// DWs the interrupt stub wants to send.
    pub msi: VecDeque<(u32, bool)>,
    /// Chances of stalls.
    pub stalls: Stalls,
    /// Clocks of memory read latency.
    pub memory_latency: u64,
    /// Clocks since the start.
    pub now: u64,
    /// Clocks in which a DW was taken from the host.
    pub rx_beats: u64,
    /// The link takes nothing at all.
    pub tx_blocked: bool,
    rng: Rng,
    tx_partial: Vec<u32>,
    cpl_partial: Vec<u32>,
    tx_held: Option<(u32, bool)>,
    command_held: Option<(bool, u64)>,
    reads: VecDeque<(u64, usize)>,
    held_address: u16,
    held_clocks: u32,
    next_tag: u8,
}

impl Bench {
    /// A card after reset, not yet enumerated.
    pub fn unconfigured(identity: &Identity, stalls: Stalls, seed: u64) -> Self {
        println!("seed {seed}, stalls {stalls:?}");
        let mut uut = Endpoint::new(identity);
        connect_inputs(&mut uut);
        let mut bench = Self {
            uut: connected(uut),
            memory: vec![0; 1 << 22],
            registers: HashMap::new(),
            bus_writes: Vec::new(),
            rx: VecDeque::new(),
            from_card: VecDeque::new(),
            completions: VecDeque::new(),
            dma: VecDeque::new(),
            msi: VecDeque::new(),
            stalls,
            memory_latency: 4,
            now: 0,
            rx_beats: 0,
            tx_blocked: false,
            rng: Rng::new(seed),
            tx_partial: Vec::new(),
            cpl_partial: Vec::new(),
            tx_held: None,
            command_held: None,
            reads: VecDeque::new(),
            held_address: 0xFFFF,
            held_clocks: 0,
            next_tag: 0,
        };
        bench.uut.credit_infinite.next = 0x3Fu64.into();
        bench.uut.reset.next = true;
        bench.step();
        bench.uut.reset.next = false;
        bench
    }

    /// A card with its BARs placed, memory and bus master switched on.
    pub fn new(stalls: Stalls, seed: u64) -> Self {
        let mut bench = Self::unconfigured(&Identity::default(), stalls, seed);
        bench.config_write(0x10, BAR0 as u32, 0xF);
        bench.config_write(0x18, BAR2 as u32, 0xF);
        bench.config_write(0x04, 0x6, 0x3);
        bench
    }

    /// One clock.
    pub fn step(&mut self) {
        let rx = if self.rng.percent(self.stalls.rx) {
            None
        } else {
            self.rx.front().copied()
        };
        let tx_ready = !self.tx_blocked && !self.rng.percent(self.stalls.tx);
        let cpl_ready = !self.rng.percent(self.stalls.cpl);
        let memory_ready = !self.rng.percent(self.stalls.memory);
        let dma = self.dma.front().copied();
        let msi = self.msi.front().copied();
        let word = match self.reads.front() {
            Some(&(due, word)) if due <= self.now => {
                self.reads.pop_front();
                Some(word)
            }
            _ => None,
        };
        let garbage = self.rng.next_u32();
        let rdata = if self.held_clocks >= REGISTER_ANSWER_CLOCKS {
            self.registers.get(&self.held_address).copied().unwrap_or(0)
        } else {
            garbage
        };
        let (lo, hi) = word.map_or((garbage, !garbage), |word| self.word(word));

        let seen = cycle(
            &mut self.uut,
            |uut, high| uut.clock.next = high.into(),
            |uut| {
                let (data, last) = rx.unwrap_or((garbage, garbage & 1 != 0));
                uut.rx_data.next = u64::from(data).into();
                uut.rx_last.next = last;
                uut.rx_valid.next = rx.is_some();
                uut.tx_ready.next = tx_ready;
                uut.cpl_ready.next = cpl_ready;
                let (data, last) = dma.unwrap_or((garbage, false));
                uut.dma_data.next = u64::from(data).into();
                uut.dma_last.next = last;
                uut.dma_valid.next = dma.is_some();
                let (data, last) = msi.unwrap_or((garbage, false));
                uut.msi_data.next = u64::from(data).into();
                uut.msi_last.next = last;
                uut.msi_valid.next = msi.is_some();
                uut.memory_cmd_ready.next = memory_ready;
                uut.memory_rvalid.next = word.is_some();
                uut.memory_rdata_lo.next = u64::from(lo).into();
                uut.memory_rdata_hi.next = u64::from(hi).into();
                uut.bus_rdata.next = u64::from(rdata).into();
            },
            Outputs::of,
        );
        self.now += 1;

        if rx.is_some() && seen.rx_ready {
            self.rx.pop_front();
            self.rx_beats += 1;
        }
        if let Some(offered) = self.tx_held {
            assert_eq!(seen.tx, Some(offered), "a DW offered to the link must stay");
        }
        self.tx_held = if tx_ready { None } else { seen.tx };
        if let (Some((data, last)), true) = (seen.tx, tx_ready) {
            self.tx_partial.push(data);
            if last {
                self.from_card
                    .push_back(std::mem::take(&mut self.tx_partial));
            }
        }
        if let (Some((data, last)), true) = (seen.cpl, cpl_ready) {
            self.cpl_partial.push(data);
            if last {
                self.completions
                    .push_back(std::mem::take(&mut self.cpl_partial));
            }
        }
        if dma.is_some() && seen.dma_ready {
            self.dma.pop_front();
        }
        if msi.is_some() && seen.msi_ready {
            self.msi.pop_front();
        }
        if let Some(held) = self.command_held {
            assert_eq!(
                seen.command.map(|c| (c.write, c.address)),
                Some(held),
                "a memory command must stay until taken"
            );
        }
        self.command_held = if memory_ready {
            None
        } else {
            seen.command.map(|c| (c.write, c.address))
        };
        if let (Some(command), true) = (seen.command, memory_ready) {
            self.command(&command);
        }
        if let Some(write) = seen.bus_write {
            assert_ne!(write.be, 0, "a write of no byte is no write");
            self.bus_writes.push(write);
            let old = self.registers.get(&write.address).copied().unwrap_or(0);
            let mask = byte_mask(write.be);
            self.registers
                .insert(write.address, old & !mask | write.value & mask);
        }
        if seen.bus_address == self.held_address && seen.bus_write.is_none() {
            self.held_clocks += 1;
        } else {
            self.held_address = seen.bus_address;
            self.held_clocks = 1;
        }
    }

    fn command(&mut self, command: &Command) {
        let word = command.address as usize;
        if command.write {
            let bytes = u64::from(command.hi) << 32 | u64::from(command.lo);
            for lane in 0..8 {
                if command.be >> lane & 1 != 0 {
                    self.memory[word * 8 + lane] = (bytes >> (8 * lane)) as u8;
                }
            }
        } else {
            let due =
                self.now + self.memory_latency + u64::from(self.rng.below(self.stalls.memory));
            let due = self.reads.back().map_or(due, |last| due.max(last.0 + 1));
            self.reads.push_back((due, word));
            assert!(self.reads.len() <= 15, "at most 15 words on the way");
        }
    }

    fn word(&self, word: usize) -> (u32, u32) {
        let at = |offset: usize| {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&self.memory[word * 8 + offset..word * 8 + offset + 4]);
            u32::from_le_bytes(bytes)
        };
        (at(0), at(4))
    }

    /// Steps until `done`; fails after a long time.
    pub fn run_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let limit = self.now + PATIENCE_CYCLES;
        while !done(self) {
            assert!(self.now < limit, "no {what} in {PATIENCE_CYCLES} clocks");
            self.step();
        }
    }

    /// Sends everything queued and lets the card come to rest.
    pub fn settle(&mut self) {
        self.run_until("end of the receive queue", |bench| bench.rx.is_empty());
        for _ in 0..60 {
            self.step();
        }
    }

    /// Queues raw DWs as one TLP.
    pub fn send(&mut self, words: &[u32]) {
        for (index, word) in words.iter().enumerate() {
            self.rx.push_back((*word, index + 1 == words.len()));
        }
    }

    /// Queues a TLP.
    pub fn send_tlp(&mut self, tlp: &Tlp) {
        let words = emit(tlp);
        self.send(&words);
    }

    /// A fresh tag.
    pub fn tag(&mut self) -> u8 {
        self.next_tag = (self.next_tag + 1) % 32;
        self.next_tag
    }

    /// Waits for one TLP from the card.
    pub fn receive(&mut self) -> Vec<u32> {
        self.run_until("TLP from the card", |bench| !bench.from_card.is_empty());
        self.from_card.pop_front().expect("there is one")
    }

    /// Waits for one completion from the card.
    pub fn receive_completion(&mut self) -> (CompletionHeader, Vec<u32>) {
        completion(&self.receive())
    }

    /// Configuration read of function 0; the status must be successful.
    pub fn config_read(&mut self, offset: u16) -> u32 {
        let tag = self.tag();
        self.send_tlp(&Tlp::new(
            Header::ConfigRead(config(tag, CARD, offset, 0xF)),
            &[],
        ));
        let (header, payload) = self.receive_completion();
        assert_eq!(header.status, CompletionStatus::Successful);
        assert_eq!(
            (header.tag, header.byte_count, header.lower_address),
            (tag, 4, 0)
        );
        assert_eq!(header.requester, ROOT);
        assert_eq!(payload.len(), 1);
        payload[0].swap_bytes()
    }

    /// Configuration write of function 0.
    pub fn config_write(&mut self, offset: u16, value: u32, be: u8) {
        let tag = self.tag();
        let payload = [value.swap_bytes()];
        self.send_tlp(&Tlp::new(
            Header::ConfigWrite(config(tag, CARD, offset, be)),
            &payload,
        ));
        let (header, payload) = self.receive_completion();
        assert_eq!(header.status, CompletionStatus::Successful);
        assert_eq!(
            (header.tag, header.byte_count, header.lower_address),
            (tag, 4, 0)
        );
        assert_eq!(header.completer, CARD);
        assert!(payload.is_empty());
    }

    /// Device status bits 3:0 (correctable, non-fatal, fatal, unsupported), then clears them.
    pub fn take_device_status(&mut self) -> u32 {
        let status = self.config_read(0x68) >> 16 & 0xF;
        self.config_write(0x68, 0xF << 16, 0xC);
        status
    }

    /// Posted write of `bytes` at a bus address.
    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        let request = MemoryRequest::bytes(ROOT, 0, address, bytes.len()).expect("legal range");
        let mut words = vec![0; usize::from(request.length_dw)];
        pcie_tlp::payload::pack(bytes, (address & 3) as usize, &mut words).expect("room");
        self.send_tlp(&Tlp::memory_write(request, &words));
    }

    /// Queues a read of a byte range; returns the request.
    pub fn ask(&mut self, address: u64, len: usize) -> MemoryRequest {
        let tag = self.tag();
        let request = MemoryRequest::bytes(ROOT, tag, address, len).expect("legal range");
        self.send_tlp(&Tlp::memory_read(request));
        request
    }

    /// Reads bytes at a bus address and checks every completion on the way.
    pub fn read(&mut self, address: u64, len: usize, max_payload: u16) -> Vec<u8> {
        let request = self.ask(address, len);
        self.collect(&request, max_payload)
    }

    /// Collects and checks the completions of `request`.
    pub fn collect(&mut self, request: &MemoryRequest, max_payload: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        let total = usize::from(request.byte_count());
        while bytes.len() < total {
            let (header, payload) = self.receive_completion();
            let at = request.first_byte_address() + bytes.len() as u64;
            assert_eq!(header.status, CompletionStatus::Successful);
            assert_eq!(header.completer, CARD);
            assert_eq!(
                (header.requester, header.tag),
                (request.requester, request.tag)
            );
            assert_eq!(
                usize::from(header.byte_count),
                total - bytes.len(),
                "byte count"
            );
            assert_eq!(u64::from(header.lower_address), at & 0x7F, "lower address");
            assert!(
                payload.len() * 4 <= usize::from(max_payload),
                "payload limit"
            );
            let skew = (at & 3) as usize;
            let here = (payload.len() * 4 - skew).min(total - bytes.len());
            assert_eq!(
                payload.len(),
                (skew + here).div_ceil(4),
                "no DW more than needed"
            );
            let end = at + here as u64;
            assert!(
                bytes.len() + here == total || end.is_multiple_of(128),
                "split on a boundary"
            );
            let mut part = vec![0; here];
            pcie_tlp::payload::unpack(&payload, skew, &mut part);
            bytes.extend_from_slice(&part);
        }
        bytes
    }

    /// Random bytes from the bench's generator.
    pub fn random_bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.rng.next_u32() as u8).collect()
    }

    /// A number in `0..bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.rng.below(bound)
    }
}

/// What the bench looks at in a clock.
struct Outputs {
    rx_ready: bool,
    tx: Option<(u32, bool)>,
    cpl: Option<(u32, bool)>,
    dma_ready: bool,
    msi_ready: bool,
    command: Option<Command>,
    bus_write: Option<BusWrite>,
    bus_address: u16,
}

#[derive(Clone, Copy)]
struct Command {
    write: bool,
    address: u64,
    lo: u32,
    hi: u32,
    be: u8,
}

impl Outputs {
    fn of(uut: &Endpoint) -> Self {
        assert_eq!(uut.bus_agent.val(), 1);
        Self {
            rx_ready: uut.rx_ready.val(),
            tx: uut
                .tx_valid
                .val()
                .then(|| (uut.tx_data.val().to_u32(), uut.tx_last.val())),
            cpl: uut
                .cpl_valid
                .val()
                .then(|| (uut.cpl_data.val().to_u32(), uut.cpl_last.val())),
            dma_ready: uut.dma_ready.val(),
            msi_ready: uut.msi_ready.val(),
            command: uut.memory_cmd_valid.val().then(|| Command {
                write: uut.memory_cmd_write.val(),
                address: uut.memory_cmd_address.val().to_u64(),
                lo: uut.memory_wdata_lo.val().to_u32(),
                hi: uut.memory_wdata_hi.val().to_u32(),
                be: uut.memory_be.val().to_u8(),
            }),
            bus_write: uut.bus_write.val().then(|| BusWrite {
                address: uut.bus_address.val().to_u16(),
                value: uut.bus_wdata.val().to_u32(),
                be: uut.bus_be.val().to_u8(),
            }),
            bus_address: uut.bus_address.val().to_u16(),
        }
    }
}

/// A configuration request of the root.
pub fn config(tag: u8, target: FunctionId, offset: u16, be: u8) -> ConfigRequest {
    ConfigRequest {
        requester: ROOT,
        tag,
        target,
        offset,
        first_be: be,
        forwarded: false,
    }
}

/// The DWs of a TLP.
pub fn emit(tlp: &Tlp) -> Vec<u32> {
    let mut words = vec![0; pcie_tlp::MAX_TLP_DW];
    let used = tlp.emit(&mut words).expect("legal TLP");
    words.truncate(used);
    words
}

/// Parses a completion.
pub fn completion(words: &[u32]) -> (CompletionHeader, Vec<u32>) {
    let tlp = Tlp::parse(words).unwrap_or_else(|error| panic!("{error}: {words:08x?}"));
    match tlp.header {
        Header::Completion(header) => (header, tlp.payload.to_vec()),
        other => panic!("not a completion: {other:?}"),
    }
}

/// Byte enables as a mask of bits.
pub fn byte_mask(be: u8) -> u32 {
    (0..4)
        .filter(|lane| be >> lane & 1 != 0)
        .fold(0, |mask, lane| mask | 0xFF << (8 * lane))
}

/// Marks the inputs as driven from outside, for the connection check.
pub fn connect_inputs(uut: &mut Endpoint) {
    uut.clock.connect();
    uut.reset.connect();
    uut.rx_data.connect();
    uut.rx_last.connect();
    uut.rx_valid.connect();
    uut.tx_ready.connect();
    uut.credit_limit_posted.connect();
    uut.credit_limit_nonposted.connect();
    uut.credit_limit_completion.connect();
    uut.credit_infinite.connect();
    uut.intx_level.connect();
    uut.cpl_ready.connect();
    uut.dma_data.connect();
    uut.dma_last.connect();
    uut.dma_valid.connect();
    uut.msi_data.connect();
    uut.msi_last.connect();
    uut.msi_valid.connect();
    uut.transactions_pending.connect();
    uut.completion_timeout_strobe.connect();
    uut.unexpected_strobe.connect();
    uut.memory_cmd_ready.connect();
    uut.memory_rvalid.connect();
    uut.memory_rdata_lo.connect();
    uut.memory_rdata_hi.connect();
    uut.bus_rdata.connect();
}

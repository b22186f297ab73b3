//! The host's end of the link at the TLP boundary: root complex, completer, interrupt sink and protocol checker in one.
//!
//! It knows nothing of engines or gateware: words with clock stamps go in and out. Whoever couples it with an engine alternates
//!
//! 1. [`RootComplex::pump`]: moves what may leave into the engine's queue and says how far the engine may run,
//! 2. the engine's run, stopping at the end of a packet from the card,
//! 3. [`RootComplex::accept`]: takes the card's words.
//!
//! Requests of the host's software are issued without waiting and collected by [`Token`]. The card's reads are answered from
//! [`BusMemory`], its writes land there, writes to the interrupt window become [`Interrupt`]s. Everything the card does is held against
//! the rules; what breaks one is kept as a [`Violation`].
//!
//! # Determinism
//! The outcome depends on the stamps and the seed alone, not on how often the loop goes round, provided that runs end at packets.
//!
//! # Not supported
//! I/O requests, locked accesses, peer-to-peer traffic, power management messages.

mod completer;
mod config;
mod credits;
mod device;
mod enumerate;
mod fault;
mod from_card;
mod host;
mod messages;
mod noise;
mod outbox;
mod overheard;
mod stats;
mod violation;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{ConfigError, RootComplexConfig};
pub use credits::{CreditClass, CreditGrant};
pub use enumerate::{
    Bar, BarKind, ConfigAccess, EnumerateError, Enumerated, MsiTarget, Windows, enumerate,
};
pub use fault::{FaultAction, FaultRule, FaultWhen};
pub use host::{Answer, RequestError, Token, value_or_ones};
pub use messages::Messages;
pub use noise::NoiseCount;
pub use overheard::{DmaSeen, InterruptSeen, Overheard, SEMAPHORES, SemaphoreSeen};
pub use stats::{Stats, Traffic};
pub use violation::{Violation, ViolationKind};

use completer::Completer;
use credits::{CardRoom, Credits};
use device::Device;
use fault::Faults;
use host::{HostRequests, Purpose};
use noise::Noise;
use outbox::Outbox;
use pcie_tlp::{
    ConfigRequest, FunctionId, Header, MAX_TLP_DW, MemoryRequest, RequestSplit, Tlp, TlpError,
    payload,
};
use violation::Violations;

use lumenport_hal::regmap::card::REGISTER_BAR;

use crate::bus_memory::BusMemory;
use crate::engine::{CreditLimits, RxBeat, TxBeat};

/// Clocks between two looks at a card that has no room.
const CREDIT_POLL_CLOCKS: u64 = 8;

/// First address of the interrupt window. A memory write of one word into it is an MSI.
pub const INTERRUPT_WINDOW_START: u64 = 0xFEE0_0000;
/// First address after the interrupt window.
pub const INTERRUPT_WINDOW_END: u64 = 0xFEF0_0000;

/// A message signalled interrupt that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// Clock of the packet's end.
    pub cycle: u64,
    /// Address written.
    pub address: u64,
    /// Data written; the vector is in bits 7:0.
    pub data: u32,
    /// Which of the card's messages it is: the low bits that the MSI capability lets the card change.
    pub vector: u8,
}

/// A packet that crossed the boundary, for traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedPacket {
    /// Clock of its last word; for packets to the card the earliest possible one.
    pub cycle: u64,
    /// Whether it went from host to card.
    pub to_card: bool,
    /// Its words, first wire byte in bits 31:24.
    pub words: Vec<u32>,
}

/// The host's end of the link.
pub struct RootComplex {
    config: RootComplexConfig,
    memory: Arc<dyn BusMemory>,
    outbox: Outbox,
    inbox: Vec<u32>,
    host: HostRequests,
    completer: Completer,
    device: Device,
    faults: Faults,
    interrupts: VecDeque<Interrupt>,
    messages: Messages,
    credits: Credits,
    card_room: CardRoom,
    noise: Noise,
    violations: Violations,
    stats: Stats,
    overheard: Overheard,
    trace: Option<Vec<TracedPacket>>,
    unplugged: bool,
}

impl RootComplex {
    /// Makes the host side of a link whose card reaches `memory`.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that is out of range.
    pub fn new(config: RootComplexConfig, memory: Arc<dyn BusMemory>) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            completer: Completer::new(config.seed),
            noise: Noise::new(config.noise_percent, config.seed),
            config,
            memory,
            outbox: Outbox::default(),
            inbox: Vec::with_capacity(MAX_TLP_DW + 1),
            host: HostRequests::new(),
            device: Device::new(),
            faults: Faults::default(),
            interrupts: VecDeque::new(),
            messages: Messages::default(),
            credits: Credits::new(config.credits),
            card_room: CardRoom::default(),
            violations: Violations::default(),
            stats: Stats::default(),
            overheard: Overheard::default(),
            trace: None,
            unplugged: false,
        })
    }

    /// The behaviour this root complex was made with.
    pub fn config(&self) -> &RootComplexConfig {
        &self.config
    }

    // --- the engine's side ------------------------------------------------------------------------------------------------

    /// Moves packets that may leave soon into `rx` and gives the clocks that the engine may run before the next call (at least 1).
    ///
    /// Timing: `now` is the index of the next clock. Packets are handed out up to one latency ahead, which no answer still to come can
    /// undercut, so the order on the wire does not depend on the length of runs.
    pub fn pump(&mut self, now: u64, rx: &mut VecDeque<RxBeat>) -> u64 {
        self.expire(now);
        self.credits.refresh(now);
        if self.unplugged {
            rx.clear();
            self.outbox.clear();
            return self
                .host
                .next_deadline()
                .map_or(u64::MAX, |deadline| deadline.saturating_sub(now).max(1));
        }
        let horizon = now.saturating_add(self.config.latency_cycles);
        while let Some(sent) = self.outbox.send(horizon, &mut self.card_room, rx) {
            if let Some(tag) = sent.ends_tag {
                self.completer.release(tag, sent.last_cycle);
            }
            let tlp = Tlp::parse(&sent.words).ok();
            self.stats
                .to_card
                .count(sent.last_cycle, sent.words.len(), tlp.as_ref());
            if let Some(tlp) = &tlp {
                let registers = self.device.memory_base(REGISTER_BAR);
                self.overheard.requested(tlp, registers);
            }
            if let Some(trace) = &mut self.trace {
                trace.push(TracedPacket {
                    cycle: sent.last_cycle,
                    to_card: true,
                    words: sent.words,
                });
            }
        }
        let until_packet = self.outbox.next_ready_cycle().map_or(u64::MAX, |ready| {
            // Ready and still here: it waits for room in the card.
            ready.checked_sub(horizon).unwrap_or(CREDIT_POLL_CLOCKS)
        });
        let until_timeout = self
            .host
            .next_deadline()
            .map_or(u64::MAX, |deadline| deadline.saturating_sub(now));
        let until_credit = self
            .credits
            .next_return()
            .map_or(u64::MAX, |due| due.saturating_sub(now));
        until_packet.min(until_timeout).min(until_credit).max(1)
    }

    /// Tells what the card has allocated to this host, as its pins hold it. From then on nothing is sent beyond it.
    pub fn set_allocated(&mut self, posted: u32, nonposted: u32) {
        self.card_room.set(posted, nonposted);
    }

    /// Credits that the card has at the moment of the last [`Self::pump`]: what the engine must put on the pins for the run that follows.
    pub fn credit_limits(&self) -> CreditLimits {
        self.credits.limits()
    }

    /// Takes words from the card, in order.
    pub fn accept(&mut self, beats: &[TxBeat]) {
        for beat in beats {
            self.on_tx(beat.cycle, beat.data, beat.last);
        }
    }

    /// Takes one word from the card.
    pub fn on_tx(&mut self, cycle: u64, data: u32, last: bool) {
        if self.unplugged {
            return;
        }
        if self.inbox.len() <= MAX_TLP_DW {
            self.inbox.push(data);
        } else if last {
            self.violations.add(cycle, ViolationKind::Endless);
        }
        if last {
            let words = std::mem::take(&mut self.inbox);
            self.on_packet(cycle, &words);
            if let Some(trace) = &mut self.trace {
                trace.push(TracedPacket {
                    cycle,
                    to_card: false,
                    words: words.clone(),
                });
            }
            self.inbox = words;
            self.inbox.clear();
        }
    }

    // --- the software's side ----------------------------------------------------------------------------------------------

    /// Starts a configuration read of the word at `offset`.
    ///
    /// # Errors
    /// [`RequestError::TooManyOutstanding`] or [`RequestError::Illegal`]; nothing was sent.
    pub fn config_read(
        &mut self,
        now: u64,
        target: FunctionId,
        offset: u16,
    ) -> Result<Token, RequestError> {
        check_register(offset, 0xF)?;
        let purpose = Purpose::ConfigRead { target, offset };
        self.issue(now, purpose, |requester, tag| {
            (
                Header::ConfigRead(ConfigRequest {
                    requester,
                    tag,
                    target,
                    offset,
                    first_be: 0xF,
                    forwarded: false,
                }),
                None,
            )
        })
    }

    /// Starts a configuration write of the enabled bytes of the word at `offset`; bit 0 of `enables` is bits 7:0 of `value`.
    ///
    /// # Errors
    /// As [`Self::config_read`].
    pub fn config_write(
        &mut self,
        now: u64,
        target: FunctionId,
        offset: u16,
        value: u32,
        enables: u8,
    ) -> Result<Token, RequestError> {
        check_register(offset, enables)?;
        let purpose = Purpose::ConfigWrite {
            target,
            offset,
            value,
            enables,
        };
        let token = self.issue(now, purpose, |requester, tag| {
            let request = ConfigRequest {
                requester,
                tag,
                target,
                offset,
                first_be: enables,
                forwarded: false,
            };
            (
                Header::ConfigWrite(request),
                Some(payload::from_register(value)),
            )
        })?;
        if target == self.config.device {
            self.device.write_leaves(target, offset, value, enables);
        }
        Ok(token)
    }

    /// Starts a memory read of `len_bytes` at a bus address in a BAR.
    ///
    /// Range: inside one 4 KiB block.
    ///
    /// # Errors
    /// As [`Self::config_read`].
    pub fn memory_read(
        &mut self,
        now: u64,
        address: u64,
        len_bytes: usize,
    ) -> Result<Token, RequestError> {
        let template = MemoryRequest::bytes(self.config.id, 0, address, len_bytes)
            .map_err(RequestError::Illegal)?;
        self.issue(now, Purpose::MemoryRead(template), |_, tag| {
            (Header::MemoryRead(MemoryRequest { tag, ..template }), None)
        })
    }

    /// Sends a memory write to a bus address in a BAR, in as many packets as [`RootComplexConfig::write_burst_bytes`] asks for.
    ///
    /// Posted: there is nothing to collect. The caller watches [`Self::backlog_dw`] when it writes much.
    pub fn memory_write(&mut self, now: u64, address: u64, bytes: &[u8]) {
        let burst = self
            .config
            .write_burst_bytes
            .min(self.device.settled_payload_bytes());
        let Ok(split) = RequestSplit::new(address, bytes.len() as u64, burst) else {
            return; // the burst was checked when the configuration was taken
        };
        for part in split {
            let piece = &bytes[part.offset_bytes as usize..][..part.len_bytes];
            let Ok(request) = MemoryRequest::bytes(self.config.id, 0, part.address, piece.len())
            else {
                continue; // parts never cross 4 KiB
            };
            let mut words = [0; 33];
            let used = payload::pack(piece, part.address as usize & 3, &mut words).unwrap_or(0);
            self.push_tlp(now, &Tlp::memory_write(request, &words[..used]));
        }
    }

    /// Sends any words as a packet, legal or not, for tests of the card's robustness. Answers count as unexpected completions.
    pub fn send_raw(&mut self, now: u64, words: &[u32]) {
        if !self.unplugged && !words.is_empty() {
            self.outbox.push(now, words.to_vec(), None);
        }
    }

    /// Collects an answer; `None` while the request is still waiting.
    ///
    /// An unknown token (collected before, or never issued) gives [`RequestError::Unplugged`] rather than making the caller wait for ever.
    pub fn poll(&mut self, now: u64, token: Token) -> Option<Answer> {
        self.expire(now);
        if let Some(answer) = self.host.take(token) {
            return Some(answer);
        }
        if self.host.is_waiting(token) {
            None
        } else {
            Some(Err(RequestError::Unplugged))
        }
    }

    /// The oldest interrupt not yet taken.
    pub fn take_interrupt(&mut self) -> Option<Interrupt> {
        self.interrupts.pop_front()
    }

    // --- what tests do to it ----------------------------------------------------------------------------------------------

    /// Adds a fault to the answers of the card's reads.
    pub fn inject(&mut self, rule: FaultRule) {
        self.faults.add(rule);
    }

    /// Removes all fault rules.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Pulls the card out: nothing is sent or taken any more, and the host's requests fail after
    /// [`RootComplexConfig::unplug_detect_cycles`]. There is no way back.
    pub fn unplug(&mut self, now: u64) {
        self.unplugged = true;
        self.inbox.clear();
        self.host
            .hurry(now.saturating_add(self.config.unplug_detect_cycles));
    }

    /// Whether the card was pulled out.
    pub fn is_unplugged(&self) -> bool {
        self.unplugged
    }

    // --- what it saw ------------------------------------------------------------------------------------------------------

    /// The card's broken rules, the first thousand.
    pub fn violations(&self) -> &[Violation] {
        self.violations.kept()
    }

    /// Broken rules in all, also those not kept.
    pub fn violation_count(&self) -> u64 {
        self.violations.count
    }

    /// Takes the violations away, so that a test can provoke one and go on.
    pub fn take_violations(&mut self) -> Vec<Violation> {
        self.violations.take()
    }

    /// The messages that the card sent, and the level of its interrupt wire.
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Stray packets sent to the card.
    pub fn noise(&self) -> NoiseCount {
        self.noise.count
    }

    /// The figures so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What is known of the card's registers from listening.
    pub fn overheard(&self) -> &Overheard {
        &self.overheard
    }

    /// Starts the figures anew.
    pub fn reset_stats(&mut self) {
        self.stats = Stats::default();
    }

    /// Starts or stops keeping every packet.
    pub fn set_trace(&mut self, on: bool) {
        self.trace = on.then(Vec::new);
    }

    /// Takes the packets kept so far; empty when tracing is off.
    pub fn take_trace(&mut self) -> Vec<TracedPacket> {
        self.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Words waiting to be sent to the card. Units: DW.
    pub fn backlog_dw(&self) -> usize {
        self.outbox.waiting_dw()
    }

    /// Requests of the host that wait for completions.
    pub fn host_outstanding(&self) -> usize {
        self.host.outstanding()
    }

    /// Reads of the card that wait for completions.
    pub fn card_outstanding(&self) -> usize {
        self.completer.outstanding()
    }

    /// Whether nothing is on its way in either direction (interrupts and answers may still wait to be collected).
    pub fn is_idle(&self) -> bool {
        self.outbox.waiting_dw() == 0
            && self.inbox.is_empty()
            && self.host_outstanding() == 0
            && self.card_outstanding() == 0
    }

    // --- inside -----------------------------------------------------------------------------------------------------------

    fn expire(&mut self, now: u64) {
        self.stats.timeouts += self.host.expire(now, self.unplugged);
    }

    fn issue(
        &mut self,
        now: u64,
        purpose: Purpose,
        header: impl FnOnce(FunctionId, u8) -> (Header, Option<u32>),
    ) -> Result<Token, RequestError> {
        let timeout = if self.unplugged {
            self.config.unplug_detect_cycles
        } else {
            self.config.completion_timeout_cycles
        };
        let (token, tag) = self
            .host
            .open(now, timeout, self.config.max_outstanding, purpose)?;
        let (header, word) = header(self.config.id, tag);
        let words = [word.unwrap_or(0)];
        let payload = if word.is_some() { &words[..] } else { &[] };
        self.push_tlp(now, &Tlp::new(header, payload));
        Ok(token)
    }

    fn push_tlp(&mut self, now: u64, tlp: &Tlp<'_>) {
        if self.unplugged {
            return;
        }
        let mut words = vec![0; tlp.encoded_len()];
        match tlp.emit(&mut words) {
            Ok(_) => self.outbox.push(now, words, None),
            Err(error) => unreachable!("own request is illegal: {error}"),
        }
        self.disturb(now);
    }

    /// Sends a stray packet now and then.
    fn disturb(&mut self, now: u64) {
        let card = self.device.id.unwrap_or(self.config.device);
        if let Some(words) = self.noise.next(self.config.id, card) {
            self.outbox.push(now, words, None);
        }
    }
}

/// Refuses what no configuration request can carry.
fn check_register(offset: u16, enables: u8) -> Result<(), RequestError> {
    if offset & 3 != 0 || offset >= 4096 {
        return Err(RequestError::Illegal(TlpError::IllegalAddress {
            address: offset.into(),
        }));
    }
    if enables > 0xF {
        return Err(RequestError::Illegal(TlpError::FieldRange {
            field: "enables",
            value: enables.into(),
        }));
    }
    Ok(())
}

impl std::fmt::Debug for RootComplex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RootComplex")
            .field("config", &self.config)
            .field("unplugged", &self.unplugged)
            .field("violations", &self.violations.count)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

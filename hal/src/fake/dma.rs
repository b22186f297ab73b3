//! DMA engine of the fake card: the checks of the real one, bytes moved in small requests over virtual time.
//!
//! One request at a time is in flight, with the first tag that is not in quarantine. A request the host does not answer
//! expires after TIMEOUT_CYCLES; its tag stays in QUARANTINE for QUARANTINE_CYCLES (a fake host has no late answers).

use lumenport_regmap::blocks::{dma, elements, sgl};
use std::vec::Vec;

use super::host::HostFault;
use super::registers::{SYS_NS, State};
use crate::addr::BusAddr;

/// Latency from submit to the first byte. Units: ns.
const FIRST_BYTE_NS: u64 = 1_000;
/// Largest request. Units: bytes.
const REQUEST_BYTES: u32 = 128;
/// Tags of the engine.
const TAGS: u32 = 32;

/// A transfer that runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    slot: u32,
    generation: u32,
    to_host: bool,
    offset: u32,
    length: u32,
    rows: u32,
    host_pitch: u32,
    card_address: u32,
    card_pitch: u32,
    row: u32,
    column: u32,
    due_ns: u64,
    /// Set while the host does not answer: when the engine gives up.
    gives_up_ns: Option<u64>,
    tag_limit: u32,
}

/// The engine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Engine {
    running: Option<Running>,
    frozen: bool,
    /// For each tag: when it leaves quarantine.
    quarantine: [Option<u64>; TAGS as usize],
}

impl Engine {
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    pub fn uses_slot(&self, slot: u32) -> bool {
        self.running.is_some_and(|running| running.slot == slot)
    }

    /// Tags in quarantine at `now_ns`, one bit each.
    pub fn quarantine(&self, now_ns: u64) -> u32 {
        (0..TAGS)
            .zip(&self.quarantine)
            .filter(|(_, until)| until.is_some_and(|until_ns| now_ns < until_ns))
            .fold(0, |tags, (tag, _)| tags | 1 << tag)
    }

    /// The first tag below `limit` that is not in quarantine.
    fn tag(&self, limit: u32, now_ns: u64) -> Option<u32> {
        let quarantine = self.quarantine(now_ns);
        (0..limit.min(TAGS)).find(|tag| quarantine >> tag & 1 == 0)
    }

    pub fn set_frozen(&mut self, frozen: bool) {
        self.frozen = frozen;
    }
}

impl State {
    /// A write to `dma.CONTROL`.
    pub fn dma_control(&mut self, control: dma::Control) {
        if control.is_set(dma::Control::ABORT) && self.engine.is_busy() {
            self.dma_finish(dma::ResultCode::Aborted, None);
        } else if control.is_set(dma::Control::SUBMIT) {
            if self.engine.is_busy() {
                self.count::<dma::SubmitRejected>();
            } else {
                self.dma_submit(
                    control.get(dma::Control::DIRECTION) == dma::Direction::CardToHost.bits(),
                );
            }
        }
    }

    fn dma_submit(&mut self, to_host: bool) {
        self.set_raw(dma::TransferResult::OFFSET, 0);
        self.set_raw(dma::BytesDone::OFFSET, 0);
        let handle: dma::Handle = self.stored();
        let running = Running {
            slot: handle.get(dma::Handle::SLOT),
            generation: handle.get(dma::Handle::GENERATION),
            to_host,
            offset: self.stored::<dma::Offset>().bits(),
            length: self.stored::<dma::Length>().bits(),
            rows: self.stored::<dma::Rows>().bits(),
            host_pitch: self.stored::<dma::HostPitch>().bits(),
            card_address: self.stored::<dma::CardAddress>().bits(),
            card_pitch: self.stored::<dma::CardPitch>().bits(),
            row: 0,
            column: 0,
            due_ns: self.now_ns.saturating_add(FIRST_BYTE_NS),
            gives_up_ns: None,
            tag_limit: self.stored::<dma::TagLimit>().get(dma::TagLimit::VALUE),
        };
        match self.dma_check(&running) {
            None => self.engine.running = Some(running),
            Some(code) => self.dma_finish(code, None),
        }
    }

    /// The refusals that come before anything moves.
    fn dma_check(&self, running: &Running) -> Option<dma::ResultCode> {
        let narrow = running.rows > 1 && running.host_pitch < running.length;
        if running.length == 0 || running.rows == 0 || narrow {
            return Some(dma::ResultCode::Parameter);
        }
        if !self.slot_is(running.slot, running.generation) {
            return Some(dma::ResultCode::StaleHandle);
        }
        let control = self.slot_control(running.slot);
        let right = if running.to_host {
            sgl::Control::CARD_WRITE
        } else {
            sgl::Control::CARD_READ
        };
        if !control.is_set(right) {
            return Some(dma::ResultCode::NoRight);
        }
        let span = |pitch: u32| {
            u64::from(pitch)
                .saturating_mul(u64::from(running.rows).saturating_sub(1))
                .saturating_add(u64::from(running.length))
        };
        let total = sgl::Total::offset_of(running.slot).map_or(0, |offset| self.raw(offset));
        let host_end = u64::from(running.offset).saturating_add(span(running.host_pitch));
        let card_end = u64::from(running.card_address).saturating_add(span(running.card_pitch));
        if host_end > u64::from(total) || card_end > u64::from(self.config.memory_bytes) {
            return Some(dma::ResultCode::Range);
        }
        if !self.bus_master {
            return Some(dma::ResultCode::BusMasterOff);
        }
        if !running.to_host && self.engine.tag(running.tag_limit, self.now_ns).is_none() {
            return Some(dma::ResultCode::NoTag);
        }
        None
    }

    fn slot_control(&self, slot: u32) -> sgl::Control {
        sgl::Control::from_bits(sgl::Control::offset_of(slot).map_or(0, |offset| self.raw(offset)))
    }

    fn slot_is(&self, slot: u32, generation: u32) -> bool {
        let control = self.slot_control(slot);
        control.is_set(sgl::Control::VALID) && control.get(sgl::Control::GENERATION) == generation
    }

    /// Bus address of byte `offset` of the table and how many bytes of its element follow.
    fn walk(&self, slot: u32, offset: u32) -> Option<(BusAddr, u32)> {
        let table = sgl::Table::from_bits(self.raw(sgl::Table::offset_of(slot)?));
        let mut skip = offset;
        for idx in (table.get(sgl::Table::FIRST)..).take(table.get(sgl::Table::COUNT) as usize) {
            let length = self.raw(elements::Length::offset_of(idx)?);
            if skip < length {
                let lo = self.raw(elements::AddressLo::offset_of(idx)?);
                let hi = self.raw(elements::AddressHi::offset_of(idx)?);
                let address =
                    BusAddr::from_parts(lo, hi).checked_add(crate::addr::ByteLen::new(skip))?;
                return Some((address, length - skip));
            }
            skip -= length;
        }
        None
    }

    /// Runs the engine up to `until`.
    pub fn run_dma(&mut self, until: u64) {
        self.dma_requests(until);
        self.set_raw(dma::Quarantine::OFFSET, self.engine.quarantine(until));
    }

    fn dma_requests(&mut self, until: u64) {
        while let Some(running) = self.engine.running {
            if self.engine.frozen {
                return;
            }
            if !self.slot_is(running.slot, running.generation) {
                self.dma_finish(dma::ResultCode::SlotReleased, None);
                return;
            }
            if !self.bus_master {
                self.dma_finish(dma::ResultCode::BusMasterOff, None);
                return;
            }
            if let Some(gives_up_ns) = running.gives_up_ns {
                if gives_up_ns <= until {
                    let host = running.offset + running.row * running.host_pitch + running.column;
                    let address = self.walk(running.slot, host).map(|(address, _)| address);
                    self.dma_lose_tag(running.tag_limit, gives_up_ns);
                    self.dma_finish(dma::ResultCode::Timeout, address);
                }
                return;
            }
            if running.due_ns > until {
                return;
            }
            self.dma_request(running);
        }
    }

    /// One request of a running transfer.
    fn dma_request(&mut self, mut running: Running) {
        let host = running.offset + running.row * running.host_pitch + running.column;
        let Some((address, in_element)) = self.walk(running.slot, host) else {
            self.dma_finish(dma::ResultCode::Range, None);
            return;
        };
        let in_page = 4096 - (address.lo() & 4095);
        let size = (running.length - running.column)
            .min(in_element)
            .min(in_page)
            .min(REQUEST_BYTES);
        let card =
            (running.card_address + running.row * running.card_pitch + running.column) as usize;
        let range = card..card + size as usize;
        self.count::<dma::Requests>();
        let moved = if running.to_host {
            let bytes = self
                .memory
                .get(range)
                .map(<[u8]>::to_vec)
                .unwrap_or_default();
            // Posted: a refusal never comes back.
            let _ = self.host.write(address, &bytes);
            Ok(())
        } else {
            let mut bytes: Vec<u8> = std::vec![0; size as usize];
            let answer = self.host.read(address, &mut bytes);
            if answer.is_ok() {
                self.count::<dma::Completions>();
                if let Some(target) = self.memory.get_mut(range) {
                    target.copy_from_slice(&bytes);
                }
            }
            answer
        };
        match moved {
            Ok(()) => self.dma_progress(running, size),
            Err(HostFault::UnsupportedRequest) => {
                self.dma_finish(dma::ResultCode::UnsupportedRequest, Some(address));
            }
            Err(HostFault::CompleterAbort) => {
                self.dma_finish(dma::ResultCode::CompleterAbort, Some(address));
            }
            Err(HostFault::Poisoned) => self.dma_finish(dma::ResultCode::Poisoned, Some(address)),
            Err(HostFault::NoAnswer) => {
                let bound_ns = u64::from(self.stored::<dma::TimeoutCycles>().bits()) * SYS_NS;
                running.gives_up_ns = Some(running.due_ns.saturating_add(bound_ns));
                self.engine.running = Some(running);
            }
        }
    }

    /// The tag of the request that expired at `now_ns` goes into quarantine.
    fn dma_lose_tag(&mut self, limit: u32, now_ns: u64) {
        let cycles = u64::from(self.stored::<dma::QuarantineCycles>().bits());
        let until_ns = now_ns.saturating_add(cycles * SYS_NS);
        let tag = self.engine.tag(limit, now_ns).unwrap_or_default();
        if let Some(place) = self.engine.quarantine.get_mut(tag as usize) {
            *place = Some(until_ns);
        }
        self.count::<dma::Timeouts>();
    }

    fn dma_progress(&mut self, mut running: Running, size: u32) {
        let done = self.raw(dma::BytesDone::OFFSET).wrapping_add(size);
        self.set_raw(dma::BytesDone::OFFSET, done);
        running.column += size;
        running.due_ns = running
            .due_ns
            .saturating_add(u64::from(size) * self.config.dma_ns_per_byte);
        if running.column == running.length {
            running.column = 0;
            running.row += 1;
        }
        if running.row == running.rows {
            self.dma_finish(dma::ResultCode::Ok, None);
        } else {
            self.engine.running = Some(running);
        }
    }

    fn dma_finish(&mut self, code: dma::ResultCode, fault: Option<BusAddr>) {
        self.engine.running = None;
        self.set_raw(dma::TransferResult::OFFSET, code.bits());
        if let Some(address) = fault {
            self.set_raw(dma::FaultAddressLo::OFFSET, address.lo());
            self.set_raw(dma::FaultAddressHi::OFFSET, address.hi());
        }
        self.count::<dma::Completed>();
        let good = code == dma::ResultCode::Ok;
        self.raise(
            dma::IntrState::new()
                .with_flag(dma::IntrState::DONE, good)
                .with_flag(dma::IntrState::ERROR, !good),
        );
    }
}

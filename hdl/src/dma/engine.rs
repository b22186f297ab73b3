//! DMA engine: accepts transfers, checks them, runs them, reports how they ended.
//!
//! Purpose: top block of the folder. Holds the `dma` register block and, through the table memory,
//! the `sgl` and `elements` windows; joins walker, reader, landing and writer. Clock domain: `sys`.
//! One transfer at a time. A submit is checked before anything moves; any error stops new requests,
//! waits until every read that is outstanding was answered or expired, then reports. DONE means
//! delivered: host to card, card memory took the last write; card to host, the last DW of the last
//! write left on `tx`. Checks take 4 to 20 clocks, a finished transfer is reported 1 clock later.
//! Not supported: queued transfers, index write-back to host memory.

use super::account::Account;
use super::extent::Extent;
use super::gate::{ELEMENTS, Gate, SLOTS};
use super::landing::Landing;
use super::reader::Reader;
use super::result;
use super::sg_table::SgTable;
use super::walker::Walker;
use super::writer::Writer;
use crate::prelude::*;
use crate::regs::DmaRegs;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum EngineState {
    Idle,
    Lookup,
    Check,
    Run,
    Drain,
    Finish,
}

/// The DMA engine.
#[derive(LogicBlock, Default)]
pub struct Dma {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Register bus: byte address in BAR2.
    pub bus_address: Signal<In, Bits<16>>,
    /// Register bus: value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Register bus: byte enables of a write.
    pub bus_be: Signal<In, Bits<4>>,
    /// Register bus: write strobe, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Register bus: value read, valid from the third clock of a held address; zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// INTR_STATE & INTR_ENABLE is not zero.
    pub interrupt: Signal<Out, Bit>,

    /// Largest payload: `128 << code` bytes; codes past 2 act as 512 bytes.
    pub max_payload: Signal<In, Bits<3>>,
    /// Largest read request: `128 << code` bytes; codes past 5 act as 128 bytes.
    pub max_read_request: Signal<In, Bits<3>>,
    /// Our requester id: bus, device, function.
    pub requester_id: Signal<In, Bits<16>>,
    /// Requests may be sent.
    pub bus_master_enable: Signal<In, Bit>,

    /// The link has flow-control credits for a read request: one header.
    pub read_credit: Signal<In, Bit>,
    /// The link has flow-control credits for a write of MPS bytes: one header and its data.
    pub write_credit: Signal<In, Bit>,

    /// Reads of a running transfer have no completion timeout (Device Control 2). Once the transfer ends
    /// early, TIMEOUT_CYCLES holds for them again, so an abort never waits forever.
    pub timeout_disable: Signal<In, Bit>,

    /// A read request waits for completions: Transactions Pending of the Device Status register.
    pub transactions_pending: Signal<Out, Bit>,
    /// A read request passed its completion timeout; one clock for each request.
    pub completion_timeout_strobe: Signal<Out, Bit>,
    /// A completion was dropped that belongs to no outstanding request or does not fit its request; one
    /// clock for each, two clocks after its third header DW moved at the latest.
    pub unexpected_strobe: Signal<Out, Bit>,

    /// A completion DW is offered: three header DWs, then payload.
    pub cpl_valid: Signal<In, Bit>,
    /// The DW moves in this clock; waits for card memory only.
    pub cpl_ready: Signal<Out, Bit>,
    /// Last DW of the completion.
    pub cpl_last: Signal<In, Bit>,
    /// The DW, first wire byte in bits 31:24.
    pub cpl_data: Signal<In, Bits<32>>,

    /// A request DW is offered; never withdrawn.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW moves in this clock.
    pub tx_ready: Signal<In, Bit>,
    /// Last DW of the request.
    pub tx_last: Signal<Out, Bit>,
    /// The DW, first wire byte in bits 31:24.
    pub tx_data: Signal<Out, Bits<32>>,

    /// A command for card memory.
    pub cmd_valid: Signal<Out, Bit>,
    /// The command is taken in this clock.
    pub cmd_ready: Signal<In, Bit>,
    /// The command is a write.
    pub cmd_write: Signal<Out, Bit>,
    /// 64-bit word index.
    pub cmd_address: Signal<Out, Bits<24>>,
    /// Bytes 0 to 3 to write, byte 0 in bits 7:0.
    pub wdata_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7 to write.
    pub wdata_hi: Signal<Out, Bits<32>>,
    /// Byte enables of a write.
    pub be: Signal<Out, Bits<8>>,
    /// A word read is here; in command order.
    pub rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3 read.
    pub rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 read.
    pub rdata_hi: Signal<In, Bits<32>>,

    regs: DmaRegs,
    sg_table: SgTable,
    account: Account,
    extent: Extent,
    gate: Gate,
    walker: Walker,
    reader: Reader,
    landing: Landing,
    writer: Writer,

    state: DFF<EngineState>,
    to_host: DFF<Bit>,
    slot: DFF<Bits<8>>,
    generation: DFF<Bits<16>>,
    abort: DFF<Bit>,
    timer: DFF<Bits<32>>,
    code: DFF<Bits<8>>,
    result: DFF<Bits<8>>,
    fault_lo: DFF<Bits<32>>,
    fault_hi: DFF<Bits<32>>,
    tag_limit: DFF<Bits<6>>,

    running: Signal<Local, Bit>,
    allow: Signal<Local, Bit>,
    submitted: Signal<Local, Bit>,
    delivered: Signal<Local, Bit>,
    progress: Signal<Local, Bit>,
    late: Signal<Local, Bit>,
    quiet: Signal<Local, Bit>,
    write_code: Signal<Local, Bits<3>>,
    read_code: Signal<Local, Bits<3>>,
    tags: Const<6, { TAGS }>,
    slots: Const<8, { SLOTS }>,
    elements: Const<16, { ELEMENTS }>,
    // Card memory; none unless `Dma::new` says how much.
    memory_bytes: Const<32, 0>,
    never: Const<32, 0xFFFF_FFFF>,
    largest_write: Const<3, 2>,
    largest_read: Const<3, 5>,
    code_none: Const<8, { result::NONE }>,
    code_ok: Const<8, { result::OK }>,
    code_range: Const<8, { result::RANGE }>,
    code_timeout: Const<8, { result::TIMEOUT }>,
    code_aborted: Const<8, { result::ABORTED }>,
    code_bus_master_off: Const<8, { result::BUS_MASTER_OFF }>,
    code_slot_released: Const<8, { result::SLOT_RELEASED }>,
}

/// Read requests in flight at most.
const TAGS: u64 = 32;

impl Dma {
    /// A DMA engine for a card with `memory_bytes` of card memory: rows that reach beyond are refused.
    #[must_use]
    pub fn new(memory_bytes: u32) -> Self {
        Self {
            memory_bytes: Const::with(u64::from(memory_bytes)),
            ..Self::default()
        }
    }
}

impl Logic for Dma {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, to_host, slot, generation, abort, timer, code, result, fault_lo,
            fault_hi, tag_limit
        );
        self.regs.clock.next = self.clock.val();
        self.regs.reset.next = self.reset.val();
        self.sg_table.clock.next = self.clock.val();
        self.sg_table.reset.next = self.reset.val();
        self.account.clock.next = self.clock.val();
        self.account.reset.next = self.reset.val();
        self.extent.clock.next = self.clock.val();
        self.extent.reset.next = self.reset.val();
        self.walker.clock.next = self.clock.val();
        self.walker.reset.next = self.reset.val();
        self.reader.clock.next = self.clock.val();
        self.reader.reset.next = self.reset.val();
        self.landing.clock.next = self.clock.val();
        self.landing.reset.next = self.reset.val();
        self.writer.clock.next = self.clock.val();
        self.writer.reset.next = self.reset.val();

        // Register bus.
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.sg_table.bus_address.next = self.bus_address.val();
        self.sg_table.bus_wdata.next = self.bus_wdata.val();
        self.sg_table.bus_be.next = self.bus_be.val();
        self.sg_table.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val() | self.sg_table.bus_rdata.val();
        self.interrupt.next = self.regs.interrupt.val();
        self.regs.caps_tags.next = self.tags.val();
        self.regs.caps_slots.next = self.slots.val();
        self.regs.caps_elements.next = self.elements.val();
        self.regs.status_busy.next = !(self.state.q.val() == EngineState::Idle);
        self.regs.status_draining.next = self.state.q.val() == EngineState::Drain;
        self.regs.result_code.next = self.result.q.val();
        self.regs.completed.next = self.account.completed.val();
        self.regs.bytes_done.next = self.account.bytes_done.val();
        self.regs.fault_address_lo.next = self.fault_lo.q.val();
        self.regs.fault_address_hi.next = self.fault_hi.q.val();
        self.regs.requests.next = self.account.requests.val();
        self.regs.completions.next = self.account.completions.val();
        self.regs.unexpected.next = self.account.unexpected.val();
        self.regs.submit_rejected.next = self.account.rejected.val();
        self.regs.late.next = self.account.late.val();
        self.regs.timeouts.next = self.account.timeouts.val();
        self.regs.quarantine_tags.next = self.reader.quarantine.val();
        self.regs.done_set.next = false;
        self.regs.error_set.next = false;

        // What the slot grants is looked at in every clock, so that a release stops the transfer.
        self.sg_table.slot_idx.next = self.slot.q.val().get_bits::<5>(0);
        self.sg_table.slot_busy.next = !(self.state.q.val() == EngineState::Idle);
        self.gate.slot.next = self.slot.q.val();
        self.gate.generation.next = self.generation.q.val();
        self.gate.to_host.next = self.to_host.q.val();
        self.gate.slot_valid.next = self.sg_table.slot_valid.val();
        self.gate.slot_generation.next = self.sg_table.slot_generation.val();
        self.gate.slot_card_read.next = self.sg_table.slot_card_read.val();
        self.gate.slot_card_write.next = self.sg_table.slot_card_write.val();
        self.gate.slot_first.next = self.sg_table.slot_first.val();
        self.gate.slot_count.next = self.sg_table.slot_count.val();
        self.gate.slot_total.next = self.sg_table.slot_total.val();
        self.gate.malformed.next = self.extent.malformed.val();
        self.gate.overflow.next = self.extent.overflow.val();
        self.gate.host_end.next = self.extent.host_end.val();
        self.gate.card_end.next = self.extent.card_end.val();
        self.gate.memory_bytes.next = self.memory_bytes.val();
        self.gate.bus_master_enable.next = self.bus_master_enable.val();
        self.gate.tag_usable.next = self.reader.usable.val();
        self.running.next = self.state.q.val() == EngineState::Run;
        self.allow.next = self.running.val()
            & self.gate.granted.val()
            & self.bus_master_enable.val()
            & !self.abort.q.val();

        // Walker.
        self.submitted.next =
            self.regs.control_submit.val() & (self.state.q.val() == EngineState::Idle);
        self.walker.load_strobe.next = self.submitted.val();
        self.walker.offset.next = self.regs.offset.val();
        self.walker.length.next = self.regs.length.val();
        self.walker.rows.next = self.regs.rows.val();
        self.walker.host_pitch.next = self.regs.host_pitch.val();
        self.walker.card_address.next = self.regs.card_address.val();
        self.walker.card_pitch.next = self.regs.card_pitch.val();
        self.extent.load_strobe.next = self.submitted.val();
        self.extent.offset.next = self.regs.offset.val();
        self.extent.length.next = self.regs.length.val();
        self.extent.rows.next = self.regs.rows.val();
        self.extent.host_pitch.next = self.regs.host_pitch.val();
        self.extent.card_address.next = self.regs.card_address.val();
        self.extent.card_pitch.next = self.regs.card_pitch.val();
        self.walker.start_strobe.next = false;
        self.walker.first.next = self.sg_table.slot_first.val().get_bits::<11>(0);
        self.walker.count.next = self.sg_table.slot_count.val().get_bits::<12>(0);
        self.walker.stop.next = (self.state.q.val() == EngineState::Drain)
            | (self.state.q.val() == EngineState::Finish);
        self.write_code.next = self.max_payload.val();
        if self.max_payload.val() > self.largest_write.val() {
            self.write_code.next = self.largest_write.val();
        }
        self.read_code.next = self.max_read_request.val();
        if self.max_read_request.val() > self.largest_read.val() {
            self.read_code.next = 0.into();
        }
        self.walker.block_code.next = self.read_code.val();
        if self.to_host.q.val() {
            self.walker.block_code.next = self.write_code.val();
        }
        self.sg_table.walker_active.next = self.walker.active.val();
        self.sg_table.element_idx.next = self.walker.element_idx.val();
        self.walker.element_address_lo.next = self.sg_table.element_address_lo.val();
        self.walker.element_address_hi.next = self.sg_table.element_address_hi.val();
        self.walker.element_length.next = self.sg_table.element_length.val();
        self.walker.chunk_ready.next =
            self.reader.chunk_ready.val() | self.writer.chunk_ready.val();

        // Host to card.
        self.reader.requester_id.next = self.requester_id.val();
        self.reader.allow.next = self.allow.val() & !self.to_host.q.val() & self.read_credit.val();
        self.reader.accept.next = self.running.val() & !self.to_host.q.val();
        self.reader.tag_limit.next = self.tag_limit.q.val();
        self.reader.timeout_cycles.next = self.regs.timeout_cycles.val();
        if self.timeout_disable.val() & self.running.val() {
            self.reader.timeout_cycles.next = self.never.val();
        }
        self.reader.quarantine_cycles.next = self.regs.quarantine_cycles.val();
        self.reader.chunk_valid.next = self.walker.chunk_valid.val();
        self.reader.chunk_host_lo.next = self.walker.chunk_host_lo.val();
        self.reader.chunk_host_hi.next = self.walker.chunk_host_hi.val();
        self.reader.chunk_card.next = self.walker.chunk_card.val();
        self.reader.chunk_bytes.next = self.walker.chunk_bytes.val();
        self.reader.chunk_dws.next = self.walker.chunk_dws.val();
        self.reader.chunk_be.next = self.walker.chunk_be.val();
        self.reader.cpl_valid.next = self.cpl_valid.val();
        self.reader.cpl_last.next = self.cpl_last.val();
        self.reader.cpl_data.next = self.cpl_data.val();
        self.reader.landing_ready.next = self.landing.ready.val();
        self.cpl_ready.next = self.reader.cpl_ready.val();
        self.transactions_pending.next = self.reader.in_flight.val();
        self.completion_timeout_strobe.next =
            self.reader.timeout_strobe.val() & !self.timeout_disable.val();
        self.unexpected_strobe.next = self.reader.stray_strobe.val();
        self.landing.part_strobe.next = self.reader.part_strobe.val();
        self.landing.part_card.next = self.reader.part_card.val();
        self.landing.part_lane.next = self.reader.part_lane.val();
        self.landing.part_span.next = self.reader.part_span.val();
        self.landing.beat_valid.next = self.reader.beat_valid.val();
        self.landing.beat_data.next = self.cpl_data.val();
        self.landing.beat_last.next = self.cpl_last.val();
        self.landing.drop.next = !self.running.val();

        // Card to host.
        self.writer.requester_id.next = self.requester_id.val();
        self.writer.allow.next = self.allow.val() & self.to_host.q.val();
        self.writer.credit.next = self.write_credit.val();
        self.writer.drop.next = !self.running.val();
        self.writer.chunk_valid.next = self.walker.chunk_valid.val();
        self.writer.chunk_host_lo.next = self.walker.chunk_host_lo.val();
        self.writer.chunk_host_hi.next = self.walker.chunk_host_hi.val();
        self.writer.chunk_card.next = self.walker.chunk_card.val();
        self.writer.chunk_bytes.next = self.walker.chunk_bytes.val();
        self.writer.chunk_dws.next = self.walker.chunk_dws.val();
        self.writer.chunk_be.next = self.walker.chunk_be.val();

        // Only one direction runs, so the request stream and the memory port need no arbiter.
        self.tx_valid.next = self.reader.tx_valid.val() | self.writer.tx_valid.val();
        self.tx_last.next = self.reader.tx_last.val();
        self.tx_data.next = self.reader.tx_data.val();
        if self.writer.tx_valid.val() {
            self.tx_last.next = self.writer.tx_last.val();
            self.tx_data.next = self.writer.tx_data.val();
        }
        self.reader.tx_ready.next = self.tx_ready.val();
        self.writer.tx_ready.next = self.tx_ready.val();
        self.cmd_valid.next = self.landing.mem_valid.val() | self.writer.mem_valid.val();
        self.cmd_write.next = self.landing.mem_valid.val();
        self.cmd_address.next = self.writer.mem_address.val();
        if self.landing.mem_valid.val() {
            self.cmd_address.next = self.landing.mem_address.val();
        }
        self.wdata_lo.next = self.landing.mem_lo.val();
        self.wdata_hi.next = self.landing.mem_hi.val();
        self.be.next = self.landing.mem_be.val();
        self.landing.mem_ready.next = self.cmd_ready.val();
        self.writer.mem_ready.next = self.cmd_ready.val() & !self.landing.mem_valid.val();
        self.writer.mem_rvalid.next = self.rvalid.val();
        self.writer.mem_rdata_lo.next = self.rdata_lo.val();
        self.writer.mem_rdata_hi.next = self.rdata_hi.val();

        // Counters.
        self.account.request_strobe.next =
            self.reader.request_strobe.val() | self.writer.request_strobe.val();
        self.account.completion_strobe.next = self.reader.completion_strobe.val();
        self.account.unexpected_strobe.next = self.reader.unexpected_strobe.val();
        self.account.late_strobe.next = self.reader.late_strobe.val();
        self.account.timeout_strobe.next = self.reader.timeout_strobe.val();
        self.account.rejected_strobe.next =
            self.regs.control_submit.val() & !(self.state.q.val() == EngineState::Idle);
        self.account.finished_strobe.next = self.state.q.val() == EngineState::Finish;
        self.account.begin_strobe.next = self.submitted.val();
        self.account.bytes.next = bit_cast::<10, 3>(self.landing.bytes.val());
        if self.to_host.q.val() {
            self.account.bytes.next = self.writer.bytes.val();
        }

        // Without progress, and without a read that has its own deadline, the timer runs.
        self.progress.next = self.reader.progress.val()
            | self.writer.progress.val()
            | self.landing.bytes.val().any()
            | self.reader.waiting.val();
        self.late.next = self.timer.q.val() >= self.regs.timeout_cycles.val();
        self.timer.d.next = self.timer.q.val() + 1;
        if self.progress.val() {
            self.timer.d.next = 0.into();
        }
        if self.regs.control_abort.val() & !(self.state.q.val() == EngineState::Idle) {
            self.abort.d.next = true;
        }

        // Delivered: nothing left to ask for, nothing on its way. Quiet: nothing of ours is half done.
        self.quiet.next =
            self.reader.tx_idle.val() & self.landing.idle.val() & self.writer.idle.val();
        self.delivered.next =
            self.walker.done.val() & self.quiet.val() & !self.reader.in_flight.val();

        match self.state.q.val() {
            EngineState::Idle => {
                self.timer.d.next = 0.into();
                self.abort.d.next = false;
                if self.submitted.val() {
                    self.to_host.d.next = self.regs.control_direction.val();
                    self.slot.d.next = self.regs.handle_slot.val();
                    self.generation.d.next = self.regs.handle_generation.val();
                    self.tag_limit.d.next = self.regs.tag_limit.val();
                    self.fault_lo.d.next = 0.into();
                    self.fault_hi.d.next = 0.into();
                    self.result.d.next = self.code_none.val();
                    self.state.d.next = EngineState::Lookup;
                }
            }
            EngineState::Lookup => {
                self.state.d.next = EngineState::Check;
            }
            EngineState::Check => {
                self.timer.d.next = 0.into();
                if self.extent.measured.val() {
                    self.code.d.next = self.gate.refusal.val();
                    self.state.d.next = EngineState::Finish;
                    if !self.gate.refusal.val().any() {
                        self.walker.start_strobe.next = true;
                        self.state.d.next = EngineState::Run;
                    }
                }
            }
            EngineState::Run => {
                self.state.d.next = EngineState::Drain;
                self.timer.d.next = 0.into();
                if self.reader.error_strobe.val() {
                    self.code.d.next = self.reader.error_code.val();
                } else if self.delivered.val() {
                    self.code.d.next = self.code_ok.val();
                    self.state.d.next = EngineState::Finish;
                } else if self.abort.q.val() {
                    self.code.d.next = self.code_aborted.val();
                } else if !self.bus_master_enable.val() {
                    self.code.d.next = self.code_bus_master_off.val();
                } else if !self.gate.granted.val() & !self.walker.done.val() {
                    self.code.d.next = self.code_slot_released.val();
                } else if self.walker.fault.val() {
                    self.code.d.next = self.code_range.val();
                } else if self.late.val() {
                    self.code.d.next = self.code_timeout.val();
                } else {
                    self.state.d.next = EngineState::Run;
                    if !self.progress.val() {
                        self.timer.d.next = self.timer.q.val() + 1;
                    }
                }
                self.fault_lo.d.next = self.walker.position_lo.val();
                self.fault_hi.d.next = self.walker.position_hi.val();
                if self.reader.error_strobe.val() {
                    self.fault_lo.d.next = self.reader.error_lo.val();
                    self.fault_hi.d.next = self.reader.error_hi.val();
                } else if self.delivered.val() {
                    self.fault_lo.d.next = 0.into();
                    self.fault_hi.d.next = 0.into();
                }
            }
            EngineState::Drain => {
                // Every read outstanding is answered or expires.
                if self.quiet.val() & !self.reader.in_flight.val() {
                    self.state.d.next = EngineState::Finish;
                }
            }
            EngineState::Finish => {
                self.result.d.next = self.code.q.val();
                self.regs.done_set.next = self.code.q.val() == self.code_ok.val();
                self.regs.error_set.next = self.code.q.val() != self.code_ok.val();
                self.state.d.next = EngineState::Idle;
            }
            _ => {
                self.state.d.next = EngineState::Idle;
            }
        }

        if self.reset.val() {
            self.state.d.next = EngineState::Idle;
            self.to_host.d.next = false;
            self.abort.d.next = false;
            self.result.d.next = 0.into();
            self.fault_lo.d.next = 0.into();
            self.fault_hi.d.next = 0.into();
        }
    }
}

//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `dma`.

use super::super::RegisterFile;
use crate::prelude::*;

/// DMA (direct memory access) engine. One transfer at a time: fill HANDLE to CARD_PITCH, write CONTROL.SUBMIT, wait for INTR_STATE.DONE or ERROR, read RESULT.
///
/// The registers of a transfer are taken over by SUBMIT as one; writing them while BUSY prepares the next transfer. The host side is addressed as {table slot, byte offset}: the engine refuses, before anything moves, a stale generation, a missing right, a range outside the table. It never crosses a 4 KiB host boundary with one request and never exceeds the configured payload and read-request sizes.
///
/// Answers at 0x1400, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct DmaRegs {
    /// System clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Byte address in BAR2; held until the answer is taken.
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write, valid with `bus_write`.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write, bit 0 for bits 7:0.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Value read, in the third clock of a held address; zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// A transfer ended with RESULT ok; its last byte is delivered (each clock at one sets the bit).
    pub done_set: Signal<In, Bit>,
    /// A transfer ended with any other RESULT (each clock at one sets the bit).
    pub error_set: Signal<In, Bit>,
    /// A transfer runs (read by software).
    pub status_busy: Signal<In, Bit>,
    /// The transfer failed or was aborted and waits for answers in flight (read by software).
    pub status_draining: Signal<In, Bit>,
    /// Read requests in flight at most, 1..=32 (read by software).
    pub caps_tags: Signal<In, Bits<6>>,
    /// Table slots in block `sgl` (read by software).
    pub caps_slots: Signal<In, Bits<8>>,
    /// Table elements in block `elements` (read by software).
    pub caps_elements: Signal<In, Bits<16>>,
    /// Slot number, 0..CAPS.SLOTS (present value).
    pub handle_slot: Signal<Out, Bits<8>>,
    /// Generation the slot must have, else RESULT is stale_handle (present value).
    pub handle_generation: Signal<Out, Bits<16>>,
    /// Start within the table. Bytes from the first byte of the table; any alignment (present value).
    pub offset: Signal<Out, Bits<32>>,
    /// Length of one row. Bytes, at least 1; any alignment (present value).
    pub length: Signal<Out, Bits<32>>,
    /// Number of rows. Rows, 1..=65535 (present value).
    pub rows: Signal<Out, Bits<16>>,
    /// Distance between rows on the host side. Bytes from the start of one row to the next; at least LENGTH when ROWS > 1 (present value).
    pub host_pitch: Signal<Out, Bits<32>>,
    /// Start in card memory. Bytes from the start of card memory; any alignment (present value).
    pub card_address: Signal<Out, Bits<32>>,
    /// Distance between rows on the card side. Bytes from the start of one row to the next (present value).
    pub card_pitch: Signal<Out, Bits<32>>,
    /// Starts a transfer. Ignored and counted in SUBMIT_REJECTED while BUSY (one clock, the clock after the write; else zero).
    pub control_submit: Signal<Out, Bit>,
    /// Ends the running transfer with RESULT aborted once nothing is in flight (one clock, the clock after the write; else zero).
    pub control_abort: Signal<Out, Bit>,
    /// Direction of the submitted transfer (one clock, the clock after the write; else zero).
    pub control_direction: Signal<Out, Bit>,
    /// Result code (read by software).
    pub result_code: Signal<In, Bits<8>>,
    /// Transfers ended since reset, good or bad. Count, wraps at 2^32 (read by software).
    pub completed: Signal<In, Bits<32>>,
    /// Progress of the running or last transfer. Bytes delivered (read by software).
    pub bytes_done: Signal<In, Bits<32>>,
    /// Bus address of the request that failed, low half. Valid together with FAULT_ADDRESS_HI after ERROR. Bits 31:0 (read by software).
    pub fault_address_lo: Signal<In, Bits<32>>,
    /// Bus address of the request that failed, high half. Bits 63:32 (read by software).
    pub fault_address_hi: Signal<In, Bits<32>>,
    /// Completion timeout: time from the last word of a read request to its last completion. A request that takes longer fails its transfer and its tag goes into QUARANTINE. Also the longest time without any progress while no read waits for an answer: a link that takes no request. System clocks; noticed at most 66 clocks late. Effect: at once (present value).
    pub timeout_cycles: Signal<Out, Bits<32>>,
    /// Requests sent since reset, reads and writes. Count, wraps at 2^32 (read by software).
    pub requests: Signal<In, Bits<32>>,
    /// Completions for a running transfer since reset, good or bad. Count, wraps at 2^32 (read by software).
    pub completions: Signal<In, Bits<32>>,
    /// Completions dropped since reset because no request of ours is outstanding with their requester id and tag. Count, wraps at 2^32 (read by software).
    pub unexpected: Signal<In, Bits<32>>,
    /// Submits ignored since reset because a transfer ran. Count, wraps at 2^32 (read by software).
    pub submit_rejected: Signal<In, Bits<32>>,
    /// Completions dropped since reset because their request was given up: its transfer had failed or was aborted, or its tag is in QUARANTINE. Count, wraps at 2^32 (read by software).
    pub late: Signal<In, Bits<32>>,
    /// Read requests since reset that were not answered within TIMEOUT_CYCLES. Count, wraps at 2^32 (read by software).
    pub timeouts: Signal<In, Bits<32>>,
    /// One bit a tag, tag 0 in bit 0 (read by software).
    pub quarantine_tags: Signal<In, Bits<32>>,
    /// Longest time of a tag in QUARANTINE. An answer that is later still could be taken for that of a new request, if it fits; so make it longer than the host can hold an answer back. System clocks, counted from the timeout; noticed at most 66 clocks late. Effect: at once (present value).
    pub quarantine_cycles: Signal<Out, Bits<32>>,
    /// Tags that read requests use. Tags 0..VALUE are used; more than CAPS.TAGS means all. Taken over by SUBMIT (present value).
    pub tag_limit: Signal<Out, Bits<6>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    events: Signal<Local, Bits<32>>,
    cleared: Signal<Local, Bits<32>>,
    value_timeout_cycles: Signal<Local, Bits<32>>,
    value_quarantine_cycles: Signal<Local, Bits<32>>,
    value_tag_limit: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_intr_state: DFF<Bits<32>>,
    dff_intr_enable: DFF<Bits<32>>,
    dff_handle: DFF<Bits<32>>,
    dff_offset: DFF<Bits<32>>,
    dff_length: DFF<Bits<32>>,
    dff_rows: DFF<Bits<32>>,
    dff_host_pitch: DFF<Bits<32>>,
    dff_card_address: DFF<Bits<32>>,
    dff_card_pitch: DFF<Bits<32>>,
    dff_control: DFF<Bits<32>>,
    dff_timeout_cycles: DFF<Bits<32>>,
    dff_quarantine_cycles: DFF<Bits<32>>,
    dff_tag_limit: DFF<Bits<32>>,
    implemented_intr_state: Constant<Bits<32>>,
    implemented_intr_enable: Constant<Bits<32>>,
    implemented_handle: Constant<Bits<32>>,
    implemented_offset: Constant<Bits<32>>,
    implemented_length: Constant<Bits<32>>,
    implemented_rows: Constant<Bits<32>>,
    implemented_host_pitch: Constant<Bits<32>>,
    implemented_card_address: Constant<Bits<32>>,
    implemented_card_pitch: Constant<Bits<32>>,
    implemented_control: Constant<Bits<32>>,
    implemented_timeout_cycles: Constant<Bits<32>>,
    reset_timeout_cycles: Constant<Bits<32>>,
    implemented_quarantine_cycles: Constant<Bits<32>>,
    reset_quarantine_cycles: Constant<Bits<32>>,
    implemented_tag_limit: Constant<Bits<32>>,
    reset_tag_limit: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for DmaRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            done_set: Signal::default(),
            error_set: Signal::default(),
            status_busy: Signal::default(),
            status_draining: Signal::default(),
            caps_tags: Signal::default(),
            caps_slots: Signal::default(),
            caps_elements: Signal::default(),
            handle_slot: Signal::default(),
            handle_generation: Signal::default(),
            offset: Signal::default(),
            length: Signal::default(),
            rows: Signal::default(),
            host_pitch: Signal::default(),
            card_address: Signal::default(),
            card_pitch: Signal::default(),
            control_submit: Signal::default(),
            control_abort: Signal::default(),
            control_direction: Signal::default(),
            result_code: Signal::default(),
            completed: Signal::default(),
            bytes_done: Signal::default(),
            fault_address_lo: Signal::default(),
            fault_address_hi: Signal::default(),
            timeout_cycles: Signal::default(),
            requests: Signal::default(),
            completions: Signal::default(),
            unexpected: Signal::default(),
            submit_rejected: Signal::default(),
            late: Signal::default(),
            timeouts: Signal::default(),
            quarantine_tags: Signal::default(),
            quarantine_cycles: Signal::default(),
            tag_limit: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            events: Signal::default(),
            cleared: Signal::default(),
            value_timeout_cycles: Signal::default(),
            value_quarantine_cycles: Signal::default(),
            value_tag_limit: Signal::default(),
            dff_rdata: DFF::default(),
            dff_intr_state: DFF::default(),
            dff_intr_enable: DFF::default(),
            dff_handle: DFF::default(),
            dff_offset: DFF::default(),
            dff_length: DFF::default(),
            dff_rows: DFF::default(),
            dff_host_pitch: DFF::default(),
            dff_card_address: DFF::default(),
            dff_card_pitch: DFF::default(),
            dff_control: DFF::default(),
            dff_timeout_cycles: DFF::default(),
            dff_quarantine_cycles: DFF::default(),
            dff_tag_limit: DFF::default(),
            implemented_intr_state: Constant::new(0x3.into()),
            implemented_intr_enable: Constant::new(0x3.into()),
            implemented_handle: Constant::new(0xFFFF00FF.into()),
            implemented_offset: Constant::new(0xFFFFFFFF.into()),
            implemented_length: Constant::new(0xFFFFFFFF.into()),
            implemented_rows: Constant::new(0xFFFF.into()),
            implemented_host_pitch: Constant::new(0xFFFFFFFF.into()),
            implemented_card_address: Constant::new(0xFFFFFFFF.into()),
            implemented_card_pitch: Constant::new(0xFFFFFFFF.into()),
            implemented_control: Constant::new(0x7.into()),
            implemented_timeout_cycles: Constant::new(0xFFFFFFFF.into()),
            reset_timeout_cycles: Constant::new(0x98968.into()),
            implemented_quarantine_cycles: Constant::new(0xFFFFFFFF.into()),
            reset_quarantine_cycles: Constant::new(0x3B9ACA0.into()),
            implemented_tag_limit: Constant::new(0x3F.into()),
            reset_tag_limit: Constant::new(0x20.into()),
            constant_id_version: Constant::new(0x2.into()),
            constant_id_type: Constant::new(0x5.into()),
        }
    }
}

impl Logic for DmaRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_intr_state,
            dff_intr_enable,
            dff_handle,
            dff_offset,
            dff_length,
            dff_rows,
            dff_host_pitch,
            dff_card_address,
            dff_card_pitch,
            dff_control,
            dff_timeout_cycles,
            dff_quarantine_cycles,
            dff_tag_limit
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.cleared.next = 0.into();
        self.events.next = bit_cast::<32, 1>(self.done_set.val().into())
            | (bit_cast::<32, 1>(self.error_set.val().into()) << 1);
        self.dff_control.d.next = 0.into();
        self.value_timeout_cycles.next =
            self.dff_timeout_cycles.q.val() ^ self.reset_timeout_cycles.val();
        self.value_quarantine_cycles.next =
            self.dff_quarantine_cycles.q.val() ^ self.reset_quarantine_cycles.val();
        self.value_tag_limit.next = self.dff_tag_limit.q.val() ^ self.reset_tag_limit.val();
        self.handle_slot.next = self.dff_handle.q.val().get_bits::<8>(0);
        self.handle_generation.next = self.dff_handle.q.val().get_bits::<16>(16);
        self.offset.next = self.dff_offset.q.val();
        self.length.next = self.dff_length.q.val();
        self.rows.next = self.dff_rows.q.val().get_bits::<16>(0);
        self.host_pitch.next = self.dff_host_pitch.q.val();
        self.card_address.next = self.dff_card_address.q.val();
        self.card_pitch.next = self.dff_card_pitch.q.val();
        self.control_submit.next = self.dff_control.q.val().get_bit(0);
        self.control_abort.next = self.dff_control.q.val().get_bit(1);
        self.control_direction.next = self.dff_control.q.val().get_bit(2);
        self.timeout_cycles.next = self.value_timeout_cycles.val();
        self.quarantine_cycles.next = self.value_quarantine_cycles.val();
        self.tag_limit.next = self.value_tag_limit.val().get_bits::<6>(0);
        self.interrupt.next = (self.dff_intr_state.q.val() & self.dff_intr_enable.q.val()).any();
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 20;
        self.word.next = self.bus_address.val().get_bits::<6>(2);
        self.write.next = self.selected.val() && self.bus_write.val();
        self.mask.next = 0.into();
        self.written.next = 0.into();
        if self.write.val() {
            if self.bus_be.val().get_bit(0) {
                self.mask.next = self.mask.val() | 0xFF;
            }
            if self.bus_be.val().get_bit(1) {
                self.mask.next = self.mask.val() | 0xFF00;
            }
            if self.bus_be.val().get_bit(2) {
                self.mask.next = self.mask.val() | 0xFF_0000;
            }
            if self.bus_be.val().get_bit(3) {
                self.mask.next = self.mask.val() | (bit_cast::<32, 8>(255.into()) << 24);
            }
            self.written.next = self.bus_wdata.val() & self.mask.val();
            match self.word.val().index() {
                1 => {
                    self.cleared.next = self.written.val();
                }
                2 => {
                    self.dff_intr_enable.d.next =
                        ((self.dff_intr_enable.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_intr_enable.val();
                }
                3 => {
                    self.events.next = self.events.val()
                        | (self.written.val() & self.implemented_intr_state.val());
                }
                6 => {
                    self.dff_handle.d.next = ((self.dff_handle.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_handle.val();
                }
                7 => {
                    self.dff_offset.d.next = ((self.dff_offset.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_offset.val();
                }
                8 => {
                    self.dff_length.d.next = ((self.dff_length.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_length.val();
                }
                9 => {
                    self.dff_rows.d.next = ((self.dff_rows.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_rows.val();
                }
                10 => {
                    self.dff_host_pitch.d.next =
                        ((self.dff_host_pitch.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_host_pitch.val();
                }
                11 => {
                    self.dff_card_address.d.next =
                        ((self.dff_card_address.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_card_address.val();
                }
                12 => {
                    self.dff_card_pitch.d.next =
                        ((self.dff_card_pitch.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_card_pitch.val();
                }
                13 => {
                    self.dff_control.d.next = self.written.val() & self.implemented_control.val();
                }
                19 => {
                    self.dff_timeout_cycles.d.next = (((self.value_timeout_cycles.val()
                        & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_timeout_cycles.val())
                        ^ self.reset_timeout_cycles.val();
                }
                27 => {
                    self.dff_quarantine_cycles.d.next = (((self.value_quarantine_cycles.val()
                        & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_quarantine_cycles.val())
                        ^ self.reset_quarantine_cycles.val();
                }
                28 => {
                    self.dff_tag_limit.d.next =
                        (((self.value_tag_limit.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_tag_limit.val())
                            ^ self.reset_tag_limit.val();
                }
                _ => {}
            }
        }
        self.dff_intr_state.d.next =
            (self.dff_intr_state.q.val() & (!self.cleared.val())) | self.events.val();
        if self.selected.val() {
            match self.word.val().index() {
                0 => {
                    self.dff_rdata.d.next =
                        self.constant_id_version.val() | (self.constant_id_type.val() << 16);
                }
                1 => {
                    self.dff_rdata.d.next = self.dff_intr_state.q.val();
                }
                2 => {
                    self.dff_rdata.d.next = self.dff_intr_enable.q.val();
                }
                4 => {
                    self.dff_rdata.d.next = bit_cast::<32, 1>(self.status_busy.val().into())
                        | (bit_cast::<32, 1>(self.status_draining.val().into()) << 1);
                }
                5 => {
                    self.dff_rdata.d.next = (bit_cast::<32, 6>(self.caps_tags.val())
                        | (bit_cast::<32, 8>(self.caps_slots.val()) << 6))
                        | (bit_cast::<32, 16>(self.caps_elements.val()) << 16);
                }
                6 => {
                    self.dff_rdata.d.next = self.dff_handle.q.val();
                }
                7 => {
                    self.dff_rdata.d.next = self.dff_offset.q.val();
                }
                8 => {
                    self.dff_rdata.d.next = self.dff_length.q.val();
                }
                9 => {
                    self.dff_rdata.d.next = self.dff_rows.q.val();
                }
                10 => {
                    self.dff_rdata.d.next = self.dff_host_pitch.q.val();
                }
                11 => {
                    self.dff_rdata.d.next = self.dff_card_address.q.val();
                }
                12 => {
                    self.dff_rdata.d.next = self.dff_card_pitch.q.val();
                }
                14 => {
                    self.dff_rdata.d.next = bit_cast::<32, 8>(self.result_code.val());
                }
                15 => {
                    self.dff_rdata.d.next = self.completed.val();
                }
                16 => {
                    self.dff_rdata.d.next = self.bytes_done.val();
                }
                17 => {
                    self.dff_rdata.d.next = self.fault_address_lo.val();
                }
                18 => {
                    self.dff_rdata.d.next = self.fault_address_hi.val();
                }
                19 => {
                    self.dff_rdata.d.next = self.value_timeout_cycles.val();
                }
                20 => {
                    self.dff_rdata.d.next = self.requests.val();
                }
                21 => {
                    self.dff_rdata.d.next = self.completions.val();
                }
                22 => {
                    self.dff_rdata.d.next = self.unexpected.val();
                }
                23 => {
                    self.dff_rdata.d.next = self.submit_rejected.val();
                }
                24 => {
                    self.dff_rdata.d.next = self.late.val();
                }
                25 => {
                    self.dff_rdata.d.next = self.timeouts.val();
                }
                26 => {
                    self.dff_rdata.d.next = self.quarantine_tags.val();
                }
                27 => {
                    self.dff_rdata.d.next = self.value_quarantine_cycles.val();
                }
                28 => {
                    self.dff_rdata.d.next = self.value_tag_limit.val();
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_intr_state.d.next = 0.into();
            self.dff_intr_enable.d.next = 0.into();
            self.dff_handle.d.next = 0.into();
            self.dff_offset.d.next = 0.into();
            self.dff_length.d.next = 0.into();
            self.dff_rows.d.next = 0.into();
            self.dff_host_pitch.d.next = 0.into();
            self.dff_card_address.d.next = 0.into();
            self.dff_card_pitch.d.next = 0.into();
            self.dff_control.d.next = 0.into();
            self.dff_timeout_cycles.d.next = 0.into();
            self.dff_quarantine_cycles.d.next = 0.into();
            self.dff_tag_limit.d.next = 0.into();
        }
    }
}

impl RegisterFile for DmaRegs {
    const NAME: &'static str = "dma";
    fn set_clock(&mut self, high: bool) {
        self.clock.next = high.into();
    }
    fn drive(&mut self, port: &str, value: u32) -> bool {
        match port {
            "reset" => self.reset.next = value & 1 != 0,
            "bus_address" => self.bus_address.next = u64::from(value & 0xFFFF).into(),
            "bus_wdata" => self.bus_wdata.next = u64::from(value).into(),
            "bus_be" => self.bus_be.next = u64::from(value & 0xF).into(),
            "bus_write" => self.bus_write.next = value & 1 != 0,
            "done_set" => self.done_set.next = value & 1 != 0,
            "error_set" => self.error_set.next = value & 1 != 0,
            "status_busy" => self.status_busy.next = value & 1 != 0,
            "status_draining" => self.status_draining.next = value & 1 != 0,
            "caps_tags" => self.caps_tags.next = u64::from(value & 0x3F).into(),
            "caps_slots" => self.caps_slots.next = u64::from(value & 0xFF).into(),
            "caps_elements" => self.caps_elements.next = u64::from(value & 0xFFFF).into(),
            "result_code" => self.result_code.next = u64::from(value & 0xFF).into(),
            "completed" => self.completed.next = u64::from(value).into(),
            "bytes_done" => self.bytes_done.next = u64::from(value).into(),
            "fault_address_lo" => self.fault_address_lo.next = u64::from(value).into(),
            "fault_address_hi" => self.fault_address_hi.next = u64::from(value).into(),
            "requests" => self.requests.next = u64::from(value).into(),
            "completions" => self.completions.next = u64::from(value).into(),
            "unexpected" => self.unexpected.next = u64::from(value).into(),
            "submit_rejected" => self.submit_rejected.next = u64::from(value).into(),
            "late" => self.late.next = u64::from(value).into(),
            "timeouts" => self.timeouts.next = u64::from(value).into(),
            "quarantine_tags" => self.quarantine_tags.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "handle_slot" => self.handle_slot.val().to_u32(),
            "handle_generation" => self.handle_generation.val().to_u32(),
            "offset" => self.offset.val().to_u32(),
            "length" => self.length.val().to_u32(),
            "rows" => self.rows.val().to_u32(),
            "host_pitch" => self.host_pitch.val().to_u32(),
            "card_address" => self.card_address.val().to_u32(),
            "card_pitch" => self.card_pitch.val().to_u32(),
            "control_submit" => self.control_submit.val().into(),
            "control_abort" => self.control_abort.val().into(),
            "control_direction" => self.control_direction.val().into(),
            "timeout_cycles" => self.timeout_cycles.val().to_u32(),
            "quarantine_cycles" => self.quarantine_cycles.val().to_u32(),
            "tag_limit" => self.tag_limit.val().to_u32(),
            "interrupt" => self.interrupt.val().into(),
            _ => return None,
        })
    }
    fn connect_inputs(&mut self) {
        self.clock.connect();
        self.reset.connect();
        self.bus_address.connect();
        self.bus_wdata.connect();
        self.bus_be.connect();
        self.bus_write.connect();
        self.done_set.connect();
        self.error_set.connect();
        self.status_busy.connect();
        self.status_draining.connect();
        self.caps_tags.connect();
        self.caps_slots.connect();
        self.caps_elements.connect();
        self.result_code.connect();
        self.completed.connect();
        self.bytes_done.connect();
        self.fault_address_lo.connect();
        self.fault_address_hi.connect();
        self.requests.connect();
        self.completions.connect();
        self.unexpected.connect();
        self.submit_rejected.connect();
        self.late.connect();
        self.timeouts.connect();
        self.quarantine_tags.connect();
    }
}

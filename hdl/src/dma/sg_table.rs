//! Scatter-gather table memory: the slots and elements that say which host memory the card may touch.
//!
//! Purpose: holds 32 slots and 2048 elements, gives the host its two register windows, gives the
//! engine one slot and one element at a time. Clock domain: `sys`.
//! Capacity: elements are 3 x 2048 words of RAM (12 block RAMs of 18 kbit), slots 6 x 32 words.
//! Validity bits are registers, so a reset releases every slot at once; the rest is RAM and keeps
//! its contents over a reset.
//! Not supported: partial writes (they are ignored), reading elements back while the walker
//! uses the read port (reads then give zero), the FLAGS word of an element (reads zero).

use crate::mem::SyncRam;
use crate::prelude::*;
use crate::regs::{ElementsRegs, SglRegs};

/// Table memory with both register windows.
#[derive(LogicBlock, Default)]
pub struct SgTable {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high; makes every slot invalid.
    pub reset: Signal<In, Bit>,

    /// Register bus: byte address in BAR2.
    pub bus_address: Signal<In, Bits<16>>,
    /// Register bus: value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Register bus: byte enables; partial writes are ignored.
    pub bus_be: Signal<In, Bits<4>>,
    /// Register bus: write strobe, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Register bus: the word at `bus_address`, two clocks later; zero outside the two windows.
    pub bus_rdata: Signal<Out, Bits<32>>,

    /// The engine's slot number; `slot_*` follow one clock later and keep following it.
    pub slot_idx: Signal<In, Bits<5>>,
    /// First element of the slot.
    pub slot_first: Signal<Out, Bits<16>>,
    /// Number of elements of the slot.
    pub slot_count: Signal<Out, Bits<16>>,
    /// Bytes in the slot's table.
    pub slot_total: Signal<Out, Bits<32>>,
    /// The slot is valid; without delay.
    pub slot_valid: Signal<Out, Bit>,
    /// The card may read this memory.
    pub slot_card_read: Signal<Out, Bit>,
    /// The card may write this memory.
    pub slot_card_write: Signal<Out, Bit>,
    /// Generation of the slot.
    pub slot_generation: Signal<Out, Bits<16>>,
    /// A transfer through `slot_idx` may still have requests in flight: the slot's BUSY bit.
    pub slot_busy: Signal<In, Bit>,

    /// The walker owns the element read port.
    pub walker_active: Signal<In, Bit>,
    /// Element to read; `element_*` follow one clock later.
    pub element_idx: Signal<In, Bits<11>>,
    /// Bus address of the element, low half.
    pub element_address_lo: Signal<Out, Bits<32>>,
    /// Bus address of the element, high half.
    pub element_address_hi: Signal<Out, Bits<32>>,
    /// Bytes in the element.
    pub element_length: Signal<Out, Bits<32>>,

    sgl: SglRegs,
    elements: ElementsRegs,
    valid: DFF<Bits<32>>,
    element_lo: SyncRam<32, 11>,
    element_hi: SyncRam<32, 11>,
    element_bytes: SyncRam<32, 11>,
    // Two copies of the slots: one read port for the engine, one for the register bus.
    engine_table: SyncRam<32, 5>,
    engine_total: SyncRam<32, 5>,
    engine_control: SyncRam<32, 5>,
    bus_table: SyncRam<32, 5>,
    bus_total: SyncRam<32, 5>,
    bus_control: SyncRam<32, 5>,

    slot_write: Signal<Local, Bit>,
    element_write: Signal<Local, Bit>,
    element_read: Signal<Local, Bits<11>>,
    lane_0: Const<2, 0>,
    lane_1: Const<2, 1>,
    lane_2: Const<2, 2>,
    one: Const<32, 1>,
    control_mask: Const<32, { CONTROL_MASK }>,
}

/// CONTROL bits that are kept in RAM: rights and generation (VALID is a register).
const CONTROL_MASK: u64 = 0xFFFF_0006;

impl Logic for SgTable {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, valid);
        self.element_lo.clock.next = self.clock.val();
        self.element_hi.clock.next = self.clock.val();
        self.element_bytes.clock.next = self.clock.val();
        self.engine_table.clock.next = self.clock.val();
        self.engine_total.clock.next = self.clock.val();
        self.engine_control.clock.next = self.clock.val();
        self.bus_table.clock.next = self.clock.val();
        self.bus_total.clock.next = self.clock.val();
        self.bus_control.clock.next = self.clock.val();

        // Both windows of the register bus.
        self.sgl.clock.next = self.clock.val();
        self.sgl.reset.next = self.reset.val();
        self.sgl.bus_address.next = self.bus_address.val();
        self.sgl.bus_wdata.next = self.bus_wdata.val();
        self.sgl.bus_be.next = self.bus_be.val();
        self.sgl.bus_write.next = self.bus_write.val();
        self.elements.clock.next = self.clock.val();
        self.elements.reset.next = self.reset.val();
        self.elements.bus_address.next = self.bus_address.val();
        self.elements.bus_wdata.next = self.bus_wdata.val();
        self.elements.bus_be.next = self.bus_be.val();
        self.elements.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.sgl.bus_rdata.val() | self.elements.bus_rdata.val();

        // Element RAM: written from the bus, read by the walker or, while it rests, by the bus.
        self.element_lo.write_address.next = self.elements.element_index.val();
        self.element_hi.write_address.next = self.elements.element_index.val();
        self.element_bytes.write_address.next = self.elements.element_index.val();
        self.element_lo.write_data.next = self.elements.element_wdata.val();
        self.element_hi.write_data.next = self.elements.element_wdata.val();
        self.element_bytes.write_data.next = self.elements.element_wdata.val();
        self.element_write.next = self.elements.element_write.val();
        self.element_lo.write_enable.next =
            self.element_write.val() & (self.elements.element_word.val() == self.lane_0.val());
        self.element_hi.write_enable.next =
            self.element_write.val() & (self.elements.element_word.val() == self.lane_1.val());
        self.element_bytes.write_enable.next =
            self.element_write.val() & (self.elements.element_word.val() == self.lane_2.val());
        self.element_read.next = self.elements.element_index.val();
        if self.walker_active.val() {
            self.element_read.next = self.element_idx.val();
        }
        self.element_lo.read_address.next = self.element_read.val();
        self.element_hi.read_address.next = self.element_read.val();
        self.element_bytes.read_address.next = self.element_read.val();
        self.element_address_lo.next = self.element_lo.read_data.val();
        self.element_address_hi.next = self.element_hi.read_data.val();
        self.element_length.next = self.element_bytes.read_data.val();

        // Slot RAM.
        self.engine_table.read_address.next = self.slot_idx.val();
        self.engine_total.read_address.next = self.slot_idx.val();
        self.engine_control.read_address.next = self.slot_idx.val();
        self.bus_table.read_address.next = self.sgl.slot_index.val();
        self.bus_total.read_address.next = self.sgl.slot_index.val();
        self.bus_control.read_address.next = self.sgl.slot_index.val();
        self.engine_table.write_address.next = self.sgl.slot_index.val();
        self.engine_total.write_address.next = self.sgl.slot_index.val();
        self.engine_control.write_address.next = self.sgl.slot_index.val();
        self.bus_table.write_address.next = self.sgl.slot_index.val();
        self.bus_total.write_address.next = self.sgl.slot_index.val();
        self.bus_control.write_address.next = self.sgl.slot_index.val();
        self.engine_table.write_data.next = self.sgl.slot_wdata.val();
        self.engine_total.write_data.next = self.sgl.slot_wdata.val();
        self.engine_control.write_data.next = self.sgl.slot_wdata.val() & self.control_mask.val();
        self.bus_table.write_data.next = self.sgl.slot_wdata.val();
        self.bus_total.write_data.next = self.sgl.slot_wdata.val();
        self.bus_control.write_data.next = self.sgl.slot_wdata.val() & self.control_mask.val();
        self.slot_write.next = self.sgl.slot_write.val();
        self.engine_table.write_enable.next =
            self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_0.val());
        self.engine_total.write_enable.next =
            self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_1.val());
        self.engine_control.write_enable.next =
            self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_2.val());
        self.bus_table.write_enable.next =
            self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_0.val());
        self.bus_total.write_enable.next =
            self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_1.val());
        self.bus_control.write_enable.next =
            self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_2.val());

        if self.slot_write.val() & (self.sgl.slot_word.val() == self.lane_2.val()) {
            self.valid.d.next = self.valid.q.val().replace_bit(
                self.sgl.slot_index.val().index(),
                self.sgl.slot_wdata.val().get_bit(0),
            );
        }

        // The engine's view of its slot.
        self.slot_first.next = self.engine_table.read_data.val().get_bits::<16>(0);
        self.slot_count.next = self.engine_table.read_data.val().get_bits::<16>(16);
        self.slot_total.next = self.engine_total.read_data.val();
        self.slot_valid.next = self.valid.q.val().get_bit(self.slot_idx.val().index());
        self.slot_card_read.next = self.engine_control.read_data.val().get_bit(1);
        self.slot_card_write.next = self.engine_control.read_data.val().get_bit(2);
        self.slot_generation.next = self.engine_control.read_data.val().get_bits::<16>(16);

        // Bus read.
        self.sgl.slot_rdata.next = 0.into();
        if self.sgl.slot_word.val() == self.lane_0.val() {
            self.sgl.slot_rdata.next = self.bus_table.read_data.val();
        } else if self.sgl.slot_word.val() == self.lane_1.val() {
            self.sgl.slot_rdata.next = self.bus_total.read_data.val();
        } else if self.sgl.slot_word.val() == self.lane_2.val() {
            self.sgl.slot_rdata.next = self.bus_control.read_data.val();
            if self
                .valid
                .q
                .val()
                .get_bit(self.sgl.slot_index.val().index())
            {
                self.sgl.slot_rdata.next = self.bus_control.read_data.val() | self.one.val();
            }
        } else if self.slot_busy.val() & (self.sgl.slot_index.val() == self.slot_idx.val()) {
            self.sgl.slot_rdata.next = self.one.val();
        }
        self.elements.element_rdata.next = 0.into();
        if !self.walker_active.val() {
            if self.elements.element_word.val() == self.lane_0.val() {
                self.elements.element_rdata.next = self.element_lo.read_data.val();
            } else if self.elements.element_word.val() == self.lane_1.val() {
                self.elements.element_rdata.next = self.element_hi.read_data.val();
            } else if self.elements.element_word.val() == self.lane_2.val() {
                self.elements.element_rdata.next = self.element_bytes.read_data.val();
            }
        }

        if self.reset.val() {
            self.valid.d.next = 0.into();
        }
    }
}

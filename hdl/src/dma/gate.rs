//! Gate: whether a transfer may touch host memory through its slot.
//!
//! Purpose: the rules that are checked before anything moves, and the grant that is looked at in every
//! clock while a transfer runs. Combinational, no state. Clock domain: `sys`. Properties:
//! - `granted` only while the slot is valid, has the transfer's generation and grants its direction;
//! - `refusal` is zero only if in addition the rows end within the table's total and within card memory,
//!   the table's elements lie within the element memory, and bus mastering is on.
//!
//! Which elements the walker then reads follows from FIRST and COUNT alone (see [`super::walker`]).

use super::result;
use crate::prelude::*;

/// Slots of the table memory.
pub(super) const SLOTS: u64 = 32;
/// Elements of the table memory.
pub(super) const ELEMENTS: u64 = 2048;

/// The rules.
#[derive(LogicBlock, Default)]
pub struct Gate {
    /// The transfer's slot number.
    pub slot: Signal<In, Bits<8>>,
    /// The transfer's generation.
    pub generation: Signal<In, Bits<16>>,
    /// The transfer writes host memory.
    pub to_host: Signal<In, Bit>,

    /// The slot is valid.
    pub slot_valid: Signal<In, Bit>,
    /// Generation of the slot.
    pub slot_generation: Signal<In, Bits<16>>,
    /// The card may read this memory.
    pub slot_card_read: Signal<In, Bit>,
    /// The card may write this memory.
    pub slot_card_write: Signal<In, Bit>,
    /// First element of the slot.
    pub slot_first: Signal<In, Bits<16>>,
    /// Number of elements of the slot.
    pub slot_count: Signal<In, Bits<16>>,
    /// Bytes in the slot's table.
    pub slot_total: Signal<In, Bits<32>>,

    /// Rows or length is zero, or the pitch is less than a row.
    pub malformed: Signal<In, Bit>,
    /// An end is past 4 GiB.
    pub overflow: Signal<In, Bit>,
    /// Table bytes from its start to the end of the last row.
    pub host_end: Signal<In, Bits<32>>,
    /// Card bytes from address zero to the end of the last row.
    pub card_end: Signal<In, Bits<32>>,
    /// Card memory in bytes.
    pub memory_bytes: Signal<In, Bits<32>>,
    /// Requests may be sent.
    pub bus_master_enable: Signal<In, Bit>,
    /// A tag is free.
    pub tag_usable: Signal<In, Bit>,

    /// The slot grants the transfer at this moment.
    pub granted: Signal<Out, Bit>,
    /// RESULT code of the first rule that is broken; zero when the transfer may start.
    pub refusal: Signal<Out, Bits<8>>,

    handle_ok: Signal<Local, Bit>,
    right_ok: Signal<Local, Bit>,
    table_end: Signal<Local, Bits<17>>,
    slots: Const<8, { SLOTS }>,
    element_limit: Const<17, { ELEMENTS }>,
    code_none: Const<8, { result::NONE }>,
    code_stale_handle: Const<8, { result::STALE_HANDLE }>,
    code_no_right: Const<8, { result::NO_RIGHT }>,
    code_range: Const<8, { result::RANGE }>,
    code_parameter: Const<8, { result::PARAMETER }>,
    code_bus_master_off: Const<8, { result::BUS_MASTER_OFF }>,
    code_no_tag: Const<8, { result::NO_TAG }>,
}

impl Logic for Gate {
    #[hdl_gen]
    fn update(&mut self) {
        self.handle_ok.next = self.slot_valid.val()
            & (self.slot_generation.val() == self.generation.val())
            & (self.slot.val() < self.slots.val());
        self.right_ok.next = self.slot_card_read.val();
        if self.to_host.val() {
            self.right_ok.next = self.slot_card_write.val();
        }
        self.granted.next = self.handle_ok.val() & self.right_ok.val();
        self.table_end.next =
            bit_cast::<17, 16>(self.slot_first.val()) + bit_cast::<17, 16>(self.slot_count.val());

        self.refusal.next = self.code_none.val();
        if !self.handle_ok.val() {
            self.refusal.next = self.code_stale_handle.val();
        } else if !self.right_ok.val() {
            self.refusal.next = self.code_no_right.val();
        } else if self.malformed.val() {
            self.refusal.next = self.code_parameter.val();
        } else if self.overflow.val()
            | (self.host_end.val() > self.slot_total.val())
            | (self.card_end.val() > self.memory_bytes.val())
            | (self.table_end.val() > self.element_limit.val())
        {
            self.refusal.next = self.code_range.val();
        } else if !self.bus_master_enable.val() {
            self.refusal.next = self.code_bus_master_off.val();
        } else if !self.to_host.val() & !self.tag_usable.val() {
            self.refusal.next = self.code_no_tag.val();
        }
    }
}

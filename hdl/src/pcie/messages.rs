//! Messages that the card sends: INTA asserted and deasserted, errors, and the answer to PME_Turn_Off.
//!
//! Purpose: keeps the host's picture of the virtual INTA wire equal to `intx_wanted`, with one
//! Assert_INTA or Deassert_INTA for each change that lasts until its message can leave, and answers
//! PME_Turn_Off by PME_TO_Ack. Errors of one severity that come before their message has started share
//! one message. Messages do not depend on bus mastering. Clock domain: `sys`.
//! Not supported: other wires than INTA.
//!
//! Source: PCI Express Base Spec 2.0 §2.2.8.1, §2.2.8.3, §5.3.3.2.1.

use crate::prelude::*;

/// The message source.
#[derive(LogicBlock, Default)]
pub struct Messages {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: the host takes INTA as deasserted.
    pub reset: Signal<In, Bit>,
    /// Level that INTA shall have.
    pub intx_wanted: Signal<In, Bit>,
    /// One clock: PME_Turn_Off came.
    pub turn_off_strobe: Signal<In, Bit>,
    /// One clock: a correctable error is to be told (ERR_COR).
    pub correctable_strobe: Signal<In, Bit>,
    /// One clock: a non-fatal error is to be told (ERR_NONFATAL).
    pub nonfatal_strobe: Signal<In, Bit>,
    /// One clock: a fatal error is to be told (ERR_FATAL).
    pub fatal_strobe: Signal<In, Bit>,
    /// The card's bus, device and function number.
    pub requester_id: Signal<In, Bits<16>>,
    /// Message DW, first byte on the wire in bits 31:24.
    pub data: Signal<Out, Bits<32>>,
    /// Last DW of the message.
    pub last: Signal<Out, Bit>,
    /// A DW is offered and stays until taken.
    pub valid: Signal<Out, Bit>,
    /// It is taken.
    pub ready: Signal<In, Bit>,

    busy: DFF<Bit>,
    index: DFF<Bits<2>>,
    code: DFF<Bits<8>>,
    routing: DFF<Bits<3>>,
    // the card's number when the message began: it may change while a DW waits
    number: DFF<Bits<16>>,
    asserted: DFF<Bit>,
    turn_off: DFF<Bit>,
    correctable: DFF<Bit>,
    nonfatal: DFF<Bit>,
    fatal: DFF<Bit>,
}

impl Logic for Messages {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            busy,
            index,
            code,
            routing,
            number,
            asserted,
            turn_off,
            correctable,
            nonfatal,
            fatal
        );
        self.valid.next = self.busy.q.val();
        self.last.next = self.index.q.val() == 3;
        self.data.next = 0.into();
        if self.index.q.val() == 0 {
            // four header DWs, no data
            self.data.next = 0x3000_0000 | (bit_cast::<32, 3>(self.routing.q.val()) << 24);
        } else if self.index.q.val() == 1 {
            self.data.next = (bit_cast::<32, 16>(self.number.q.val()) << 16)
                | bit_cast::<32, 8>(self.code.q.val());
        }
        if !self.busy.q.val() {
            self.number.d.next = self.requester_id.val();
        }
        if self.busy.q.val() {
            if self.ready.val() {
                self.index.d.next = self.index.q.val() + 1;
                self.busy.d.next = self.index.q.val() != 3;
            }
        } else if self.fatal.q.val() || self.nonfatal.q.val() || self.correctable.q.val() {
            // the worst first; to the root complex
            self.busy.d.next = true;
            self.routing.d.next = 0.into();
            if self.fatal.q.val() {
                self.code.d.next = 0x33.into();
                self.fatal.d.next = false;
            } else if self.nonfatal.q.val() {
                self.code.d.next = 0x31.into();
                self.nonfatal.d.next = false;
            } else {
                self.code.d.next = 0x30.into();
                self.correctable.d.next = false;
            }
        } else if self.intx_wanted.val() != self.asserted.q.val() {
            self.busy.d.next = true;
            self.asserted.d.next = self.intx_wanted.val();
            // local: terminates at the root port or switch
            self.routing.d.next = 4.into();
            self.code.d.next = 0x24.into();
            if self.intx_wanted.val() {
                self.code.d.next = 0x20.into();
            }
        } else if self.turn_off.q.val() {
            self.busy.d.next = true;
            self.turn_off.d.next = false;
            // gathered on the way to the root
            self.routing.d.next = 5.into();
            self.code.d.next = 0x1B.into();
        }
        if self.turn_off_strobe.val() {
            self.turn_off.d.next = true;
        }
        if self.correctable_strobe.val() {
            self.correctable.d.next = true;
        }
        if self.nonfatal_strobe.val() {
            self.nonfatal.d.next = true;
        }
        if self.fatal_strobe.val() {
            self.fatal.d.next = true;
        }
        if self.reset.val() {
            self.correctable.d.next = false;
            self.nonfatal.d.next = false;
            self.fatal.d.next = false;
            self.busy.d.next = false;
            self.index.d.next = 0.into();
            self.asserted.d.next = false;
            self.turn_off.d.next = false;
        }
    }
}

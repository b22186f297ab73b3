//! Interrupt collection: the blocks' levels in, message signalled interrupts of up to four vectors
//! out, and one level for INTA.
//!
//! Purpose: no interrupt may ever be lost. The block looks at levels, never at edges: while any
//! pending and enabled source of a vector is up and the vector is armed, a message goes out and the
//! vector disarms. Software serves the sources, clears them and arms again; whatever came up in
//! between is a level that is still there, so the next message follows at once. When arming meets
//! the clock in which a message starts, arming wins: at worst one message too many.
//!
//! Each source has a vector (VECTOR_MAP), taken modulo the number of vectors that software enabled
//! in configuration space. Of two vectors that are due the lower goes first; it cannot starve the
//! other, because it has to be armed again by software, which takes longer than a message.
//!
//! Clock domain: `sys`. The message is a posted write of one DW through the transmit arbiter. None
//! starts while MSI or bus mastering is off; one that waits when they go off is thrown away by the
//! arbiter, and every vector is armed when both are on again. `intx_level` knows neither arming nor MSI: the endpoint
//! makes Assert_INTA and Deassert_INTA of it. Not supported: MSI-X, per-vector masks.
//!
//! Source: PCI Local Bus Spec 3.0 §6.8, PCI Express Base Spec 2.0 §6.1, §7.7.

use crate::prelude::*;
use crate::regs::IrqRegs;

/// Which DW of the message is offered.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum MessageState {
    /// No message.
    Idle,
    /// Header DW0.
    Head,
    /// Header DW1: requester and byte enables.
    Requester,
    /// Address, high half (64-bit message only).
    High,
    /// Address, low half.
    Low,
    /// Message data.
    Data,
}

/// The interrupt block.
#[derive(LogicBlock, Default)]
pub struct Interrupts {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: armed, nothing enabled.
    pub reset: Signal<In, Bit>,
    /// Register bus, see [`crate::regs`].
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now.
    pub bus_write: Signal<In, Bit>,
    /// Value read, zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,

    /// Level: the DMA engine wants attention.
    pub pending_dma: Signal<In, Bit>,
    /// Level: the timing generator wants attention.
    pub pending_crtc: Signal<In, Bit>,
    /// Level: the plane wants attention.
    pub pending_plane: Signal<In, Bit>,
    /// Level: the semaphores want attention.
    pub pending_sem: Signal<In, Bit>,
    /// Level: card memory wants attention.
    pub pending_mem: Signal<In, Bit>,
    /// Level: the display data channel wants attention.
    pub pending_ddc: Signal<In, Bit>,
    /// Level: the endpoint logged an error.
    pub pending_pcie: Signal<In, Bit>,

    /// MSI is switched on in configuration space.
    pub msi_enable: Signal<In, Bit>,
    /// The card may send requests.
    pub bus_master_enable: Signal<In, Bit>,
    /// Message address, low half.
    pub msi_address_lo: Signal<In, Bits<32>>,
    /// Message address, high half.
    pub msi_address_hi: Signal<In, Bits<32>>,
    /// Message data of vector 0; the low bits carry the vector.
    pub msi_message: Signal<In, Bits<16>>,
    /// Vectors enabled, as a power of two: 0, 1 or 2.
    pub msi_vectors: Signal<In, Bits<3>>,
    /// INTA may be asserted (for MODE only).
    pub intx_enable: Signal<In, Bit>,
    /// The card's bus, device and function number.
    pub requester_id: Signal<In, Bits<16>>,

    /// Message DW, first byte on the wire in bits 31:24. The first one is offered two clocks after
    /// the level rose.
    pub msi_data: Signal<Out, Bits<32>>,
    /// Last DW of the message.
    pub msi_last: Signal<Out, Bit>,
    /// A DW is offered and stays until taken.
    pub msi_valid: Signal<Out, Bit>,
    /// It is taken.
    pub msi_ready: Signal<In, Bit>,
    /// Level: an enabled source is pending.
    pub intx_level: Signal<Out, Bit>,

    regs: IrqRegs,
    state: DFF<MessageState>,
    // one bit a vector
    disarmed: DFF<Bits<4>>,
    sent: DFF<Bits<32>>,
    // a message could be sent in the clock before
    able: DFF<Bit>,
    can_send: Signal<Local, Bit>,
    // the message as it was configured when it started
    low: DFF<Bits<32>>,
    high: DFF<Bits<32>>,
    message: DFF<Bits<16>>,
    number: DFF<Bits<16>>,
    vector: DFF<Bits<2>>,
    armed: Signal<Local, Bits<4>>,
    // one bit a source: pending and enabled; high and low bit of its vector
    active: Signal<Local, Bits<7>>,
    map_high: Signal<Local, Bits<7>>,
    map_low: Signal<Local, Bits<7>>,
    // one bit a vector: a message is due
    due: Signal<Local, Bits<4>>,
    start: Signal<Local, Bit>,
    // one bit a vector: its message starts in this clock
    leaving: Signal<Local, Bits<4>>,
}

impl Logic for Interrupts {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, disarmed, sent, able, low, high, message, number, vector
        );
        clock!(self, clock, regs);
        self.regs.reset.next = self.reset.val();
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val();
        self.armed.next = !self.disarmed.q.val();
        self.regs.status_armed.next = self.armed.val();
        self.regs.pending_dma.next = self.pending_dma.val();
        self.regs.pending_crtc.next = self.pending_crtc.val();
        self.regs.pending_plane.next = self.pending_plane.val();
        self.regs.pending_sem.next = self.pending_sem.val();
        self.regs.pending_mem.next = self.pending_mem.val();
        self.regs.pending_ddc.next = self.pending_ddc.val();
        self.regs.pending_pcie.next = self.pending_pcie.val();
        self.regs.msi_count.next = self.sent.q.val();
        self.regs.mode_msi_enabled.next = self.msi_enable.val();
        self.regs.mode_intx_enabled.next = self.intx_enable.val();
        self.regs.mode_vectors.next = self.msi_vectors.val();

        // Sources that want attention, and the vector of each.
        self.active.next = 0.into();
        self.map_high.next = 0.into();
        self.map_low.next = 0.into();
        self.active.next = self
            .active
            .val()
            .replace_bit(0, self.pending_dma.val() && self.regs.enable_dma.val());
        self.active.next = self
            .active
            .val()
            .replace_bit(1, self.pending_crtc.val() && self.regs.enable_crtc.val());
        self.active.next = self
            .active
            .val()
            .replace_bit(2, self.pending_plane.val() && self.regs.enable_plane.val());
        self.active.next = self
            .active
            .val()
            .replace_bit(3, self.pending_sem.val() && self.regs.enable_sem.val());
        self.active.next = self
            .active
            .val()
            .replace_bit(4, self.pending_mem.val() && self.regs.enable_mem.val());
        self.active.next = self
            .active
            .val()
            .replace_bit(5, self.pending_ddc.val() && self.regs.enable_ddc.val());
        self.active.next = self
            .active
            .val()
            .replace_bit(6, self.pending_pcie.val() && self.regs.enable_pcie.val());
        if self.msi_vectors.val().get_bit(1) {
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(0, self.regs.vector_map_dma.val().get_bit(1));
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(1, self.regs.vector_map_crtc.val().get_bit(1));
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(2, self.regs.vector_map_plane.val().get_bit(1));
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(3, self.regs.vector_map_sem.val().get_bit(1));
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(4, self.regs.vector_map_mem.val().get_bit(1));
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(5, self.regs.vector_map_ddc.val().get_bit(1));
            self.map_high.next = self
                .map_high
                .val()
                .replace_bit(6, self.regs.vector_map_pcie.val().get_bit(1));
        }
        if self.msi_vectors.val().any() {
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(0, self.regs.vector_map_dma.val().get_bit(0));
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(1, self.regs.vector_map_crtc.val().get_bit(0));
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(2, self.regs.vector_map_plane.val().get_bit(0));
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(3, self.regs.vector_map_sem.val().get_bit(0));
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(4, self.regs.vector_map_mem.val().get_bit(0));
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(5, self.regs.vector_map_ddc.val().get_bit(0));
            self.map_low.next = self
                .map_low
                .val()
                .replace_bit(6, self.regs.vector_map_pcie.val().get_bit(0));
        }
        self.intx_level.next = self.active.val().any();
        self.due.next = 0.into();
        self.due.next = self.due.val().replace_bit(
            0,
            (self.active.val() & (!self.map_high.val()) & (!self.map_low.val())).any(),
        );
        self.due.next = self.due.val().replace_bit(
            1,
            (self.active.val() & (!self.map_high.val()) & self.map_low.val()).any(),
        );
        self.due.next = self.due.val().replace_bit(
            2,
            (self.active.val() & self.map_high.val() & (!self.map_low.val())).any(),
        );
        self.due.next = self.due.val().replace_bit(
            3,
            (self.active.val() & self.map_high.val() & self.map_low.val()).any(),
        );
        self.due.next = self.due.val() & self.armed.val();
        self.can_send.next = self.msi_enable.val() && self.bus_master_enable.val();
        self.able.d.next = self.can_send.val();
        self.start.next = self.due.val().any() && self.can_send.val();

        self.leaving.next = 0.into();
        self.msi_data.next = 0.into();
        self.msi_last.next = false;
        self.msi_valid.next = self.state.q.val() != MessageState::Idle;
        match self.state.q.val() {
            MessageState::Idle => {
                if self.start.val() {
                    self.low.d.next = self.msi_address_lo.val();
                    self.high.d.next = self.msi_address_hi.val();
                    self.message.d.next = self.msi_message.val();
                    self.number.d.next = self.requester_id.val();
                    if self.msi_vectors.val() == 1 {
                        self.message.d.next = self.msi_message.val() & 0xFFFE;
                    } else if self.msi_vectors.val().get_bit(1) {
                        self.message.d.next = self.msi_message.val() & 0xFFFC;
                    }
                    self.state.d.next = MessageState::Head;
                    if self.due.val().get_bit(0) {
                        self.vector.d.next = 0.into();
                        self.leaving.next = 1.into();
                    } else if self.due.val().get_bit(1) {
                        self.vector.d.next = 1.into();
                        self.leaving.next = 2.into();
                    } else if self.due.val().get_bit(2) {
                        self.vector.d.next = 2.into();
                        self.leaving.next = 4.into();
                    } else {
                        self.vector.d.next = 3.into();
                        self.leaving.next = 8.into();
                    }
                }
            }
            MessageState::Head => {
                // memory write of one DW, three or four header DWs
                self.msi_data.next = 0x4000_0001.into();
                if self.high.q.val().any() {
                    self.msi_data.next = 0x6000_0001.into();
                }
                if self.msi_ready.val() {
                    self.state.d.next = MessageState::Requester;
                }
            }
            MessageState::Requester => {
                self.msi_data.next = (bit_cast::<32, 16>(self.number.q.val()) << 16) | 0x0F;
                if self.msi_ready.val() {
                    self.state.d.next = MessageState::Low;
                    if self.high.q.val().any() {
                        self.state.d.next = MessageState::High;
                    }
                }
            }
            MessageState::High => {
                self.msi_data.next = self.high.q.val();
                if self.msi_ready.val() {
                    self.state.d.next = MessageState::Low;
                }
            }
            MessageState::Low => {
                self.msi_data.next = self.low.q.val();
                if self.msi_ready.val() {
                    self.state.d.next = MessageState::Data;
                }
            }
            MessageState::Data => {
                // 16 bits of message, low byte first on the wire; the upper half is zero. The
                // vector's place in the low byte was made free.
                self.msi_data.next = (bit_cast::<32, 8>(self.message.q.val().get_bits::<8>(0))
                    << 24)
                    | (bit_cast::<32, 2>(self.vector.q.val()) << 24)
                    | (bit_cast::<32, 8>(self.message.q.val().get_bits::<8>(8)) << 16);
                self.msi_last.next = true;
                if self.msi_ready.val() {
                    self.sent.d.next = self.sent.q.val() + 1;
                    self.state.d.next = MessageState::Idle;
                }
            }
            _ => {
                self.state.d.next = MessageState::Idle;
            }
        }
        self.disarmed.d.next =
            (self.disarmed.q.val() | self.leaving.val()) & (!self.regs.rearm_vectors.val());
        // A message that was waiting when the host switched messages off is gone: begin afresh.
        if self.can_send.val() && (!self.able.q.val()) {
            self.disarmed.d.next = self.leaving.val();
        }

        if self.reset.val() {
            self.state.d.next = MessageState::Idle;
            self.disarmed.d.next = 0.into();
            self.able.d.next = false;
            self.sent.d.next = 0.into();
        }
    }
}

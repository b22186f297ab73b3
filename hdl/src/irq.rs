//! Interrupt collection: the blocks' levels in, one message signalled interrupt out.
//!
//! Purpose: no interrupt may ever be lost. The block looks at levels, never at edges: while any
//! pending and enabled source is up and the block is armed, a message goes out and the block
//! disarms. Software serves the sources, clears them and arms again; whatever came up in between
//! is a level that is still there, so the next message follows at once. When arming meets the
//! clock in which a message starts, arming wins: at worst one message too many.
//!
//! Clock domain: `sys`. The message is a posted write of one DW through the transmit arbiter; it is
//! held while MSI or bus mastering is off. Not supported: INTx pins, MSI-X, per-vector masks.
//!
//! Source: PCI Local Bus Spec 3.0 §6.8, PCI Express Base Spec 1.1 §6.1.

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

    /// MSI is switched on in configuration space.
    pub msi_enable: Signal<In, Bit>,
    /// The card may send requests.
    pub bus_master_enable: Signal<In, Bit>,
    /// Message address, low half.
    pub msi_address_lo: Signal<In, Bits<32>>,
    /// Message address, high half.
    pub msi_address_hi: Signal<In, Bits<32>>,
    /// Message data.
    pub msi_message: Signal<In, Bits<16>>,
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

    regs: IrqRegs,
    state: DFF<MessageState>,
    disarmed: DFF<Bit>,
    sent: DFF<Bits<32>>,
    // the message as it was configured when it started
    low: DFF<Bits<32>>,
    high: DFF<Bits<32>>,
    message: DFF<Bits<16>>,
    wanted: Signal<Local, Bit>,
}

impl Logic for Interrupts {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, disarmed, sent, low, high, message);
        clock!(self, clock, regs);
        self.regs.reset.next = self.reset.val();
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val();
        self.regs.status_armed.next = !self.disarmed.q.val();
        self.regs.pending_dma.next = self.pending_dma.val();
        self.regs.pending_crtc.next = self.pending_crtc.val();
        self.regs.pending_plane.next = self.pending_plane.val();
        self.regs.pending_sem.next = self.pending_sem.val();
        self.regs.pending_mem.next = self.pending_mem.val();
        self.regs.msi_count.next = self.sent.q.val();

        self.wanted.next = (self.pending_dma.val() && self.regs.enable_dma.val())
            || (self.pending_crtc.val() && self.regs.enable_crtc.val())
            || (self.pending_plane.val() && self.regs.enable_plane.val())
            || (self.pending_sem.val() && self.regs.enable_sem.val())
            || (self.pending_mem.val() && self.regs.enable_mem.val());

        self.msi_data.next = 0.into();
        self.msi_last.next = false;
        self.msi_valid.next = self.state.q.val() != MessageState::Idle;
        match self.state.q.val() {
            MessageState::Idle => {
                if self.wanted.val()
                    && (!self.disarmed.q.val())
                    && self.msi_enable.val()
                    && self.bus_master_enable.val()
                {
                    self.disarmed.d.next = true;
                    self.low.d.next = self.msi_address_lo.val();
                    self.high.d.next = self.msi_address_hi.val();
                    self.message.d.next = self.msi_message.val();
                    self.state.d.next = MessageState::Head;
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
                self.msi_data.next = (bit_cast::<32, 16>(self.requester_id.val()) << 16) | 0x0F;
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
                // 16 bits of message, low byte first on the wire; the upper half is zero
                self.msi_data.next = (bit_cast::<32, 8>(self.message.q.val().get_bits::<8>(0))
                    << 24)
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
        if self.regs.rearm_rearm.val() {
            self.disarmed.d.next = false;
        }

        if self.reset.val() {
            self.state.d.next = MessageState::Idle;
            self.disarmed.d.next = false;
            self.sent.d.next = 0.into();
        }
    }
}

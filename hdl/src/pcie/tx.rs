//! Transmit arbiter: three streams of whole TLPs into one.
//!
//! Purpose: completions, DMA requests and interrupt messages share the link; a TLP is never
//! interleaved with another. Clock domain: `sys`. Combinational: a stream that is granted passes
//! at one DW a clock, with no idle clock between TLPs.
//!
//! Order: an interrupt message goes first (there is at most one until software re-arms), otherwise
//! completions and DMA alternate when both wait. What is offered to the link stays offered: the
//! choice is kept from the first clock of `valid` to the end of the TLP.
//! Not supported: priorities by traffic class.

use crate::prelude::*;

/// Whose TLP is on the way out.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum TxOwner {
    /// None: the next one is chosen in this clock.
    Nobody,
    /// A completion.
    Completion,
    /// A DMA request.
    Dma,
    /// An interrupt message.
    Interrupt,
}

/// The arbiter. See the module's text.
#[derive(LogicBlock, Default)]
pub struct TxArbiter {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset.
    pub reset: Signal<In, Bit>,
    /// Completion stream.
    pub cpl_data: Signal<In, Bits<32>>,
    /// Last DW of a completion.
    pub cpl_last: Signal<In, Bit>,
    /// A completion DW is offered.
    pub cpl_valid: Signal<In, Bit>,
    /// It is taken.
    pub cpl_ready: Signal<Out, Bit>,
    /// DMA request stream.
    pub dma_data: Signal<In, Bits<32>>,
    /// Last DW of a DMA request.
    pub dma_last: Signal<In, Bit>,
    /// A DMA DW is offered.
    pub dma_valid: Signal<In, Bit>,
    /// It is taken.
    pub dma_ready: Signal<Out, Bit>,
    /// Interrupt message stream.
    pub msi_data: Signal<In, Bits<32>>,
    /// Last DW of an interrupt message.
    pub msi_last: Signal<In, Bit>,
    /// An interrupt DW is offered.
    pub msi_valid: Signal<In, Bit>,
    /// It is taken.
    pub msi_ready: Signal<Out, Bit>,
    /// To the link.
    pub tx_data: Signal<Out, Bits<32>>,
    /// Last DW of a TLP.
    pub tx_last: Signal<Out, Bit>,
    /// A DW is offered to the link.
    pub tx_valid: Signal<Out, Bit>,
    /// The link takes it.
    pub tx_ready: Signal<In, Bit>,

    owner: DFF<TxOwner>,
    dma_turn: DFF<Bit>,
    pick: Signal<Local, TxOwner>,
    granted: Signal<Local, TxOwner>,
}

impl Logic for TxArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, owner, dma_turn);
        self.cpl_ready.next = false;
        self.dma_ready.next = false;
        self.msi_ready.next = false;
        self.tx_data.next = 0.into();
        self.tx_last.next = false;
        self.tx_valid.next = false;

        self.pick.next = TxOwner::Nobody;
        if self.msi_valid.val() {
            self.pick.next = TxOwner::Interrupt;
        } else if self.cpl_valid.val() && self.dma_valid.val() {
            self.pick.next = TxOwner::Completion;
            if self.dma_turn.q.val() {
                self.pick.next = TxOwner::Dma;
            }
        } else if self.cpl_valid.val() {
            self.pick.next = TxOwner::Completion;
        } else if self.dma_valid.val() {
            self.pick.next = TxOwner::Dma;
        }
        self.granted.next = self.owner.q.val();
        if self.owner.q.val() == TxOwner::Nobody {
            self.granted.next = self.pick.val();
            self.owner.d.next = self.pick.val();
        }

        match self.granted.val() {
            TxOwner::Completion => {
                self.tx_data.next = self.cpl_data.val();
                self.tx_last.next = self.cpl_last.val();
                self.tx_valid.next = self.cpl_valid.val();
                self.cpl_ready.next = self.tx_ready.val();
                self.dma_turn.d.next = true;
            }
            TxOwner::Dma => {
                self.tx_data.next = self.dma_data.val();
                self.tx_last.next = self.dma_last.val();
                self.tx_valid.next = self.dma_valid.val();
                self.dma_ready.next = self.tx_ready.val();
                self.dma_turn.d.next = false;
            }
            TxOwner::Interrupt => {
                self.tx_data.next = self.msi_data.val();
                self.tx_last.next = self.msi_last.val();
                self.tx_valid.next = self.msi_valid.val();
                self.msi_ready.next = self.tx_ready.val();
            }
            TxOwner::Nobody => {}
        }
        if self.tx_valid.val() && self.tx_ready.val() && self.tx_last.val() {
            self.owner.d.next = TxOwner::Nobody;
        }

        if self.reset.val() {
            self.owner.d.next = TxOwner::Nobody;
            self.dma_turn.d.next = false;
        }
    }
}

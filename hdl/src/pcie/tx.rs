//! Transmit arbiter: four streams of whole TLPs into one.
//!
//! Purpose: completions, DMA requests and interrupt messages share the link; a TLP is never
//! interleaved with another. Clock domain: `sys`. Combinational: a stream that is granted passes
//! at one DW a clock, with no idle clock between TLPs.
//!
//! Order: an interrupt message goes first (there is at most one until software re-arms), otherwise
//! completions and DMA alternate when both wait. What is offered to the link stays offered: the
//! choice is kept from the first clock of `valid` to the end of the TLP.
//! Credits: a TLP is granted only when the host's limits cover it, per kind (posted, non-posted,
//! completion) for header and data, in the modulo arithmetic of the specification. What is not
//! covered does not stand in the way of the others: a read request without credits stops neither
//! completions nor messages. A TLP counts when its first DW is taken.
//! Bus mastering: DMA requests and interrupt messages that are not granted when the host switches bus
//! mastering off (for interrupts also MSI) are taken and thrown away, so that their sources come to rest.
//! Not supported: priorities by traffic class.
//!
//! Source: PCI Express Base Spec 2.0 §2.4, §2.6.1.

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
    /// A message (INTA, error, PME_TO_Ack).
    Message,
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
    /// Message stream: TLPs without data.
    pub message_data: Signal<In, Bits<32>>,
    /// Last DW of a message.
    pub message_last: Signal<In, Bit>,
    /// A message DW is offered.
    pub message_valid: Signal<In, Bit>,
    /// It is taken.
    pub message_ready: Signal<Out, Bit>,
    /// Posted credit limit: headers in 19:12, data in 11:0, both modulo.
    pub credit_limit_posted: Signal<In, Bits<20>>,
    /// Non-posted credit limit, same shape.
    pub credit_limit_nonposted: Signal<In, Bits<20>>,
    /// Completion credit limit, same shape.
    pub credit_limit_completion: Signal<In, Bits<20>>,
    /// Which limits are infinite: PH 0, PD 1, NPH 2, NPD 3, CPLH 4, CPLD 5.
    pub credit_infinite: Signal<In, Bits<6>>,
    /// The card may send requests: DMA and interrupts.
    pub bus_master_enable: Signal<In, Bit>,
    /// The card may send interrupt messages.
    pub msi_enable: Signal<In, Bit>,
    /// Payload limit: `128 << code` bytes; 0 to 2.
    pub max_payload: Signal<In, Bits<3>>,
    /// There is credit for a read request.
    pub read_credit: Signal<Out, Bit>,
    /// There is credit for a write of the payload limit's size: a legal host grants as much, and not more.
    pub write_credit: Signal<Out, Bit>,
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
    // credits used since reset
    used_ph: DFF<Bits<8>>,
    used_pd: DFF<Bits<12>>,
    used_nh: DFF<Bits<8>>,
    used_ch: DFF<Bits<8>>,
    used_cd: DFF<Bits<12>>,
    // what would be left: above half of the range means "not covered"
    left_ph: Signal<Local, Bits<8>>,
    left_nh: Signal<Local, Bits<8>>,
    left_ch: Signal<Local, Bits<8>>,
    left_pd_dma: Signal<Local, Bits<12>>,
    left_pd_msi: Signal<Local, Bits<12>>,
    left_pd_most: Signal<Local, Bits<12>>,
    most_units: Signal<Local, Bits<12>>,
    units_of_128_bytes: Const<12, 8>,
    left_cd: Signal<Local, Bits<12>>,
    ph_ok: Signal<Local, Bit>,
    nh_ok: Signal<Local, Bit>,
    dma_units: Signal<Local, Bits<12>>,
    cpl_units: Signal<Local, Bits<12>>,
    dma_ok: Signal<Local, Bit>,
    cpl_ok: Signal<Local, Bit>,
    msi_ok: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    // the DW that is taken is the first of its TLP
    started: DFF<Bit>,
    // a TLP that may not be sent any more is being thrown away
    drop_dma: DFF<Bit>,
    drop_msi: DFF<Bit>,
    dma_allowed: Signal<Local, Bit>,
    msi_allowed: Signal<Local, Bit>,
}

impl Logic for TxArbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, owner, dma_turn, started, drop_dma, drop_msi, used_ph, used_pd, used_nh,
            used_ch, used_cd
        );
        self.cpl_ready.next = false;
        self.dma_ready.next = false;
        self.msi_ready.next = false;
        self.tx_data.next = 0.into();
        self.tx_last.next = false;
        self.tx_valid.next = false;

        self.message_ready.next = false;

        // Credits: data in units of four DWs. A length of zero is 1024 DWs.
        self.dma_units.next = 0.into();
        if self.dma_data.val().get_bit(30) {
            self.dma_units.next =
                (bit_cast::<12, 10>(self.dma_data.val().get_bits::<10>(0)) + 3) >> 2;
            if self.dma_data.val().get_bits::<10>(0) == 0 {
                self.dma_units.next = 256.into();
            }
        }
        self.cpl_units.next = 0.into();
        if self.cpl_data.val().get_bit(30) {
            self.cpl_units.next =
                (bit_cast::<12, 10>(self.cpl_data.val().get_bits::<10>(0)) + 3) >> 2;
        }
        self.left_ph.next =
            self.credit_limit_posted.val().get_bits::<8>(12) - self.used_ph.q.val() - 1;
        self.left_nh.next =
            self.credit_limit_nonposted.val().get_bits::<8>(12) - self.used_nh.q.val() - 1;
        self.left_ch.next =
            self.credit_limit_completion.val().get_bits::<8>(12) - self.used_ch.q.val() - 1;
        self.left_pd_dma.next = self.credit_limit_posted.val().get_bits::<12>(0)
            - self.used_pd.q.val()
            - self.dma_units.val();
        self.left_pd_msi.next =
            self.credit_limit_posted.val().get_bits::<12>(0) - self.used_pd.q.val() - 1;
        self.most_units.next = self.units_of_128_bytes.val() << self.max_payload.val();
        self.left_pd_most.next = self.credit_limit_posted.val().get_bits::<12>(0)
            - self.used_pd.q.val()
            - self.most_units.val();
        self.left_cd.next = self.credit_limit_completion.val().get_bits::<12>(0)
            - self.used_cd.q.val()
            - self.cpl_units.val();
        self.ph_ok.next = self.credit_infinite.val().get_bit(0) || (self.left_ph.val() <= 128);
        self.nh_ok.next = self.credit_infinite.val().get_bit(2) || (self.left_nh.val() <= 128);
        self.cpl_ok.next = (self.credit_infinite.val().get_bit(4) || (self.left_ch.val() <= 128))
            && (self.credit_infinite.val().get_bit(5) || (self.left_cd.val() <= 2048));
        self.dma_allowed.next = self.bus_master_enable.val() && (!self.drop_dma.q.val());
        self.msi_allowed.next =
            self.bus_master_enable.val() && self.msi_enable.val() && (!self.drop_msi.q.val());
        self.msi_ok.next = self.msi_allowed.val()
            && self.ph_ok.val()
            && (self.credit_infinite.val().get_bit(1) || (self.left_pd_msi.val() <= 2048));
        self.dma_ok.next = self.dma_allowed.val() && self.nh_ok.val();
        if self.dma_data.val().get_bit(30) {
            self.dma_ok.next = self.dma_allowed.val()
                && self.ph_ok.val()
                && (self.credit_infinite.val().get_bit(1) || (self.left_pd_dma.val() <= 2048));
        }
        self.read_credit.next = self.nh_ok.val();
        self.write_credit.next = self.ph_ok.val()
            && (self.credit_infinite.val().get_bit(1) || (self.left_pd_most.val() <= 2048));

        self.pick.next = TxOwner::Nobody;
        if self.message_valid.val() && self.ph_ok.val() {
            self.pick.next = TxOwner::Message;
        } else if self.msi_valid.val() && self.msi_ok.val() {
            self.pick.next = TxOwner::Interrupt;
        } else if self.cpl_valid.val()
            && self.cpl_ok.val()
            && self.dma_valid.val()
            && self.dma_ok.val()
        {
            self.pick.next = TxOwner::Completion;
            if self.dma_turn.q.val() {
                self.pick.next = TxOwner::Dma;
            }
        } else if self.cpl_valid.val() && self.cpl_ok.val() {
            self.pick.next = TxOwner::Completion;
        } else if self.dma_valid.val() && self.dma_ok.val() {
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
            TxOwner::Message => {
                self.tx_data.next = self.message_data.val();
                self.tx_last.next = self.message_last.val();
                self.tx_valid.next = self.message_valid.val();
                self.message_ready.next = self.tx_ready.val();
            }
            TxOwner::Nobody => {}
        }
        // What may not be sent is taken all the same.
        if self.dma_valid.val() && (!self.dma_allowed.val()) && (self.granted.val() != TxOwner::Dma)
        {
            self.dma_ready.next = true;
            self.drop_dma.d.next = !self.dma_last.val();
        }
        if self.msi_valid.val()
            && (!self.msi_allowed.val())
            && (self.granted.val() != TxOwner::Interrupt)
        {
            self.msi_ready.next = true;
            self.drop_msi.d.next = !self.msi_last.val();
        }
        self.taken.next = self.tx_valid.val() && self.tx_ready.val();
        if self.taken.val() {
            self.started.d.next = !self.tx_last.val();
            if self.tx_last.val() {
                self.owner.d.next = TxOwner::Nobody;
            }
        }
        if self.taken.val() && (!self.started.q.val()) {
            match self.granted.val() {
                TxOwner::Completion => {
                    self.used_ch.d.next = self.used_ch.q.val() + 1;
                    self.used_cd.d.next = self.used_cd.q.val() + self.cpl_units.val();
                }
                TxOwner::Dma => {
                    if self.dma_data.val().get_bit(30) {
                        self.used_ph.d.next = self.used_ph.q.val() + 1;
                        self.used_pd.d.next = self.used_pd.q.val() + self.dma_units.val();
                    } else {
                        self.used_nh.d.next = self.used_nh.q.val() + 1;
                    }
                }
                TxOwner::Interrupt => {
                    self.used_ph.d.next = self.used_ph.q.val() + 1;
                    self.used_pd.d.next = self.used_pd.q.val() + 1;
                }
                TxOwner::Message => {
                    self.used_ph.d.next = self.used_ph.q.val() + 1;
                }
                TxOwner::Nobody => {}
            }
        }

        if self.reset.val() {
            self.owner.d.next = TxOwner::Nobody;
            self.dma_turn.d.next = false;
            self.started.d.next = false;
            self.drop_dma.d.next = false;
            self.drop_msi.d.next = false;
            self.used_ph.d.next = 0.into();
            self.used_pd.d.next = 0.into();
            self.used_nh.d.next = 0.into();
            self.used_ch.d.next = 0.into();
            self.used_cd.d.next = 0.into();
        }
    }
}

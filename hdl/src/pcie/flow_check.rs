//! Flow check: whether the host's credit limits move as limits can.
//!
//! Purpose: a limit only ever grows, and never by more than half of its range at once; anything else
//! is a flow control protocol error. Looked at in every clock, for each limit that is not infinite.
//! Clock domain: `sys`. Not supported: noticing an update for a limit that is infinite.
//!
//! Source: PCI Express Base Spec 2.0 §2.6.1.

use crate::prelude::*;

/// The check. See the module's text.
#[derive(LogicBlock, Default)]
pub struct FlowCheck {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: the limits of this clock are the first ones.
    pub reset: Signal<In, Bit>,
    /// Posted credit limit: headers in 19:12, data in 11:0.
    pub posted: Signal<In, Bits<20>>,
    /// Non-posted credit limit, same shape.
    pub nonposted: Signal<In, Bits<20>>,
    /// Completion credit limit, same shape.
    pub completion: Signal<In, Bits<20>>,
    /// Which limits are infinite: PH 0, PD 1, NPH 2, NPD 3, CPLH 4, CPLD 5.
    pub infinite: Signal<In, Bits<6>>,
    /// One clock: a limit went back.
    pub error_strobe: Signal<Out, Bit>,

    posted_before: DFF<Bits<20>>,
    nonposted_before: DFF<Bits<20>>,
    completion_before: DFF<Bits<20>>,
    wrong: Signal<Local, Bits<6>>,
    step_ph: Signal<Local, Bits<8>>,
    step_nh: Signal<Local, Bits<8>>,
    step_ch: Signal<Local, Bits<8>>,
    step_pd: Signal<Local, Bits<12>>,
    step_nd: Signal<Local, Bits<12>>,
    step_cd: Signal<Local, Bits<12>>,
}

impl Logic for FlowCheck {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            posted_before,
            nonposted_before,
            completion_before
        );
        self.posted_before.d.next = self.posted.val();
        self.nonposted_before.d.next = self.nonposted.val();
        self.completion_before.d.next = self.completion.val();
        self.step_ph.next =
            self.posted.val().get_bits::<8>(12) - self.posted_before.q.val().get_bits::<8>(12);
        self.step_nh.next = self.nonposted.val().get_bits::<8>(12)
            - self.nonposted_before.q.val().get_bits::<8>(12);
        self.step_ch.next = self.completion.val().get_bits::<8>(12)
            - self.completion_before.q.val().get_bits::<8>(12);
        self.step_pd.next =
            self.posted.val().get_bits::<12>(0) - self.posted_before.q.val().get_bits::<12>(0);
        self.step_nd.next = self.nonposted.val().get_bits::<12>(0)
            - self.nonposted_before.q.val().get_bits::<12>(0);
        self.step_cd.next = self.completion.val().get_bits::<12>(0)
            - self.completion_before.q.val().get_bits::<12>(0);
        // above half of the range: back
        self.wrong.next = bit_cast::<6, 1>(self.step_ph.val().get_bits::<1>(7))
            | (bit_cast::<6, 1>(self.step_pd.val().get_bits::<1>(11)) << 1)
            | (bit_cast::<6, 1>(self.step_nh.val().get_bits::<1>(7)) << 2)
            | (bit_cast::<6, 1>(self.step_nd.val().get_bits::<1>(11)) << 3)
            | (bit_cast::<6, 1>(self.step_ch.val().get_bits::<1>(7)) << 4)
            | (bit_cast::<6, 1>(self.step_cd.val().get_bits::<1>(11)) << 5);
        self.error_strobe.next =
            (self.wrong.val() & (!self.infinite.val())).any() && (!self.reset.val());
    }
}

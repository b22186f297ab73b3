//! Receive credits: what the host may send, and how much of it was freed.
//!
//! Purpose: the running counters of allocated credits that the link layer puts into InitFC and
//! UpdateFC. The link layer's receive buffer must hold the first grant ([`POSTED_HEADERS`] and so
//! on). A posted TLP's credits come back when its last DW has left that buffer through the
//! endpoint's `rx` stream, those of a non-posted request when it was answered or given up, because
//! it stays in the completer's queue until then. Completions are advertised infinite.
//! A host that sends more is reported (receiver overflow); `rx_ready` holds it back, so nothing is
//! lost at this boundary. Clock domain: `sys`.
//!
//! Source: PCI Express Base Spec 2.0 §2.6.1.

use crate::prelude::*;

/// Posted header credits given to the host.
pub const POSTED_HEADERS: u64 = 32;
/// Posted data credits (16 bytes each) given to the host.
pub const POSTED_DATA: u64 = 128;
/// Non-posted header credits: the length of the completer's queue.
pub const NONPOSTED_HEADERS: u64 = super::QUEUE_DEPTH as u64;
/// Non-posted data credits: one with each header.
pub const NONPOSTED_DATA: u64 = NONPOSTED_HEADERS;

/// The counters. See the module's text.
#[derive(LogicBlock)]
pub struct RxCredits {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: only the first grant is allocated.
    pub reset: Signal<In, Bit>,
    /// A DW of the `rx` stream.
    pub data: Signal<In, Bits<32>>,
    /// Last DW of its TLP.
    pub last: Signal<In, Bit>,
    /// The DW is taken at this clock edge.
    pub taken: Signal<In, Bit>,
    /// One clock: the completer is done with a non-posted request.
    pub request_done: Signal<In, Bit>,
    /// Data credits of that request.
    pub request_units: Signal<In, Bits<12>>,
    /// One clock: a non-posted TLP was dropped before it reached the queue.
    pub request_dropped: Signal<In, Bit>,
    /// One clock: a TLP came for which the host had no credits.
    pub overflow_strobe: Signal<Out, Bit>,
    /// Posted credits allocated: headers in 19:12, data in 11:0, both modulo.
    pub allocated_posted: Signal<Out, Bits<20>>,
    /// Non-posted credits allocated, same shape.
    pub allocated_nonposted: Signal<Out, Bits<20>>,

    inside: DFF<Bit>,
    posted: DFF<Bit>,
    units: DFF<Bits<12>>,
    overflow: DFF<Bit>,
    // used by the host
    used_ph: DFF<Bits<8>>,
    used_pd: DFF<Bits<12>>,
    used_nh: DFF<Bits<8>>,
    used_nd: DFF<Bits<12>>,
    freed_ph: DFF<Bits<8>>,
    freed_pd: DFF<Bits<12>>,
    freed_nh: DFF<Bits<8>>,
    freed_nd: DFF<Bits<12>>,
    kind: Signal<Local, Bits<5>>,
    is_posted: Signal<Local, Bit>,
    is_request: Signal<Local, Bit>,
    needs: Signal<Local, Bits<12>>,
    room_ph: Signal<Local, Bits<8>>,
    room_pd: Signal<Local, Bits<12>>,
    room_nh: Signal<Local, Bits<8>>,
    room_nd: Signal<Local, Bits<12>>,
    total_ph: Signal<Local, Bits<8>>,
    total_pd: Signal<Local, Bits<12>>,
    total_nh: Signal<Local, Bits<8>>,
    total_nd: Signal<Local, Bits<12>>,
    back_nh: Signal<Local, Bits<8>>,
    back_nd: Signal<Local, Bits<12>>,
    first_ph: Constant<Bits<8>>,
    first_pd: Constant<Bits<12>>,
    first_nh: Constant<Bits<8>>,
    first_nd: Constant<Bits<12>>,
}

impl Default for RxCredits {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            data: Signal::default(),
            last: Signal::default(),
            taken: Signal::default(),
            request_done: Signal::default(),
            request_units: Signal::default(),
            request_dropped: Signal::default(),
            overflow_strobe: Signal::default(),
            allocated_posted: Signal::default(),
            allocated_nonposted: Signal::default(),
            inside: DFF::default(),
            posted: DFF::default(),
            units: DFF::default(),
            overflow: DFF::default(),
            used_ph: DFF::default(),
            used_pd: DFF::default(),
            used_nh: DFF::default(),
            used_nd: DFF::default(),
            freed_ph: DFF::default(),
            freed_pd: DFF::default(),
            freed_nh: DFF::default(),
            freed_nd: DFF::default(),
            kind: Signal::default(),
            is_posted: Signal::default(),
            is_request: Signal::default(),
            needs: Signal::default(),
            room_ph: Signal::default(),
            room_pd: Signal::default(),
            room_nh: Signal::default(),
            room_nd: Signal::default(),
            total_ph: Signal::default(),
            total_pd: Signal::default(),
            total_nh: Signal::default(),
            total_nd: Signal::default(),
            back_nh: Signal::default(),
            back_nd: Signal::default(),
            first_ph: Constant::new(POSTED_HEADERS.into()),
            first_pd: Constant::new(POSTED_DATA.into()),
            first_nh: Constant::new(NONPOSTED_HEADERS.into()),
            first_nd: Constant::new(NONPOSTED_DATA.into()),
        }
    }
}

impl Logic for RxCredits {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, inside, posted, units, overflow, used_ph, used_pd, used_nh, used_nd,
            freed_ph, freed_pd, freed_nh, freed_nd
        );
        self.total_ph.next = self.first_ph.val() + self.freed_ph.q.val();
        self.total_pd.next = self.first_pd.val() + self.freed_pd.q.val();
        self.total_nh.next = self.first_nh.val() + self.freed_nh.q.val();
        self.total_nd.next = self.first_nd.val() + self.freed_nd.q.val();
        self.allocated_posted.next = (bit_cast::<20, 8>(self.total_ph.val()) << 12)
            | bit_cast::<20, 12>(self.total_pd.val());
        self.allocated_nonposted.next = (bit_cast::<20, 8>(self.total_nh.val()) << 12)
            | bit_cast::<20, 12>(self.total_nd.val());

        // What a first DW is, and what would be left: above half of the range means overdrawn.
        self.kind.next = self.data.val().get_bits::<5>(24);
        self.is_posted.next = (((self.kind.val() == 0x00) && self.data.val().get_bit(30))
            || (self.data.val().get_bits::<2>(27) == 0x2))
            && (!self.data.val().get_bit(31));
        self.is_request.next = (((self.kind.val() == 0x00) && (!self.data.val().get_bit(30)))
            || (self.kind.val() == 0x01)
            || (self.kind.val() == 0x02)
            || (self.kind.val() == 0x04)
            || (self.kind.val() == 0x05)
            || (self.kind.val() == 0x0C)
            || (self.kind.val() == 0x0D)
            || (self.kind.val() == 0x0E))
            && (!self.data.val().get_bit(31));
        self.needs.next = 0.into();
        if self.data.val().get_bit(30) {
            self.needs.next = (bit_cast::<12, 10>(self.data.val().get_bits::<10>(0)) + 3) >> 2;
            if self.data.val().get_bits::<10>(0) == 0 {
                self.needs.next = 256.into();
            }
        }
        self.room_ph.next = self.total_ph.val() - self.used_ph.q.val() - 1;
        self.room_pd.next = self.total_pd.val() - self.used_pd.q.val() - self.needs.val();
        self.room_nh.next = self.total_nh.val() - self.used_nh.q.val() - 1;
        self.room_nd.next = self.total_nd.val() - self.used_nd.q.val() - self.needs.val();
        self.overflow_strobe.next = self.overflow.q.val();
        self.overflow.d.next = false;

        if self.taken.val() {
            self.inside.d.next = !self.last.val();
            if !self.inside.q.val() {
                self.posted.d.next = self.is_posted.val();
                self.units.d.next = self.needs.val();
                // a lone DW is no header: it counts as nothing
                if self.is_posted.val() && (!self.last.val()) {
                    self.used_ph.d.next = self.used_ph.q.val() + 1;
                    self.used_pd.d.next = self.used_pd.q.val() + self.needs.val();
                    self.overflow.d.next =
                        self.room_ph.val().get_bit(7) || self.room_pd.val().get_bit(11);
                } else if self.is_request.val() && (!self.last.val()) {
                    self.used_nh.d.next = self.used_nh.q.val() + 1;
                    self.used_nd.d.next = self.used_nd.q.val() + self.needs.val();
                    self.overflow.d.next =
                        self.room_nh.val().get_bit(7) || self.room_nd.val().get_bit(11);
                }
            } else if self.last.val() && self.posted.q.val() {
                self.freed_ph.d.next = self.freed_ph.q.val() + 1;
                self.freed_pd.d.next = self.freed_pd.q.val() + self.units.q.val();
            }
        }
        self.back_nh.next = 0.into();
        self.back_nd.next = 0.into();
        if self.request_done.val() {
            self.back_nh.next = 1.into();
            self.back_nd.next = self.request_units.val();
        }
        if self.request_dropped.val() {
            self.back_nh.next = self.back_nh.val() + 1;
            self.back_nd.next = self.back_nd.val() + self.units.q.val();
        }
        self.freed_nh.d.next = self.freed_nh.q.val() + self.back_nh.val();
        self.freed_nd.d.next = self.freed_nd.q.val() + self.back_nd.val();

        if self.reset.val() {
            self.inside.d.next = false;
            self.posted.d.next = false;
            self.overflow.d.next = false;
            self.used_ph.d.next = 0.into();
            self.used_pd.d.next = 0.into();
            self.used_nh.d.next = 0.into();
            self.used_nd.d.next = 0.into();
            self.freed_ph.d.next = 0.into();
            self.freed_pd.d.next = 0.into();
            self.freed_nh.d.next = 0.into();
            self.freed_nd.d.next = 0.into();
        }
    }
}

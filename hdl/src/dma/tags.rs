//! Tags: which read requests are outstanding, since when, and which tags rest in quarantine.
//!
//! Purpose: gives out the tags of memory reads and takes them back. A tag is free, live (its request
//! waits for completions) or in quarantine (the request was given up and a late completion may still
//! come). Clock domain: `sys`. Capacity: 32 tags.
//!
//! Completion timeout: a scan looks at one tag a clock and compares the age of its request, counted
//! from the clock in which its last DW left, with `timeout_cycles`. So a live tag expires 1 to 66
//! clocks after its deadline, never before. An expired tag goes into quarantine by itself and leaves
//! it when its completions have come in full, or after `quarantine_cycles` with the same precision.
//! Invariants: `take_strobe` only while `free`; a tag that is taken was neither live nor in
//! quarantine; only the scan gives up a tag, only the scan and `retire_strobe` free one.
//! Not supported: extended tags. Ages are modulo 2^32 clocks; the scan is far faster than that.
//! Source: PCI Express Base Specification 2.0, sections 2.2.6.2 and 2.8.

use crate::mem::SyncRam;
use crate::prelude::*;

/// Tag store with ages.
#[derive(LogicBlock, Default)]
pub struct Tags {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Tags below this one are given out; 0 gives none, 32 and more all.
    pub limit: Signal<In, Bits<6>>,
    /// Clocks from the last DW of a request to its expiry.
    pub timeout_cycles: Signal<In, Bits<32>>,
    /// Clocks from a request's expiry to the release of its tag.
    pub quarantine_cycles: Signal<In, Bits<32>>,

    /// `offered` can be taken.
    pub free: Signal<Out, Bit>,
    /// The tag for the next request.
    pub offered: Signal<Out, Bits<5>>,
    /// `offered` is taken; one clock, only while `free`.
    pub take_strobe: Signal<In, Bit>,
    /// The request with `sent_tag` is being sent: its age does not count yet.
    pub sending: Signal<In, Bit>,
    /// The last DW of that request leaves in this clock.
    pub sent_strobe: Signal<In, Bit>,
    /// Tag of the request being sent.
    pub sent_tag: Signal<In, Bits<5>>,

    /// A tag to ask about; the two answers follow in the same clock.
    pub ask: Signal<In, Bits<5>>,
    /// The tag asked about is live or in quarantine.
    pub known: Signal<Out, Bit>,
    /// The tag asked about is in quarantine.
    pub given_up: Signal<Out, Bit>,
    /// `retire_tag` becomes free: its completions came in full.
    pub retire_strobe: Signal<In, Bit>,
    /// The tag to free.
    pub retire_tag: Signal<In, Bits<5>>,
    /// A completion of `retire_tag` is being taken: the scan does not release that tag, so that it is not freed twice.
    pub hold: Signal<In, Bit>,

    /// A live tag passed its deadline; one clock. It is in quarantine from the next clock on.
    pub expired_strobe: Signal<Out, Bit>,
    /// The tag of the latest `expired_strobe`, valid with it and from then on.
    pub expired_tag: Signal<Out, Bits<5>>,
    /// Some tag is live.
    pub live: Signal<Out, Bit>,
    /// Some live tag's request has been sent: completions are due.
    pub waiting: Signal<Out, Bit>,
    /// Some tag below `limit` is free.
    pub usable: Signal<Out, Bit>,
    /// Tags in quarantine, tag 0 in bit 0.
    pub quarantine: Signal<Out, Bits<32>>,

    busy: DFF<Bits<32>>,
    stale: DFF<Bits<32>>,
    turn: DFF<Bits<5>>,
    // The scan: `seen` is the tag whose stamp is on the RAM's output.
    now: DFF<Bits<32>>,
    scan: DFF<Bits<5>>,
    seen: DFF<Bits<5>>,
    seen_live: DFF<Bit>,
    seen_stale: DFF<Bit>,
    expired: DFF<Bits<5>>,
    stamps: SyncRam<32, 5>,

    following: Signal<Local, Bits<6>>,
    age: Signal<Local, Bits<32>>,
    overdue: Signal<Local, Bit>,
    expire: Signal<Local, Bit>,
    let_go: Signal<Local, Bit>,
    take_mask: Signal<Local, Bits<32>>,
    retire_mask: Signal<Local, Bits<32>>,
    expire_mask: Signal<Local, Bits<32>>,
    release_mask: Signal<Local, Bits<32>>,
    send_mask: Signal<Local, Bits<32>>,
    limit_mask: Signal<Local, Bits<32>>,
    kept: Signal<Local, Bits<32>>,
    live_tags: Signal<Local, Bits<32>>,
    sent_tags: Signal<Local, Bits<32>>,
    usable_tags: Signal<Local, Bits<32>>,
    one: Const<32, 1>,
    all: Const<32, 0xFFFF_FFFF>,
    tags: Const<6, 32>,
}

impl Logic for Tags {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, busy, stale, turn, now, scan, seen, seen_live, seen_stale, expired
        );
        self.stamps.clock.next = self.clock.val();

        // Give out tags in turn, stepping over those in use and those past the limit.
        self.offered.next = self.turn.q.val();
        self.free.next = !self.busy.q.val().get_bit(self.turn.q.val().index())
            & (bit_cast::<6, 5>(self.turn.q.val()) < self.limit.val());
        self.following.next = bit_cast::<6, 5>(self.turn.q.val()) + 1;
        if self.take_strobe.val() | !self.free.val() {
            self.turn.d.next = bit_cast::<5, 6>(self.following.val());
            if self.following.val() >= self.limit.val() {
                self.turn.d.next = 0.into();
            }
        }

        // What a completion's tag is.
        self.known.next = self.busy.q.val().get_bit(self.ask.val().index());
        self.given_up.next = self.stale.q.val().get_bit(self.ask.val().index());

        // Scan: a tag whose request is still being sent has no age yet. The clock stands while all
        // tags are free.
        self.send_mask.next = 0.into();
        if self.sending.val() {
            self.send_mask.next = self.one.val() << self.sent_tag.val();
        }
        self.live_tags.next = self.busy.q.val() & !self.stale.q.val();
        self.sent_tags.next = self.live_tags.val() & !self.send_mask.val();
        self.age.next = self.now.q.val() - self.stamps.read_data.val();

        // `kept`: tags that no completion frees in this clock.
        self.retire_mask.next = 0.into();
        if self.retire_strobe.val() {
            self.retire_mask.next = self.one.val() << self.retire_tag.val();
        }
        self.kept.next = self.busy.q.val() & !self.retire_mask.val();
        self.overdue.next = self.seen_live.q.val()
            & self.kept.val().get_bit(self.seen.q.val().index())
            & !self.stale.q.val().get_bit(self.seen.q.val().index())
            & (self.age.val() > self.timeout_cycles.val());
        self.expire.next = self.overdue.val() & !self.sent_strobe.val();
        self.let_go.next = self.seen_stale.q.val()
            & self.kept.val().get_bit(self.seen.q.val().index())
            & self.stale.q.val().get_bit(self.seen.q.val().index())
            & !(self.hold.val() & (self.retire_tag.val() == self.seen.q.val()))
            & (self.age.val() > self.quarantine_cycles.val());
        self.expire_mask.next = 0.into();
        if self.expire.val() {
            self.expire_mask.next = self.one.val() << self.seen.q.val();
            self.expired.d.next = self.seen.q.val();
        }
        self.release_mask.next = 0.into();
        if self.let_go.val() {
            self.release_mask.next = self.one.val() << self.seen.q.val();
        }
        self.expired_strobe.next = self.expire.val();
        self.expired_tag.next = self.expired.q.val();
        if self.expire.val() {
            self.expired_tag.next = self.seen.q.val();
        }

        // The scan moves on, except when the write port is taken by a request that leaves.
        self.stamps.read_address.next = self.scan.q.val();
        if self.overdue.val() & self.sent_strobe.val() {
            self.stamps.read_address.next = self.seen.q.val();
        } else {
            self.seen.d.next = self.scan.q.val();
            self.seen_live.d.next = self.sent_tags.val().get_bit(self.scan.q.val().index());
            self.seen_stale.d.next = self.stale.q.val().get_bit(self.scan.q.val().index());
            if self.busy.q.val().any() {
                self.scan.d.next = self.scan.q.val() + 1;
            }
        }
        if self.busy.q.val().any() {
            self.now.d.next = self.now.q.val() + 1;
        }

        // A stamp is the clock in which the request left, then the one in which it was given up.
        self.stamps.write_enable.next = self.sent_strobe.val() | self.expire.val();
        self.stamps.write_data.next = self.now.q.val();
        self.stamps.write_address.next = self.seen.q.val();
        if self.sent_strobe.val() {
            self.stamps.write_address.next = self.sent_tag.val();
        }

        self.take_mask.next = 0.into();
        if self.take_strobe.val() {
            self.take_mask.next = self.one.val() << self.turn.q.val();
        }
        self.busy.d.next = (self.kept.val() & !self.release_mask.val()) | self.take_mask.val();
        self.stale.d.next = (self.stale.q.val() & self.kept.val() & !self.release_mask.val())
            | self.expire_mask.val();

        self.limit_mask.next = self.all.val();
        if !self.limit.val().any() {
            self.limit_mask.next = 0.into();
        } else if self.limit.val() < self.tags.val() {
            self.limit_mask.next = self.all.val() >> (self.tags.val() - self.limit.val());
        }
        self.usable_tags.next = self.limit_mask.val() & !self.busy.q.val();
        self.usable.next = self.usable_tags.val().any();
        self.live.next = self.live_tags.val().any();
        self.waiting.next = self.sent_tags.val().any();
        self.quarantine.next = self.stale.q.val();

        if self.reset.val() {
            self.busy.d.next = 0.into();
            self.stale.d.next = 0.into();
            self.turn.d.next = 0.into();
            self.seen_live.d.next = false;
            self.seen_stale.d.next = false;
        }
    }
}

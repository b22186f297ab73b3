//! Ingress: takes TLPs from the link, checks their form, and hands on only whole ones.
//!
//! Purpose: nothing of a malformed TLP may reach the card, so a TLP is stored until its last DW came.
//! Malformed is: an unknown kind, a kind in a form that does not exist, another length than announced,
//! a payload beyond the limit, a memory request across a 4 KiB boundary, a configuration or I/O
//! request of more than one DW. Such a TLP is taken back whole and reported with its header. A digest
//! (ECRC) is stripped.
//!
//! Clock domain: `sys`. One DW a clock in and out; a TLP comes out two clocks after its last DW.
//! Capacity: [`INGRESS_DWS`], more than all posted and non-posted credits; when it is full, `rx_ready`
//! falls and the link layer's own buffer holds the rest. `rx_ready` is a function of registers.
//! Not supported: checking the digest, TLP prefixes (malformed), the optional checks of byte enables.
//!
//! Source: PCI Express Base Spec 2.0 §2.2, §2.3.1.

use crate::mem::SyncRam;
use crate::prelude::*;

/// Address bits of the ring.
const ADDRESS_BITS: usize = 11;
/// DWs that the ring holds, less one.
pub const INGRESS_DWS: usize = 1 << ADDRESS_BITS;

/// The ingress buffer. See the module's text.
#[derive(LogicBlock, Default)]
pub struct Ingress {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: the ring is empty.
    pub reset: Signal<In, Bit>,

    /// A DW from the link, first byte on the wire in bits 31:24.
    pub rx_data: Signal<In, Bits<32>>,
    /// Last DW of the TLP.
    pub rx_last: Signal<In, Bit>,
    /// `rx_data` and `rx_last` hold a DW.
    pub rx_valid: Signal<In, Bit>,
    /// The DW is taken at this clock edge. Low only when the ring is full.
    pub rx_ready: Signal<Out, Bit>,

    /// A DW of a well-formed TLP, without digest (bit 15 of its first DW is zero).
    pub data: Signal<Out, Bits<32>>,
    /// Last DW of the TLP.
    pub last: Signal<Out, Bit>,
    /// `data` and `last` hold a DW and stay until taken. The DWs of a TLP follow without a gap.
    pub valid: Signal<Out, Bit>,
    /// The DW is taken.
    pub ready: Signal<In, Bit>,

    /// Payload limit: 0 = 128, 1 = 256, 2 = 512 bytes.
    pub max_payload: Signal<In, Bits<3>>,

    /// Event: a TLP was malformed and dropped. One clock, with the header below.
    pub malformed_strobe: Signal<Out, Bit>,
    /// Event: it was a non-posted request: its credits are free again.
    pub request_dropped: Signal<Out, Bit>,
    /// Header of the TLP that the event is about; a DW that did not come is zero.
    pub header_0: Signal<Out, Bits<32>>,
    /// Second DW.
    pub header_1: Signal<Out, Bits<32>>,
    /// Third DW.
    pub header_2: Signal<Out, Bits<32>>,
    /// Fourth DW; zero for a header of three.
    pub header_3: Signal<Out, Bits<32>>,

    ring: SyncRam<32, ADDRESS_BITS>,
    ring_last: SyncRam<1, ADDRESS_BITS>,
    write_pointer: DFF<Bits<ADDRESS_BITS>>,
    // up to here all TLPs are whole; and the same one clock later, when the ring can show them
    commit_pointer: DFF<Bits<ADDRESS_BITS>>,
    seen_pointer: DFF<Bits<ADDRESS_BITS>>,
    read_pointer: DFF<Bits<ADDRESS_BITS>>,
    // arriving TLP: a first DW came; DWs to come; it is malformed; non-posted; index of its next DW
    inside: DFF<Bit>,
    left: DFF<Bits<11>>,
    bad: DFF<Bit>,
    request: DFF<Bit>,
    index: DFF<Bits<2>>,
    head: DFF<Bits<32>>,
    head_1: DFF<Bits<32>>,
    head_2: DFF<Bits<32>>,
    head_3: DFF<Bits<32>>,
    malformed: DFF<Bit>,
    request_malformed: DFF<Bit>,

    accept: Signal<Local, Bit>,
    // decode of a first DW on rx_data
    kind: Signal<Local, Bits<5>>,
    has_data: Signal<Local, Bit>,
    long: Signal<Local, Bit>,
    known: Signal<Local, Bit>,
    single: Signal<Local, Bit>,
    length: Signal<Local, Bits<11>>,
    digest: Signal<Local, Bits<11>>,
    too_long: Signal<Local, Bit>,
    nonposted: Signal<Local, Bit>,
    // about the TLP in progress
    is_digest: Signal<Local, Bit>,
    closes: Signal<Local, Bit>,
    is_address: Signal<Local, Bit>,
    head_length: Signal<Local, Bits<11>>,
    end_in_page: Signal<Local, Bits<12>>,
    crosses: Signal<Local, Bit>,
    wrong: Signal<Local, Bit>,
    store: Signal<Local, Bit>,
    next_write: Signal<Local, Bits<ADDRESS_BITS>>,
    after_write: Signal<Local, Bits<ADDRESS_BITS>>,
    dropped: Signal<Local, Bit>,
    some: Signal<Local, Bit>,
}

impl Logic for Ingress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            write_pointer,
            commit_pointer,
            seen_pointer,
            read_pointer,
            inside,
            left,
            bad,
            request,
            index,
            head,
            head_1,
            head_2,
            head_3,
            malformed,
            request_malformed
        );
        clock!(self, clock, ring, ring_last);

        self.header_0.next = self.head.q.val();
        self.header_1.next = self.head_1.q.val();
        self.header_2.next = self.head_2.q.val();
        self.header_3.next = self.head_3.q.val();
        self.malformed_strobe.next = self.malformed.q.val();
        self.request_dropped.next = self.request_malformed.q.val();
        self.malformed.d.next = false;
        self.request_malformed.d.next = false;

        // Decode of a first DW: which kinds there are, and in which form each exists.
        self.kind.next = self.rx_data.val().get_bits::<5>(24);
        self.has_data.next = self.rx_data.val().get_bit(30);
        self.long.next = self.rx_data.val().get_bit(29);
        self.length.next = bit_cast::<11, 10>(self.rx_data.val().get_bits::<10>(0));
        if self.rx_data.val().get_bits::<10>(0) == 0 {
            self.length.next = 1024.into();
        }
        self.digest.next = bit_cast::<11, 1>(self.rx_data.val().get_bits::<1>(15));
        self.known.next = false;
        self.nonposted.next = false;
        // requests of exactly one DW
        self.single.next = false;
        if self.kind.val() == 0x00 {
            // memory
            self.known.next = true;
            self.nonposted.next = !self.has_data.val();
        } else if self.kind.val() == 0x01 {
            // locked memory read
            self.known.next = !self.has_data.val();
            self.nonposted.next = true;
        } else if (self.kind.val() == 0x02)
            || (self.kind.val() == 0x04)
            || (self.kind.val() == 0x05)
        {
            // I/O, configuration of both types
            self.known.next = !self.long.val();
            self.nonposted.next = true;
            self.single.next = true;
        } else if (self.kind.val() == 0x0A) || (self.kind.val() == 0x0B) {
            // completions
            self.known.next = !self.long.val();
        } else if (self.kind.val() == 0x0C)
            || (self.kind.val() == 0x0D)
            || (self.kind.val() == 0x0E)
        {
            // atomics
            self.known.next = self.has_data.val();
            self.nonposted.next = true;
        } else if self.kind.val().get_bits::<2>(3) == 0x2 {
            // messages
            self.known.next = self.long.val();
        }
        self.too_long.next = false;
        if self.has_data.val() {
            self.too_long.next = self.length.val() > 128;
            if self.max_payload.val() == 0 {
                self.too_long.next = self.length.val() > 32;
            } else if self.max_payload.val() == 1 {
                self.too_long.next = self.length.val() > 64;
            }
        }

        // About the TLP in progress.
        self.is_digest.next = self.head.q.val().get_bit(15) && (self.left.q.val() == 1);
        self.closes.next = self.left.q.val() == 1;
        if self.head.q.val().get_bit(15) {
            self.closes.next = self.left.q.val() == 2;
        }
        self.head_length.next = bit_cast::<11, 10>(self.head.q.val().get_bits::<10>(0));
        if self.head.q.val().get_bits::<10>(0) == 0 {
            self.head_length.next = 1024.into();
        }
        self.is_address.next = (self.index.q.val() == 2)
            && (!self.head.q.val().get_bit(29))
            && (self.head.q.val().get_bits::<4>(25) == 0);
        if self.head.q.val().get_bit(29) {
            self.is_address.next =
                (self.index.q.val() == 3) && (self.head.q.val().get_bits::<4>(25) == 0);
        }
        self.end_in_page.next = bit_cast::<12, 10>(self.rx_data.val().get_bits::<10>(2))
            + bit_cast::<12, 11>(self.head_length.val());
        self.crosses.next = self.is_address.val() && (self.end_in_page.val() > 1024);
        self.wrong.next = self.bad.q.val()
            || self.crosses.val()
            || ((self.left.q.val() == 1) != self.rx_last.val());

        // Room.
        self.after_write.next = self.write_pointer.q.val() + 1;
        self.rx_ready.next = self.after_write.val() != self.read_pointer.q.val();
        self.accept.next =
            self.rx_valid.val() && (self.after_write.val() != self.read_pointer.q.val());
        self.store.next = false;
        self.dropped.next = false;

        // Arriving.
        if self.accept.val() {
            if self.inside.q.val() {
                self.left.d.next = self.left.q.val() - 1;
                if self.index.q.val() == 1 {
                    self.head_1.d.next = self.rx_data.val();
                    self.index.d.next = 2.into();
                } else if self.index.q.val() == 2 {
                    self.head_2.d.next = self.rx_data.val();
                    self.index.d.next = 3.into();
                } else if self.index.q.val() == 3 {
                    if self.head.q.val().get_bit(29) {
                        self.head_3.d.next = self.rx_data.val();
                    }
                    self.index.d.next = 0.into();
                }
                self.store.next = (!self.bad.q.val()) && (!self.is_digest.val());
                if self.wrong.val() {
                    self.bad.d.next = true;
                }
                if self.rx_last.val() {
                    self.inside.d.next = false;
                    self.malformed.d.next = self.wrong.val();
                    self.request_malformed.d.next = self.wrong.val() && self.request.q.val();
                    self.dropped.next = self.wrong.val();
                }
            } else {
                self.store.next = true;
                self.inside.d.next = !self.rx_last.val();
                self.index.d.next = 1.into();
                self.head.d.next = self.rx_data.val();
                self.head_1.d.next = 0.into();
                self.head_2.d.next = 0.into();
                self.head_3.d.next = 0.into();
                // DWs after this one: 2 or 3 of the header, payload, digest
                self.left.d.next = self.digest.val() + 2;
                if self.has_data.val() && self.long.val() {
                    self.left.d.next = self.digest.val() + self.length.val() + 3;
                } else if self.has_data.val() {
                    self.left.d.next = self.digest.val() + self.length.val() + 2;
                } else if self.long.val() {
                    self.left.d.next = self.digest.val() + 3;
                }
                self.bad.d.next = (!self.known.val())
                    || self.rx_data.val().get_bit(31)
                    || self.too_long.val()
                    || (self.single.val() && (self.length.val() != 1));
                self.request.d.next = self.nonposted.val() && (!self.rx_data.val().get_bit(31));
                if self.rx_last.val() {
                    // not even a header
                    self.malformed.d.next = true;
                    self.dropped.next = true;
                }
            }
        }

        // Ring, write side: a whole TLP is committed, a wrong one taken back.
        self.ring.write_enable.next = self.store.val();
        self.ring.write_address.next = self.write_pointer.q.val();
        self.ring.write_data.next = self.rx_data.val();
        self.ring_last.write_enable.next = self.store.val();
        self.ring_last.write_address.next = self.write_pointer.q.val();
        self.ring_last.write_data.next = 0.into();
        if !self.inside.q.val() {
            self.ring.write_data.next = self.rx_data.val().replace_bit(15, false);
        } else if self.closes.val() {
            self.ring_last.write_data.next = 1.into();
        }
        self.next_write.next = self.write_pointer.q.val();
        if self.store.val() {
            self.next_write.next = self.after_write.val();
        }
        self.write_pointer.d.next = self.next_write.val();
        if self.dropped.val() {
            self.write_pointer.d.next = self.commit_pointer.q.val();
        } else if self.accept.val() && self.rx_last.val() {
            self.commit_pointer.d.next = self.next_write.val();
        }
        self.seen_pointer.d.next = self.commit_pointer.q.val();

        // Ring, read side: the DW after the one that leaves is read ahead.
        self.data.next = self.ring.read_data.val();
        self.last.next = self.ring_last.read_data.val().any();
        self.some.next = self.read_pointer.q.val() != self.seen_pointer.q.val();
        self.valid.next = self.some.val();
        self.ring.read_address.next = self.read_pointer.q.val();
        self.ring_last.read_address.next = self.read_pointer.q.val();
        if self.some.val() && self.ready.val() {
            self.ring.read_address.next = self.read_pointer.q.val() + 1;
            self.ring_last.read_address.next = self.read_pointer.q.val() + 1;
            self.read_pointer.d.next = self.read_pointer.q.val() + 1;
        }

        if self.reset.val() {
            self.write_pointer.d.next = 0.into();
            self.commit_pointer.d.next = 0.into();
            self.seen_pointer.d.next = 0.into();
            self.read_pointer.d.next = 0.into();
            self.inside.d.next = false;
            self.malformed.d.next = false;
            self.request_malformed.d.next = false;
        }
    }
}

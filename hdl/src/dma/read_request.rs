//! Read request: one MRd32/MRd64 packet from a chunk and a tag.
//!
//! Purpose: holds the description of one memory read and puts its header on the request stream.
//! Clock domain: `sys`. TLP DWs have their first wire byte in bits 31:24.
//! Throughput: 4 clocks a request on a ready stream (5 with a 64-bit address), counted from
//! `start_strobe`; the next one may start in the clock after the last DW left.
//! Not supported: digests, relaxed ordering, no-snoop, traffic classes other than 0.
//! Source: PCI Express Base Specification 2.0, section 2.2.7.

use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum SendState {
    Idle,
    Head0,
    Head1,
    AddressHi,
    AddressLo,
}

/// Memory-read sender.
#[derive(LogicBlock, Default)]
pub struct ReadRequest {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Our requester id: bus, device, function; taken with `start_strobe`.
    pub requester_id: Signal<In, Bits<16>>,

    /// Takes the request below; one clock, only while `idle`.
    pub start_strobe: Signal<In, Bit>,
    /// Its tag.
    pub tag: Signal<In, Bits<5>>,
    /// Bus address, low half.
    pub host_lo: Signal<In, Bits<32>>,
    /// Bus address, high half; zero makes the 32-bit form.
    pub host_hi: Signal<In, Bits<32>>,
    /// Length field.
    pub dws: Signal<In, Bits<10>>,
    /// Byte enables, last DW in bits 7:4.
    pub be: Signal<In, Bits<8>>,

    /// A DW is offered; never withdrawn.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW moves in this clock.
    pub tx_ready: Signal<In, Bit>,
    /// Last DW of the request.
    pub tx_last: Signal<Out, Bit>,
    /// The DW.
    pub tx_data: Signal<Out, Bits<32>>,

    /// No request is held.
    pub idle: Signal<Out, Bit>,
    /// Tag of the request held.
    pub sent_tag: Signal<Out, Bits<5>>,
    /// The last DW leaves in this clock.
    pub sent_strobe: Signal<Out, Bit>,

    send: DFF<SendState>,
    send_lo: DFF<Bits<32>>,
    send_hi: DFF<Bits<32>>,
    send_dws: DFF<Bits<10>>,
    send_be: DFF<Bits<8>>,
    send_tag: DFF<Bits<5>>,
    send_id: DFF<Bits<16>>,
    // DW 0 of a memory read with a 64-bit address, length zero.
    fmt_4dw: Const<32, 0x2000_0000>,
}

impl Logic for ReadRequest {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, send, send_lo, send_hi, send_dws, send_be, send_tag, send_id
        );
        self.tx_valid.next = true;
        self.tx_last.next = false;
        self.tx_data.next = self.send_lo.q.val();
        match self.send.q.val() {
            SendState::Idle => {
                self.tx_valid.next = false;
                if self.start_strobe.val() {
                    self.send_lo.d.next = self.host_lo.val();
                    self.send_hi.d.next = self.host_hi.val();
                    self.send_dws.d.next = self.dws.val();
                    self.send_be.d.next = self.be.val();
                    self.send_tag.d.next = self.tag.val();
                    self.send_id.d.next = self.requester_id.val();
                    self.send.d.next = SendState::Head0;
                }
            }
            SendState::Head0 => {
                self.tx_data.next = bit_cast::<32, 10>(self.send_dws.q.val());
                if self.send_hi.q.val().any() {
                    self.tx_data.next =
                        bit_cast::<32, 10>(self.send_dws.q.val()) | self.fmt_4dw.val();
                }
                if self.tx_ready.val() {
                    self.send.d.next = SendState::Head1;
                }
            }
            SendState::Head1 => {
                self.tx_data.next = (bit_cast::<32, 16>(self.send_id.q.val()) << 16)
                    | (bit_cast::<32, 5>(self.send_tag.q.val()) << 8)
                    | bit_cast::<32, 8>(self.send_be.q.val());
                if self.tx_ready.val() {
                    self.send.d.next = SendState::AddressLo;
                    if self.send_hi.q.val().any() {
                        self.send.d.next = SendState::AddressHi;
                    }
                }
            }
            SendState::AddressHi => {
                self.tx_data.next = self.send_hi.q.val();
                if self.tx_ready.val() {
                    self.send.d.next = SendState::AddressLo;
                }
            }
            SendState::AddressLo => {
                self.tx_data.next = (self.send_lo.q.val() >> 2) << 2;
                self.tx_last.next = true;
                if self.tx_ready.val() {
                    self.send.d.next = SendState::Idle;
                }
            }
            _ => {
                self.send.d.next = SendState::Idle;
            }
        }
        self.idle.next = self.send.q.val() == SendState::Idle;
        self.sent_tag.next = self.send_tag.q.val();
        self.sent_strobe.next = (self.send.q.val() == SendState::AddressLo) & self.tx_ready.val();

        if self.reset.val() {
            self.send.d.next = SendState::Idle;
        }
    }
}

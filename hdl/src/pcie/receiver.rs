//! Receive side of the transaction layer: takes TLPs from the link and sends each its way.
//!
//! Purpose: completions pass through to the requester (DMA), posted writes go to the card memory
//! port or the register bus while they arrive, non-posted requests go to the completer's queue,
//! everything else is dropped and reported. Clock domain: `sys`. One DW a clock; no idle clock
//! between TLPs.
//!
//! Nothing in this block waits for the transmit direction, except a non-posted request when the
//! queue already holds [`super::QUEUE_DEPTH`] of them, which the link's credits rule out. A posted
//! write or a completion is therefore never stuck behind a completion that cannot be sent.
//!
//! Cut-through: a write whose announced length differs from its real one is noticed at its end,
//! when the DWs before that are already written. Everything that the header alone shows to be
//! wrong (poisoned, larger than the payload limit, across a 4 KiB boundary) writes nothing.
//! Not supported: ECRC (the digest is stripped unchecked), TLP prefixes (malformed at Gen1).
//!
//! Source: PCI Express Base Spec 1.1 §2.2, §2.3, §2.7.

use crate::prelude::*;

/// Where the rest of the TLP goes.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum RxState {
    /// Waiting for a header DW0.
    Start,
    /// Header DW1.
    Header1,
    /// Header DW2.
    Header2,
    /// Header DW3 of a 4 DW header.
    Header3,
    /// Payload to card memory.
    Memory,
    /// Payload to the register bus.
    Registers,
    /// Everything else of a non-posted request, to the queue.
    Queue,
    /// A completion, passed on.
    Forward,
    /// Dropped up to its last DW.
    Discard,
}

/// The receive side. See the module's text.
#[derive(LogicBlock, Default)]
pub struct Receiver {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: forgets the TLP in progress.
    pub reset: Signal<In, Bit>,

    /// A DW from the link, first byte on the wire in bits 31:24.
    pub rx_data: Signal<In, Bits<32>>,
    /// Last DW of the TLP.
    pub rx_last: Signal<In, Bit>,
    /// `rx_data` and `rx_last` hold a DW.
    pub rx_valid: Signal<In, Bit>,
    /// The DW is taken at this clock edge. Combinational from `cpl_ready` and `write_ready`.
    pub rx_ready: Signal<Out, Bit>,

    /// Completion DW, as received, digest stripped.
    pub cpl_data: Signal<Out, Bits<32>>,
    /// Last DW of the completion.
    pub cpl_last: Signal<Out, Bit>,
    /// `cpl_data` holds a DW. Combinational from `rx_valid`: no clock is lost.
    pub cpl_valid: Signal<Out, Bit>,
    /// The requester takes the DW.
    pub cpl_ready: Signal<In, Bit>,

    /// A 64-bit memory word waits to be written.
    pub write_valid: Signal<Out, Bit>,
    /// Index of the word inside BAR0.
    pub write_address: Signal<Out, Bits<24>>,
    /// Bytes 0..3 of the word, byte 0 in bits 7:0.
    pub write_lo: Signal<Out, Bits<32>>,
    /// Bytes 4..7 of the word.
    pub write_hi: Signal<Out, Bits<32>>,
    /// Byte enables of the word.
    pub write_be: Signal<Out, Bits<8>>,
    /// The word is taken at this clock edge.
    pub write_ready: Signal<In, Bit>,

    /// One clock: write to a register.
    pub bus_write: Signal<Out, Bit>,
    /// Byte address inside BAR2, multiple of 4.
    pub bus_address: Signal<Out, Bits<16>>,
    /// Register value.
    pub bus_wdata: Signal<Out, Bits<32>>,
    /// Byte enables; never all zero while `bus_write` is high.
    pub bus_be: Signal<Out, Bits<4>>,
    /// The completer reads from the bus: writes wait (a few clocks).
    pub bus_hold: Signal<In, Bit>,

    /// Write a DW of a non-posted request into the queue's tail entry.
    pub queue_write: Signal<Out, Bit>,
    /// Which of the entry's four DWs.
    pub queue_index: Signal<Out, Bits<2>>,
    /// The DW.
    pub queue_data: Signal<Out, Bits<32>>,
    /// One clock, with the request's last DW: the entry is complete.
    pub queue_commit: Signal<Out, Bit>,
    /// No entry is free.
    pub queue_full: Signal<In, Bit>,

    /// BAR accesses are answered.
    pub memory_enable: Signal<In, Bit>,
    /// Base of BAR0.
    pub bar0_base: Signal<In, Bits<32>>,
    /// Ones in the address bits that select BAR0; the others are the offset inside it.
    pub bar0_mask: Signal<In, Bits<32>>,
    /// Base of BAR2.
    pub bar2_base: Signal<In, Bits<32>>,
    /// Payload limit: 0 = 128, 1 = 256, 2 = 512 bytes.
    pub max_payload: Signal<In, Bits<3>>,

    /// Event: a posted request was not supported.
    pub unsupported_strobe: Signal<Out, Bit>,
    /// Event: a TLP was malformed.
    pub malformed_strobe: Signal<Out, Bit>,
    /// Event: a poisoned write was dropped.
    pub poisoned_strobe: Signal<Out, Bit>,
    /// Event: PME_Turn_Off came.
    pub turn_off_strobe: Signal<Out, Bit>,
    /// Event: a malformed non-posted request was dropped before it reached the queue.
    pub request_dropped: Signal<Out, Bit>,
    /// Event: a poisoned completion passed.
    pub poisoned_completion_strobe: Signal<Out, Bit>,
    /// Event: a completion with completer abort status passed.
    pub target_abort_strobe: Signal<Out, Bit>,
    /// Event: a completion with unsupported request status passed.
    pub master_abort_strobe: Signal<Out, Bit>,

    state: DFF<RxState>,
    // DW0 of the TLP in progress
    head: DFF<Bits<32>>,
    // last byte enables (7:4), first byte enables (3:0)
    enables: DFF<Bits<8>>,
    // the address is below 4 GiB
    low_4g: DFF<Bit>,
    // byte address of the next payload DW
    address: DFF<Bits<32>>,
    // DWs to come, the current one included
    left: DFF<Bits<11>>,
    // the next payload DW is the first; in `Forward`: the next DW is header DW1
    first: DFF<Bit>,
    // index of the queue entry's next DW; stays at 3
    entry_index: DFF<Bits<2>>,
    // low half of a memory word, until its high half comes
    half_data: DFF<Bits<32>>,
    half_enables: DFF<Bits<4>>,
    word_valid: DFF<Bit>,
    word_address: DFF<Bits<24>>,
    word_lo: DFF<Bits<32>>,
    word_hi: DFF<Bits<32>>,
    word_enables: DFF<Bits<8>>,
    strobe: DFF<Bit>,
    strobe_address: DFF<Bits<16>>,
    strobe_data: DFF<Bits<32>>,
    strobe_enables: DFF<Bits<4>>,

    // decode of rx_data as a header DW0
    has_data: Signal<Local, Bit>,
    is_completion: Signal<Local, Bit>,
    is_non_posted: Signal<Local, Bit>,
    is_memory_write: Signal<Local, Bit>,
    is_known: Signal<Local, Bit>,
    too_long: Signal<Local, Bit>,
    length: Signal<Local, Bits<11>>,
    digest: Signal<Local, Bits<11>>,
    // about the TLP in progress
    accept: Signal<Local, Bit>,
    final_dw: Signal<Local, Bit>,
    in_digest: Signal<Local, Bit>,
    final_payload: Signal<Local, Bit>,
    wrong_end: Signal<Local, Bit>,
    head_length: Signal<Local, Bits<11>>,
    end_in_page: Signal<Local, Bits<12>>,
    crosses_page: Signal<Local, Bit>,
    high_is_zero: Signal<Local, Bit>,
    in_bar0: Signal<Local, Bit>,
    in_bar2: Signal<Local, Bit>,
    address_known: Signal<Local, Bit>,
    dw_enables: Signal<Local, Bits<4>>,
    value: Signal<Local, Bits<32>>,
    bar0_offset: Signal<Local, Bits<32>>,
}

impl Logic for Receiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            head,
            enables,
            low_4g,
            address,
            left,
            first,
            entry_index,
            half_data,
            half_enables,
            word_valid,
            word_address,
            word_lo,
            word_hi,
            word_enables,
            strobe,
            strobe_address,
            strobe_data,
            strobe_enables
        );

        // Outputs that are registers.
        self.write_valid.next = self.word_valid.q.val();
        self.write_address.next = self.word_address.q.val();
        self.write_lo.next = self.word_lo.q.val();
        self.write_hi.next = self.word_hi.q.val();
        self.write_be.next = self.word_enables.q.val();
        self.bus_write.next = self.strobe.q.val();
        self.bus_address.next = self.strobe_address.q.val();
        self.bus_wdata.next = self.strobe_data.q.val();
        self.bus_be.next = self.strobe_enables.q.val();

        // Defaults.
        self.rx_ready.next = false;
        self.cpl_data.next = self.rx_data.val();
        self.cpl_last.next = false;
        self.cpl_valid.next = false;
        self.queue_write.next = false;
        self.queue_index.next = self.entry_index.q.val();
        self.queue_data.next = self.rx_data.val();
        self.queue_commit.next = false;
        self.unsupported_strobe.next = false;
        self.malformed_strobe.next = false;
        self.poisoned_strobe.next = false;
        self.turn_off_strobe.next = false;
        self.request_dropped.next = false;
        self.poisoned_completion_strobe.next = false;
        self.target_abort_strobe.next = false;
        self.master_abort_strobe.next = false;
        self.strobe.d.next = false;
        if self.write_ready.val() {
            self.word_valid.d.next = false;
        }

        // Decode of a header DW0 on rx_data.
        self.has_data.next = self.rx_data.val().get_bit(30);
        self.is_completion.next = self.rx_data.val().get_bits::<4>(25) == 0x5;
        self.is_memory_write.next =
            (self.rx_data.val().get_bits::<5>(24) == 0x00) && self.rx_data.val().get_bit(30);
        // MRd and MRdLk, IO, configuration 0 and 1, and the three atomics (answered, never done)
        self.is_non_posted.next = ((self.rx_data.val().get_bits::<5>(24) == 0x00)
            && (!self.rx_data.val().get_bit(30)))
            || (self.rx_data.val().get_bits::<5>(24) == 0x01)
            || (self.rx_data.val().get_bits::<5>(24) == 0x02)
            || (self.rx_data.val().get_bits::<5>(24) == 0x04)
            || (self.rx_data.val().get_bits::<5>(24) == 0x05)
            || (self.rx_data.val().get_bits::<5>(24) == 0x0C)
            || (self.rx_data.val().get_bits::<5>(24) == 0x0D)
            || (self.rx_data.val().get_bits::<5>(24) == 0x0E);
        // memory write, message; no prefix
        self.is_known.next = (self.is_memory_write.val()
            || self.is_non_posted.val()
            || self.is_completion.val()
            || (self.rx_data.val().get_bits::<2>(27) == 0x2))
            && (!self.rx_data.val().get_bit(31));
        self.length.next = bit_cast::<11, 10>(self.rx_data.val().get_bits::<10>(0));
        if self.rx_data.val().get_bits::<10>(0) == 0 {
            self.length.next = 1024.into();
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
        self.digest.next = 0.into();
        if self.rx_data.val().get_bit(15) {
            self.digest.next = 1.into();
        }

        // About the TLP in progress.
        self.final_dw.next = self.left.q.val() == 1;
        self.in_digest.next = self.head.q.val().get_bit(15) && self.final_dw.val();
        self.final_payload.next = self.final_dw.val();
        if self.head.q.val().get_bit(15) {
            self.final_payload.next = self.left.q.val() == 2;
        }
        self.wrong_end.next = self.final_dw.val() != self.rx_last.val();
        self.head_length.next = bit_cast::<11, 10>(self.head.q.val().get_bits::<10>(0));
        if self.head.q.val().get_bits::<10>(0) == 0 {
            self.head_length.next = 1024.into();
        }
        // Decode of the address's low DW on rx_data.
        self.end_in_page.next = bit_cast::<12, 10>(self.rx_data.val().get_bits::<10>(2))
            + bit_cast::<12, 11>(self.head_length.val());
        self.crosses_page.next = self.end_in_page.val() > 1024;
        self.high_is_zero.next = true;
        if self.state.q.val() == RxState::Header3 {
            self.high_is_zero.next = self.low_4g.q.val();
        }
        self.in_bar0.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && ((self.rx_data.val() & self.bar0_mask.val()) == self.bar0_base.val());
        self.in_bar2.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && (self.rx_data.val().get_bits::<16>(16) == self.bar2_base.val().get_bits::<16>(16));
        // A payload DW.
        self.dw_enables.next = 0xF.into();
        if self.first.q.val() {
            self.dw_enables.next = self.enables.q.val().get_bits::<4>(0);
        } else if self.final_payload.val() {
            self.dw_enables.next = self.enables.q.val().get_bits::<4>(4);
        }
        self.value.next = bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(24))
            | (bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(16)) << 8)
            | (bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(0)) << 24);
        self.bar0_offset.next = self.address.q.val() & (!self.bar0_mask.val());

        // Who decides about rx_ready.
        match self.state.q.val() {
            RxState::Start => {
                if self.is_completion.val() && self.is_known.val() {
                    self.rx_ready.next = self.cpl_ready.val();
                    self.cpl_valid.next = self.rx_valid.val();
                    self.cpl_last.next = self.rx_last.val();
                    self.cpl_data.next = self.rx_data.val().replace_bit(15, false);
                } else if self.is_non_posted.val() && self.is_known.val() {
                    // behind every write before it
                    self.rx_ready.next = (!self.queue_full.val()) && (!self.word_valid.q.val());
                } else {
                    self.rx_ready.next = true;
                }
            }
            RxState::Memory => {
                self.rx_ready.next = (!self.word_valid.q.val()) || self.write_ready.val();
            }
            RxState::Registers => {
                self.rx_ready.next = !self.bus_hold.val();
            }
            RxState::Forward => {
                if self.in_digest.val() {
                    self.rx_ready.next = true;
                } else {
                    self.rx_ready.next = self.cpl_ready.val();
                    self.cpl_valid.next = self.rx_valid.val();
                    self.cpl_last.next = self.rx_last.val()
                        || (self.head.q.val().get_bit(15) && self.final_payload.val());
                }
            }
            _ => {
                self.rx_ready.next = true;
            }
        }
        self.accept.next = self.rx_valid.val() && self.rx_ready.val();
        self.address_known.next = false;

        if self.accept.val() {
            self.left.d.next = self.left.q.val() - 1;
            match self.state.q.val() {
                RxState::Start => {
                    self.head.d.next = self.rx_data.val();
                    self.entry_index.d.next = 1.into();
                    self.queue_index.next = 0.into();
                    self.first.d.next = true;
                    self.half_enables.d.next = 0.into();
                    // DWs after this one: 2 or 3 of the header, payload, digest
                    self.left.d.next = self.digest.val() + 2;
                    if self.rx_data.val().get_bit(29) && self.has_data.val() {
                        self.left.d.next = self.digest.val() + self.length.val() + 3;
                    } else if self.rx_data.val().get_bit(29) {
                        self.left.d.next = self.digest.val() + 3;
                    } else if self.has_data.val() {
                        self.left.d.next = self.digest.val() + self.length.val() + 2;
                    }
                    if self.rx_last.val() {
                        self.malformed_strobe.next = true;
                    } else if (!self.is_known.val())
                        || (self.too_long.val() && (!self.is_completion.val()))
                    {
                        self.malformed_strobe.next = true;
                        self.state.d.next = RxState::Discard;
                    } else if self.is_completion.val() {
                        self.state.d.next = RxState::Forward;
                    } else {
                        self.queue_write.next = self.is_non_posted.val();
                        self.state.d.next = RxState::Header1;
                        if self.is_non_posted.val() {
                            self.state.d.next = RxState::Queue;
                        }
                    }
                }
                RxState::Header1 => {
                    self.enables.d.next = self.rx_data.val().get_bits::<8>(0);
                    self.state.d.next = RxState::Header2;
                    // Messages: a few are known and need nothing, the others are unsupported.
                    if self.head.q.val().get_bit(28) {
                        self.state.d.next = RxState::Discard;
                        self.turn_off_strobe.next = self.rx_data.val().get_bits::<8>(0) == 0x19;
                        if (self.rx_data.val().get_bits::<8>(0) != 0x00)
                            && (self.rx_data.val().get_bits::<8>(0) != 0x19)
                            && (self.rx_data.val().get_bits::<8>(0) != 0x50)
                            && (self.rx_data.val().get_bits::<8>(0) != 0x7F)
                            && (self.rx_data.val().get_bits::<4>(4) != 0x4)
                        {
                            self.unsupported_strobe.next = true;
                        }
                    }
                }
                RxState::Header2 => {
                    if self.head.q.val().get_bit(29) {
                        self.low_4g.d.next = !self.rx_data.val().any();
                        self.state.d.next = RxState::Header3;
                    } else {
                        self.address_known.next = true;
                    }
                }
                RxState::Header3 => {
                    self.address_known.next = true;
                }
                RxState::Memory => {
                    if !self.in_digest.val() {
                        self.first.d.next = false;
                        self.address.d.next = self.address.q.val() + 4;
                        self.word_address.d.next = self.bar0_offset.val().get_bits::<24>(3);
                        if self.address.q.val().get_bit(2) {
                            self.word_valid.d.next = true;
                            self.word_lo.d.next = self.half_data.q.val();
                            self.word_hi.d.next = self.value.val();
                            self.word_enables.d.next = bit_cast::<8, 4>(self.half_enables.q.val())
                                | (bit_cast::<8, 4>(self.dw_enables.val()) << 4);
                        } else {
                            self.half_data.d.next = self.value.val();
                            self.half_enables.d.next = self.dw_enables.val();
                            if self.final_payload.val() || self.rx_last.val() {
                                self.word_valid.d.next = true;
                                self.word_lo.d.next = self.value.val();
                                self.word_enables.d.next = bit_cast::<8, 4>(self.dw_enables.val());
                            }
                        }
                    }
                }
                RxState::Registers => {
                    if !self.in_digest.val() {
                        self.first.d.next = false;
                        self.address.d.next = self.address.q.val() + 4;
                        self.strobe.d.next = self.dw_enables.val().any();
                        self.strobe_address.d.next =
                            bit_cast::<16, 14>(self.address.q.val().get_bits::<14>(2)) << 2;
                        self.strobe_data.d.next = self.value.val();
                        self.strobe_enables.d.next = self.dw_enables.val();
                    }
                }
                RxState::Queue => {
                    // Four DWs are kept: the header, and the data of a 3 DW request.
                    self.queue_write.next = self.first.q.val();
                    if self.entry_index.q.val() == 3 {
                        self.first.d.next = false;
                    } else {
                        self.entry_index.d.next = self.entry_index.q.val() + 1;
                    }
                    self.queue_commit.next = self.rx_last.val() && self.final_dw.val();
                }
                RxState::Forward => {
                    self.first.d.next = false;
                    if self.first.q.val() {
                        self.target_abort_strobe.next = self.rx_data.val().get_bits::<3>(13) == 0x4;
                        self.master_abort_strobe.next = self.rx_data.val().get_bits::<3>(13) == 0x1;
                        self.poisoned_completion_strobe.next = self.head.q.val().get_bit(14);
                    }
                }
                RxState::Discard => {}
            }

            if self.address_known.val() {
                self.address.d.next = self.rx_data.val();
                self.state.d.next = RxState::Discard;
                if self.crosses_page.val() {
                    self.malformed_strobe.next = true;
                } else if self.head.q.val().get_bit(14) {
                    self.poisoned_strobe.next = true;
                } else if self.in_bar0.val() {
                    self.state.d.next = RxState::Memory;
                } else if self.in_bar2.val() {
                    self.state.d.next = RxState::Registers;
                } else {
                    self.unsupported_strobe.next = true;
                }
            }

            // The end of every TLP, right or wrong.
            if self.state.q.val() != RxState::Start {
                if self.rx_last.val() {
                    self.state.d.next = RxState::Start;
                }
                if (self.state.q.val() != RxState::Discard) && self.wrong_end.val() {
                    self.malformed_strobe.next = true;
                    self.request_dropped.next = self.state.q.val() == RxState::Queue;
                    if !self.rx_last.val() {
                        // still coming although all announced DWs are here
                        self.state.d.next = RxState::Discard;
                    }
                }
            }
        }

        if self.reset.val() {
            self.state.d.next = RxState::Start;
            self.word_valid.d.next = false;
            self.strobe.d.next = false;
        }
    }
}

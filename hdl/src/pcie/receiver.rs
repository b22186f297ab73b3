//! Receive side of the transaction layer: takes whole, well-formed TLPs and sends each its way.
//!
//! Purpose: completions pass through to the requester (DMA), posted writes go to the card memory
//! port or the register bus, non-posted requests go to the completer's queue, messages are looked
//! at, everything else is dropped and reported with its header. Clock domain: `sys`. One DW a
//! clock; no idle clock between TLPs.
//!
//! Nothing in this block waits for the transmit direction, except a non-posted request when the
//! queue already holds [`super::QUEUE_DEPTH`] of them, which the credits given to the host rule
//! out. A posted write or a completion is therefore never stuck behind a completion that cannot be
//! sent.
//!
//! The ingress buffer has checked the form: DWs are as many as announced, without digest, not
//! beyond the payload limit, not across a 4 KiB boundary. A poisoned write writes nothing.
//! Not supported: locked completions (nobody asked for one; reported as unexpected).
//!
//! Source: PCI Express Base Spec 2.0 §2.2, §2.3, §2.7.

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
    /// A locked completion: dropped, its header kept.
    Stray,
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

    /// A DW of a well-formed TLP, first byte on the wire in bits 31:24.
    pub rx_data: Signal<In, Bits<32>>,
    /// Last DW of the TLP.
    pub rx_last: Signal<In, Bit>,
    /// `rx_data` and `rx_last` hold a DW.
    pub rx_valid: Signal<In, Bit>,
    /// The DW is taken at this clock edge. Combinational from `cpl_ready` and `write_ready`.
    pub rx_ready: Signal<Out, Bit>,

    /// Completion DW, as received.
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
    /// Event: a posted request was not supported.
    pub unsupported_strobe: Signal<Out, Bit>,
    /// Event: a poisoned write or message was dropped.
    pub poisoned_strobe: Signal<Out, Bit>,
    /// Event: the host is about to switch the link off (PME_Turn_Off).
    pub turn_off_strobe: Signal<Out, Bit>,
    /// Header of the posted request that an event is about; a DW that it does not have is zero.
    pub header_0: Signal<Out, Bits<32>>,
    /// Second DW.
    pub header_1: Signal<Out, Bits<32>>,
    /// Third DW.
    pub header_2: Signal<Out, Bits<32>>,
    /// Fourth DW.
    pub header_3: Signal<Out, Bits<32>>,
    /// Event: a poisoned completion passed.
    pub poisoned_completion_strobe: Signal<Out, Bit>,
    /// Event: a locked completion was dropped.
    pub unexpected_strobe: Signal<Out, Bit>,
    /// Header of the last completion that came, for events about completions.
    pub completion_0: Signal<Out, Bits<32>>,
    /// Second DW.
    pub completion_1: Signal<Out, Bits<32>>,
    /// Third DW.
    pub completion_2: Signal<Out, Bits<32>>,
    /// Event: a completion with completer abort status passed.
    pub target_abort_strobe: Signal<Out, Bit>,
    /// Event: a completion with unsupported request status passed.
    pub master_abort_strobe: Signal<Out, Bit>,

    state: DFF<RxState>,
    // header DWs of the TLP in progress; of completions apart, because they are asked for later
    head: DFF<Bits<32>>,
    head_1: DFF<Bits<32>>,
    head_2: DFF<Bits<32>>,
    head_3: DFF<Bits<32>>,
    cpl_head: DFF<Bits<32>>,
    cpl_head_1: DFF<Bits<32>>,
    cpl_head_2: DFF<Bits<32>>,
    // events, told in the clock after the header is complete
    unsupported: DFF<Bit>,
    poisoned: DFF<Bit>,
    turn_off: DFF<Bit>,
    poisoned_completion: DFF<Bit>,
    target_abort: DFF<Bit>,
    master_abort: DFF<Bit>,
    unexpected: DFF<Bit>,
    // byte address of the next payload DW
    address: DFF<Bits<32>>,
    // the next payload DW is the first; of a request in the queue: its four DWs are not yet full
    first: DFF<Bit>,
    // index of the TLP's next DW; stays at 3
    index: DFF<Bits<2>>,
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
    is_completion: Signal<Local, Bit>,
    is_message: Signal<Local, Bit>,
    is_memory_write: Signal<Local, Bit>,
    is_posted: Signal<Local, Bit>,
    // about the TLP in progress
    accept: Signal<Local, Bit>,
    code: Signal<Local, Bits<8>>,
    high_is_zero: Signal<Local, Bit>,
    in_bar0: Signal<Local, Bit>,
    in_bar2: Signal<Local, Bit>,
    header_known: Signal<Local, Bit>,
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
            head_1,
            head_2,
            head_3,
            cpl_head,
            cpl_head_1,
            cpl_head_2,
            unsupported,
            poisoned,
            turn_off,
            poisoned_completion,
            target_abort,
            master_abort,
            unexpected,
            address,
            first,
            index,
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
        self.unsupported_strobe.next = self.unsupported.q.val();
        self.poisoned_strobe.next = self.poisoned.q.val();
        self.turn_off_strobe.next = self.turn_off.q.val();
        self.poisoned_completion_strobe.next = self.poisoned_completion.q.val();
        self.target_abort_strobe.next = self.target_abort.q.val();
        self.master_abort_strobe.next = self.master_abort.q.val();
        self.unexpected_strobe.next = self.unexpected.q.val();
        self.header_0.next = self.head.q.val();
        self.header_1.next = self.head_1.q.val();
        self.header_2.next = self.head_2.q.val();
        self.header_3.next = self.head_3.q.val();
        self.completion_0.next = self.cpl_head.q.val();
        self.completion_1.next = self.cpl_head_1.q.val();
        self.completion_2.next = self.cpl_head_2.q.val();

        // Defaults.
        self.rx_ready.next = true;
        self.cpl_data.next = self.rx_data.val();
        self.cpl_last.next = self.rx_last.val();
        self.cpl_valid.next = false;
        self.queue_write.next = false;
        self.queue_index.next = self.index.q.val();
        self.queue_data.next = self.rx_data.val();
        self.queue_commit.next = false;
        self.unsupported.d.next = false;
        self.poisoned.d.next = false;
        self.turn_off.d.next = false;
        self.poisoned_completion.d.next = false;
        self.target_abort.d.next = false;
        self.master_abort.d.next = false;
        self.unexpected.d.next = false;
        self.strobe.d.next = false;
        if self.write_ready.val() {
            self.word_valid.d.next = false;
        }

        // Decode of a header DW0 on rx_data. What is neither a completion nor posted is non-posted.
        self.is_completion.next = self.rx_data.val().get_bits::<5>(24) == 0x0A;
        self.is_message.next = self.rx_data.val().get_bits::<2>(27) == 0x2;
        self.is_memory_write.next =
            (self.rx_data.val().get_bits::<5>(24) == 0x00) && self.rx_data.val().get_bit(30);
        self.is_posted.next = self.is_memory_write.val() || self.is_message.val();

        // Decode of the address's low DW on rx_data.
        self.high_is_zero.next = true;
        if self.state.q.val() == RxState::Header3 {
            self.high_is_zero.next = !self.head_2.q.val().any();
        }
        self.in_bar0.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && ((self.rx_data.val() & self.bar0_mask.val()) == self.bar0_base.val());
        self.in_bar2.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && (self.rx_data.val().get_bits::<16>(16) == self.bar2_base.val().get_bits::<16>(16));
        self.code.next = self.head_1.q.val().get_bits::<8>(0);
        // A payload DW.
        self.dw_enables.next = 0xF.into();
        if self.first.q.val() {
            self.dw_enables.next = self.head_1.q.val().get_bits::<4>(0);
        } else if self.rx_last.val() {
            self.dw_enables.next = self.head_1.q.val().get_bits::<4>(4);
        }
        self.value.next = bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(24))
            | (bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(16)) << 8)
            | (bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.rx_data.val().get_bits::<8>(0)) << 24);
        self.bar0_offset.next = self.address.q.val() & (!self.bar0_mask.val());

        // Who decides about rx_ready.
        match self.state.q.val() {
            RxState::Start => {
                if self.is_completion.val() {
                    self.rx_ready.next = self.cpl_ready.val();
                    self.cpl_valid.next = self.rx_valid.val();
                } else if (!self.is_posted.val()) && (self.rx_data.val().get_bits::<5>(24) != 0x0B)
                {
                    // behind every write before it
                    self.rx_ready.next = (!self.queue_full.val()) && (!self.word_valid.q.val());
                }
            }
            RxState::Memory => {
                self.rx_ready.next = (!self.word_valid.q.val()) || self.write_ready.val();
            }
            RxState::Registers => {
                self.rx_ready.next = !self.bus_hold.val();
            }
            RxState::Forward => {
                self.rx_ready.next = self.cpl_ready.val();
                self.cpl_valid.next = self.rx_valid.val();
            }
            _ => {
                self.rx_ready.next = true;
            }
        }
        self.accept.next = self.rx_valid.val() && self.rx_ready.val();
        self.header_known.next = false;

        if self.accept.val() {
            if self.index.q.val() != 3 {
                self.index.d.next = self.index.q.val() + 1;
            }
            match self.state.q.val() {
                RxState::Start => {
                    self.index.d.next = 1.into();
                    self.queue_index.next = 0.into();
                    self.first.d.next = true;
                    self.half_enables.d.next = 0.into();
                    if self.is_completion.val() || (self.rx_data.val().get_bits::<5>(24) == 0x0B) {
                        self.cpl_head.d.next = self.rx_data.val();
                        self.state.d.next = RxState::Forward;
                        if !self.is_completion.val() {
                            self.state.d.next = RxState::Stray;
                        }
                    } else if self.is_posted.val() {
                        self.head.d.next = self.rx_data.val();
                        self.head_3.d.next = 0.into();
                        self.state.d.next = RxState::Header1;
                    } else {
                        self.queue_write.next = true;
                        self.state.d.next = RxState::Queue;
                    }
                }
                RxState::Header1 => {
                    self.head_1.d.next = self.rx_data.val();
                    self.state.d.next = RxState::Header2;
                }
                RxState::Header2 => {
                    self.head_2.d.next = self.rx_data.val();
                    self.state.d.next = RxState::Header3;
                    self.header_known.next = !self.head.q.val().get_bit(29);
                }
                RxState::Header3 => {
                    self.head_3.d.next = self.rx_data.val();
                    self.header_known.next = true;
                }
                RxState::Memory => {
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
                        if self.rx_last.val() {
                            self.word_valid.d.next = true;
                            self.word_lo.d.next = self.value.val();
                            self.word_enables.d.next = bit_cast::<8, 4>(self.dw_enables.val());
                        }
                    }
                }
                RxState::Registers => {
                    self.first.d.next = false;
                    self.address.d.next = self.address.q.val() + 4;
                    self.strobe.d.next = self.dw_enables.val().any();
                    self.strobe_address.d.next =
                        bit_cast::<16, 14>(self.address.q.val().get_bits::<14>(2)) << 2;
                    self.strobe_data.d.next = self.value.val();
                    self.strobe_enables.d.next = self.dw_enables.val();
                }
                RxState::Queue => {
                    // Four DWs are kept: the header, and the data of a 3 DW request.
                    self.queue_write.next = self.first.q.val();
                    if self.index.q.val() == 3 {
                        self.first.d.next = false;
                    }
                    self.queue_commit.next = self.rx_last.val();
                }
                RxState::Forward => {
                    if self.index.q.val() == 1 {
                        self.cpl_head_1.d.next = self.rx_data.val();
                    } else if self.first.q.val() {
                        self.first.d.next = false;
                        self.cpl_head_2.d.next = self.rx_data.val();
                        self.target_abort.d.next = self.cpl_head_1.q.val().get_bits::<3>(13) == 0x4;
                        self.master_abort.d.next = self.cpl_head_1.q.val().get_bits::<3>(13) == 0x1;
                        self.poisoned_completion.d.next = self.cpl_head.q.val().get_bit(14);
                    }
                }
                RxState::Stray => {
                    if self.index.q.val() == 1 {
                        self.cpl_head_1.d.next = self.rx_data.val();
                    } else if self.first.q.val() {
                        self.first.d.next = false;
                        self.cpl_head_2.d.next = self.rx_data.val();
                        self.unexpected.d.next = true;
                    }
                }
                RxState::Discard => {}
            }

            // A posted request whose header is complete.
            if self.header_known.val() {
                self.address.d.next = self.rx_data.val();
                self.state.d.next = RxState::Discard;
                if self.head.q.val().get_bit(28) {
                    // Messages: a few are known and need nothing, the others are unsupported.
                    if self.code.val() == 0x19 {
                        self.turn_off.d.next = true;
                    } else if (self.code.val() != 0x00)
                        && (self.code.val() != 0x50)
                        && (self.code.val() != 0x7F)
                        && (self.code.val() != 0x40)
                        && (self.code.val() != 0x41)
                        && (self.code.val() != 0x43)
                        && (self.code.val() != 0x44)
                        && (self.code.val() != 0x45)
                        && (self.code.val() != 0x47)
                        && (self.code.val() != 0x48)
                    {
                        self.unsupported.d.next = true;
                    }
                } else if !(self.in_bar0.val() || self.in_bar2.val()) {
                    self.unsupported.d.next = true;
                } else if self.head.q.val().get_bit(14) {
                    self.poisoned.d.next = true;
                } else if self.in_bar0.val() {
                    self.state.d.next = RxState::Memory;
                } else {
                    self.state.d.next = RxState::Registers;
                }
            }
            if self.rx_last.val() {
                self.state.d.next = RxState::Start;
            }
        }

        if self.reset.val() {
            self.state.d.next = RxState::Start;
            self.word_valid.d.next = false;
            self.strobe.d.next = false;
            self.unsupported.d.next = false;
            self.poisoned.d.next = false;
            self.turn_off.d.next = false;
            self.poisoned_completion.d.next = false;
            self.target_abort.d.next = false;
            self.master_abort.d.next = false;
            self.unexpected.d.next = false;
        }
    }
}

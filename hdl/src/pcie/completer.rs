//! Answers non-posted requests: configuration accesses, reads of card memory and registers, and
//! "unsupported request" for everything else.
//!
//! Purpose: a queue of [`super::QUEUE_DEPTH`] requests, taken one after the other; a read is split
//! into completions at addresses that are multiples of the payload limit. Such an address is also a
//! multiple of either read completion boundary (64 or 128), so the split is legal for every root
//! complex. Clock domain: `sys`.
//!
//! Card memory is read ahead into a buffer of 16 words, so a long read leaves at one DW a clock when
//! the memory keeps up. Registers take [`REGISTER_READ_CLOCKS`] clocks of the bus for each DW. The
//! bus is held only for those clocks and never while a completion waits for the transmit side.
//! Not supported: relaxed ordering between completions (they leave in the order of the requests).
//!
//! Source: PCI Express Base Spec 1.1 §2.2.9 (completion rules), §2.3.1, table 2-21 (byte count).

use super::read_ahead::ReadAhead;
use super::request_queue::RequestQueue;
use super::request_shape::RequestShape;
use crate::prelude::*;

/// Clocks for which a register's address is held on the bus before its value is taken.
pub const REGISTER_READ_CLOCKS: u32 = 4;

/// What the completer does with the request at the head of the queue.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum CompleterState {
    /// Waits for a request and takes its DWs out of the queue.
    Fetch,
    /// All DWs are there: what is it?
    Decode,
    /// Configuration read or write.
    Configuration,
    /// Sizes of the next completion.
    Plan,
    /// Completion header DW0.
    Header0,
    /// Completion header DW1.
    Header1,
    /// Completion header DW2.
    Header2,
    /// Completion payload.
    Payload,
}

/// The completer. See the module's text.
#[derive(LogicBlock, Default)]
pub struct Completer {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: empties the queue. Card memory must be reset with it (words in flight).
    pub reset: Signal<In, Bit>,

    /// Write a DW into the queue's tail entry.
    pub queue_write: Signal<In, Bit>,
    /// Which of the entry's four DWs.
    pub queue_index: Signal<In, Bits<2>>,
    /// The DW.
    pub queue_data: Signal<In, Bits<32>>,
    /// The tail entry is complete (its last DW may be written in the same clock).
    pub queue_commit: Signal<In, Bit>,
    /// No entry is free.
    pub queue_full: Signal<Out, Bit>,
    /// One clock: an entry became free (its request was answered or given up).
    pub request_done: Signal<Out, Bit>,
    /// Data credits of that request.
    pub request_units: Signal<Out, Bits<12>>,

    /// Completion DW, first byte on the wire in bits 31:24.
    pub tx_data: Signal<Out, Bits<32>>,
    /// Last DW of the completion.
    pub tx_last: Signal<Out, Bit>,
    /// `tx_data` and `tx_last` hold a DW; they stay until taken.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW is taken at this clock edge.
    pub tx_ready: Signal<In, Bit>,

    /// A read command waits for the card memory.
    pub read_valid: Signal<Out, Bit>,
    /// Index of the 64-bit word inside BAR0.
    pub read_address: Signal<Out, Bits<24>>,
    /// The command is taken at this clock edge.
    pub read_ready: Signal<In, Bit>,
    /// A word comes back; at most 15 are on the way or in the buffer.
    pub rvalid: Signal<In, Bit>,
    /// Bytes 0..3 of the word.
    pub rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4..7 of the word.
    pub rdata_hi: Signal<In, Bits<32>>,

    /// The completer reads a register: nobody else may use the bus.
    pub bus_hold: Signal<Out, Bit>,
    /// Byte address inside BAR2, stable while `bus_hold`.
    pub bus_address: Signal<Out, Bits<16>>,
    /// A write uses the bus in this clock (the clock in which the hold began).
    pub bus_busy: Signal<In, Bit>,
    /// Value of the addressed register.
    pub bus_rdata: Signal<In, Bits<32>>,

    /// A configuration register is accessed.
    pub config_access: Signal<Out, Bit>,
    /// Its DW index.
    pub config_register: Signal<Out, Bits<10>>,
    /// Its value, same clock.
    pub config_read_data: Signal<In, Bits<32>>,
    /// One clock: write it.
    pub config_write_strobe: Signal<Out, Bit>,
    /// Value to write, register order.
    pub config_write_data: Signal<Out, Bits<32>>,
    /// Byte enables.
    pub config_write_be: Signal<Out, Bits<4>>,
    /// One clock: a configuration write told us our number.
    pub id_strobe: Signal<Out, Bit>,
    /// Bus, device, function.
    pub id_value: Signal<Out, Bits<16>>,
    /// Our number, for the completer id.
    pub requester_id: Signal<In, Bits<16>>,
    /// `requester_id` was told by a configuration write. Before that a configuration request is
    /// answered with the number it was addressed to.
    pub id_known: Signal<In, Bit>,

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

    /// Event: a request was answered with unsupported request.
    pub unsupported_strobe: Signal<Out, Bit>,
    /// Event: it was a poisoned write.
    pub poisoned_strobe: Signal<Out, Bit>,
    /// Header of the request that the events are about.
    pub header_0: Signal<Out, Bits<32>>,
    /// Second DW.
    pub header_1: Signal<Out, Bits<32>>,
    /// Third DW.
    pub header_2: Signal<Out, Bits<32>>,
    /// Fourth DW; zero for a header of three.
    pub header_3: Signal<Out, Bits<32>>,

    queue: RequestQueue,
    shape: RequestShape,
    ahead: ReadAhead,

    state: DFF<CompleterState>,
    // the answer is "unsupported request"
    refuse: DFF<Bit>,
    // the answer has data
    with_data: DFF<Bit>,
    // the data comes from card memory (else from `single`)
    from_memory: DFF<Bit>,
    // byte address of the next payload DW
    address: DFF<Bits<32>>,
    // payload DWs still to be sent, of the request and of the current completion
    request_left: DFF<Bits<11>>,
    part_left: DFF<Bits<11>>,
    // byte count and low address bits of the next completion
    byte_count: DFF<Bits<13>>,
    byte_offset: DFF<Bits<2>>,
    // one DW of register or configuration data, in wire order
    single: DFF<Bits<32>>,
    single_valid: DFF<Bit>,
    // register reads: DWs still to be read, address, clocks on the bus
    bus_left: DFF<Bits<11>>,
    bus_next: DFF<Bits<16>>,
    bus_clocks: DFF<Bits<3>>,
    hold: DFF<Bit>,

    completer_id: Signal<Local, Bits<16>>,
    room: Signal<Local, Bits<11>>,
    part: Signal<Local, Bits<11>>,
    part_bytes: Signal<Local, Bits<13>>,
    data_there: Signal<Local, Bit>,
    payload: Signal<Local, Bits<32>>,
    word_half: Signal<Local, Bits<32>>,
    to_swap: Signal<Local, Bits<32>>,
    swapped: Signal<Local, Bits<32>>,
    pop_word: Signal<Local, Bit>,
    finish: Signal<Local, Bit>,
}

impl Logic for Completer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            refuse,
            with_data,
            from_memory,
            address,
            request_left,
            part_left,
            byte_count,
            byte_offset,
            single,
            single_valid,
            bus_left,
            bus_next,
            bus_clocks,
            hold
        );
        clock!(self, clock, queue, ahead);
        self.queue.reset.next = self.reset.val();
        self.ahead.reset.next = self.reset.val();

        // Queue.
        self.queue.write.next = self.queue_write.val();
        self.queue.index.next = self.queue_index.val();
        self.queue.data.next = self.queue_data.val();
        self.queue.commit.next = self.queue_commit.val();
        self.queue_full.next = self.queue.full.val();
        self.queue.fetch.next = self.state.q.val() == CompleterState::Fetch;
        self.finish.next = false;

        // Defaults.
        self.tx_data.next = 0.into();
        self.tx_last.next = false;
        self.tx_valid.next = false;
        self.config_access.next = false;
        self.config_register.next = self.queue.dw2.val().get_bits::<10>(2);
        self.config_write_strobe.next = false;
        self.config_write_be.next = self.queue.dw1.val().get_bits::<4>(0);
        self.id_strobe.next = false;
        self.id_value.next = bit_cast::<16, 13>(self.queue.dw2.val().get_bits::<13>(19)) << 3;
        self.unsupported_strobe.next = false;
        self.header_0.next = self.queue.dw0.val();
        self.header_1.next = self.queue.dw1.val();
        self.header_2.next = self.queue.dw2.val();
        self.header_3.next = 0.into();
        if self.queue.dw0.val().get_bit(29) {
            self.header_3.next = self.queue.dw3.val();
        }
        self.poisoned_strobe.next = false;
        self.pop_word.next = false;

        self.completer_id.next = self.requester_id.val();
        if (!self.id_known.val()) && (self.queue.dw0.val().get_bits::<5>(24) == 0x04) {
            self.completer_id.next =
                bit_cast::<16, 13>(self.queue.dw2.val().get_bits::<13>(19)) << 3;
        }

        // The request at the head of the queue, and what it asks for.
        self.shape.dw0.next = self.queue.dw0.val();
        self.shape.dw1.next = self.queue.dw1.val();
        self.shape.dw2.next = self.queue.dw2.val();
        self.shape.dw3.next = self.queue.dw3.val();
        self.shape.memory_enable.next = self.memory_enable.val();
        self.shape.bar0_base.next = self.bar0_base.val();
        self.shape.bar0_mask.next = self.bar0_mask.val();
        self.shape.bar2_base.next = self.bar2_base.val();

        // Size of the next completion: up to the next multiple of the payload limit.
        self.room.next = 128 - bit_cast::<11, 7>(self.address.q.val().get_bits::<7>(2));
        if self.max_payload.val() == 0 {
            self.room.next = 32 - bit_cast::<11, 5>(self.address.q.val().get_bits::<5>(2));
        } else if self.max_payload.val() == 1 {
            self.room.next = 64 - bit_cast::<11, 6>(self.address.q.val().get_bits::<6>(2));
        }
        self.part.next = self.request_left.q.val();
        if self.request_left.q.val() > self.room.val() {
            self.part.next = self.room.val();
        }
        self.part_bytes.next = (bit_cast::<13, 11>(self.part_left.q.val()) << 2)
            - bit_cast::<13, 2>(self.byte_offset.q.val());

        // Memory reads ahead of the payload.
        self.ahead.start_strobe.next = false;
        self.ahead.first.next = self.shape.bar0_offset.val().get_bits::<24>(3);
        self.ahead.words.next = self.shape.words.val();
        self.read_valid.next = self.ahead.read_valid.val();
        self.read_address.next = self.ahead.read_address.val();
        self.ahead.read_ready.next = self.read_ready.val();
        self.ahead.rvalid.next = self.rvalid.val();
        self.ahead.rdata_lo.next = self.rdata_lo.val();
        self.ahead.rdata_hi.next = self.rdata_hi.val();

        // Register reads, one DW at a time.
        self.bus_hold.next = self.hold.q.val();
        self.bus_address.next = self.bus_next.q.val();
        self.config_access.next = self.state.q.val() == CompleterState::Configuration;
        self.word_half.next = self.ahead.head_lo.val();
        if self.address.q.val().get_bit(2) {
            self.word_half.next = self.ahead.head_hi.val();
        }
        self.to_swap.next = self.bus_rdata.val();
        if self.config_access.val() && self.queue.dw0.val().get_bit(30) {
            self.to_swap.next = self.queue.dw3.val();
        } else if self.config_access.val() {
            self.to_swap.next = self.config_read_data.val();
        } else if self.from_memory.q.val() {
            self.to_swap.next = self.word_half.val();
        }
        self.swapped.next = bit_cast::<32, 8>(self.to_swap.val().get_bits::<8>(24))
            | (bit_cast::<32, 8>(self.to_swap.val().get_bits::<8>(16)) << 8)
            | (bit_cast::<32, 8>(self.to_swap.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.to_swap.val().get_bits::<8>(0)) << 24);
        self.config_write_data.next = self.swapped.val();
        if self.hold.q.val() {
            if !self.bus_busy.val() {
                self.bus_clocks.d.next = self.bus_clocks.q.val() + 1;
                if self.bus_clocks.q.val() == 3 {
                    self.single.d.next = self.swapped.val();
                    self.single_valid.d.next = true;
                    self.hold.d.next = false;
                    self.bus_left.d.next = self.bus_left.q.val() - 1;
                    self.bus_next.d.next = self.bus_next.q.val() + 4;
                }
            }
        } else if self.bus_left.q.val().any() && (!self.single_valid.q.val()) {
            self.hold.d.next = true;
            self.bus_clocks.d.next = 0.into();
        }

        self.payload.next = self.single.q.val();
        self.data_there.next = self.single_valid.q.val();
        if self.from_memory.q.val() {
            self.payload.next = self.swapped.val();
            self.data_there.next = self.ahead.there.val();
        }

        match self.state.q.val() {
            CompleterState::Fetch => {
                if self.queue.fetched_strobe.val() {
                    self.state.d.next = CompleterState::Decode;
                }
            }
            CompleterState::Decode => {
                self.state.d.next = CompleterState::Plan;
                self.refuse.d.next = false;
                self.with_data.d.next = false;
                self.from_memory.d.next = false;
                self.single_valid.d.next = false;
                self.request_left.d.next = 1.into();
                // Only memory reads have a byte count and a lower address of their own.
                self.byte_count.d.next = 4.into();
                self.byte_offset.d.next = 0.into();
                self.address.d.next = 0.into();
                if self.shape.is_memory_read.val() || self.shape.is_locked_read.val() {
                    self.byte_count.d.next = self.shape.total_bytes.val();
                    self.byte_offset.d.next = self.shape.head_bytes.val().get_bits::<2>(0);
                    self.address.d.next = self.shape.target.val();
                }
                // A configuration write to any function carries our bus and device number.
                self.id_strobe.next = (self.queue.dw0.val().get_bits::<5>(24) == 0x04)
                    && self.queue.dw0.val().get_bit(30)
                    && (!self.queue.dw0.val().get_bit(14));
                if self.queue.dw0.val().get_bit(30) && self.queue.dw0.val().get_bit(14) {
                    self.poisoned_strobe.next = true;
                    self.unsupported_strobe.next = true;
                    self.refuse.d.next = true;
                } else if self.shape.is_config.val() {
                    self.with_data.d.next = !self.queue.dw0.val().get_bit(30);
                    self.state.d.next = CompleterState::Configuration;
                } else if self.shape.is_memory_read.val() && self.shape.in_bar0.val() {
                    self.with_data.d.next = true;
                    self.from_memory.d.next = true;
                    self.request_left.d.next = self.shape.length.val();
                    self.ahead.start_strobe.next = true;
                } else if self.shape.is_memory_read.val() && self.shape.in_bar2.val() {
                    self.with_data.d.next = true;
                    self.request_left.d.next = self.shape.length.val();
                    self.bus_left.d.next = self.shape.length.val();
                    self.bus_next.d.next =
                        bit_cast::<16, 14>(self.shape.target.val().get_bits::<14>(2)) << 2;
                } else {
                    self.unsupported_strobe.next = true;
                    self.refuse.d.next = true;
                }
            }
            CompleterState::Configuration => {
                self.config_write_strobe.next = self.queue.dw0.val().get_bit(30);
                self.single.d.next = self.swapped.val();
                self.single_valid.d.next = true;
                self.state.d.next = CompleterState::Plan;
            }
            CompleterState::Plan => {
                self.part_left.d.next = 0.into();
                if self.with_data.q.val() {
                    self.part_left.d.next = self.part.val();
                }
                self.state.d.next = CompleterState::Header0;
            }
            CompleterState::Header0 => {
                self.tx_valid.next = true;
                if self.with_data.q.val() {
                    self.tx_data.next = 0x4A00_0000
                        | (self.queue.dw0.val() & 0x0070_3000)
                        | bit_cast::<32, 11>(self.part_left.q.val());
                } else if self.shape.is_locked_read.val() {
                    self.tx_data.next = 0x0B00_0000 | (self.queue.dw0.val() & 0x0070_3000);
                } else {
                    self.tx_data.next = 0x0A00_0000 | (self.queue.dw0.val() & 0x0070_3000);
                }
                if self.tx_ready.val() {
                    self.state.d.next = CompleterState::Header1;
                }
            }
            CompleterState::Header1 => {
                self.tx_valid.next = true;
                self.tx_data.next = (bit_cast::<32, 16>(self.completer_id.val()) << 16)
                    | bit_cast::<32, 12>(self.byte_count.q.val().get_bits::<12>(0));
                if self.refuse.q.val() {
                    self.tx_data.next = (bit_cast::<32, 16>(self.completer_id.val()) << 16)
                        | 0x2000
                        | bit_cast::<32, 12>(self.byte_count.q.val().get_bits::<12>(0));
                }
                if self.tx_ready.val() {
                    self.byte_count.d.next = self.byte_count.q.val() - self.part_bytes.val();
                    self.state.d.next = CompleterState::Header2;
                }
            }
            CompleterState::Header2 => {
                self.tx_valid.next = true;
                self.tx_data.next = (bit_cast::<32, 24>(self.queue.dw1.val().get_bits::<24>(8))
                    << 8)
                    | (bit_cast::<32, 5>(self.address.q.val().get_bits::<5>(2)) << 2)
                    | bit_cast::<32, 2>(self.byte_offset.q.val());
                self.tx_last.next = !self.with_data.q.val();
                if self.tx_ready.val() {
                    self.byte_offset.d.next = 0.into();
                    self.state.d.next = CompleterState::Payload;
                    if !self.with_data.q.val() {
                        self.finish.next = true;
                        self.state.d.next = CompleterState::Fetch;
                    }
                }
            }
            CompleterState::Payload => {
                self.tx_valid.next = self.data_there.val();
                self.tx_data.next = self.payload.val();
                self.tx_last.next = self.part_left.q.val() == 1;
                if self.data_there.val() && self.tx_ready.val() {
                    self.part_left.d.next = self.part_left.q.val() - 1;
                    self.request_left.d.next = self.request_left.q.val() - 1;
                    self.address.d.next = self.address.q.val() + 4;
                    self.single_valid.d.next = false;
                    self.pop_word.next = self.from_memory.q.val()
                        && (self.address.q.val().get_bit(2) || (self.request_left.q.val() == 1));
                    if self.request_left.q.val() == 1 {
                        self.finish.next = true;
                        self.state.d.next = CompleterState::Fetch;
                    } else if self.part_left.q.val() == 1 {
                        self.state.d.next = CompleterState::Plan;
                    }
                }
            }
            _ => {
                self.state.d.next = CompleterState::Fetch;
            }
        }

        self.ahead.pop.next = self.pop_word.val();

        // The request leaves.
        self.request_done.next = self.finish.val();
        self.request_units.next = 0.into();
        if self.queue.dw0.val().get_bit(30) {
            self.request_units.next = (bit_cast::<12, 11>(self.shape.length.val()) + 3) >> 2;
        }
        self.queue.done.next = self.finish.val();

        if self.reset.val() {
            self.state.d.next = CompleterState::Fetch;
            self.single_valid.d.next = false;
            self.hold.d.next = false;
            self.bus_left.d.next = 0.into();
        }
    }
}

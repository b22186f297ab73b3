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

use crate::mem::SyncRam;
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
    /// That request had data.
    pub request_had_data: Signal<Out, Bit>,

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
    /// Event: a read across a 4 KiB boundary was dropped.
    pub malformed_strobe: Signal<Out, Bit>,
    /// Event: a poisoned configuration or I/O write was answered with unsupported request.
    pub poisoned_strobe: Signal<Out, Bit>,

    queue: SyncRam<32, 6>,
    buffer_lo: SyncRam<32, 4>,
    buffer_hi: SyncRam<32, 4>,

    state: DFF<CompleterState>,
    queue_tail: DFF<Bits<4>>,
    queue_head: DFF<Bits<4>>,
    queue_count: DFF<Bits<5>>,
    fetch_step: DFF<Bits<3>>,
    dw0: DFF<Bits<32>>,
    dw1: DFF<Bits<32>>,
    dw2: DFF<Bits<32>>,
    dw3: DFF<Bits<32>>,
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
    // memory reads: words still to be asked for, next word, words asked for and not yet sent
    words_left: DFF<Bits<10>>,
    next_word: DFF<Bits<24>>,
    words_out: DFF<Bits<5>>,
    buffer_in: DFF<Bits<4>>,
    buffer_seen: DFF<Bits<4>>,
    buffer_out: DFF<Bits<4>>,

    completer_id: Signal<Local, Bits<16>>,
    is_config: Signal<Local, Bit>,
    is_memory_read: Signal<Local, Bit>,
    is_locked_read: Signal<Local, Bit>,
    // low DW of the address, and whether the high one is zero
    target: Signal<Local, Bits<32>>,
    high_is_zero: Signal<Local, Bit>,
    in_bar0: Signal<Local, Bit>,
    in_bar2: Signal<Local, Bit>,
    length: Signal<Local, Bits<11>>,
    end_in_page: Signal<Local, Bits<12>>,
    crosses_page: Signal<Local, Bit>,
    first_be: Signal<Local, Bits<4>>,
    last_be: Signal<Local, Bits<4>>,
    // bytes of the first and last DW that are not asked for
    head_bytes: Signal<Local, Bits<13>>,
    tail_bytes: Signal<Local, Bits<13>>,
    total_bytes: Signal<Local, Bits<13>>,
    room: Signal<Local, Bits<11>>,
    part: Signal<Local, Bits<11>>,
    part_bytes: Signal<Local, Bits<13>>,
    bar0_offset: Signal<Local, Bits<32>>,
    words: Signal<Local, Bits<11>>,
    data_there: Signal<Local, Bit>,
    payload: Signal<Local, Bits<32>>,
    word_half: Signal<Local, Bits<32>>,
    to_swap: Signal<Local, Bits<32>>,
    swapped: Signal<Local, Bits<32>>,
    pop_word: Signal<Local, Bit>,
    finish: Signal<Local, Bit>,
    issue: Signal<Local, Bit>,
}

impl Logic for Completer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            queue_tail,
            queue_head,
            queue_count,
            fetch_step,
            dw0,
            dw1,
            dw2,
            dw3,
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
            hold,
            words_left,
            next_word,
            words_out,
            buffer_in,
            buffer_seen,
            buffer_out
        );
        clock!(self, clock, queue, buffer_lo, buffer_hi);

        // Queue: four DWs an entry.
        self.queue.write_enable.next = self.queue_write.val();
        self.queue.write_address.next = (bit_cast::<6, 4>(self.queue_tail.q.val()) << 2)
            | bit_cast::<6, 2>(self.queue_index.val());
        self.queue.write_data.next = self.queue_data.val();
        self.queue.read_address.next = (bit_cast::<6, 4>(self.queue_head.q.val()) << 2)
            | bit_cast::<6, 2>(self.fetch_step.q.val().get_bits::<2>(0));
        self.queue_full.next = self.queue_count.q.val().get_bit(4);
        self.finish.next = false;

        // Defaults.
        self.tx_data.next = 0.into();
        self.tx_last.next = false;
        self.tx_valid.next = false;
        self.config_access.next = false;
        self.config_register.next = self.dw2.q.val().get_bits::<10>(2);
        self.config_write_strobe.next = false;
        self.config_write_be.next = self.dw1.q.val().get_bits::<4>(0);
        self.id_strobe.next = false;
        self.id_value.next = bit_cast::<16, 13>(self.dw2.q.val().get_bits::<13>(19)) << 3;
        self.unsupported_strobe.next = false;
        self.malformed_strobe.next = false;
        self.poisoned_strobe.next = false;
        self.pop_word.next = false;

        self.completer_id.next = self.requester_id.val();
        if (!self.id_known.val()) && (self.dw0.q.val().get_bits::<5>(24) == 0x04) {
            self.completer_id.next = bit_cast::<16, 13>(self.dw2.q.val().get_bits::<13>(19)) << 3;
        }

        // What the request is.
        self.is_config.next = (self.dw0.q.val().get_bits::<5>(24) == 0x04)
            && (!self.dw2.q.val().get_bits::<3>(16).any());
        self.is_memory_read.next =
            (self.dw0.q.val().get_bits::<5>(24) == 0x00) && (!self.dw0.q.val().get_bit(30));
        self.is_locked_read.next = self.dw0.q.val().get_bits::<5>(24) == 0x01;
        self.target.next = self.dw2.q.val();
        self.high_is_zero.next = true;
        if self.dw0.q.val().get_bit(29) {
            self.target.next = self.dw3.q.val();
            self.high_is_zero.next = !self.dw2.q.val().any();
        }
        self.in_bar0.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && ((self.target.val() & self.bar0_mask.val()) == self.bar0_base.val());
        self.in_bar2.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && (self.target.val().get_bits::<16>(16) == self.bar2_base.val().get_bits::<16>(16));
        self.length.next = bit_cast::<11, 10>(self.dw0.q.val().get_bits::<10>(0));
        if self.dw0.q.val().get_bits::<10>(0) == 0 {
            self.length.next = 1024.into();
        }
        self.end_in_page.next = bit_cast::<12, 10>(self.target.val().get_bits::<10>(2))
            + bit_cast::<12, 11>(self.length.val());
        self.crosses_page.next = (self.is_memory_read.val() || self.is_locked_read.val())
            && (self.end_in_page.val() > 1024);

        // Bytes: from the first enabled byte to the last enabled one. With one DW, its own enables
        // say both; no enabled byte at all (a flush) counts as one byte.
        self.first_be.next = self.dw1.q.val().get_bits::<4>(0);
        self.last_be.next = self.dw1.q.val().get_bits::<4>(4);
        if self.length.val() == 1 {
            self.last_be.next = self.dw1.q.val().get_bits::<4>(0);
        }
        self.head_bytes.next = 0.into();
        if self.first_be.val().get_bit(0) {
            self.head_bytes.next = 0.into();
        } else if self.first_be.val().get_bit(1) {
            self.head_bytes.next = 1.into();
        } else if self.first_be.val().get_bit(2) {
            self.head_bytes.next = 2.into();
        } else if self.first_be.val().get_bit(3) {
            self.head_bytes.next = 3.into();
        }
        self.tail_bytes.next = 3.into();
        if self.last_be.val().get_bit(3) {
            self.tail_bytes.next = 0.into();
        } else if self.last_be.val().get_bit(2) {
            self.tail_bytes.next = 1.into();
        } else if self.last_be.val().get_bit(1) {
            self.tail_bytes.next = 2.into();
        }
        self.total_bytes.next = (bit_cast::<13, 11>(self.length.val()) << 2)
            - self.head_bytes.val()
            - self.tail_bytes.val();
        self.bar0_offset.next = self.target.val() & (!self.bar0_mask.val());
        // 64-bit words touched: (low DW odd + length + 1) / 2
        self.words.next =
            self.length.val() + bit_cast::<11, 1>(self.target.val().get_bits::<1>(2)) + 1;

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
        self.read_valid.next = self.words_left.q.val().any() && (self.words_out.q.val() < 15);
        self.read_address.next = self.next_word.q.val();
        self.issue.next = self.read_valid.val() && self.read_ready.val();
        if self.issue.val() {
            self.words_left.d.next = self.words_left.q.val() - 1;
            self.next_word.d.next = self.next_word.q.val() + 1;
        }
        self.buffer_lo.write_address.next = self.buffer_in.q.val();
        self.buffer_hi.write_address.next = self.buffer_in.q.val();
        self.buffer_lo.write_data.next = self.rdata_lo.val();
        self.buffer_hi.write_data.next = self.rdata_hi.val();
        self.buffer_lo.write_enable.next = self.rvalid.val();
        self.buffer_hi.write_enable.next = self.rvalid.val();
        if self.rvalid.val() {
            self.buffer_in.d.next = self.buffer_in.q.val() + 1;
        }
        // a word may be read one clock after it was written
        self.buffer_seen.d.next = self.buffer_in.q.val();

        // Register reads, one DW at a time.
        self.bus_hold.next = self.hold.q.val();
        self.bus_address.next = self.bus_next.q.val();
        self.config_access.next = self.state.q.val() == CompleterState::Configuration;
        self.word_half.next = self.buffer_lo.read_data.val();
        if self.address.q.val().get_bit(2) {
            self.word_half.next = self.buffer_hi.read_data.val();
        }
        self.to_swap.next = self.bus_rdata.val();
        if self.config_access.val() && self.dw0.q.val().get_bit(30) {
            self.to_swap.next = self.dw3.q.val();
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
            self.data_there.next = self.buffer_out.q.val() != self.buffer_seen.q.val();
        }

        match self.state.q.val() {
            CompleterState::Fetch => {
                if self.fetch_step.q.val().any() || self.queue_count.q.val().any() {
                    self.fetch_step.d.next = self.fetch_step.q.val() + 1;
                }
                if self.fetch_step.q.val() == 1 {
                    self.dw0.d.next = self.queue.read_data.val();
                } else if self.fetch_step.q.val() == 2 {
                    self.dw1.d.next = self.queue.read_data.val();
                } else if self.fetch_step.q.val() == 3 {
                    self.dw2.d.next = self.queue.read_data.val();
                } else if self.fetch_step.q.val() == 4 {
                    self.dw3.d.next = self.queue.read_data.val();
                    self.fetch_step.d.next = 0.into();
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
                if self.is_memory_read.val() || self.is_locked_read.val() {
                    self.byte_count.d.next = self.total_bytes.val();
                    self.byte_offset.d.next = self.head_bytes.val().get_bits::<2>(0);
                    self.address.d.next = self.target.val();
                }
                // A configuration write to any function carries our bus and device number.
                self.id_strobe.next = (self.dw0.q.val().get_bits::<5>(24) == 0x04)
                    && self.dw0.q.val().get_bit(30)
                    && (!self.dw0.q.val().get_bit(14));
                if self.crosses_page.val() {
                    self.malformed_strobe.next = true;
                    self.finish.next = true;
                    self.state.d.next = CompleterState::Fetch;
                } else if self.dw0.q.val().get_bit(30) && self.dw0.q.val().get_bit(14) {
                    self.poisoned_strobe.next = true;
                    self.unsupported_strobe.next = true;
                    self.refuse.d.next = true;
                } else if self.is_config.val() {
                    self.with_data.d.next = !self.dw0.q.val().get_bit(30);
                    self.state.d.next = CompleterState::Configuration;
                } else if self.is_memory_read.val() && self.in_bar0.val() {
                    self.with_data.d.next = true;
                    self.from_memory.d.next = true;
                    self.request_left.d.next = self.length.val();
                    self.words_left.d.next = self.words.val().get_bits::<10>(1);
                    self.next_word.d.next = self.bar0_offset.val().get_bits::<24>(3);
                } else if self.is_memory_read.val() && self.in_bar2.val() {
                    self.with_data.d.next = true;
                    self.request_left.d.next = self.length.val();
                    self.bus_left.d.next = self.length.val();
                    self.bus_next.d.next =
                        bit_cast::<16, 14>(self.target.val().get_bits::<14>(2)) << 2;
                } else {
                    self.unsupported_strobe.next = true;
                    self.refuse.d.next = true;
                }
            }
            CompleterState::Configuration => {
                self.config_write_strobe.next = self.dw0.q.val().get_bit(30);
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
                        | (self.dw0.q.val() & 0x0070_3000)
                        | bit_cast::<32, 11>(self.part_left.q.val());
                } else if self.is_locked_read.val() {
                    self.tx_data.next = 0x0B00_0000 | (self.dw0.q.val() & 0x0070_3000);
                } else {
                    self.tx_data.next = 0x0A00_0000 | (self.dw0.q.val() & 0x0070_3000);
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
                self.tx_data.next = (bit_cast::<32, 24>(self.dw1.q.val().get_bits::<24>(8)) << 8)
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

        // Buffer's read side: the word after the one that leaves.
        self.buffer_lo.read_address.next = self.buffer_out.q.val();
        self.buffer_hi.read_address.next = self.buffer_out.q.val();
        if self.pop_word.val() {
            self.buffer_lo.read_address.next = self.buffer_out.q.val() + 1;
            self.buffer_hi.read_address.next = self.buffer_out.q.val() + 1;
            self.buffer_out.d.next = self.buffer_out.q.val() + 1;
        }
        if self.issue.val() && (!self.pop_word.val()) {
            self.words_out.d.next = self.words_out.q.val() + 1;
        } else if self.pop_word.val() && (!self.issue.val()) {
            self.words_out.d.next = self.words_out.q.val() - 1;
        }

        // Queue pointers.
        self.request_done.next = self.finish.val();
        self.request_had_data.next = self.dw0.q.val().get_bit(30);
        if self.queue_commit.val() {
            self.queue_tail.d.next = self.queue_tail.q.val() + 1;
        }
        if self.finish.val() {
            self.queue_head.d.next = self.queue_head.q.val() + 1;
        }
        if self.queue_commit.val() && (!self.finish.val()) {
            self.queue_count.d.next = self.queue_count.q.val() + 1;
        } else if self.finish.val() && (!self.queue_commit.val()) {
            self.queue_count.d.next = self.queue_count.q.val() - 1;
        }

        if self.reset.val() {
            self.state.d.next = CompleterState::Fetch;
            self.fetch_step.d.next = 0.into();
            self.queue_tail.d.next = 0.into();
            self.queue_head.d.next = 0.into();
            self.queue_count.d.next = 0.into();
            self.single_valid.d.next = false;
            self.hold.d.next = false;
            self.bus_left.d.next = 0.into();
            self.words_left.d.next = 0.into();
            self.words_out.d.next = 0.into();
            self.buffer_in.d.next = 0.into();
            self.buffer_seen.d.next = 0.into();
            self.buffer_out.d.next = 0.into();
        }
    }
}

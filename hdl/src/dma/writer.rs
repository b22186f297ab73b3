//! Writer: card memory to posted memory writes (card to host).
//!
//! Purpose: fetches the words of a chunk from card memory, rotates the bytes to host alignment and
//! sends one MWr32/MWr64 a chunk. A write starts only when all of its words are here, so it never
//! pauses on the stream and an abort never truncates it. Clock domain: `sys`.
//! TLP DWs have their first wire byte in bits 31:24.
//! Throughput: payload DWs + 4 clocks a TLP (5 with a 64-bit address); fetching runs ahead by up to
//! 256 words and 16 chunks. Chunks of at most 512 bytes.
//! Disabled byte lanes of the first and last DW carry neighbouring card bytes; receivers ignore them.
//! Not supported: payloads past 512 bytes, relaxed ordering, no-snoop.
//! Source: PCI Express Base Specification 1.1, sections 2.2.2, 2.2.5 and 2.2.7.

use super::fetch::Fetch;
use crate::mem::SyncRam;
use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum SendState {
    Idle,
    Head0,
    Head1,
    AddressHi,
    AddressLo,
    Payload,
}

/// Memory-write requester.
#[derive(LogicBlock, Default)]
pub struct Writer {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Our requester id: bus, device, function.
    pub requester_id: Signal<In, Bits<16>>,

    /// New chunks are taken and new writes may start.
    pub allow: Signal<In, Bit>,
    /// The link has credits for a write: new writes may start.
    pub credit: Signal<In, Bit>,
    /// Level: forget everything that was not started.
    pub drop: Signal<In, Bit>,

    /// A chunk is offered.
    pub chunk_valid: Signal<In, Bit>,
    /// The chunk is taken in this clock.
    pub chunk_ready: Signal<Out, Bit>,
    /// Bus address of the chunk, low half.
    pub chunk_host_lo: Signal<In, Bits<32>>,
    /// Bus address of the chunk, high half.
    pub chunk_host_hi: Signal<In, Bits<32>>,
    /// Card address of the chunk.
    pub chunk_card: Signal<In, Bits<32>>,
    /// Bytes in the chunk, 1..=512.
    pub chunk_bytes: Signal<In, Bits<13>>,
    /// Length field of the write.
    pub chunk_dws: Signal<In, Bits<10>>,
    /// Byte enables of the write, last DW in bits 7:4.
    pub chunk_be: Signal<In, Bits<8>>,

    /// A word of card memory is wanted.
    pub mem_valid: Signal<Out, Bit>,
    /// The read command is taken in this clock.
    pub mem_ready: Signal<In, Bit>,
    /// 64-bit word index.
    pub mem_address: Signal<Out, Bits<24>>,
    /// A word is here; in command order.
    pub mem_rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3, byte 0 in bits 7:0.
    pub mem_rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7.
    pub mem_rdata_hi: Signal<In, Bits<32>>,

    /// A DW is offered; never withdrawn.
    pub tx_valid: Signal<Out, Bit>,
    /// The DW moves in this clock.
    pub tx_ready: Signal<In, Bit>,
    /// Last DW of the write.
    pub tx_last: Signal<Out, Bit>,
    /// The DW.
    pub tx_data: Signal<Out, Bits<32>>,

    /// Nothing is fetched, queued or being sent.
    pub idle: Signal<Out, Bit>,
    /// A DW moved in this clock.
    pub progress: Signal<Out, Bit>,
    /// A write started in this clock.
    pub request_strobe: Signal<Out, Bit>,
    /// Payload bytes delivered in this clock: those of a write whose last DW moved.
    pub bytes: Signal<Out, Bits<10>>,

    fetch: Fetch,
    // Chunks fetched or being fetched.
    queue_lo: SyncRam<32, 4>,
    queue_hi: SyncRam<32, 4>,
    queue_shape: SyncRam<31, 4>,
    chunk_write: DFF<Bits<5>>,
    chunk_seen: DFF<Bits<5>>,
    chunk_read: DFF<Bits<5>>,
    // The write being sent.
    send: DFF<SendState>,
    send_lo: DFF<Bits<32>>,
    send_hi: DFF<Bits<32>>,
    send_shape: DFF<Bits<31>>,
    dws_left: DFF<Bits<10>>,
    words_left: DFF<Bits<7>>,
    window: DFF<Bits<3>>,
    word_lo: DFF<Bits<32>>,
    word_hi: DFF<Bits<32>>,
    // The DW on the stream.
    out_valid: DFF<Bit>,
    out_last: DFF<Bit>,
    out_data: DFF<Bits<32>>,
    out_bytes: DFF<Bits<10>>,

    take_chunk: Signal<Local, Bit>,
    pop: Signal<Local, Bit>,
    chunk_head: Signal<Local, Bits<5>>,
    chunk_level: Signal<Local, Bits<5>>,
    head_words: Signal<Local, Bits<10>>,
    head_lane: Signal<Local, Bits<4>>,
    head_start: Signal<Local, Bits<4>>,
    start: Signal<Local, Bit>,
    room: Signal<Local, Bit>,
    first_dw: Signal<Local, Bits<32>>,
    second_dw: Signal<Local, Bits<32>>,
    payload: Signal<Local, Bits<32>>,
    full_chunks: Const<5, { CHUNKS }>,
    seven_10: Const<10, 7>,
    one_dw: Const<10, 1>,
    lane_1: Const<2, 1>,
    lane_2: Const<2, 2>,
    lane_3: Const<2, 3>,
    fmt_3dw: Const<32, { MWR32 }>,
    fmt_4dw: Const<32, { MWR64 }>,
}

/// Chunks of read-ahead.
const CHUNKS: u64 = 16;
/// DW 0 of a memory write with a 32-bit address, length zero.
const MWR32: u64 = 0x4000_0000;
/// DW 0 of a memory write with a 64-bit address, length zero.
const MWR64: u64 = 0x6000_0000;

impl Logic for Writer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            chunk_write,
            chunk_seen,
            chunk_read,
            send,
            send_lo,
            send_hi,
            send_shape,
            dws_left,
            words_left,
            window,
            word_lo,
            word_hi,
            out_valid,
            out_last,
            out_data,
            out_bytes
        );
        self.fetch.clock.next = self.clock.val();
        self.fetch.reset.next = self.reset.val();
        self.queue_lo.clock.next = self.clock.val();
        self.queue_hi.clock.next = self.clock.val();
        self.queue_shape.clock.next = self.clock.val();

        // Take a chunk: queue its description, fetch its words.
        self.chunk_level.next = self.chunk_write.q.val() - self.chunk_read.q.val();
        self.take_chunk.next = self.allow.val()
            & self.chunk_valid.val()
            & !self.fetch.busy.val()
            & (self.chunk_level.val() < self.full_chunks.val());
        self.chunk_ready.next = self.take_chunk.val();
        self.queue_lo.write_enable.next = self.take_chunk.val();
        self.queue_hi.write_enable.next = self.take_chunk.val();
        self.queue_shape.write_enable.next = self.take_chunk.val();
        self.queue_lo.write_address.next = self.chunk_write.q.val().get_bits::<4>(0);
        self.queue_hi.write_address.next = self.chunk_write.q.val().get_bits::<4>(0);
        self.queue_shape.write_address.next = self.chunk_write.q.val().get_bits::<4>(0);
        self.queue_lo.write_data.next = self.chunk_host_lo.val();
        self.queue_hi.write_data.next = self.chunk_host_hi.val();
        // Shape: bytes 9:0, DWs 19:10, byte enables 27:20, card address 30:28.
        self.queue_shape.write_data.next = bit_cast::<31, 13>(self.chunk_bytes.val())
            | (bit_cast::<31, 10>(self.chunk_dws.val()) << 10)
            | (bit_cast::<31, 8>(self.chunk_be.val()) << 20)
            | (bit_cast::<31, 3>(self.chunk_card.val().get_bits::<3>(0)) << 28);
        if self.take_chunk.val() {
            self.chunk_write.d.next = self.chunk_write.q.val() + 1;
        }
        self.fetch.take_strobe.next = self.take_chunk.val();
        self.fetch.card.next = self.chunk_card.val();
        self.fetch.bytes.next = self.chunk_bytes.val();
        self.fetch.drop.next = self.drop.val();
        self.mem_valid.next = self.fetch.mem_valid.val();
        self.mem_address.next = self.fetch.mem_address.val();
        self.fetch.mem_ready.next = self.mem_ready.val();
        self.fetch.mem_rvalid.next = self.mem_rvalid.val();
        self.fetch.mem_rdata_lo.next = self.mem_rdata_lo.val();
        self.fetch.mem_rdata_hi.next = self.mem_rdata_hi.val();
        self.chunk_seen.d.next = self.chunk_write.q.val();

        // Start a write when the oldest chunk's words are all here. The payload window begins
        // `head_start` bytes after the first word, or (negative) in the word before it.
        self.head_lane.next = bit_cast::<4, 3>(self.queue_shape.read_data.val().get_bits::<3>(28));
        self.head_start.next =
            self.head_lane.val() - bit_cast::<4, 2>(self.queue_lo.read_data.val().get_bits::<2>(0));
        self.head_words.next = self.queue_shape.read_data.val().get_bits::<10>(0)
            + bit_cast::<10, 4>(self.head_lane.val())
            + self.seven_10.val();
        self.room.next = !self.out_valid.q.val() | self.tx_ready.val();
        self.start.next = self.allow.val()
            & self.credit.val()
            & (self.send.q.val() == SendState::Idle)
            & (self.chunk_seen.q.val() != self.chunk_read.q.val())
            & (self.fetch.words.val() >= bit_cast::<9, 7>(self.head_words.val().get_bits::<7>(3)));
        self.request_strobe.next = self.start.val();

        // Payload: 4 bytes at `window` in the held word and the one at the queue's head.
        self.first_dw.next = self.word_lo.q.val();
        self.second_dw.next = self.word_hi.q.val();
        if self.window.q.val().get_bit(2) {
            self.first_dw.next = self.word_hi.q.val();
            self.second_dw.next = self.fetch.head_lo.val();
        }
        self.payload.next = self.first_dw.val();
        if self.window.q.val().get_bits::<2>(0) == self.lane_1.val() {
            self.payload.next = (self.first_dw.val() >> 8) | (self.second_dw.val() << 24);
        } else if self.window.q.val().get_bits::<2>(0) == self.lane_2.val() {
            self.payload.next = (self.first_dw.val() >> 16) | (self.second_dw.val() << 16);
        } else if self.window.q.val().get_bits::<2>(0) == self.lane_3.val() {
            self.payload.next = (self.first_dw.val() >> 24) | (self.second_dw.val() << 8);
        }

        self.pop.next = false;
        if self.tx_ready.val() {
            self.out_valid.d.next = false;
        }
        match self.send.q.val() {
            SendState::Idle => {
                if self.start.val() {
                    self.send_lo.d.next = self.queue_lo.read_data.val();
                    self.send_hi.d.next = self.queue_hi.read_data.val();
                    self.send_shape.d.next = self.queue_shape.read_data.val();
                    self.dws_left.d.next = self.queue_shape.read_data.val().get_bits::<10>(10);
                    self.words_left.d.next = self.head_words.val().get_bits::<7>(3);
                    self.window.d.next = self.head_start.val().get_bits::<3>(0);
                    if !self.head_start.val().get_bit(3) {
                        self.pop.next = true;
                        self.words_left.d.next = self.head_words.val().get_bits::<7>(3) - 1;
                    }
                    self.send.d.next = SendState::Head0;
                }
            }
            SendState::Head0 => {
                if self.room.val() {
                    self.out_valid.d.next = true;
                    self.out_last.d.next = false;
                    self.out_data.d.next =
                        bit_cast::<32, 10>(self.dws_left.q.val()) | self.fmt_3dw.val();
                    if self.send_hi.q.val().any() {
                        self.out_data.d.next =
                            bit_cast::<32, 10>(self.dws_left.q.val()) | self.fmt_4dw.val();
                    }
                    self.send.d.next = SendState::Head1;
                }
            }
            SendState::Head1 => {
                if self.room.val() {
                    self.out_valid.d.next = true;
                    self.out_data.d.next = (bit_cast::<32, 16>(self.requester_id.val()) << 16)
                        | bit_cast::<32, 8>(self.send_shape.q.val().get_bits::<8>(20));
                    self.send.d.next = SendState::AddressLo;
                    if self.send_hi.q.val().any() {
                        self.send.d.next = SendState::AddressHi;
                    }
                }
            }
            SendState::AddressHi => {
                if self.room.val() {
                    self.out_valid.d.next = true;
                    self.out_data.d.next = self.send_hi.q.val();
                    self.send.d.next = SendState::AddressLo;
                }
            }
            SendState::AddressLo => {
                if self.room.val() {
                    self.out_valid.d.next = true;
                    self.out_data.d.next = (self.send_lo.q.val() >> 2) << 2;
                    self.send.d.next = SendState::Payload;
                }
            }
            SendState::Payload => {
                if self.room.val() {
                    self.out_valid.d.next = true;
                    self.out_data.d.next = (bit_cast::<32, 8>(self.payload.val().get_bits::<8>(0))
                        << 24)
                        | (bit_cast::<32, 8>(self.payload.val().get_bits::<8>(8)) << 16)
                        | (bit_cast::<32, 8>(self.payload.val().get_bits::<8>(16)) << 8)
                        | bit_cast::<32, 8>(self.payload.val().get_bits::<8>(24));
                    self.dws_left.d.next = self.dws_left.q.val() - 1;
                    self.window.d.next = self.window.q.val() + 4;
                    self.pop.next = self.window.q.val().get_bit(2) & self.words_left.q.val().any();
                    if self.dws_left.q.val() == self.one_dw.val() {
                        self.out_last.d.next = true;
                        self.out_bytes.d.next = self.send_shape.q.val().get_bits::<10>(0);
                        self.pop.next = self.words_left.q.val().any();
                        self.send.d.next = SendState::Idle;
                    }
                    if self.pop.val() {
                        self.words_left.d.next = self.words_left.q.val() - 1;
                    }
                }
            }
            _ => {
                self.send.d.next = SendState::Idle;
            }
        }

        // The oldest word moves into the window, the oldest chunk into the request.
        self.fetch.pop.next = self.pop.val();
        if self.pop.val() {
            self.word_lo.d.next = self.fetch.head_lo.val();
            self.word_hi.d.next = self.fetch.head_hi.val();
        }
        self.chunk_head.next = self.chunk_read.q.val();
        if self.start.val() {
            self.chunk_head.next = self.chunk_read.q.val() + 1;
        }
        self.chunk_read.d.next = self.chunk_head.val();
        self.queue_lo.read_address.next = self.chunk_head.val().get_bits::<4>(0);
        self.queue_hi.read_address.next = self.chunk_head.val().get_bits::<4>(0);
        self.queue_shape.read_address.next = self.chunk_head.val().get_bits::<4>(0);

        self.tx_valid.next = self.out_valid.q.val();
        self.tx_last.next = self.out_last.q.val();
        self.tx_data.next = self.out_data.q.val();
        self.progress.next = self.out_valid.q.val() & self.tx_ready.val();
        self.bytes.next = 0.into();
        if self.out_valid.q.val() & self.out_last.q.val() & self.tx_ready.val() {
            self.bytes.next = self.out_bytes.q.val();
        }
        self.idle.next = self.fetch.quiet.val()
            & (self.send.q.val() == SendState::Idle)
            & !self.out_valid.q.val()
            & !self.chunk_level.val().any();

        // Forget what was fetched, once nothing more comes.
        self.fetch.forget_strobe.next = false;
        if self.drop.val() & self.fetch.quiet.val() & (self.send.q.val() == SendState::Idle) {
            self.fetch.forget_strobe.next = true;
            self.chunk_write.d.next = 0.into();
            self.chunk_seen.d.next = 0.into();
            self.chunk_read.d.next = 0.into();
        }

        if self.reset.val() {
            self.chunk_write.d.next = 0.into();
            self.chunk_seen.d.next = 0.into();
            self.chunk_read.d.next = 0.into();
            self.send.d.next = SendState::Idle;
            self.out_valid.d.next = false;
        }
    }
}

//! Table walker: turns one transfer into chunks that each fit a single request.
//!
//! Purpose: walks the elements of a table and emits chunks for {offset, bytes a row, rows, host gap,
//! card address, card pitch}. A chunk lies in one row and one element; [`super::chunk`] cuts it so that
//! it crosses no 4 KiB boundary and exceeds neither MPS (largest payload) nor MRRS (largest read
//! request). Clock domain: `sys`. Throughput: one chunk in 3 clocks, one element skipped a clock while
//! seeking. Byte granular, 64-bit bus addresses; elements of length zero are skipped.
//!
//! Invariant: every byte of an emitted chunk lies in an element that was read at an index in
//! `first .. first + count`: `address` and `element_left` come from the element port only, and a
//! chunk takes at most `element_left` bytes.
//! Not supported: rows that run backwards, pitches past 4 GiB.
#![expect(
    clippy::collapsible_match,
    reason = "match guards have no form in generated Verilog"
)]

use super::chunk::Chunk;
use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum WalkState {
    Idle,
    Fetch,
    Seek,
    Limit,
    Clip,
    Emit,
    Done,
    Fault,
}

/// The walker.
#[derive(LogicBlock, Default)]
pub struct Walker {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Takes over the parameters below; one clock, while idle.
    pub load_strobe: Signal<In, Bit>,
    /// First byte within the table.
    pub offset: Signal<In, Bits<32>>,
    /// Bytes in a row.
    pub length: Signal<In, Bits<32>>,
    /// Rows.
    pub rows: Signal<In, Bits<16>>,
    /// Table bytes from row to row.
    pub host_pitch: Signal<In, Bits<32>>,
    /// First byte in card memory.
    pub card_address: Signal<In, Bits<32>>,
    /// Card bytes from row to row.
    pub card_pitch: Signal<In, Bits<32>>,

    /// Begins the walk; one clock, after `load_strobe`.
    pub start_strobe: Signal<In, Bit>,
    /// First element of the table.
    pub first: Signal<In, Bits<11>>,
    /// Elements in the table.
    pub count: Signal<In, Bits<12>>,
    /// Level: return to idle and forget the walk.
    pub stop: Signal<In, Bit>,
    /// Chunks end at multiples of `128 << block_code` bytes; 0..=5.
    pub block_code: Signal<In, Bits<3>>,

    /// The walker owns the element read port.
    pub active: Signal<Out, Bit>,
    /// Element wanted one clock later.
    pub element_idx: Signal<Out, Bits<11>>,
    /// Bus address of the element, low half.
    pub element_address_lo: Signal<In, Bits<32>>,
    /// Bus address of the element, high half.
    pub element_address_hi: Signal<In, Bits<32>>,
    /// Bytes in the element.
    pub element_length: Signal<In, Bits<32>>,

    /// A chunk is offered; withdrawn only by `stop`.
    pub chunk_valid: Signal<Out, Bit>,
    /// The chunk is taken in this clock.
    pub chunk_ready: Signal<In, Bit>,
    /// Bus address of the chunk's first byte, low half.
    pub chunk_host_lo: Signal<Out, Bits<32>>,
    /// Bus address, high half.
    pub chunk_host_hi: Signal<Out, Bits<32>>,
    /// Card address of the chunk's first byte.
    pub chunk_card: Signal<Out, Bits<32>>,
    /// Bytes in the chunk, 1..=4096.
    pub chunk_bytes: Signal<Out, Bits<13>>,
    /// DWs the chunk touches on the bus, 1..=1024 with 1024 as 0: a request's Length field.
    pub chunk_dws: Signal<Out, Bits<10>>,
    /// A request's byte enables: last DW in bits 7:4, first DW in bits 3:0.
    pub chunk_be: Signal<Out, Bits<8>>,

    /// Every chunk was emitted and taken.
    pub done: Signal<Out, Bit>,
    /// The table has fewer bytes than its total says; the walk stopped there.
    pub fault: Signal<Out, Bit>,
    /// Bus address of the first byte that no taken chunk holds, low half.
    pub position_lo: Signal<Out, Bits<32>>,
    /// Bus address of the first byte that no taken chunk holds, high half.
    pub position_hi: Signal<Out, Bits<32>>,

    chunk: Chunk,
    state: DFF<WalkState>,
    // Parameters kept for the following rows.
    row_bytes: DFF<Bits<32>>,
    gap: DFF<Bits<32>>,
    pitch: DFF<Bits<32>>,
    rows_left: DFF<Bits<16>>,
    // Position in the table and in card memory.
    next_element: DFF<Bits<11>>,
    elements_left: DFF<Bits<12>>,
    address_lo: DFF<Bits<32>>,
    address_hi: DFF<Bits<32>>,
    element_left: DFF<Bits<32>>,
    skip: DFF<Bits<32>>,
    row_left: DFF<Bits<32>>,
    card_row: DFF<Bits<32>>,
    card: DFF<Bits<32>>,
    limit: DFF<Bits<32>>,
    bytes: DFF<Bits<13>>,
    // The offered chunk.
    out_valid: DFF<Bit>,
    out_lo: DFF<Bits<32>>,
    out_hi: DFF<Bits<32>>,
    out_card: DFF<Bits<32>>,
    out_bytes: DFF<Bits<13>>,
    out_dws: DFF<Bits<10>>,
    out_be: DFF<Bits<8>>,

    advanced: Signal<Local, Bits<32>>,
    advance_by: Signal<Local, Bits<32>>,
    next_row: Signal<Local, Bits<32>>,
    take_element: Signal<Local, Bit>,
    one_row: Const<16, 1>,
}

impl Logic for Walker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            row_bytes,
            gap,
            pitch,
            rows_left,
            next_element,
            elements_left,
            address_lo,
            address_hi,
            element_left,
            skip,
            row_left,
            card_row,
            card,
            limit,
            bytes,
            out_valid,
            out_lo,
            out_hi,
            out_card,
            out_bytes,
            out_dws,
            out_be
        );

        // Position arithmetic: seeking skips bytes, emitting consumes the chunk's bytes.
        self.advance_by.next = bit_cast::<32, 13>(self.bytes.q.val());
        if self.state.q.val() == WalkState::Seek {
            self.advance_by.next = self.skip.q.val();
        }
        self.advanced.next = self.address_lo.q.val() + self.advance_by.val();
        self.next_row.next = self.card_row.q.val() + self.pitch.q.val();
        self.take_element.next = (self.state.q.val() == WalkState::Seek)
            & (self.element_left.q.val() <= self.skip.q.val());

        self.chunk.address.next = bit_cast::<12, 32>(self.address_lo.q.val());
        self.chunk.available.next = self.limit.q.val();
        self.chunk.code.next = self.block_code.val();
        self.chunk.bytes.next = self.bytes.q.val();

        // Element port: the element after the current one is always on the RAM's output.
        self.element_idx.next = self.next_element.q.val();
        if self.take_element.val() {
            self.element_idx.next = self.next_element.q.val() + 1;
        }

        if self.chunk_ready.val() {
            self.out_valid.d.next = false;
        }

        match self.state.q.val() {
            WalkState::Idle => {
                if self.load_strobe.val() {
                    self.row_bytes.d.next = self.length.val();
                    self.row_left.d.next = self.length.val();
                    self.gap.d.next = self.host_pitch.val() - self.length.val();
                    self.pitch.d.next = self.card_pitch.val();
                    self.rows_left.d.next = self.rows.val();
                    self.skip.d.next = self.offset.val();
                    self.card_row.d.next = self.card_address.val();
                    self.card.d.next = self.card_address.val();
                    self.address_lo.d.next = 0.into();
                    self.address_hi.d.next = 0.into();
                    self.element_left.d.next = 0.into();
                }
                if self.start_strobe.val() {
                    self.next_element.d.next = self.first.val();
                    self.elements_left.d.next = self.count.val();
                    self.state.d.next = WalkState::Fetch;
                }
            }
            WalkState::Fetch => {
                self.state.d.next = WalkState::Seek;
            }
            WalkState::Seek => {
                if self.take_element.val() {
                    self.skip.d.next = self.skip.q.val() - self.element_left.q.val();
                    if self.elements_left.q.val().any() {
                        self.elements_left.d.next = self.elements_left.q.val() - 1;
                        self.next_element.d.next = self.next_element.q.val() + 1;
                        self.address_lo.d.next = self.element_address_lo.val();
                        self.address_hi.d.next = self.element_address_hi.val();
                        self.element_left.d.next = self.element_length.val();
                    } else {
                        self.state.d.next = WalkState::Fault;
                    }
                } else {
                    self.address_lo.d.next = self.advanced.val();
                    if self.advanced.val() < self.address_lo.q.val() {
                        self.address_hi.d.next = self.address_hi.q.val() + 1;
                    }
                    self.element_left.d.next = self.element_left.q.val() - self.skip.q.val();
                    self.skip.d.next = 0.into();
                    self.state.d.next = WalkState::Limit;
                }
            }
            WalkState::Limit => {
                self.limit.d.next = self.row_left.q.val();
                if self.element_left.q.val() < self.row_left.q.val() {
                    self.limit.d.next = self.element_left.q.val();
                }
                self.state.d.next = WalkState::Clip;
            }
            WalkState::Clip => {
                self.bytes.d.next = self.chunk.clipped.val();
                self.state.d.next = WalkState::Emit;
            }
            WalkState::Emit => {
                if !self.out_valid.q.val() | self.chunk_ready.val() {
                    self.out_valid.d.next = true;
                    self.out_lo.d.next = self.address_lo.q.val();
                    self.out_hi.d.next = self.address_hi.q.val();
                    self.out_card.d.next = self.card.q.val();
                    self.out_bytes.d.next = self.bytes.q.val();
                    self.out_dws.d.next = self.chunk.dws.val();
                    self.out_be.d.next = self.chunk.be.val();
                    self.address_lo.d.next = self.advanced.val();
                    if self.advanced.val() < self.address_lo.q.val() {
                        self.address_hi.d.next = self.address_hi.q.val() + 1;
                    }
                    self.element_left.d.next = self.element_left.q.val() - self.advance_by.val();
                    self.row_left.d.next = self.row_left.q.val() - self.advance_by.val();
                    self.card.d.next = self.card.q.val() + self.advance_by.val();
                    if self.row_left.q.val() == self.advance_by.val() {
                        self.rows_left.d.next = self.rows_left.q.val() - 1;
                        self.row_left.d.next = self.row_bytes.q.val();
                        self.card_row.d.next = self.next_row.val();
                        self.card.d.next = self.next_row.val();
                        self.skip.d.next = self.gap.q.val();
                        self.state.d.next = WalkState::Seek;
                        if self.rows_left.q.val() == self.one_row.val() {
                            self.state.d.next = WalkState::Done;
                        }
                    } else if self.element_left.q.val() == self.advance_by.val() {
                        self.state.d.next = WalkState::Seek;
                    } else {
                        self.state.d.next = WalkState::Limit;
                    }
                }
            }
            // Done and Fault wait for `stop`, which the engine holds whenever no transfer runs.
            _ => {}
        }

        if self.stop.val() | self.reset.val() {
            self.state.d.next = WalkState::Idle;
            self.out_valid.d.next = false;
        }

        self.active.next = !(self.state.q.val() == WalkState::Idle);
        self.chunk_valid.next = self.out_valid.q.val();
        self.chunk_host_lo.next = self.out_lo.q.val();
        self.chunk_host_hi.next = self.out_hi.q.val();
        self.chunk_card.next = self.out_card.q.val();
        self.chunk_bytes.next = self.out_bytes.q.val();
        self.chunk_dws.next = self.out_dws.q.val();
        self.chunk_be.next = self.out_be.q.val();
        self.done.next = (self.state.q.val() == WalkState::Done) & !self.out_valid.q.val();
        self.fault.next = (self.state.q.val() == WalkState::Fault) & !self.out_valid.q.val();
        self.position_lo.next = self.address_lo.q.val();
        self.position_hi.next = self.address_hi.q.val();
        if self.out_valid.q.val() {
            self.position_lo.next = self.out_lo.q.val();
            self.position_hi.next = self.out_hi.q.val();
        }
    }
}

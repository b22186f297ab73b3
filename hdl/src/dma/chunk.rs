//! Chunk arithmetic: how many bytes the next request takes, and its Length and byte enables.
//!
//! Purpose: the one place where the limits of a request are made. Combinational, no state.
//! Clock domain: `sys`. Properties, for every input with `code` in 0..=5 and `available` at least 1:
//! - `clipped` is at least 1 and at most `available`;
//! - `address .. address + clipped` crosses no multiple of `128 << code` bytes, so no 4 KiB boundary,
//!   and a request for it has at most `32 << code` DWs;
//! - for `bytes` = `clipped`: `dws` is the number of DWs touched (1024 as 0), the first enable in `be`
//!   is that of the first byte, the last that of the last byte, and enables have no gap.
//!
//! Source: PCI Express Base Specification 2.0, sections 2.2.5 and 2.2.7.

use crate::prelude::*;

/// Request limits.
#[derive(LogicBlock, Default)]
pub struct Chunk {
    /// Low bits of the bus address of the next byte.
    pub address: Signal<In, Bits<12>>,
    /// Bytes that follow it in its row and its element.
    pub available: Signal<In, Bits<32>>,
    /// Requests end at multiples of `128 << code` bytes; 0..=5.
    pub code: Signal<In, Bits<3>>,
    /// Bytes the next request takes, 1..=4096.
    pub clipped: Signal<Out, Bits<13>>,

    /// Bytes of the request whose shape is asked for; at the same `address`.
    pub bytes: Signal<In, Bits<13>>,
    /// Its Length field: DWs touched, 1024 as 0.
    pub dws: Signal<Out, Bits<10>>,
    /// Its byte enables: last DW in bits 7:4 (zero for a single DW), first DW in bits 3:0.
    pub be: Signal<Out, Bits<8>>,

    block_bytes: Signal<Local, Bits<13>>,
    block_offset: Signal<Local, Bits<13>>,
    block_left: Signal<Local, Bits<13>>,
    end_lane: Signal<Local, Bits<13>>,
    rounded_end: Signal<Local, Bits<13>>,
    first_be: Signal<Local, Bits<4>>,
    end_be: Signal<Local, Bits<4>>,
    smallest_block: Const<13, 128>,
    one: Const<13, 1>,
    three: Const<13, 3>,
    four: Const<13, 4>,
    all_be: Const<4, 0xF>,
    one_be: Const<4, 1>,
}

impl Logic for Chunk {
    #[hdl_gen]
    fn update(&mut self) {
        // Bytes up to the next multiple of the block size.
        self.block_bytes.next = self.smallest_block.val() << self.code.val();
        self.block_offset.next =
            bit_cast::<13, 12>(self.address.val()) & (self.block_bytes.val() - self.one.val());
        self.block_left.next = self.block_bytes.val() - self.block_offset.val();
        self.clipped.next = self.block_left.val();
        if self.available.val() < bit_cast::<32, 13>(self.block_left.val()) {
            self.clipped.next = bit_cast::<13, 32>(self.available.val());
        }

        // `end_lane` counts from the first byte of the first DW.
        self.end_lane.next =
            self.bytes.val() + bit_cast::<13, 2>(self.address.val().get_bits::<2>(0));
        self.rounded_end.next = self.end_lane.val() + self.three.val();
        self.dws.next = self.rounded_end.val().get_bits::<10>(2);
        self.first_be.next = self.all_be.val() << self.address.val().get_bits::<2>(0);
        self.end_be.next = self.all_be.val();
        if self.end_lane.val().get_bits::<2>(0).any() {
            self.end_be.next =
                (self.one_be.val() << self.end_lane.val().get_bits::<2>(0)) - self.one_be.val();
        }
        self.be.next =
            bit_cast::<8, 4>(self.first_be.val()) | (bit_cast::<8, 4>(self.end_be.val()) << 4);
        if self.end_lane.val() <= self.four.val() {
            self.be.next = bit_cast::<8, 4>(self.first_be.val() & self.end_be.val());
        }
    }
}

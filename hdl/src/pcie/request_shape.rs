//! Request shape: what a non-posted request asks for, from its header.
//!
//! Purpose: kind, window, size, first byte and number of bytes, as the completer needs them.
//! Combinational, no state. A read that enables no byte (a flush) counts as one byte.
//! Not supported: anything but configuration requests of type 0 and memory reads; those have no shape.
//!
//! Source: PCI Express Base Spec 2.0 §2.2.5, §2.2.7, table 2-21 (byte count).

use crate::prelude::*;

/// The decoder. See the module's text.
#[derive(LogicBlock, Default)]
pub struct RequestShape {
    /// Header DW0.
    pub dw0: Signal<In, Bits<32>>,
    /// Header DW1.
    pub dw1: Signal<In, Bits<32>>,
    /// Header DW2.
    pub dw2: Signal<In, Bits<32>>,
    /// Header DW3 of a 4 DW header.
    pub dw3: Signal<In, Bits<32>>,
    /// BAR accesses are answered.
    pub memory_enable: Signal<In, Bit>,
    /// Base of BAR0.
    pub bar0_base: Signal<In, Bits<32>>,
    /// Ones in the address bits that select BAR0; the others are the offset inside it.
    pub bar0_mask: Signal<In, Bits<32>>,
    /// Base of BAR2.
    pub bar2_base: Signal<In, Bits<32>>,

    /// Configuration request of type 0 for function 0.
    pub is_config: Signal<Out, Bit>,
    /// Memory read.
    pub is_memory_read: Signal<Out, Bit>,
    /// Locked memory read.
    pub is_locked_read: Signal<Out, Bit>,
    /// The address hits BAR0.
    pub in_bar0: Signal<Out, Bit>,
    /// The address hits BAR2.
    pub in_bar2: Signal<Out, Bit>,
    /// Low DW of the address.
    pub target: Signal<Out, Bits<32>>,
    /// Byte offset in BAR0.
    pub bar0_offset: Signal<Out, Bits<32>>,
    /// DWs asked for or brought, 1..=1024.
    pub length: Signal<Out, Bits<11>>,
    /// Bytes of the first DW before the first enabled one.
    pub head_bytes: Signal<Out, Bits<13>>,
    /// Bytes from the first enabled one to the last: Byte Count.
    pub total_bytes: Signal<Out, Bits<13>>,
    /// 64-bit words touched.
    pub words: Signal<Out, Bits<10>>,

    high_is_zero: Signal<Local, Bit>,
    first_be: Signal<Local, Bits<4>>,
    last_be: Signal<Local, Bits<4>>,
    tail_bytes: Signal<Local, Bits<13>>,
    double_words: Signal<Local, Bits<11>>,
}

impl Logic for RequestShape {
    #[hdl_gen]
    fn update(&mut self) {
        // What the request is.
        self.is_config.next =
            (self.dw0.val().get_bits::<5>(24) == 0x04) && (!self.dw2.val().get_bits::<3>(16).any());
        self.is_memory_read.next =
            (self.dw0.val().get_bits::<5>(24) == 0x00) && (!self.dw0.val().get_bit(30));
        self.is_locked_read.next = self.dw0.val().get_bits::<5>(24) == 0x01;
        self.target.next = self.dw2.val();
        self.high_is_zero.next = true;
        if self.dw0.val().get_bit(29) {
            self.target.next = self.dw3.val();
            self.high_is_zero.next = !self.dw2.val().any();
        }
        self.in_bar0.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && ((self.target.val() & self.bar0_mask.val()) == self.bar0_base.val());
        self.in_bar2.next = self.memory_enable.val()
            && self.high_is_zero.val()
            && (self.target.val().get_bits::<16>(16) == self.bar2_base.val().get_bits::<16>(16));
        self.length.next = bit_cast::<11, 10>(self.dw0.val().get_bits::<10>(0));
        if self.dw0.val().get_bits::<10>(0) == 0 {
            self.length.next = 1024.into();
        }

        // Bytes: from the first enabled byte to the last enabled one. With one DW, its own enables
        // say both; no enabled byte at all (a flush) counts as one byte.
        self.first_be.next = self.dw1.val().get_bits::<4>(0);
        self.last_be.next = self.dw1.val().get_bits::<4>(4);
        if self.length.val() == 1 {
            self.last_be.next = self.dw1.val().get_bits::<4>(0);
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
        self.double_words.next =
            self.length.val() + bit_cast::<11, 1>(self.target.val().get_bits::<1>(2)) + 1;
        self.words.next = self.double_words.val().get_bits::<10>(1);
    }
}

//! RAM primitives: the two shapes of memory an FPGA's block RAM offers.
//!
//! Purpose: one hand-written `hdl()` body a shape, in the form that yosys infers as block RAM,
//! with a `Vec` behind the Rust simulation (rust-hdl's own RAM widget keeps a tree map).
//! Read-during-write returns the old word (read first). Not supported: words wider than 32 bits,
//! byte enables (use one RAM a lane). Words start as zero, or as [`SyncRam::with_contents`] says.

use crate::prelude::*;
use std::fmt::Write as _;

/// Words wider than this are slow in rust-hdl's simulation; use lanes.
const MAX_WIDTH_BITS: usize = 32;

/// Simple dual-port RAM, one clock, `2^A` words of `W` bits; read latency one clock.
#[derive(LogicBlock)]
pub struct SyncRam<const W: usize, const A: usize> {
    /// Clock of both ports.
    pub clock: Signal<In, Clock>,
    /// Word index to read; sampled at the clock edge.
    pub read_address: Signal<In, Bits<A>>,
    /// The word at the `read_address` of the previous edge, before any write of that edge.
    pub read_data: Signal<Out, Bits<W>>,
    /// Word index to write.
    pub write_address: Signal<In, Bits<A>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<W>>,
    /// Writes at the clock edge when high.
    pub write_enable: Signal<In, Bit>,
    _words: Vec<u32>,
    _contents: Vec<u32>,
}

impl<const W: usize, const A: usize> Default for SyncRam<W, A> {
    fn default() -> Self {
        assert!(
            W <= MAX_WIDTH_BITS,
            "RAM lanes are at most {MAX_WIDTH_BITS} bits wide"
        );
        Self {
            clock: Signal::default(),
            read_address: Signal::default(),
            read_data: Signal::default(),
            write_address: Signal::default(),
            write_data: Signal::default(),
            write_enable: Signal::default(),
            _words: vec![0; 1 << A],
            _contents: Vec::new(),
        }
    }
}

impl<const W: usize, const A: usize> SyncRam<W, A> {
    /// A RAM whose first words start as `contents`, the rest as zero.
    ///
    /// # Panics
    /// When there are more words than the RAM holds, or one is too wide.
    #[must_use]
    pub fn with_contents(contents: &[u32]) -> Self {
        let mut ram = Self::default();
        assert!(contents.len() <= ram._words.len(), "the contents fit");
        for (word, content) in ram._words.iter_mut().zip(contents) {
            assert!(W == 32 || *content >> W == 0, "a word has {W} bits");
            *word = *content;
        }
        ram._contents = contents.to_vec();
        ram
    }
}

impl<const W: usize, const A: usize> Logic for SyncRam<W, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.read_data.next = u64::from(self._words[self.read_address.val().index()]).into();
            if self.write_enable.val() {
                self._words[self.write_address.val().index()] =
                    self.write_data.val().index() as u32;
            }
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(ram_verilog(W, A, "clock", "clock", &self._contents))
    }
}

/// Simple dual-port RAM with separate clocks, `2^A` words of `W` bits; read latency one read clock.
///
/// A word that is written while it is read in the other domain is undefined in hardware: the user
/// (an asynchronous FIFO, a palette) must not depend on it.
#[derive(LogicBlock)]
pub struct DualClockRam<const W: usize, const A: usize> {
    /// Clock of the read port.
    pub read_clock: Signal<In, Clock>,
    /// Word index to read; sampled at the read clock's edge.
    pub read_address: Signal<In, Bits<A>>,
    /// The word at the previous edge's `read_address`.
    pub read_data: Signal<Out, Bits<W>>,
    /// Clock of the write port.
    pub write_clock: Signal<In, Clock>,
    /// Word index to write.
    pub write_address: Signal<In, Bits<A>>,
    /// Word to write.
    pub write_data: Signal<In, Bits<W>>,
    /// Writes at the write clock's edge when high.
    pub write_enable: Signal<In, Bit>,
    _words: Vec<u32>,
}

impl<const W: usize, const A: usize> Default for DualClockRam<W, A> {
    fn default() -> Self {
        assert!(
            W <= MAX_WIDTH_BITS,
            "RAM lanes are at most {MAX_WIDTH_BITS} bits wide"
        );
        Self {
            read_clock: Signal::default(),
            read_address: Signal::default(),
            read_data: Signal::default(),
            write_clock: Signal::default(),
            write_address: Signal::default(),
            write_data: Signal::default(),
            write_enable: Signal::default(),
            _words: vec![0; 1 << A],
        }
    }
}

impl<const W: usize, const A: usize> Logic for DualClockRam<W, A> {
    fn update(&mut self) {
        if self.read_clock.pos_edge() {
            self.read_data.next = u64::from(self._words[self.read_address.val().index()]).into();
        }
        if self.write_clock.pos_edge() && self.write_enable.val() {
            self._words[self.write_address.val().index()] = self.write_data.val().index() as u32;
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(ram_verilog(W, A, "read_clock", "write_clock", &[]))
    }
}

/// Verilog of a simple dual-port RAM that yosys maps to block RAM.
pub(crate) fn ram_verilog(
    width: usize,
    address_bits: usize,
    read_clock: &str,
    write_clock: &str,
    contents: &[u32],
) -> String {
    let mut initial = String::new();
    for (idx, word) in contents.iter().enumerate().filter(|(_, word)| **word != 0) {
        let _ = writeln!(initial, "   words[{idx}] = {width}'h{word:x};");
    }
    format!(
        "\
reg [{msb}:0] words[{last}:0];
integer word_idx;
initial begin
   read_data = 0;
   for (word_idx = 0; word_idx <= {last}; word_idx = word_idx + 1) words[word_idx] = 0;
{initial}end
always @(posedge {read_clock}) begin
   read_data <= words[read_address];
end
always @(posedge {write_clock}) begin
   if (write_enable) words[write_address] <= write_data;
end
",
        msb = width - 1,
        last = (1usize << address_bits) - 1,
    )
}

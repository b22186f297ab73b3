//! Card memory out of block RAM, behind the same port as a DRAM controller.
//!
//! Purpose: the simulated card's memory (and that of boards without DRAM). A command is taken in
//! every clock, answers come in order after a latency that can be set while the memory is idle,
//! so that everything in front of the port is exercised with DRAM-like delays.
//! Clock domain: `sys`. Size: `8 << A` bytes. Addresses past the end wrap.
//! Latency from command to `rvalid`: `latency_cycles + 2` clocks, at least 3.

use super::ram_prim::SyncRam;
use crate::prelude::*;

/// `2^A` words of 64 bits with byte enables, one port for reads and one for writes, read first.
///
/// A primitive: hand-written Verilog in the form that yosys infers as block RAM with byte enables. With the macro
/// `LUMENPORT_HOST_MEMORY`, which only the simulated board's Verilated model defines, the words lie outside the model.
#[derive(LogicBlock)]
pub struct ByteEnableRam<const A: usize> {
    /// Clock of both ports.
    pub clock: Signal<In, Clock>,
    /// Word index for reading and writing.
    pub address: Signal<In, Bits<A>>,
    /// The word read at the previous edge: bytes 0 to 3.
    pub read_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7.
    pub read_hi: Signal<Out, Bits<32>>,
    /// Bytes 0 to 3 to write.
    pub write_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 to write.
    pub write_hi: Signal<In, Bits<32>>,
    /// Byte i is written at the edge when bit i is high.
    pub write_be: Signal<In, Bits<8>>,
    _words: Vec<[u32; 2]>,
}

impl<const A: usize> Default for ByteEnableRam<A> {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            address: Signal::default(),
            read_lo: Signal::default(),
            read_hi: Signal::default(),
            write_lo: Signal::default(),
            write_hi: Signal::default(),
            write_be: Signal::default(),
            _words: vec![[0; 2]; 1 << A],
        }
    }
}

/// Spreads four byte enables to a 32-bit mask.
fn byte_mask(enables: usize) -> u32 {
    (0..4).fold(0, |mask, byte| {
        if enables >> byte & 1 == 1 {
            mask | 0xFF << (8 * byte)
        } else {
            mask
        }
    })
}

impl<const A: usize> Logic for ByteEnableRam<A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let word = &mut self._words[self.address.val().index()];
            self.read_lo.next = u64::from(word[0]).into();
            self.read_hi.next = u64::from(word[1]).into();
            let enables = self.write_be.val().index();
            if enables != 0 {
                let (low, high) = (byte_mask(enables & 15), byte_mask(enables >> 4));
                word[0] = word[0] & !low | self.write_lo.val().index() as u32 & low;
                word[1] = word[1] & !high | self.write_hi.val().index() as u32 & high;
            }
        }
    }

    fn connect(&mut self) {
        self.read_lo.connect();
        self.read_hi.connect();
    }

    fn hdl(&self) -> Verilog {
        let lane = |half: &str, shift: usize| {
            let assignment = |byte: usize| {
                let (msb, lsb) = (8 * byte + 7, 8 * byte);
                let enable = byte + shift;
                format!(
                    "   if (write_be[{enable}]) words_{half}[address][{msb}:{lsb}] <= write_{half}[{msb}:{lsb}];\n"
                )
            };
            [0, 1, 2, 3].map(assignment).concat()
        };
        Verilog::Custom(format!(
            "\
`ifdef LUMENPORT_HOST_MEMORY
// A Verilated model whose memory another process can map: see card_memory.h of the simulated board.
reg [63:0] memory;
initial begin
   read_lo = 0;
   read_hi = 0;
   memory = $c64(\"card_memory_take({bytes}ULL)\");
end
always @(posedge clock) begin
   read_lo <= $c32(\"card_memory_read(\", memory, \", 2 * \", address, \")\");
   read_hi <= $c32(\"card_memory_read(\", memory, \", 2 * \", address, \" + 1)\");
   if (write_be[3:0] != 0)
      $c(\"card_memory_write(\", memory, \", 2 * \", address, \", \", write_lo, \", \", write_be[3:0], \");\");
   if (write_be[7:4] != 0)
      $c(\"card_memory_write(\", memory, \", 2 * \", address, \" + 1, \", write_hi, \", \", write_be[7:4], \");\");
end
`else
reg [31:0] words_lo[{last}:0];
reg [31:0] words_hi[{last}:0];
integer word_idx;
initial begin
   read_lo = 0;
   read_hi = 0;
   for (word_idx = 0; word_idx <= {last}; word_idx = word_idx + 1) begin
      words_lo[word_idx] = 0;
      words_hi[word_idx] = 0;
   end
end
always @(posedge clock) begin
   read_lo <= words_lo[address];
   read_hi <= words_hi[address];
{lanes_lo}{lanes_hi}end
`endif
",
            bytes = 8usize << A,
            last = (1usize << A) - 1,
            lanes_lo = lane("lo", 0),
            lanes_hi = lane("hi", 4),
        ))
    }
}

/// Block RAM with a settable read latency behind the card memory port.
///
/// The latency is a delay line in RAM: every clock writes the answer (or "none") into the slot of
/// the present moment and reads the slot of `latency_cycles` ago.
#[derive(LogicBlock, Default)]
pub struct BlockRam<const A: usize> {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Extra read latency in clocks, 1..=255 (0 acts as 1). Change it only while no read is in flight.
    pub latency_cycles: Signal<In, Bits<8>>,
    /// A command is here; always taken, so there is no `ready`.
    pub cmd_valid: Signal<In, Bit>,
    /// Always high: block RAM takes a command in every clock.
    pub cmd_ready: Signal<Out, Bit>,
    /// The command is a write.
    pub cmd_write: Signal<In, Bit>,
    /// 64-bit word index; the upper bits beyond `A` are ignored.
    pub cmd_address: Signal<In, Bits<24>>,
    /// Bytes 0 to 3 to write.
    pub wdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 to write.
    pub wdata_hi: Signal<In, Bits<32>>,
    /// Byte enables of a write.
    pub be: Signal<In, Bits<8>>,
    /// Read data is here.
    pub rvalid: Signal<Out, Bit>,
    /// Bytes 0 to 3 read.
    pub rdata_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7 read.
    pub rdata_hi: Signal<Out, Bits<32>>,

    words: ByteEnableRam<A>,
    delay_lo: SyncRam<32, 8>,
    delay_hi: SyncRam<32, 8>,
    delay_valid: SyncRam<1, 8>,
    read_pending: DFF<Bit>,
    now: DFF<Bits<8>>,
    then: Signal<Local, Bits<8>>,
}

impl<const A: usize> Logic for BlockRam<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, read_pending, now);
        self.words.clock.next = self.clock.val();
        self.delay_lo.clock.next = self.clock.val();
        self.delay_hi.clock.next = self.clock.val();
        self.delay_valid.clock.next = self.clock.val();

        self.cmd_ready.next = true;
        self.words.address.next = self.cmd_address.val().get_bits::<A>(0);
        self.words.write_lo.next = self.wdata_lo.val();
        self.words.write_hi.next = self.wdata_hi.val();
        self.words.write_be.next = 0.into();
        if self.cmd_valid.val() & self.cmd_write.val() {
            self.words.write_be.next = self.be.val();
        }
        self.read_pending.d.next = self.cmd_valid.val() & !self.cmd_write.val();

        self.now.d.next = self.now.q.val() + 1;
        self.then.next = self.now.q.val() - self.latency_cycles.val();
        if !self.latency_cycles.val().any() {
            self.then.next = self.now.q.val() - 1;
        }
        self.delay_lo.write_address.next = self.now.q.val();
        self.delay_hi.write_address.next = self.now.q.val();
        self.delay_valid.write_address.next = self.now.q.val();
        self.delay_lo.read_address.next = self.then.val();
        self.delay_hi.read_address.next = self.then.val();
        self.delay_valid.read_address.next = self.then.val();
        self.delay_lo.write_data.next = self.words.read_lo.val();
        self.delay_hi.write_data.next = self.words.read_hi.val();
        self.delay_valid.write_data.next = 0.into();
        if self.read_pending.q.val() {
            self.delay_valid.write_data.next = 1.into();
        }
        self.delay_lo.write_enable.next = true;
        self.delay_hi.write_enable.next = true;
        self.delay_valid.write_enable.next = true;

        self.rvalid.next = self.delay_valid.read_data.val().any();
        self.rdata_lo.next = self.delay_lo.read_data.val();
        self.rdata_hi.next = self.delay_hi.read_data.val();
    }
}

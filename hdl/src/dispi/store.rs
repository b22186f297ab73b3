//! The EDID window's memory: 256 words that the host reads and writes, and the block they start with.
//!
//! Clock domain: `sys`. One RAM of 512 words (one block RAM of an ECP5): the lower half is the window, the upper half holds
//! the built-in block and is never written. For the first 257 clocks after power-up or reset the upper half is copied down;
//! reads then are undefined and writes are lost. No host is that early: BAR2 is placed by configuration writes first.

use super::edid;
use crate::mem::ram_prim::SyncRam;
use crate::prelude::*;

/// Words of the window.
const WINDOW_WORDS: usize = 256;

/// The memory. Latency: `rdata` one clock after `index`.
#[derive(LogicBlock)]
pub struct EdidStore {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high: the built-in block comes back.
    pub reset: Signal<In, Bit>,
    /// Word number, of a read or a write.
    pub index: Signal<In, Bits<8>>,
    /// Writes at the clock edge.
    pub write: Signal<In, Bit>,
    /// Word to write.
    pub wdata: Signal<In, Bits<32>>,
    /// Word read.
    pub rdata: Signal<Out, Bits<32>>,

    ram: SyncRam<32, 9>,
    // copied words, of which the last is still on its way; 257 when done
    copied: DFF<Bits<9>>,
    previous: Signal<Local, Bits<9>>,
    done: Const<9, 257>,
}

impl Default for EdidStore {
    fn default() -> Self {
        let mut contents = vec![0; WINDOW_WORDS];
        contents.extend(edid::builtin_words());
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            index: Signal::default(),
            write: Signal::default(),
            wdata: Signal::default(),
            rdata: Signal::default(),
            ram: SyncRam::with_contents(&contents),
            copied: DFF::default(),
            previous: Signal::default(),
            done: Const::default(),
        }
    }
}

impl Logic for EdidStore {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, copied);
        clock!(self, clock, ram);
        self.ram.read_address.next = bit_cast::<9, 8>(self.index.val());
        self.ram.write_address.next = bit_cast::<9, 8>(self.index.val());
        self.ram.write_data.next = self.wdata.val();
        self.ram.write_enable.next = self.write.val();
        self.rdata.next = self.ram.read_data.val();
        self.previous.next = self.copied.q.val() - 1;
        if self.copied.q.val() != self.done.val() {
            self.copied.d.next = self.copied.q.val() + 1;
            self.ram.read_address.next = self.copied.q.val().replace_bit(8, true);
            self.ram.write_address.next = self.previous.val();
            self.ram.write_data.next = self.ram.read_data.val();
            self.ram.write_enable.next = self.copied.q.val().any();
        }
        if self.reset.val() {
            self.copied.d.next = 0.into();
        }
    }
}

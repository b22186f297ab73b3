//! The DDC block with two open-drain lines around it: a target, a second puller, and a listener that writes down what
//! is on the wire.
//!
//! The listener judges by the two levels alone (I2C-bus specification UM10204, 3.1.3 to 3.1.6) and shares nothing with
//! the block or with the monitors of the other crates.

use std::ops::Range;

use lumenport_hdl::ddc::Ddc;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::settle;
use lumenport_regmap::blocks::ddc;
use lumenport_regmap::{Addressed, Register};

use crate::bus_bench::OnBus;

/// Clocks of a quarter bit in these tests: the shortest.
pub const QUARTER: u32 = 4;
/// Clocks of a bit: four quarters, and seven until the block sees the clock line high.
pub const BIT: u32 = 4 * QUARTER + 7;

/// What the listener hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Start condition, first or repeated.
    Start,
    /// Eight bits and the acknowledge bit (`true`: acknowledged).
    Byte(u8, bool),
    /// Stop condition.
    Stop,
}

/// Listens and, when told to, answers.
#[derive(Default)]
pub struct Target {
    /// Everything heard so far.
    pub heard: Vec<Wire>,
    /// Bytes it sends one after the other when it is read.
    pub sends: Vec<u8>,
    /// Acknowledges written bytes up to this many, the address included.
    pub acknowledges: usize,
    /// Holds the clock low for so long after each time the master pulled it. Units: clocks.
    pub stretch: u32,
    /// Somebody pulls the data line during these falls of the clock line; fall 0 is the time before the first.
    pub intruder: Range<u32>,
    /// A condition in the middle of a byte is expected.
    pub may_cut: bool,
    falls: u32,
    scl: bool,
    sda: bool,
    bits: u32,
    shift: u32,
    taken: usize,
    sending: bool,
    hold_scl: u32,
    pull_sda: bool,
}

impl Target {
    /// Acknowledges everything.
    pub fn willing() -> Self {
        Self {
            acknowledges: usize::MAX,
            scl: true,
            sda: true,
            ..Self::default()
        }
    }

    fn pulls(&self) -> (bool, bool) {
        let intruder = self.intruder.contains(&self.falls);
        (self.hold_scl != 0, self.pull_sda || intruder)
    }

    fn see(&mut self, scl: bool, sda: bool) {
        let (old_scl, old_sda) = (self.scl, self.sda);
        (self.scl, self.sda) = (scl, sda);
        self.hold_scl = self.hold_scl.saturating_sub(1);
        match (old_scl, scl) {
            (true, true) if old_sda != sda => {
                self.condition(if sda { Wire::Stop } else { Wire::Start });
            }
            (false, true) => {
                self.bits += 1;
                self.shift = self.shift << 1 | u32::from(sda);
            }
            (true, false) => self.fell(),
            _ => {}
        }
    }

    fn condition(&mut self, what: Wire) {
        // The clock rose once for the condition itself; anything more is a byte that was cut.
        assert!(
            self.bits <= 1 || self.may_cut,
            "{what:?} after {} bits of a byte",
            self.bits
        );
        self.heard.push(what);
        (self.bits, self.taken, self.sending, self.pull_sda) = (0, 0, false, false);
    }

    fn fell(&mut self) {
        self.falls += 1;
        self.hold_scl = self.stretch;
        if self.heard.last().is_none_or(|last| *last == Wire::Stop) {
            self.bits = 0;
            return;
        }
        if self.bits == 9 {
            let (byte, ack) = ((self.shift >> 1) as u8, self.shift & 1 == 0);
            self.heard.push(Wire::Byte(byte, ack));
            self.sending = ack && (self.sending || self.taken == 1 && byte & 1 == 1);
            self.bits = 0;
        }
        self.pull_sda = match self.bits {
            8 if self.sending => false,
            8 => {
                self.taken += 1;
                self.taken <= self.acknowledges
            }
            bits if self.sending => {
                if bits == 0 && self.sends.is_empty() {
                    self.sends.push(0xFF);
                }
                let bit = self.sends[0] << bits & 0x80 == 0;
                if bits == 7 {
                    self.sends.remove(0);
                }
                bit
            }
            _ => false,
        };
    }
}

/// Block, lines and target.
pub struct Rig {
    /// The block.
    pub uut: Ddc,
    /// What hangs on the lines.
    pub target: Target,
    /// The hot-plug contact.
    pub contact: bool,
    /// Clocks so far.
    pub clocks: u64,
}

impl Rig {
    /// A block out of reset at the fastest rate, with this contact.
    pub fn new(target: Target, contact: bool) -> Self {
        let mut uut = Ddc::default();
        uut.connect_all();
        let mut rig = Self {
            uut,
            target,
            contact,
            clocks: 0,
        };
        rig.uut.set_bus(0, 0, 0, false, 0);
        rig.reset();
        rig.store(ddc::Quarter::new().with(ddc::Quarter::VALUE, QUARTER));
        rig
    }

    /// Eight clocks of reset; the lines have time to get through.
    pub fn reset(&mut self) {
        self.uut.set_reset(true);
        self.pass(8);
        self.uut.set_reset(false);
    }

    /// Levels of clock and data line.
    pub fn lines(&self) -> (bool, bool) {
        let (scl_low, sda_low) = self.target.pulls();
        (
            !(scl_low || self.uut.scl_low.val()),
            !(sda_low || self.uut.sda_low.val()),
        )
    }

    /// What the block itself pulls low.
    pub fn pulls(&self) -> (bool, bool) {
        (self.uut.scl_low.val(), self.uut.sda_low.val())
    }

    /// One clock.
    pub fn tick(&mut self) {
        self.uut.set_clock(false);
        settle(&mut self.uut);
        let (scl, sda) = self.lines();
        self.target.see(scl, sda);
        let (scl, sda) = self.lines();
        self.uut.scl.next = scl;
        self.uut.sda.next = sda;
        self.uut.hotplug.next = self.contact;
        settle(&mut self.uut);
        self.uut.set_clock(true);
        settle(&mut self.uut);
        self.clocks += 1;
    }

    /// So many clocks.
    pub fn pass(&mut self, clocks: u32) {
        for _ in 0..clocks {
            self.tick();
        }
    }

    /// Writes a register.
    pub fn store<R: Register + Addressed>(&mut self, register: R) {
        self.uut
            .set_bus(R::OFFSET as u16, register.bits(), 0xF, true, 1);
        self.tick();
        self.uut.set_bus(0, !register.bits(), 0, false, 0);
    }

    /// Reads a register.
    pub fn load<R: Register + Addressed>(&mut self) -> R {
        self.uut.set_bus(R::OFFSET as u16, 0xDEAD_BEEF, 0, false, 0);
        self.pass(3);
        self.uut.set_clock(false);
        settle(&mut self.uut);
        R::from_bits(self.uut.rdata())
    }

    /// Starts a command: clears the events, writes it.
    pub fn begin(&mut self, command: ddc::Command) {
        self.store(ddc::IntrState::from_bits(u32::MAX));
        self.store(command);
    }

    /// Waits for the end of a command; gives its events and how long it took.
    pub fn end(&mut self, bound: u32) -> (ddc::IntrState, u32) {
        for waited in 0..bound {
            let state: ddc::IntrState = self.load();
            if state.is_set(ddc::IntrState::DONE) {
                return (state, 3 * waited);
            }
        }
        panic!("no end in {} clocks", 3 * bound);
    }

    /// Runs a command to its end.
    pub fn run(&mut self, command: ddc::Command) -> ddc::IntrState {
        self.begin(command);
        self.end(40 * BIT).0
    }

    /// Start and a written byte.
    pub fn open(&mut self, byte: u8) -> ddc::IntrState {
        self.run(write(byte).with_flag(ddc::Command::START, true))
    }

    /// The byte of the last read.
    pub fn reply(&mut self) -> (u8, bool) {
        let reply: ddc::Reply = self.load();
        (
            reply.get(ddc::Reply::DATA) as u8,
            reply.is_set(ddc::Reply::ACK),
        )
    }

    /// BUSY and ACTIVE.
    pub fn busy_active(&mut self) -> (bool, bool) {
        let status: ddc::Status = self.load();
        (
            status.is_set(ddc::Status::BUSY),
            status.is_set(ddc::Status::ACTIVE),
        )
    }
}

/// The command that writes a byte.
pub fn write(byte: u8) -> ddc::Command {
    ddc::Command::new()
        .with(ddc::Command::DATA, byte.into())
        .with_flag(ddc::Command::WRITE, true)
}

/// The command that reads a byte.
pub fn read(last: bool) -> ddc::Command {
    ddc::Command::new()
        .with_flag(ddc::Command::READ, true)
        .with_flag(ddc::Command::LAST, last)
}

/// The stop condition alone.
pub fn stop() -> ddc::Command {
    ddc::Command::new().with_flag(ddc::Command::STOP, true)
}

//! A monitor's end of the DDC bus, at the level of the two lines: EDID memory and segment pointer, with the flaws that
//! real monitors have.
//!
//! The owner tells it every change of the lines and the time; it tells which lines it pulls low. It shares nothing with
//! the master it answers to. Used by the fake card and by the simulated board.
//! Source: I2C-bus specification UM10204; VESA E-DDC 1.2. Not supported: DDC/CI, ten-bit addresses.

use std::vec::Vec;

const EDID_ADDRESS: u8 = 0x50;
const SEGMENT_ADDRESS: u8 = 0x30;

/// What is wrong with a monitor's end of the bus. The default is nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BusFlaws {
    /// Answers to no address so many times.
    pub deaf: u32,
    /// Sends so many base blocks with one wrong byte before it sends right ones.
    pub garbled: u32,
    /// Holds the clock low after each byte. Units: ns; `u64::MAX` for ever.
    pub stretch_ns: u64,
    /// Holds the data line until it has seen so many clocks, as one that was left in the middle of a byte; `u32::MAX` for
    /// ever.
    pub holds_data: u32,
    /// Has no segment pointer.
    pub no_segments: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    /// Not meant: waits for the next start.
    Ignoring,
    Address,
    Segment,
    Offset,
    /// Sending; the byte on the wire is in `shift`.
    Sending,
}

/// The target. Lines: `true` is high.
#[derive(Clone, Debug)]
pub struct EdidTarget {
    edid: Vec<u8>,
    flaws: BusFlaws,
    now_ns: u64,
    scl: bool,
    sda: bool,
    pulls_sda: bool,
    stretch_until_ns: Option<u64>,
    phase: Phase,
    // clocks of the current byte that rose, 0..=9
    bits: u8,
    shift: u8,
    acknowledged: bool,
    segment: u8,
    offset: u8,
    bytes_sent: u64,
}

impl EdidTarget {
    /// A target that sends `edid`; bytes beyond its end are 0xFF.
    pub fn new(edid: &[u8], flaws: BusFlaws) -> Self {
        Self {
            edid: edid.to_vec(),
            flaws,
            now_ns: 0,
            scl: true,
            sda: true,
            pulls_sda: flaws.holds_data != 0,
            stretch_until_ns: None,
            phase: Phase::Idle,
            bits: 0,
            shift: 0,
            acknowledged: false,
            segment: 0,
            offset: 0,
            bytes_sent: 0,
        }
    }

    /// Pulls the clock line low.
    pub fn pulls_scl(&self) -> bool {
        self.stretch_until_ns
            .is_some_and(|until| self.now_ns < until)
    }

    /// Pulls the data line low.
    pub const fn pulls_sda(&self) -> bool {
        self.pulls_sda
    }

    /// Bytes of the EDID sent so far, acknowledged or not.
    pub const fn bytes_sent(&self) -> u64 {
        self.bytes_sent
    }

    /// When it will release the clock by itself.
    pub fn next_event_ns(&self) -> Option<u64> {
        self.stretch_until_ns
            .filter(|until| self.now_ns < *until && *until != u64::MAX)
    }

    /// Tells the time.
    pub fn set_time_ns(&mut self, now_ns: u64) {
        self.now_ns = now_ns;
    }

    /// Tells the levels of the lines, its own pulls included.
    pub fn set_lines(&mut self, scl: bool, sda: bool) {
        let (old_scl, old_sda) = (self.scl, self.sda);
        (self.scl, self.sda) = (scl, sda);
        if self.flaws.holds_data != 0 {
            if old_scl && !scl && self.flaws.holds_data != u32::MAX {
                self.flaws.holds_data -= 1;
            }
            self.pulls_sda = self.flaws.holds_data != 0;
            return;
        }
        match (old_scl, scl) {
            (true, true) if old_sda && !sda => {
                self.phase = Phase::Address;
                self.bits = 0;
                self.shift = 0;
                self.pulls_sda = false;
            }
            (true, true) if !old_sda && sda => {
                self.phase = Phase::Idle;
                self.segment = 0;
                self.pulls_sda = false;
            }
            (false, true) => self.clock_rose(sda),
            (true, false) => self.clock_fell(),
            _ => {}
        }
    }

    fn clock_rose(&mut self, sda: bool) {
        self.bits = (self.bits + 1).min(9);
        if self.bits == 9 {
            self.acknowledged = !sda;
        } else if self.phase != Phase::Sending {
            self.shift = self.shift << 1 | u8::from(sda);
        }
    }

    fn clock_fell(&mut self) {
        match self.bits {
            8 => {
                self.pulls_sda = self.phase != Phase::Sending && self.take_byte();
                if self.flaws.stretch_ns != 0
                    && !matches!(self.phase, Phase::Idle | Phase::Ignoring)
                {
                    self.stretch_until_ns = Some(self.now_ns.saturating_add(self.flaws.stretch_ns));
                }
            }
            9 => {
                self.bits = 0;
                self.pulls_sda = false;
                if self.phase == Phase::Sending {
                    if self.acknowledged {
                        self.load_byte();
                    } else {
                        self.phase = Phase::Ignoring;
                    }
                }
            }
            bits if self.phase == Phase::Sending => {
                self.pulls_sda = (self.shift << bits) & 0x80 == 0;
            }
            _ => {}
        }
    }

    /// A whole byte came in; whether it is acknowledged. What follows starts after the acknowledge clock.
    fn take_byte(&mut self) -> bool {
        let byte = std::mem::take(&mut self.shift);
        match self.phase {
            Phase::Address => {
                let (address, read) = (byte >> 1, byte & 1 != 0);
                let mine = address == EDID_ADDRESS
                    || (address == SEGMENT_ADDRESS && !read && !self.flaws.no_segments);
                let deaf = mine && self.flaws.deaf != 0;
                if deaf {
                    self.flaws.deaf -= 1;
                }
                self.phase = match (address, read) {
                    _ if deaf || !mine => Phase::Ignoring,
                    (SEGMENT_ADDRESS, _) => Phase::Segment,
                    (_, false) => Phase::Offset,
                    (_, true) => {
                        // `acknowledged` becomes true with our own pull; the first byte is loaded then.
                        Phase::Sending
                    }
                };
                mine && !deaf
            }
            Phase::Segment => {
                self.segment = byte;
                true
            }
            Phase::Offset => {
                self.offset = byte;
                true
            }
            _ => false,
        }
    }

    fn load_byte(&mut self) {
        let at = usize::from(self.segment) << 8 | usize::from(self.offset);
        let mut byte = self.edid.get(at).copied().unwrap_or(0xFF);
        if at == 64 && self.flaws.garbled != 0 {
            self.flaws.garbled -= 1;
            byte ^= 0x10;
        }
        self.shift = byte;
        self.offset = self.offset.wrapping_add(1);
        self.bytes_sent += 1;
        self.pulls_sda = byte & 0x80 == 0;
    }
}

//! A monitor's EDID memory as a slave on two open-drain lines, for tests of software that drives the lines itself.

use std::vec::Vec;

use crate::i2c::I2cLines;

/// What is wrong with the monitor.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Flaws {
    /// Nobody answers.
    pub absent: bool,
    /// The clock is held low for this many looks at it, after each bit.
    pub stretch_looks: u32,
    /// The clock is held low for ever, from the first acknowledge on.
    pub clock_stuck: bool,
    /// The data line is held low until the clock was pulsed this often.
    pub data_stuck_pulses: u32,
    /// The first so many transfers are not acknowledged.
    pub deaf_transfers: u32,
    /// The segment pointer is not known.
    pub no_segments: bool,
    /// Another master pulls the data line low from this data bit on, counted over the whole life; 0: never.
    pub intruder_at_bit: u32,
}

enum State {
    /// Waits for a start condition.
    Idle,
    /// Takes bits of a byte; `true`: the byte is the address.
    Receive { address: bool, byte: u8, bits: u8 },
    /// Pulls data low for the acknowledge, then goes on.
    Acknowledge { next: Next },
    /// Sends bits of a byte.
    Send { byte: u8, bits: u8 },
    /// Looks at the master's acknowledge.
    Listen,
}

#[derive(Clone, Copy)]
enum Next {
    Offset,
    Segment,
    Data,
    Nothing,
}

/// The target: memory of 256-byte segments, EDID address 0xA0, segment pointer 0x60.
pub struct EdidTarget {
    memory: Vec<u8>,
    flaws: Flaws,
    clock: bool,
    data: bool,
    /// The target pulls data low.
    pull: bool,
    state: State,
    next: Next,
    segment: usize,
    offset: usize,
    looks_left: u32,
    pulses: u32,
    transfers: u32,
    bits_sent: u32,
    /// Start conditions seen.
    pub starts: u32,
    /// Stop conditions seen.
    pub stops: u32,
    /// Segment numbers written.
    pub segments_written: Vec<u8>,
}

impl EdidTarget {
    /// A monitor with this EDID and these flaws.
    pub fn new(memory: Vec<u8>, flaws: Flaws) -> Self {
        Self {
            memory,
            flaws,
            clock: true,
            data: true,
            pull: false,
            state: State::Idle,
            next: Next::Nothing,
            segment: 0,
            offset: 0,
            looks_left: 0,
            pulses: 0,
            transfers: 0,
            bits_sent: 0,
            starts: 0,
            stops: 0,
            segments_written: Vec::new(),
        }
    }

    /// Whether both lines are released by master and target.
    pub fn is_idle(&self) -> bool {
        self.clock && self.data && !self.pull
    }

    fn data_level(&self) -> bool {
        let stuck = self.pulses < self.flaws.data_stuck_pulses;
        let intruder =
            self.flaws.intruder_at_bit != 0 && self.bits_sent >= self.flaws.intruder_at_bit;
        self.data && !self.pull && !stuck && !intruder
    }

    fn current(&self) -> u8 {
        let at = self.segment * 256 + self.offset;
        self.memory.get(at).copied().unwrap_or(0xff)
    }

    fn start(&mut self) {
        self.starts += 1;
        self.pull = false;
        self.state = if self.flaws.absent {
            State::Idle
        } else {
            State::Receive {
                address: true,
                byte: 0,
                bits: 0,
            }
        };
    }

    fn stop(&mut self) {
        self.stops += 1;
        self.pull = false;
        self.state = State::Idle;
        // The segment pointer lasts for one transfer.
        self.segment = 0;
    }

    fn rising_clock(&mut self) {
        let data = self.data;
        match &mut self.state {
            State::Receive { byte, bits, .. } => {
                *byte = *byte << 1 | u8::from(data);
                *bits += 1;
            }
            State::Listen if data => self.state = State::Idle,
            State::Listen => {
                self.offset = (self.offset + 1) % 256;
                self.state = State::Send {
                    byte: self.current(),
                    bits: 0,
                };
            }
            State::Idle | State::Acknowledge { .. } | State::Send { .. } => {}
        }
    }

    fn falling_clock(&mut self) {
        self.pulses += 1;
        self.bits_sent += 1;
        match self.state {
            State::Receive {
                address,
                byte,
                bits: 8,
            } => match self.take_byte(address, byte) {
                Some(next) => {
                    self.pull = true;
                    self.state = State::Acknowledge { next };
                }
                None => self.state = State::Idle,
            },
            State::Acknowledge { next } => {
                self.pull = false;
                self.next = next;
                match next {
                    Next::Data => self.send_bit(self.current(), 0),
                    Next::Offset | Next::Segment | Next::Nothing => {
                        self.state = State::Receive {
                            address: false,
                            byte: 0,
                            bits: 0,
                        };
                    }
                }
            }
            State::Send { byte, bits } if bits < 8 => self.send_bit(byte, bits),
            State::Send { .. } => {
                self.pull = false;
                self.state = State::Listen;
            }
            State::Idle | State::Receive { .. } | State::Listen => {}
        }
    }

    fn send_bit(&mut self, byte: u8, bits: u8) {
        self.pull = byte << bits & 0x80 == 0;
        self.state = State::Send {
            byte,
            bits: bits + 1,
        };
    }

    /// What follows a byte, `None` when it is not acknowledged.
    fn take_byte(&mut self, address: bool, byte: u8) -> Option<Next> {
        if !address {
            match self.next {
                Next::Offset => self.offset = usize::from(byte),
                Next::Segment => {
                    self.segment = usize::from(byte);
                    self.segments_written.push(byte);
                }
                Next::Data | Next::Nothing => return None,
            }
            return Some(Next::Nothing);
        }
        self.transfers += 1;
        if self.transfers <= self.flaws.deaf_transfers {
            return None;
        }
        match byte {
            0xA0 => Some(Next::Offset),
            0xA1 => Some(Next::Data),
            0x60 if !self.flaws.no_segments => Some(Next::Segment),
            _ => None,
        }
    }
}

impl I2cLines for EdidTarget {
    fn write_clock(&mut self, high: bool) {
        if high && !self.clock {
            self.looks_left = self.flaws.stretch_looks;
            self.clock = true;
            self.rising_clock();
        } else if !high && self.clock {
            self.clock = false;
            self.falling_clock();
        }
    }

    fn write_data(&mut self, high: bool) {
        if self.clock && self.data != high {
            self.data = high;
            if high {
                self.stop();
            } else {
                self.start();
            }
        }
        self.data = high;
    }

    fn read_clock(&mut self) -> bool {
        if self.looks_left != 0 {
            self.looks_left -= 1;
            return false;
        }
        let held = self.flaws.clock_stuck && matches!(self.state, State::Acknowledge { .. });
        self.clock && !held
    }

    fn read_data(&mut self) -> bool {
        self.data_level()
    }
}

//! An I2C master in software, over four line callbacks of the miniport.
//!
//! Open drain: writing 1 releases a line, reading tells its level. Every release of the clock waits, within a bound,
//! until the line is really high: a slow device may stretch the clock. A data line that reads low after it was
//! released for a one bit means that another master is talking: the transfer stops there. Every routine answers false
//! when the bus did not do what it should; the caller then sends a stop condition.
//!
//! Source: I2C-bus specification UM10204, sections 3.1 and 6; `VIDEO_PORT_I2C_INTERFACE`, `I2C_CALLBACKS`.
//!
//! Not supported: ten-bit addresses, high-speed mode, being a slave.

use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;

/// The line callbacks of a miniport (`I2C_CALLBACKS`). `true` is high: the line released, or read as high.
pub trait I2cLines {
    /// `WriteClockLine`.
    fn write_clock(&mut self, high: bool);
    /// `WriteDataLine`.
    fn write_data(&mut self, high: bool);
    /// `ReadClockLine`.
    fn read_clock(&mut self) -> bool;
    /// `ReadDataLine`.
    fn read_data(&mut self) -> bool;
}

/// How long the clock may be held low by a device. Units: ns. E-DDC hosts must bear 2 ms.
const STRETCH_LIMIT_NS: u64 = 2_000_000;
/// Clock pulses that make a device let go of the data line, whatever it was sending.
const RECOVERY_PULSES: u32 = 9;

/// Whether a read is followed by another read of the same transfer (`EndOfRead` of the second interface version).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadEnd {
    /// The last byte is not acknowledged: the device stops sending.
    Last,
    /// All bytes are acknowledged: more will be read.
    More,
}

/// The bus while one service works with it.
pub(crate) struct I2cMaster<'l, 'p, P> {
    platform: &'p P,
    lines: &'l mut dyn I2cLines,
    half_period_ns: u64,
}

impl<'l, 'p, P: Platform> I2cMaster<'l, 'p, P> {
    pub(crate) fn new(platform: &'p P, lines: &'l mut dyn I2cLines, half_period_ns: u64) -> Self {
        Self {
            platform,
            lines,
            half_period_ns,
        }
    }

    fn pause(&self) {
        self.platform.stall_ns(self.half_period_ns);
    }

    /// Releases the clock and waits until it is high. False: held low beyond the limit.
    fn raise_clock(&mut self) -> bool {
        self.lines.write_clock(true);
        let start_ns = self.platform.now_ns();
        let step_ns = self.half_period_ns.max(1);
        // Counted as well, for a platform whose clock stands still.
        for _ in 0..=STRETCH_LIMIT_NS.div_ceil(step_ns) {
            if self.lines.read_clock() {
                self.pause();
                return true;
            }
            if self.platform.now_ns().saturating_sub(start_ns) > STRETCH_LIMIT_NS {
                break;
            }
            self.platform.stall_ns(step_ns);
        }
        false
    }

    fn lower_clock(&mut self) {
        self.lines.write_clock(false);
        self.pause();
    }

    /// A start condition, or a repeated one. Frees a data line that a confused device holds low.
    pub(crate) fn start(&mut self) -> bool {
        self.lines.write_data(true);
        self.pause();
        if !self.raise_clock() || !self.free_data_line() {
            return false;
        }
        self.lines.write_data(false);
        self.pause();
        self.lower_clock();
        true
    }

    /// Clocks until the data line is high. False: it stays low.
    fn free_data_line(&mut self) -> bool {
        for _ in 0..RECOVERY_PULSES {
            if self.lines.read_data() {
                return true;
            }
            self.lower_clock();
            if !self.raise_clock() {
                return false;
            }
        }
        self.lines.read_data()
    }

    /// A stop condition; leaves both lines released, whatever happens. False: a line did not go high.
    pub(crate) fn stop(&mut self) -> bool {
        self.lower_clock();
        self.lines.write_data(false);
        self.pause();
        let raised = self.raise_clock();
        self.lines.write_data(true);
        self.pause();
        raised && self.lines.read_data()
    }

    fn write_bit(&mut self, bit: bool) -> bool {
        self.lines.write_data(bit);
        self.pause();
        let sent = self.raise_clock() && (!bit || self.lines.read_data());
        self.lower_clock();
        sent
    }

    /// `None`: the clock is stuck.
    fn read_bit(&mut self) -> Option<bool> {
        self.lines.write_data(true);
        self.pause();
        let bit = self.raise_clock().then(|| self.lines.read_data());
        self.lower_clock();
        bit
    }

    /// Sends one byte. False: not acknowledged, or the bus was lost.
    pub(crate) fn write_byte(&mut self, byte: u8) -> bool {
        for shift in (0..8).rev() {
            if !self.write_bit(byte >> shift & 1 != 0) {
                return false;
            }
        }
        self.read_bit() == Some(false)
    }

    /// Reads one byte and acknowledges it, or not.
    pub(crate) fn read_byte(&mut self, acknowledge: bool) -> Option<u8> {
        let mut byte = 0;
        for _ in 0..8 {
            byte = byte << 1 | u8::from(self.read_bit()?);
        }
        self.write_bit(!acknowledge).then_some(byte)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.write_byte(*byte))
    }

    pub(crate) fn read(&mut self, into: &mut [u8], end: ReadEnd) -> bool {
        let last = into.len().saturating_sub(1);
        for (index, place) in into.iter_mut().enumerate() {
            let acknowledge = index != last || end == ReadEnd::More;
            match self.read_byte(acknowledge) {
                Some(byte) => *place = byte,
                None => return false,
            }
        }
        true
    }
}

impl<P: Platform> VideoPort<'_, P> {
    pub(crate) fn i2c_master<'l>(
        &self,
        lines: &'l mut dyn I2cLines,
        delay_100ns: Option<u32>,
    ) -> I2cMaster<'l, '_, P> {
        let half_period_ns = match delay_100ns {
            Some(delay) if delay != 0 => u64::from(delay) * 100,
            _ => u64::from(self.options.i2c_half_period_ns),
        };
        I2cMaster::new(self.platform, lines, half_period_ns)
    }

    /// `I2CStart` of the I2C interface: a start condition. PASSIVE. False: the bus is stuck.
    ///
    /// `delay_100ns` is `I2CDelay` of the second interface version, half a clock period; `None` or 0 takes the port's.
    pub fn i2c_start(&self, lines: &mut dyn I2cLines, delay_100ns: Option<u32>) -> bool {
        self.enter(Service::QueryServices) && self.i2c_master(lines, delay_100ns).start()
    }

    /// `I2CStop` of the I2C interface: a stop condition. PASSIVE. False: the bus is stuck.
    pub fn i2c_stop(&self, lines: &mut dyn I2cLines, delay_100ns: Option<u32>) -> bool {
        self.enter(Service::QueryServices) && self.i2c_master(lines, delay_100ns).stop()
    }

    /// `I2CWrite` of the I2C interface: sends bytes, the first one being the address. PASSIVE.
    ///
    /// False: one of them was not acknowledged, or the bus was lost; the caller sends the stop.
    pub fn i2c_write(
        &self,
        lines: &mut dyn I2cLines,
        delay_100ns: Option<u32>,
        bytes: &[u8],
    ) -> bool {
        self.enter(Service::QueryServices) && self.i2c_master(lines, delay_100ns).write(bytes)
    }

    /// `I2CRead` of the I2C interface: reads bytes from the device addressed. PASSIVE. The first interface version always
    /// ends the read.
    pub fn i2c_read(
        &self,
        lines: &mut dyn I2cLines,
        delay_100ns: Option<u32>,
        into: &mut [u8],
        end: ReadEnd,
    ) -> bool {
        self.enter(Service::QueryServices) && self.i2c_master(lines, delay_100ns).read(into, end)
    }
}

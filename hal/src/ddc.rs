//! Display data channel: the I2C bus to the monitor, and hot plug.
//!
//! [`Ddc`] is the register block, [`DdcI2c`] an embedded-hal I2C bus on it, [`HotPlug`] an embedded-hal input pin,
//! [`DdcI2c::read_edid`] reads a monitor's EDID with everything that real monitors need: retries, segments, recovery
//! of a bus that a monitor holds. Every wait is bounded.
//!
//! Programming steps: [`DdcI2c::new`] sets the speed → [`DdcI2c::read_edid`] or any embedded-hal transaction.
//! Hot plug: [`Ddc::enable_interrupts`] → interrupt → [`Ddc::events`], [`Ddc::clear`] → [`Ddc::is_connected`].

use embedded_hal::digital::{self, InputPin};
use lumenport_regmap::blocks::ddc;

use crate::addr::KiloHertz;
use crate::bus::{ALL_ONES, Bus};
use crate::reg::RegisterBus;

mod edid_read;
mod error;
mod i2c;

#[cfg(all(test, feature = "fake"))]
mod tests;

pub use edid_read::{EDID_ADDRESS, EdidRead, ReadPolicy, SEGMENT_ADDRESS};
pub use error::DdcError;
pub use i2c::DdcI2c;

/// Clocks of a bit beyond its four quarters: the card looks at the line before it counts the high time.
pub const BIT_OVERHEAD_CLOCKS: u32 = 7;
/// Shortest quarter that the gateware makes.
pub const QUARTER_CLOCKS_MIN: u16 = 4;
/// Speed of DDC. Source: VESA E-DDC 1.2, section 3.
pub const STANDARD_RATE: KiloHertz = KiloHertz::new(100);

/// Events of the block; each stays until cleared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Events {
    /// A command ended.
    pub done: bool,
    /// The hot-plug level changed.
    pub hotplug: bool,
    /// A byte was not acknowledged.
    pub nack: bool,
    /// The data line was held by somebody else.
    pub arbitration_lost: bool,
    /// The clock line was held for too long.
    pub timeout: bool,
    /// A command came at a wrong time.
    pub rejected: bool,
}

impl Events {
    /// Only hot plug.
    pub const HOTPLUG: Self = Self {
        done: false,
        hotplug: true,
        nack: false,
        arbitration_lost: false,
        timeout: false,
        rejected: false,
    };

    /// Everything that a command leaves behind.
    const OF_COMMAND: Self = Self {
        done: true,
        hotplug: false,
        nack: true,
        arbitration_lost: true,
        timeout: true,
        rejected: true,
    };

    const fn state(self) -> ddc::IntrState {
        ddc::IntrState::new()
            .with_flag(ddc::IntrState::DONE, self.done)
            .with_flag(ddc::IntrState::HOTPLUG, self.hotplug)
            .with_flag(ddc::IntrState::NACK, self.nack)
            .with_flag(ddc::IntrState::ARBITRATION_LOST, self.arbitration_lost)
            .with_flag(ddc::IntrState::TIMEOUT, self.timeout)
            .with_flag(ddc::IntrState::REJECTED, self.rejected)
    }
}

/// Levels of the two lines; `true` is high.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Lines {
    /// Clock.
    pub scl: bool,
    /// Data.
    pub sda: bool,
}

/// Quarter-bit setting for a bit rate of at most `rate`, rounded to the slower side.
///
/// Range: rates up to about a twenty-third of the system clock; faster ones give the fastest there is.
pub fn quarter_clocks(sys_clock: KiloHertz, rate: KiloHertz) -> u16 {
    let bit = sys_clock.raw().div_ceil(rate.raw().max(1));
    let quarter = bit.saturating_sub(BIT_OVERHEAD_CLOCKS).div_ceil(4);
    u16::try_from(quarter)
        .unwrap_or(u16::MAX)
        .max(QUARTER_CLOCKS_MIN)
}

/// Driver of the register block.
#[derive(Clone, Copy, Debug)]
pub struct Ddc<B> {
    bus: B,
}

impl<B: Bus> Ddc<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Whether a monitor is there, debounced; `None` when the card is gone. Bus cost: 1 read.
    pub fn is_connected(&self) -> Option<bool> {
        let status: ddc::Status = self.bus.load();
        (status.bits() != ALL_ONES).then(|| status.is_set(ddc::Status::HOTPLUG))
    }

    /// How long the hot-plug input must be steady. Units: system clocks.
    pub fn set_debounce_clocks(&self, clocks: u32) {
        self.bus.store(ddc::Debounce::from_bits(clocks));
    }

    /// How long targets may hold the clock line in one command. Units: system clocks.
    pub fn set_stretch_limit_clocks(&self, clocks: u32) {
        self.bus.store(ddc::StretchLimit::from_bits(clocks));
    }

    /// Sets the speed of commands.
    pub fn set_rate(&self, sys_clock: KiloHertz, rate: KiloHertz) {
        let quarter = u32::from(quarter_clocks(sys_clock, rate));
        self.bus
            .store(ddc::Quarter::new().with(ddc::Quarter::VALUE, quarter));
    }

    /// Chooses the events that interrupt.
    pub fn enable_interrupts(&self, events: Events) {
        self.bus
            .store(ddc::IntrEnable::from_bits(events.state().bits()));
    }

    /// Events since they were cleared; `None` when the card is gone. Bus cost: 1 read.
    pub fn events(&self) -> Option<Events> {
        let state: ddc::IntrState = self.bus.load();
        (state.bits() != ALL_ONES).then(|| Events {
            done: state.is_set(ddc::IntrState::DONE),
            hotplug: state.is_set(ddc::IntrState::HOTPLUG),
            nack: state.is_set(ddc::IntrState::NACK),
            arbitration_lost: state.is_set(ddc::IntrState::ARBITRATION_LOST),
            timeout: state.is_set(ddc::IntrState::TIMEOUT),
            rejected: state.is_set(ddc::IntrState::REJECTED),
        })
    }

    /// Clears events.
    pub fn clear(&self, events: Events) {
        self.bus.store(events.state());
    }

    /// Reads both lines; all ones of a card that is gone read as high. Bus cost: 1 read.
    pub fn lines(&self) -> Lines {
        let lines: ddc::Lines = self.bus.load();
        Lines {
            scl: lines.is_set(ddc::Lines::SCL),
            sda: lines.is_set(ddc::Lines::SDA),
        }
    }

    /// Makes the waveform by hand: `false` pulls a line low, `true` releases it. Order: not while a command runs, and
    /// both lines released before the next one.
    pub fn set_lines(&self, lines: Lines) {
        self.bus.store(
            ddc::Lines::new()
                .with_flag(ddc::Lines::SCL_LOW, !lines.scl)
                .with_flag(ddc::Lines::SDA_LOW, !lines.sda),
        );
    }
}

/// The hot-plug input as an embedded-hal pin: high while a monitor is connected.
#[derive(Clone, Copy, Debug)]
pub struct HotPlug<B> {
    ddc: Ddc<B>,
}

impl<B: Bus> HotPlug<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { ddc: Ddc::new(bus) }
    }
}

impl<B> digital::ErrorType for HotPlug<B> {
    type Error = DdcError;
}

impl<B: Bus> InputPin for HotPlug<B> {
    fn is_high(&mut self) -> Result<bool, DdcError> {
        self.ddc.is_connected().ok_or(DdcError::Gone)
    }

    fn is_low(&mut self) -> Result<bool, DdcError> {
        self.is_high().map(|high| !high)
    }
}

//! How much slower than a real card this one runs.
//!
//! The driver's bounds are written for hardware. A simulated card behind a socket or in a guest takes longer for everything, and so much
//! depends on the machine that the factor is measured: its counter of system clocks against the wall clock.

use anyhow::{Result, bail};
use lumenport_hal::regmap::blocks::id::{Heartbeat, SysClockKhz};
use lumenport_hal::regmap::{Addressed, card};
use lumenport_host::PciFunction;
use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

/// How long the counter is watched.
const WATCHED: Duration = Duration::from_millis(200);
/// Above this a card is a simulated one. A real one runs at its speed to a few parts in a million; reading it takes a little.
const SIMULATED_ABOVE: f64 = 1.5;
/// A simulated card's speed changes with what else its machine does, and with what the card does.
const MARGIN: f64 = 4.0;
/// A card slower than this would need days for a flow.
const SLOWNESS_MAX: f64 = 100_000.0;
/// Where BARs go while a function that nobody has placed is measured. Units: bus address.
const PLACE: u64 = 0xE000_0000;
const COMMAND: u16 = 0x04;
const COMMAND_MEMORY: u32 = 0x2;

/// The factor, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Real time that one unit of the driver's time takes.
    pub slowness: u32,
    /// The card's own speed against a real one; `None` when the factor was told.
    measured: Option<f64>,
}

impl Pace {
    /// A factor that somebody told.
    pub fn told(slowness: u32) -> Self {
        Self {
            slowness: slowness.max(1),
            measured: None,
        }
    }

    /// A card that carries its own time.
    #[cfg(feature = "sim")]
    pub const fn own() -> Self {
        Self {
            slowness: 1,
            measured: None,
        }
    }

    /// Whether the card is slower than any real one.
    pub const fn is_simulated(&self) -> bool {
        self.slowness > 1
    }

    /// From clocks that the card counted in a time.
    fn of(clocks: u32, clock_khz: u32, took: Duration) -> Option<Self> {
        let real_clocks = f64::from(clock_khz) * 1000.0 * took.as_secs_f64();
        let factor = real_clocks / f64::from(clocks);
        if factor > SLOWNESS_MAX {
            return None;
        }
        let slowness = if factor > SIMULATED_ABOVE {
            (Duration::from_secs(1).mul_f64(factor * MARGIN)).as_secs() as u32
        } else {
            1
        };
        Some(Self {
            slowness,
            measured: Some(factor),
        })
    }
}

impl Display for Pace {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self.measured {
            None => write!(to, "the driver's time runs {} times slower", self.slowness),
            Some(_) if self.slowness == 1 => write!(to, "it runs at full speed"),
            Some(factor) => write!(
                to,
                "it runs {factor:.0} times slower than a real card, and the driver gets {} times its time",
                self.slowness
            ),
        }
    }
}

/// Watches the card's counter for a while. The function is left reset.
///
/// # Errors
/// One sentence: the card does not answer, or its clock stands still.
pub fn measure(function: &dyn PciFunction) -> Result<Pace> {
    function.reset()?;
    if function.config_read(0) == u32::MAX {
        bail!("no card answers at {}", function.describe());
    }
    if !function.is_placed() {
        place(function);
    }
    let command = function.config_read(COMMAND) & 0xFFFF;
    function.config_write(COMMAND, command | COMMAND_MEMORY);
    let clock_khz = register::<SysClockKhz>(function);
    if clock_khz == u32::MAX || clock_khz == 0 {
        bail!(
            "the registers of the card at {} do not answer",
            function.describe()
        );
    }
    let (start, first) = (Instant::now(), register::<Heartbeat>(function));
    let (took, last) = loop {
        let now = register::<Heartbeat>(function);
        let took = start.elapsed();
        if took >= WATCHED {
            break (took, now);
        }
    };
    function.config_write(COMMAND, command);
    function.reset()?;
    match Pace::of(last.wrapping_sub(first), clock_khz, took) {
        Some(pace) => Ok(pace),
        None => bail!(
            "the clock of the card at {} stands still",
            function.describe()
        ),
    }
}

/// One register of the card.
pub fn register<R: Addressed>(function: &dyn PciFunction) -> u32 {
    let mut bytes = [0; 4];
    function.bar_read(card::REGISTER_BAR, u64::from(R::OFFSET), &mut bytes);
    u32::from_le_bytes(bytes)
}

/// Gives every BAR an address, as firmware would.
fn place(function: &dyn PciFunction) {
    let mut next = PLACE;
    for bar in 0..6 {
        let bytes = function.bar_bytes(bar);
        if bytes == 0 {
            continue;
        }
        next = next.next_multiple_of(bytes);
        let register = 0x10 + 4 * u16::from(bar);
        let wide = function.config_read(register) & 0x7 == 0x4;
        function.config_write(register, next as u32);
        if wide {
            function.config_write(register + 4, (next >> 32) as u32);
        }
        next += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_cards_get_their_own_time_and_simulated_ones_more() {
        let second = Duration::from_secs(1);
        let of = |clocks| Pace::of(clocks, 62_500, second).map(|pace| pace.slowness);
        assert_eq!(of(62_500_000), Some(1));
        assert_eq!(of(62_400_000), Some(1));
        assert_eq!(of(6_250_000), Some(40));
        assert_eq!(of(0), None, "a clock that stands still");
        assert_eq!(Pace::told(0).slowness, 1);
    }
}

//! Monitors for the flows: EDIDs made for them, and a driver with one of them at its connector.

use embedded_hal::delay::DelayNs;
use lumenport_hal::addr::KiloHertz;
use lumenport_hal::edid::build::{BaseBlock, CtaBlock};
use lumenport_hal::edid::{RefreshMode, Timing};
use lumenport_hal::mode::{Mode, by_name};
use lumenport_miniport::{DDC_RATE_VALUE, DEBOUNCE_VALUE, MODE_PREFERRED, card_modes};
use lumenport_videoport::ioctl::ModeInformation;

use crate::error::{FlowError, FlowOutcome, ensure};
use crate::session::{Session, with_port};
use crate::target::{Board, MonitorSetup, Setup, Target};

/// Speed of DDC in flows: the simulated monitors bear it, and a read takes little time.
const RATE: KiloHertz = KiloHertz::new(2_000);
/// Debounce in flows: longer than what their contacts bounce, and short. Units: us.
pub(crate) const DEBOUNCE_US: u32 = 20;
/// Time between two looks of a waiting flow, and how many it takes. Units: us.
const LOOK_US: u32 = 20;
const LOOKS_MAX: u32 = 2_000;

/// A monitor with a CTA extension: likes 64x48, and has 1280x720, 800x600 and, by its video code, 1920x1080.
pub(crate) fn large() -> Vec<u8> {
    let base = BaseBlock::new(*b"LMP", 0x0101, 1)
        .timing(&timing("64x48"))
        .timing(&timing("1280x720"))
        .name("Flow large")
        .established(RefreshMode {
            h_active_px: 800,
            v_active_lines: 600,
            refresh_hz: 60,
            interlaced: false,
        });
    [base.emit(1), CtaBlock::new().vics(&[16]).emit()].concat()
}

/// What [`large`] offers of the HAL's timings, in table order; 640x480 is the last resort of every monitor.
pub(crate) const LARGE_NAMES: [&str; 5] = ["640x480", "64x48", "800x600", "1280x720", "1920x1080"];

/// A monitor of one block: 320x240 and 64x48, nothing else.
pub(crate) fn small() -> Vec<u8> {
    let base = BaseBlock::new(*b"LMP", 0x0202, 2)
        .timing(&timing("320x240"))
        .timing(&timing("64x48"))
        .name("Flow small");
    base.emit(0).to_vec()
}

/// What [`small`] offers.
pub(crate) const SMALL_NAMES: [&str; 3] = ["640x480", "320x240", "64x48"];
/// What a monitor without a readable EDID gets.
pub(crate) const FALLBACK_NAMES: [&str; 3] = ["640x480", "800x600", "1024x768"];

/// A timing of the HAL's table; an empty one for a name that is not there, which then fails the flow.
fn timing(name: &str) -> Timing {
    let none = Mode {
        h_active_px: 0,
        ..lumenport_hal::mode::STANDARD[0]
    };
    Timing::of(by_name(name).unwrap_or(&none))
}

/// Runs `body` with this monitor at the connector, the driver started, opened, and told to be quick about DDC.
pub(crate) fn with_monitor<T: Target>(
    target: &T,
    monitor: Option<MonitorSetup>,
    body: impl FnOnce(&Session<'_, '_, T::Board>) -> FlowOutcome,
) -> FlowOutcome {
    let setup = Setup {
        monitor,
        ..Setup::default()
    };
    with_port(target, &setup, |session| {
        for (name, value) in [(DDC_RATE_VALUE, RATE.raw()), (DEBOUNCE_VALUE, DEBOUNCE_US)] {
            let stored = session.port.registry().write(name, &value.to_le_bytes());
            ensure!(stored.is_ok(), "the registry did not take {name}");
        }
        session.start()?;
        body(session)
    })
}

impl<B: Board> Session<'_, '_, B> {
    /// Names of the timings in the driver's mode list, without repetition.
    pub(crate) fn timing_names(&self) -> Result<Vec<&'static str>, FlowError> {
        let mut names = Vec::new();
        for mode in self.modes()? {
            let name = self.timing_of(&mode)?.name;
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// Names of the timings that the card makes at all.
    pub(crate) fn card_names(&self) -> Result<Vec<&'static str>, FlowError> {
        let device = self.miniport.device();
        let device = device.ok_or_else(|| FlowError::failed("no device was found"))?;
        let mut names: Vec<_> = card_modes(&device.clocks_khz, device.identity.memory)
            .map(|mode| mode.timing.name)
            .collect();
        names.dedup();
        Ok(names)
    }

    /// Checks that the mode list has just these timings, as far as the card makes them.
    pub(crate) fn expect_names(&self, expected: &[&'static str]) -> Result<(), FlowError> {
        let made = self.card_names()?;
        let expected: Vec<_> = expected
            .iter()
            .copied()
            .filter(|name| made.contains(name))
            .collect();
        crate::error::ensure_eq!(self.timing_names()?, expected, "timings in the mode list");
        Ok(())
    }

    /// Names of the timings marked as the monitor's favourite.
    pub(crate) fn preferred_names(&self) -> Result<Vec<&'static str>, FlowError> {
        let is_preferred =
            |mode: &ModeInformation| mode.driver_specific_attribute_flags & MODE_PREFERRED != 0;
        let mut names = Vec::new();
        for mode in self.modes()?.iter().filter(|mode| is_preferred(mode)) {
            names.push(self.timing_of(mode)?.name);
        }
        names.dedup();
        Ok(names)
    }

    /// Lets time pass until `done`, within a bound.
    pub(crate) fn wait_until(
        &self,
        what: &str,
        mut done: impl FnMut() -> bool,
    ) -> Result<(), FlowError> {
        for _ in 0..LOOKS_MAX {
            if done() {
                return Ok(());
            }
            self.pass_us(LOOK_US);
        }
        Err(FlowError::Failed(format!(
            "waited {} us in vain: {what}",
            LOOKS_MAX * LOOK_US
        )))
    }

    /// Lets time pass, with interrupts, deferred routines and walks over the children.
    pub(crate) fn pass_us(&self, us: u32) {
        self.port.delay().delay_us(us);
        self.port.poll();
    }
}

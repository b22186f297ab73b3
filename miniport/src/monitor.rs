//! What the driver knows of the monitor: read when the port asks for children, used for the mode list.
//!
//! The EDID comes by the card's I2C master, with its retries; when that fails, once more by the port's
//! `VideoPortDDCMonitorHelper` over the bare lines, which is slower and asks differently. What cannot be read or is no
//! EDID leaves a monitor of which nothing is known, and that gets the modes that every monitor shows.

use lumenport_hal::addr::KiloHertz;
use lumenport_hal::ddc::{Ddc, DdcError, DdcI2c, EdidRead, ReadPolicy, STANDARD_RATE};
use lumenport_hal::edid::{BLOCK_BYTES, Edid, EdidError, Flaws};
use lumenport_videoport::ddc::{DdcControl, EDID_SEGMENT_BYTES};
use lumenport_videoport::limits::CHILD_DESCRIPTOR_BYTES;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::mode_set::ModeSet;
use crate::registers::PortBus;

/// Bytes of an EDID that the driver keeps: four blocks, as many as a child descriptor holds.
pub const EDID_BYTES: usize = CHILD_DESCRIPTOR_BYTES;

/// Registry value with the speed of DDC. Units: kHz, 32 bits; 100 without it.
pub const DDC_RATE_VALUE: &str = "DdcRateKhz";
/// Registry value with the time the hot-plug contact must be steady. Units: us, 32 bits; the card's own 10 ms without it.
pub const DEBOUNCE_VALUE: &str = "HotPlugDebounceUs";

/// Why nothing is known of a monitor that is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// Neither way of reading brought bytes; the error of the card's master.
    Bus(DdcError),
    /// What came is no EDID.
    Edid(EdidError),
}

impl core::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "no EDID could be read: {error}"),
            Self::Edid(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Unreadable {}

/// What a monitor says about itself, as far as the driver needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonitorFacts {
    /// Standard timings it offers, 640x480 always among them.
    pub modes: ModeSet,
    /// Those that it likes best: none or one.
    pub preferred: ModeSet,
    /// Size of the screen. Units: mm.
    pub size_mm: Option<(u16, u16)>,
    /// Bytes of its EDID that were read.
    pub edid_bytes: usize,
    /// What is wrong with them.
    pub flaws: Flaws,
    /// Attempts beyond the first.
    pub retries: u32,
    /// Read over the bare lines, because the card's master did not succeed.
    pub by_lines: bool,
}

/// What is at the connector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Monitor {
    /// Nothing.
    Absent,
    /// A monitor of which nothing is known.
    Unreadable(Unreadable),
    /// A monitor that told what it is.
    Known(MonitorFacts),
}

impl Monitor {
    /// Timings to offer: without a monitor every one (a capture device or a wall of relays may follow), for an unknown
    /// monitor the common ones, else what it says.
    pub const fn modes(&self) -> ModeSet {
        match self {
            Self::Absent => ModeSet::ALL,
            Self::Unreadable(_) => ModeSet::FALLBACK,
            Self::Known(facts) => facts.modes,
        }
    }

    /// Something is plugged in.
    pub const fn is_connected(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Size of the screen, if it is known. Units: mm.
    pub const fn size_mm(&self) -> Option<(u16, u16)> {
        match self {
            Self::Known(facts) => facts.size_mm,
            _ => None,
        }
    }

    /// The timing it likes best.
    pub const fn preferred(&self) -> ModeSet {
        match self {
            Self::Known(facts) => facts.preferred,
            _ => ModeSet::NONE,
        }
    }
}

impl LumenportMiniport {
    /// Looks at the connector, reads the EDID to the front of `edid`, and remembers what came. PASSIVE.
    pub(crate) fn look_at_monitor<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        edid: &mut [u8; EDID_BYTES],
    ) -> Monitor {
        let connected = self
            .bus(port)
            .and_then(|bus| Ddc::new(bus).is_connected())
            .unwrap_or(false);
        let monitor = if connected {
            self.read_monitor(port, edid)
        } else {
            Monitor::Absent
        };
        self.ext.with(|state| state.monitor = monitor);
        monitor
    }

    fn read_monitor<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        edid: &mut [u8; EDID_BYTES],
    ) -> Monitor {
        let (read, by_lines) = match self.read_by_master(port, edid) {
            Ok(read) => (read, false),
            Err(error) => match self.read_by_lines(port, edid) {
                Some(read) => (read, true),
                None => return Monitor::Unreadable(Unreadable::Bus(error)),
            },
        };
        match Edid::parse(edid.get(..read.length).unwrap_or_default()) {
            Ok(parsed) => Monitor::Known(MonitorFacts {
                modes: ModeSet::of(&parsed),
                preferred: ModeSet::preferred(&parsed),
                size_mm: parsed.size_mm(),
                edid_bytes: read.length,
                flaws: parsed.flaws(),
                retries: read.retries,
                by_lines,
            }),
            Err(error) => Monitor::Unreadable(Unreadable::Edid(error)),
        }
    }

    fn read_by_master<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        edid: &mut [u8; EDID_BYTES],
    ) -> Result<EdidRead, DdcError> {
        let device = self.device().ok_or(DdcError::Gone)?;
        let rate = registry_number(port, DDC_RATE_VALUE).filter(|rate| *rate != 0);
        let rate = rate.map_or(STANDARD_RATE, KiloHertz::new);
        let bus = PortBus::new(port, device.registers);
        DdcI2c::new(bus, port.delay(), device.identity.sys_clock, rate)
            .read_edid(edid, ReadPolicy::default())
    }

    fn read_by_lines<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        edid: &mut [u8; EDID_BYTES],
    ) -> Option<EdidRead> {
        let mut lines = self.ddc_lines(port)?;
        let mut read = EdidRead::default();
        // What the base block promises; until it is there, itself.
        let mut wanted = BLOCK_BYTES;
        let (segments, _) = edid.as_chunks_mut::<EDID_SEGMENT_BYTES>();
        for (segment, into) in (0..).zip(segments.iter_mut()) {
            if read.length >= wanted
                || !port.ddc_monitor_helper(&mut DdcControl::new(&mut lines, segment), into)
            {
                break;
            }
            if segment == 0 {
                wanted = BLOCK_BYTES * (1 + usize::from(into[BLOCK_BYTES - 2]));
            }
            read.length = read.length.saturating_add(EDID_SEGMENT_BYTES).min(wanted);
        }
        (read.length != 0).then_some(read)
    }

    /// Tells the card how long the hot-plug contact must be steady, if the registry says so.
    pub(crate) fn set_debounce<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        bus: &PortBus<'_, '_, P>,
    ) {
        let (Some(device), Some(debounce_us)) =
            (self.device(), registry_number(port, DEBOUNCE_VALUE))
        else {
            return;
        };
        let clocks = u64::from(debounce_us) * u64::from(device.identity.sys_clock.raw()) / 1000;
        Ddc::new(bus).set_debounce_clocks(u32::try_from(clocks).unwrap_or(u32::MAX));
    }
}

/// A 32-bit number from the driver's registry key.
fn registry_number<P: Platform>(port: &VideoPort<'_, P>, name: &str) -> Option<u32> {
    let mut number = None;
    let status = port.get_registry_parameters(name, false, |_, _, bytes| {
        number = bytes.try_into().ok().map(u32::from_le_bytes);
        if number.is_some() {
            VpStatus::NO_ERROR
        } else {
            VpStatus::ERROR_INVALID_PARAMETER
        }
    });
    number.filter(|_| status.is_success())
}

//! Errors of the DMA driver and the card's own verdicts.

use lumenport_regmap::blocks::dma::ResultCode;

use crate::addr::BusAddr;
use crate::error::{ErrorKind, Kind};
use crate::wait::Timeout;

/// Why the card ended a transfer without moving everything. Source: `dma.RESULT`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fault {
    /// The handle's slot is not valid or has another generation; nothing was moved.
    StaleHandle,
    /// The slot does not allow this direction; nothing was moved.
    NoRight,
    /// The range lies outside the table or card memory; nothing was moved.
    Range,
    /// Rows, pitch or length make no transfer; nothing was moved.
    Parameter,
    /// A completion said Unsupported Request.
    UnsupportedRequest {
        /// Bus address of the refused request.
        address: BusAddr,
    },
    /// A completion said Completer Abort.
    CompleterAbort {
        /// Bus address of the refused request.
        address: BusAddr,
    },
    /// A read was not answered in full in time, or the link took no request for that long.
    Timeout {
        /// Bus address of the first byte that did not come; of the next request when none could leave.
        address: BusAddr,
    },
    /// Software aborted it.
    Aborted,
    /// A completion carried poisoned data.
    Poisoned {
        /// Bus address of the poisoned data.
        address: BusAddr,
    },
    /// Bus mastering was off.
    BusMasterOff,
    /// A completion did not fit its request.
    BadCompletion {
        /// Bus address of the request.
        address: BusAddr,
    },
    /// The buffer was unlocked while the transfer ran.
    SlotReleased,
    /// Every tag the card may use for reads waits for a late answer; nothing was moved. See [`super::Dma::quarantine`].
    NoTag,
    /// A code this driver does not know.
    Unknown {
        /// The code as read.
        code: u32,
    },
}

impl Fault {
    /// Maps a RESULT code: `None` = none yet, `Ok` = finished well. `address` is asked for bus faults only.
    pub(super) fn decode(code: u32, address: impl FnOnce() -> BusAddr) -> Option<Result<(), Self>> {
        Some(Err(match ResultCode::from_bits(code) {
            Some(ResultCode::None) => return None,
            Some(ResultCode::Ok) => return Some(Ok(())),
            Some(ResultCode::StaleHandle) => Self::StaleHandle,
            Some(ResultCode::NoRight) => Self::NoRight,
            Some(ResultCode::Range) => Self::Range,
            Some(ResultCode::Parameter) => Self::Parameter,
            Some(ResultCode::UnsupportedRequest) => Self::UnsupportedRequest { address: address() },
            Some(ResultCode::CompleterAbort) => Self::CompleterAbort { address: address() },
            Some(ResultCode::Timeout) => Self::Timeout { address: address() },
            Some(ResultCode::Aborted) => Self::Aborted,
            Some(ResultCode::Poisoned) => Self::Poisoned { address: address() },
            Some(ResultCode::BusMasterOff) => Self::BusMasterOff,
            Some(ResultCode::BadCompletion) => Self::BadCompletion { address: address() },
            Some(ResultCode::SlotReleased) => Self::SlotReleased,
            Some(ResultCode::NoTag) => Self::NoTag,
            None => Self::Unknown { code },
        }))
    }
}

impl Kind for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::StaleHandle | Self::SlotReleased => ErrorKind::Stale,
            Self::NoRight | Self::Range | Self::Parameter => ErrorKind::InvalidArgument,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::NoTag => ErrorKind::Busy,
            Self::UnsupportedRequest { .. }
            | Self::CompleterAbort { .. }
            | Self::Aborted
            | Self::Poisoned { .. }
            | Self::BusMasterOff
            | Self::BadCompletion { .. }
            | Self::Unknown { .. } => ErrorKind::Hardware,
        }
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::StaleHandle => write!(f, "the card refused a stale handle"),
            Self::NoRight => write!(f, "the buffer is not locked for this direction"),
            Self::Range => write!(f, "the transfer leaves the locked buffer or card memory"),
            Self::Parameter => write!(f, "the card refused the transfer's rows, pitch or length"),
            Self::UnsupportedRequest { address } => {
                write!(
                    f,
                    "the host answered Unsupported Request at bus address {:#x}",
                    address.raw()
                )
            }
            Self::CompleterAbort { address } => {
                write!(
                    f,
                    "the host answered Completer Abort at bus address {:#x}",
                    address.raw()
                )
            }
            Self::Timeout { address } => write!(
                f,
                "the host never answered at bus address {:#x}",
                address.raw()
            ),
            Self::Aborted => write!(f, "the transfer was aborted"),
            Self::Poisoned { address } => {
                write!(f, "poisoned data at bus address {:#x}", address.raw())
            }
            Self::BusMasterOff => write!(f, "bus mastering is off"),
            Self::BadCompletion { address } => {
                write!(
                    f,
                    "a completion did not fit the request at bus address {:#x}",
                    address.raw()
                )
            }
            Self::SlotReleased => write!(f, "the buffer was unlocked while the transfer ran"),
            Self::NoTag => write!(f, "every read tag waits for a late answer of the host"),
            Self::Unknown { code } => write!(f, "unknown DMA result code {code}"),
        }
    }
}

impl core::error::Error for Fault {}

/// Errors of the DMA driver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DmaError {
    /// Length, rows or pitch make no transfer; nothing was written.
    Invalid,
    /// A transfer runs.
    Busy,
    /// No transfer finished since reset.
    NotFinished,
    /// The card left the bus.
    Gone,
    /// A bounded wait ran out.
    Timeout(Timeout),
    /// The card ended the transfer badly.
    Fault(Fault),
}

impl Kind for DmaError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid => ErrorKind::InvalidArgument,
            Self::Busy | Self::NotFinished => ErrorKind::Busy,
            Self::Gone => ErrorKind::Gone,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Fault(fault) => fault.kind(),
        }
    }
}

impl core::fmt::Display for DmaError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Invalid => write!(f, "length, rows or pitch make no transfer"),
            Self::Busy => write!(f, "a transfer is running"),
            Self::NotFinished => write!(f, "no transfer finished yet"),
            Self::Gone => write!(f, "the card left the bus"),
            Self::Timeout(timeout) => timeout.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for DmaError {}

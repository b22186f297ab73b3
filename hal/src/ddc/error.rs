//! What can go wrong on the DDC bus.

use embedded_hal::{digital, i2c};

use crate::error::{ErrorKind, Kind};
use crate::wait::Timeout;

/// Why a transaction ended early. The bus is free again, except after [`DdcError::Wait`] and [`DdcError::Gone`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DdcError {
    /// Nobody answers to the address.
    NoAddress,
    /// The target did not take a byte.
    NoData,
    /// Somebody else held the data line.
    ArbitrationLost,
    /// The clock line was held low for longer than the limit.
    Stretched,
    /// The card refused the command: another user of the block is at work.
    Rejected,
    /// A read of no bytes: I2C has no such thing.
    EmptyRead,
    /// The card did not end a command in time.
    Wait(Timeout),
    /// The card left the bus.
    Gone,
}

impl Kind for DdcError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoAddress | Self::NoData | Self::ArbitrationLost => ErrorKind::Hardware,
            Self::Stretched | Self::Wait(_) => ErrorKind::Timeout,
            Self::Rejected => ErrorKind::Busy,
            Self::EmptyRead => ErrorKind::InvalidArgument,
            Self::Gone => ErrorKind::Gone,
        }
    }
}

impl i2c::Error for DdcError {
    fn kind(&self) -> i2c::ErrorKind {
        match self {
            Self::NoAddress => i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Address),
            Self::NoData => i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Data),
            Self::ArbitrationLost => i2c::ErrorKind::ArbitrationLoss,
            Self::Stretched => i2c::ErrorKind::Bus,
            Self::Rejected | Self::EmptyRead | Self::Wait(_) | Self::Gone => i2c::ErrorKind::Other,
        }
    }
}

impl digital::Error for DdcError {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl From<Timeout> for DdcError {
    fn from(timeout: Timeout) -> Self {
        Self::Wait(timeout)
    }
}

impl core::fmt::Display for DdcError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoAddress => write!(f, "no device answers to the address"),
            Self::NoData => write!(f, "the device did not take a byte"),
            Self::ArbitrationLost => write!(f, "the data line is held low"),
            Self::Stretched => write!(f, "the clock line is held low"),
            Self::Rejected => write!(f, "the bus is in use"),
            Self::EmptyRead => write!(f, "a read of no bytes"),
            Self::Wait(timeout) => timeout.fmt(f),
            Self::Gone => write!(f, "the card is gone"),
        }
    }
}

impl core::error::Error for DdcError {}

//! Status codes, and the one place where Rust errors become Windows codes.
//!
//! `VP_STATUS` values are Win32 codes; only `DriverEntry` and `VideoPortInitialize` speak NTSTATUS. Every other
//! module returns its own error type; the `From` implementations here are total, so a new variant does not compile
//! until its code is chosen.
//!
//! Source: winerror.h and ntstatus.h values as used by the video port contract.

use core::fmt;

use lumenport_hal::sem::SemError;

use crate::device_lock::LockError;
use crate::dma::DmaError;
use crate::hardware::HardwareError;
use crate::pool::PoolError;

/// A status of a video port service: a Win32 error code, 0 is success.
#[must_use]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(transparent)]
pub struct VpStatus(pub u32);

impl VpStatus {
    /// Success.
    pub const NO_ERROR: Self = Self(0);
    /// The request code is unknown, or the service does not apply.
    pub const ERROR_INVALID_FUNCTION: Self = Self(1);
    /// No memory, or no other resource of that kind.
    pub const ERROR_NOT_ENOUGH_MEMORY: Self = Self(8);
    /// No storage left to finish.
    pub const ERROR_OUTOFMEMORY: Self = Self(14);
    /// The device is not there (any more).
    pub const ERROR_DEV_NOT_EXIST: Self = Self(55);
    /// A parameter is wrong.
    pub const ERROR_INVALID_PARAMETER: Self = Self(87);
    /// The caller's buffer is too small; or the miniport is over its `AllocateBuffer` ceiling.
    pub const ERROR_INSUFFICIENT_BUFFER: Self = Self(122);
    /// `VIDEO_ENUM_INVALID_DEVICE`: skip this child.
    pub const ERROR_INVALID_NAME: Self = Self(123);
    /// The hardware belongs to another agent now.
    pub const ERROR_BUSY: Self = Self(170);
    /// There is more than the buffer holds.
    pub const ERROR_MORE_DATA: Self = Self(234);
    /// A wait ended by its timeout.
    pub const WAIT_TIMEOUT: Self = Self(258);
    /// The request goes on after the call.
    pub const ERROR_IO_PENDING: Self = Self(997);
    /// The device must be initialised again first.
    pub const ERROR_DEVICE_REINITIALIZATION_NEEDED: Self = Self(1164);
    /// `VIDEO_ENUM_MORE_DEVICES`: call again for the next child.
    pub const ERROR_CONTINUE: Self = Self(1246);
    /// `VIDEO_ENUM_NO_MORE_DEVICES`: there are no more children.
    pub const ERROR_NO_MORE_DEVICES: Self = Self(1248);

    /// Whether this is [`VpStatus::NO_ERROR`].
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }

    /// Whether a request may end with it: one of those that have a status of the I/O manager of their own.
    pub const fn is_for_requests(self) -> bool {
        matches!(
            self,
            Self::NO_ERROR
                | Self::ERROR_INVALID_FUNCTION
                | Self::ERROR_NOT_ENOUGH_MEMORY
                | Self::ERROR_DEV_NOT_EXIST
                | Self::ERROR_INVALID_PARAMETER
                | Self::ERROR_INSUFFICIENT_BUFFER
                | Self::ERROR_MORE_DATA
                | Self::ERROR_IO_PENDING
        )
    }

    /// `Ok` for [`VpStatus::NO_ERROR`], the status itself otherwise: for the `?` operator.
    ///
    /// # Errors
    /// The status, when it is not success.
    pub const fn into_result(self) -> Result<(), Self> {
        if self.is_success() { Ok(()) } else { Err(self) }
    }

    /// The code's name, when it is one the contract uses.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NO_ERROR => "NO_ERROR",
            Self::ERROR_INVALID_FUNCTION => "ERROR_INVALID_FUNCTION",
            Self::ERROR_NOT_ENOUGH_MEMORY => "ERROR_NOT_ENOUGH_MEMORY",
            Self::ERROR_OUTOFMEMORY => "ERROR_OUTOFMEMORY",
            Self::ERROR_DEV_NOT_EXIST => "ERROR_DEV_NOT_EXIST",
            Self::ERROR_INVALID_PARAMETER => "ERROR_INVALID_PARAMETER",
            Self::ERROR_INSUFFICIENT_BUFFER => "ERROR_INSUFFICIENT_BUFFER",
            Self::ERROR_INVALID_NAME => "ERROR_INVALID_NAME",
            Self::ERROR_BUSY => "ERROR_BUSY",
            Self::ERROR_MORE_DATA => "ERROR_MORE_DATA",
            Self::WAIT_TIMEOUT => "WAIT_TIMEOUT",
            Self::ERROR_IO_PENDING => "ERROR_IO_PENDING",
            Self::ERROR_DEVICE_REINITIALIZATION_NEEDED => "ERROR_DEVICE_REINITIALIZATION_NEEDED",
            Self::ERROR_CONTINUE => "ERROR_CONTINUE",
            Self::ERROR_NO_MORE_DEVICES => "ERROR_NO_MORE_DEVICES",
            _ => return None,
        })
    }
}

impl fmt::Display for VpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "status {}", self.0),
        }
    }
}

impl core::error::Error for VpStatus {}

/// A kernel status, as `DriverEntry` and the I/O manager speak it. Negative as a signed number means failure.
#[must_use]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(transparent)]
pub struct NtStatus(pub u32);

impl NtStatus {
    /// Success.
    pub const SUCCESS: Self = Self(0);
    /// The request goes on after the call.
    pub const PENDING: Self = Self(0x0000_0103);
    /// There is more than the buffer holds.
    pub const BUFFER_OVERFLOW: Self = Self(0x8000_0005);
    /// It did not work.
    pub const UNSUCCESSFUL: Self = Self(0xC000_0001);
    /// The request code is unknown.
    pub const NOT_IMPLEMENTED: Self = Self(0xC000_0002);
    /// A parameter is wrong.
    pub const INVALID_PARAMETER: Self = Self(0xC000_000D);
    /// The caller's buffer is too small.
    pub const BUFFER_TOO_SMALL: Self = Self(0xC000_0023);
    /// The structure's revision is not one this port knows.
    pub const REVISION_MISMATCH: Self = Self(0xC000_0059);
    /// No memory or other resource.
    pub const INSUFFICIENT_RESOURCES: Self = Self(0xC000_009A);
    /// There is no such device.
    pub const DEVICE_DOES_NOT_EXIST: Self = Self(0xC000_00C0);

    /// Whether the top bit is clear.
    pub const fn is_success(self) -> bool {
        self.0 & 0x8000_0000 == 0
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NTSTATUS {:#010x}", self.0)
    }
}

/// What the I/O manager sees for a finished request packet.
impl From<VpStatus> for NtStatus {
    fn from(status: VpStatus) -> Self {
        match status {
            VpStatus::NO_ERROR => Self::SUCCESS,
            VpStatus::ERROR_NOT_ENOUGH_MEMORY => Self::INSUFFICIENT_RESOURCES,
            VpStatus::ERROR_MORE_DATA => Self::BUFFER_OVERFLOW,
            VpStatus::ERROR_INVALID_FUNCTION => Self::NOT_IMPLEMENTED,
            VpStatus::ERROR_INVALID_PARAMETER => Self::INVALID_PARAMETER,
            VpStatus::ERROR_INSUFFICIENT_BUFFER => Self::BUFFER_TOO_SMALL,
            VpStatus::ERROR_DEV_NOT_EXIST => Self::DEVICE_DOES_NOT_EXIST,
            VpStatus::ERROR_IO_PENDING => Self::PENDING,
            _ => Self::UNSUCCESSFUL,
        }
    }
}

impl From<PoolError> for VpStatus {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::OutOfMemory { .. }
            | PoolError::TooManyBlocks { .. }
            | PoolError::TooLarge { .. } => Self::ERROR_NOT_ENOUGH_MEMORY,
            PoolError::OverQuota { .. } => Self::ERROR_INSUFFICIENT_BUFFER,
            PoolError::WrongIrql { .. } => Self::ERROR_INVALID_PARAMETER,
        }
    }
}

impl From<DmaError> for VpStatus {
    fn from(error: DmaError) -> Self {
        match error {
            DmaError::Resources | DmaError::Hardware(_) | DmaError::Pin(_) => {
                Self::ERROR_NOT_ENOUGH_MEMORY
            }
            DmaError::InvalidParameter => Self::ERROR_INVALID_PARAMETER,
        }
    }
}

impl From<HardwareError> for VpStatus {
    fn from(error: HardwareError) -> Self {
        match error {
            HardwareError::NoTableSpace { .. } => Self::ERROR_NOT_ENOUGH_MEMORY,
            HardwareError::Busy { .. } => Self::ERROR_BUSY,
            HardwareError::Gone | HardwareError::NotOurs { .. } | HardwareError::Fault(_) => {
                Self::ERROR_DEV_NOT_EXIST
            }
        }
    }
}

/// What a miniport answers for an error of the register drivers.
impl From<lumenport_hal::ErrorKind> for VpStatus {
    fn from(kind: lumenport_hal::ErrorKind) -> Self {
        use lumenport_hal::ErrorKind;
        match kind {
            ErrorKind::Timeout => Self::WAIT_TIMEOUT,
            ErrorKind::Busy => Self::ERROR_BUSY,
            ErrorKind::NoResource => Self::ERROR_NOT_ENOUGH_MEMORY,
            ErrorKind::InvalidArgument | ErrorKind::Stale => Self::ERROR_INVALID_PARAMETER,
            ErrorKind::Unsupported => Self::ERROR_INVALID_FUNCTION,
            // Gone, of another map, or failing in its own or the host's part: this device cannot do the work.
            _ => Self::ERROR_DEV_NOT_EXIST,
        }
    }
}

impl From<LockError> for VpStatus {
    fn from(error: LockError) -> Self {
        match error {
            LockError::CutOff => Self::WAIT_TIMEOUT,
            LockError::Semaphore(SemError::Held { .. } | SemError::LeaseRuns { .. }) => {
                Self::ERROR_BUSY
            }
            LockError::Semaphore(SemError::NoSuch | SemError::Gone) => Self::ERROR_DEV_NOT_EXIST,
        }
    }
}

#[cfg(test)]
mod tests {
    use lumenport_hal::error::ErrorKind;
    use lumenport_hal::sem::Holder;

    use super::*;
    use crate::address::VirtAddr;
    use crate::platform::PinError;

    fn raw(error: impl Into<VpStatus>) -> u32 {
        error.into().0
    }

    #[test]
    fn every_pool_error_has_its_code() {
        assert_eq!(raw(PoolError::OutOfMemory { size_bytes: 1 }), 8);
        assert_eq!(raw(PoolError::TooLarge { size_bytes: 1 }), 8);
        assert_eq!(raw(PoolError::TooManyBlocks { limit: 1 }), 8);
        let over = PoolError::OverQuota {
            size_bytes: 1,
            live_bytes: 1,
            quota_bytes: 1,
        };
        assert_eq!(raw(over), 122);
        assert_eq!(raw(PoolError::WrongIrql { irql: 2 }), 87);
    }

    #[test]
    fn every_dma_error_has_its_code() {
        let page = VirtAddr::NULL;
        assert_eq!(raw(DmaError::Resources), 8);
        assert_eq!(raw(DmaError::InvalidParameter), 87);
        for error in [
            PinError::Unmapped { page },
            PinError::ReadOnly { page },
            PinError::Resources,
        ] {
            assert_eq!(raw(DmaError::Pin(error)), 8);
        }
        assert_eq!(raw(DmaError::Hardware(HardwareError::Gone)), 8);
    }

    #[test]
    fn every_hardware_and_lock_error_has_its_code() {
        let holder = Holder {
            agent: None,
            owner: 1,
        };
        assert_eq!(raw(HardwareError::NoTableSpace { wanted: 1 }), 8);
        assert_eq!(raw(HardwareError::Busy { waited_us: 1 }), 170);
        assert_eq!(raw(HardwareError::Gone), 55);
        assert_eq!(raw(HardwareError::NotOurs { found: 1 }), 55);
        assert_eq!(raw(HardwareError::Fault(ErrorKind::Hardware)), 55);
        assert_eq!(raw(LockError::CutOff), 258);
        assert_eq!(
            raw(LockError::Semaphore(SemError::Held {
                holder,
                waited_us: 1
            })),
            170
        );
        assert_eq!(
            raw(LockError::Semaphore(SemError::LeaseRuns { holder })),
            170
        );
        assert_eq!(raw(LockError::Semaphore(SemError::NoSuch)), 55);
        assert_eq!(raw(LockError::Semaphore(SemError::Gone)), 55);
    }
}

//! The bug-check callback: what a miniport may say when its display driver hangs.
//!
//! A miniport registers a routine for code 0xEA and the size of what it wants to add to the crash record. The host
//! calls [`VideoPort::collect_bugcheck_data`] when it gives the device up; the routine then runs once, at the highest level,
//! without any lock, into a zeroed buffer that is exactly as large as registered, less the bytes reserved for the
//! system.
//!
//! Source: `VideoPortRegisterBugcheckCallback`, `PVIDEO_BUGCHECK_CALLBACK`.

use crate::guarded::Guarded;
use crate::irql::HIGH_LEVEL;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

/// The one code a callback can be registered for: a thread is stuck in a device driver.
pub const BUGCHECK_CODE: u32 = 0xEA;
/// `BUGCHECK_DATA_SIZE_RESERVED`: bytes of the record that belong to the system.
pub const BUGCHECK_RESERVED_BYTES: u32 = 48;
/// Largest record, reserved bytes included.
pub const BUGCHECK_MAX_BYTES: u32 = 4000;

/// Names a bug-check routine: a number the miniport chose (the C layer puts a function pointer here).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BugcheckRoutine(pub usize);

/// What is registered.
#[derive(Default)]
pub(crate) struct BugcheckState {
    registered: Option<(BugcheckRoutine, usize)>,
}

impl BugcheckState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self { registered: None })
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortRegisterBugcheckCallback`: a later call replaces the earlier one; no routine, or size 0, unregisters.
    /// PASSIVE.
    ///
    /// `data_size_bytes` is the payload plus [`BUGCHECK_RESERVED_BYTES`]. `ERROR_INVALID_PARAMETER` for another code
    /// than [`BUGCHECK_CODE`], a size without payload, or one above [`BUGCHECK_MAX_BYTES`].
    pub fn register_bugcheck_callback(
        &self,
        code: u32,
        routine: Option<BugcheckRoutine>,
        data_size_bytes: u32,
    ) -> VpStatus {
        let service = Service::RegisterBugcheckCallback;
        if !self.enter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        if code != BUGCHECK_CODE {
            self.note(service, FindingKind::WrongArguments, u64::from(code));
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        let registered = match routine {
            Some(routine) if data_size_bytes != 0 => {
                let payload = data_size_bytes.saturating_sub(BUGCHECK_RESERVED_BYTES);
                if payload == 0 || data_size_bytes > BUGCHECK_MAX_BYTES {
                    self.note(
                        service,
                        FindingKind::WrongArguments,
                        u64::from(data_size_bytes),
                    );
                    return VpStatus::ERROR_INVALID_PARAMETER;
                }
                Some((routine, payload as usize))
            }
            _ => None,
        };
        self.bugcheck.with(|state| state.registered = registered);
        VpStatus::NO_ERROR
    }

    /// Bytes the registered routine will write, 0 without one.
    pub fn bugcheck_data_bytes(&self) -> usize {
        self.bugcheck
            .with(|state| state.registered.map_or(0, |(_, bytes)| bytes))
    }

    /// For the host when it gives the device up: lets the miniport write its crash data into `into`. Any IRQL, no lock.
    ///
    /// Returns the bytes handed to the routine: what it registered, or all of `into` if that is less; 0 without one.
    pub fn collect_bugcheck_data(&self, code: u32, into: &mut [u8]) -> usize {
        let Some((routine, bytes)) = self.bugcheck.with(|state| state.registered) else {
            return 0;
        };
        let count = bytes.min(into.len());
        let Some(buffer) = into.get_mut(..count) else {
            return 0;
        };
        buffer.fill(0);
        let old = self.raise(HIGH_LEVEL);
        self.call_out(Service::Bugcheck, || {
            self.miniport.bugcheck(self, routine, code, buffer);
        });
        self.platform.set_irql(old);
        count
    }
}

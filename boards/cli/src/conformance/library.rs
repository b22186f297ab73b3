//! The driver's interface, through which test threads enter it. All unsafe code of the command is here.

use super::record::{INTERFACE_GUID, PartResult, REQUEST_BYTES, RESULT_BYTES};
use anyhow::{Context, Result, bail};
use lumenport_videoport::miniport::InterfaceQuery;
use lumenport_videoport::{VirtAddr, VpStatus};
use std::ffi::c_void;
use std::path::Path;
use videoport::Device;
use videoport::loader::Driver;

/// Loads a driver.
///
/// # Errors
/// Says what is wrong with the file.
pub fn load(path: &Path) -> Result<Driver> {
    // SAFETY: the user named this file for its code to be run.
    unsafe { Driver::load(path) }.with_context(|| format!("cannot use {}", path.display()))
}

type Routine = Option<unsafe extern "C" fn(*mut c_void)>;
type RunTest = Option<unsafe extern "C" fn(*mut c_void, *const c_void, *mut c_void)>;

/// `LP_CONFORMANCE_INTERFACE` of `miniport/examples/c/protocol.h`.
#[repr(C)]
struct RawInterface {
    size: u16,
    version: u16,
    context: *mut c_void,
    reference: Routine,
    dereference: Routine,
    run_test: RunTest,
}

/// As the driver keeps records: 8-byte aligned.
#[repr(C, align(8))]
struct Aligned<const N: usize>([u8; N]);

/// The driver's interface for other drivers.
pub struct Interface(RawInterface);

// SAFETY: context and routines belong to the driver, whose contract lets any thread call them.
unsafe impl Send for Interface {}
// SAFETY: as above.
unsafe impl Sync for Interface {}

impl Interface {
    /// Asks the driver for it.
    ///
    /// # Errors
    /// When the driver refuses or answers something else than version 1.
    pub fn query(device: &Device) -> Result<Self> {
        let mut raw = RawInterface {
            size: 0,
            version: 0,
            context: std::ptr::null_mut(),
            reference: None,
            dereference: None,
            run_test: None,
        };
        let mut query = InterfaceQuery {
            interface_type: INTERFACE_GUID,
            size: size_of::<RawInterface>() as u16,
            version: 1,
            interface: VirtAddr::new((&raw mut raw).expose_provenance()),
            specific_data: VirtAddr::NULL,
        };
        let status = device.port().query_miniport_interface(&mut query);
        if status != VpStatus::NO_ERROR {
            bail!("the driver does not publish its conformance interface: {status}");
        }
        // SAFETY: the driver has written the structure behind our back.
        let raw = unsafe { std::ptr::read_volatile(&raw const raw) };
        if raw.version != 1 || raw.run_test.is_none() {
            bail!("the driver's conformance interface is another one");
        }
        Ok(Self(raw))
    }

    /// Runs one part of a test in the calling thread.
    pub fn run(&self, request: &[u8; REQUEST_BYTES]) -> PartResult {
        let request = Aligned(*request);
        let mut result = Aligned([0; RESULT_BYTES]);
        if let Some(run) = self.0.run_test {
            // SAFETY: the routine and its context come from the driver; both records live across the call, are aligned for
            // their C types and as long as those.
            unsafe {
                run(
                    self.0.context,
                    (&raw const request).cast(),
                    (&raw mut result).cast(),
                );
            };
        }
        PartResult::parse(&result.0)
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        if let Some(dereference) = self.0.dereference {
            // SAFETY: gives back the reference that the query took.
            unsafe { dereference(self.0.context) };
        }
    }
}

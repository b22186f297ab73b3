//! What every exported function does around its work: find the device, count, trace, and keep panics inside.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use lumenport_videoport::services::Service;

use crate::device::{self, Device};
use crate::trace::{self, Show, Shown};

/// The service called last on any thread, for crash reports.
static LAST_SERVICE: AtomicPtr<Service> = AtomicPtr::new(std::ptr::null_mut());
/// Services refused because their device does not exist.
static FOREIGN_CALLS: AtomicU64 = AtomicU64::new(0);

/// Name of the service that was called last in this process. Safe to ask in a signal handler.
pub fn last_service() -> Option<&'static str> {
    let service = LAST_SERVICE.load(Ordering::Relaxed);
    // SAFETY: null or an element of the constant list `Service::ALL`.
    unsafe { service.as_ref() }.map(|service| service.name())
}

/// Calls so far that named no device: null or garbage for `HwDeviceExtension`.
pub fn foreign_calls() -> u64 {
    FOREIGN_CALLS.load(Ordering::Relaxed)
}

fn remember(service: Service) {
    if let Some(place) = Service::ALL.get(service as usize) {
        let place = std::ptr::from_ref(place).cast_mut();
        LAST_SERVICE.store(place, Ordering::Relaxed);
    }
}

/// Runs the body of a service on the device its first argument names. Without one, or when the library itself fails:
/// `fallback`.
pub(crate) fn on_device<R: Show + Copy>(
    service: Service,
    extension: *mut c_void,
    arguments: &[Shown],
    fallback: R,
    body: impl FnOnce(&Arc<Device>) -> R,
) -> R {
    let device = device::by_extension(extension.addr());
    let mut shown = Vec::new();
    if trace::is_on() {
        shown.push(extension.show());
        shown.extend_from_slice(arguments);
    }
    run(service, device.as_ref(), &shown, fallback, || {
        if let Some(device) = &device {
            return body(device);
        }
        FOREIGN_CALLS.fetch_add(1, Ordering::Relaxed);
        trace::note("no live device has this HwDeviceExtension");
        fallback
    })
}

/// Runs the body of a service that names no device; `device` is the one it is most likely about.
pub(crate) fn anywhere<R: Show + Copy>(
    service: Service,
    device: Option<&Arc<Device>>,
    arguments: &[Shown],
    fallback: R,
    body: impl FnOnce() -> R,
) -> R {
    run(service, device, arguments, fallback, body)
}

fn run<R: Show + Copy>(
    service: Service,
    device: Option<&Arc<Device>>,
    arguments: &[Shown],
    fallback: R,
    body: impl FnOnce() -> R,
) -> R {
    remember(service);
    if let Some(device) = device {
        device.count_call(service);
    }
    trace::enter(service.name(), arguments);
    // A panic is a fault of this library. The driver gets the service's failure; unwinding into C would be worse.
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        eprintln!("lumenport: internal error in {service}; the call fails");
        fallback
    });
    trace::leave(result.show());
    result
}

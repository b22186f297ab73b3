//! The exported functions, by group.
//!
//! Each is a thin shell: `call` finds the device, counts and traces; the body checks what C allows to check and
//! calls the service of the port. Pointers to data are never followed, but read and written through the kernel
//! (`process`); routines are called as they are given.

pub mod accessors;
pub mod children;
pub mod debug;
pub mod dma;
pub mod events;
pub mod firmware;
pub mod interfaces;
pub mod legacy_dma;
pub mod memory;
pub mod registration;
pub mod registry;
pub mod resources;
pub mod sync;
pub mod time;

/// Declares exported services whose first argument names the device.
macro_rules! device_services {
    ($(
        $(#[$doc:meta])*
        fn $name:ident[$service:ident]($device:ident $(, $argument:ident: $type:ty)* $(,)?) $(-> $result:ty)?,
            else $fallback:expr => $body:block
    )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// Routines must be what the contract says they are. Data behind pointers must not be in use by others.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(
                hw_device_extension: $crate::abi::Pointer
                $(, $argument: $type)*
            ) $(-> $result)? {
                $crate::call::on_device(
                    lumenport_videoport::services::Service::$service,
                    hw_device_extension,
                    &[$($crate::trace::Show::show(&$argument)),*],
                    $fallback,
                    |$device| $body,
                )
            }
        )*
    };
}
pub(crate) use device_services;

/// Declares exported services that name no device: `place` says where to look for the one they are about.
macro_rules! plain_services {
    ($(
        $(#[$doc:meta])*
        fn $name:ident[$service:ident]($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?,
            on $device:ident = $place:expr, else $fallback:expr => $body:block
    )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// Data behind pointers must not be in use by others.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) $(-> $result)? {
                let $device: Option<std::sync::Arc<$crate::device::Device>> = $place;
                $crate::call::anywhere(
                    lumenport_videoport::services::Service::$service,
                    $device.as_ref(),
                    &[$($crate::trace::Show::show(&$argument)),*],
                    $fallback,
                    || $body,
                )
            }
        )*
    };
}
pub(crate) use plain_services;

/// A pointer for C from an address of the port.
pub(crate) fn pointer(at: lumenport_videoport::VirtAddr) -> crate::abi::Pointer {
    std::ptr::with_exposed_provenance_mut(at.raw())
}

/// The port's address for a pointer from C.
pub(crate) fn address<T>(pointer: *mut T) -> lumenport_videoport::VirtAddr {
    lumenport_videoport::VirtAddr::new(pointer.expose_provenance())
}

/// A handle of the port as C holds it.
pub(crate) fn handle(raw: usize) -> crate::abi::Pointer {
    std::ptr::with_exposed_provenance_mut(raw)
}

/// `ERROR_INVALID_PARAMETER` as C sees it.
pub(crate) const INVALID_PARAMETER: u32 = lumenport_videoport::VpStatus::ERROR_INVALID_PARAMETER.0;
/// `NO_ERROR` as C sees it.
pub(crate) const NO_ERROR: u32 = 0;

/// Of a handle that no table ever gave out: generation 0. The kind goes into bits 3:0.
pub(crate) const FOREIGN: usize = 1 << (usize::BITS - 1);

//! The interfaces of `VideoPortQueryServices`.
//!
//! The caller names a service and the size and version of the structure it offers; the port checks both against what it
//! knows and answers an [`Interface`]: which functions to put into the structure, and the head (size, version,
//! context) to fill in. Each successful query takes a reference; the structure's dereference routine gives it back.
//! The functions themselves are methods of [`VideoPort`].
//!
//! | service | here |
//! |---|---|
//! | I2C, versions 1 and 2 | `i2c_start` `i2c_stop` `i2c_write` `i2c_read` |
//! | Int10, version 1 | `int10_allocate_buffer` … ; the call itself fails: there is no BIOS |
//! | debug report, version 1 | `dbg_report_create` … |
//! | write-combined memory protection, version 1 | `protect_wc_memory`, `restore_wc_memory` |
//! | AGP | fails: the card sits on PCI Express |
//! | headless | fails: undocumented, and the machine has no headless terminal |
//!
//! Source: `VideoPortQueryServices`, `VIDEO_PORT_SERVICES` and the pages of the structures.

use crate::abi;
use crate::guarded::Guarded;
use crate::miniport::{EntryPoints, InterfaceQuery};
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

/// Which interface is wanted (`VIDEO_PORT_SERVICES`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u32)]
pub enum PortService {
    /// `VideoPortServicesAGP`.
    Agp = 1,
    /// `VideoPortServicesI2C`.
    I2c = 2,
    /// `VideoPortServicesHeadless`.
    Headless = 3,
    /// `VideoPortServicesInt10`.
    Int10 = 4,
    /// `VideoPortServicesDebugReport`.
    DebugReport = 5,
    /// `VideoPortServicesWCMemoryProtection`.
    WcMemoryProtection = 6,
}

impl PortService {
    /// The service for a number, `None` for numbers the contract does not define.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            1 => Self::Agp,
            2 => Self::I2c,
            3 => Self::Headless,
            4 => Self::Int10,
            5 => Self::DebugReport,
            6 => Self::WcMemoryProtection,
            _ => return None,
        })
    }

    /// Bytes of the structure of this version, `None` for versions this port does not serve.
    const fn size_bytes(self, version: u16) -> Option<usize> {
        Some(match (self, version) {
            (Self::I2c, 1 | 2) => size_of::<abi::VideoPortI2cInterface>(),
            (Self::Int10, 1) => size_of::<abi::VideoPortInt10Interface>(),
            (Self::DebugReport, 1) => size_of::<abi::VideoPortDebugReportInterface>(),
            (Self::WcMemoryProtection, 1) => size_of::<abi::VideoPortWcMemoryProtectionInterface>(),
            _ => return None,
        })
    }

    const fn index(self) -> usize {
        self as usize - 1
    }
}

/// A granted interface: what the head of the caller's structure gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Interface {
    /// Which.
    pub service: PortService,
    /// Bytes of the structure.
    pub size: u16,
    /// Its version.
    pub version: u16,
}

/// References per service.
#[derive(Default)]
pub(crate) struct InterfaceState {
    references: [u32; 6],
}

impl InterfaceState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self { references: [0; 6] })
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortQueryServices`: grants an interface and references it once. PASSIVE.
    ///
    /// # Errors
    /// `ERROR_INVALID_FUNCTION` for services and versions this machine does not have, `ERROR_INVALID_PARAMETER` when the
    /// size is not that of the version asked for.
    pub fn query_services(
        &self,
        service: PortService,
        size: u16,
        version: u16,
    ) -> Result<Interface, VpStatus> {
        if !self.enter(Service::QueryServices) {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        let expected = service
            .size_bytes(version)
            .ok_or(VpStatus::ERROR_INVALID_FUNCTION)?;
        if usize::from(size) != expected {
            self.note(
                Service::QueryServices,
                FindingKind::WrongArguments,
                u64::from(size),
            );
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        self.interface_reference(service);
        Ok(Interface {
            service,
            size,
            version,
        })
    }

    /// `InterfaceReference` of an interface granted before. Any IRQL.
    pub fn interface_reference(&self, service: PortService) {
        self.interfaces.with(|state| {
            if let Some(count) = state.references.get_mut(service.index()) {
                *count = count.saturating_add(1);
            }
        });
    }

    /// `InterfaceDereference`: gives one reference back. Any IRQL.
    pub fn interface_dereference(&self, service: PortService) {
        let held = self.interfaces.with(|state| {
            let count = state.references.get_mut(service.index())?;
            *count = count.checked_sub(1)?;
            Some(())
        });
        if held.is_none() {
            self.note(
                Service::QueryServices,
                FindingKind::NotHeld,
                u64::from(service as u32),
            );
        }
    }

    /// References to the port's interfaces that are alive.
    pub fn interface_references(&self) -> u32 {
        self.interfaces
            .with(|state| state.references.iter().sum::<u32>())
    }

    pub(crate) fn tear_down_interfaces(&self) -> usize {
        let live = self.interfaces.with(core::mem::take);
        live.references.iter().sum::<u32>() as usize
    }

    /// `VideoPortGetAgpServices` (obsolete): always false, the card sits on PCI Express. PASSIVE.
    pub fn get_agp_services(&self) -> bool {
        let _ = self.enter(Service::GetAgpServices);
        false
    }

    /// `VideoPortGetProcAddress`: the service a driver asks for by name; case-sensitive. PASSIVE.
    ///
    /// `None` for names that are no service: the C layer answers NULL.
    pub fn get_proc_address(&self, name: &[u8]) -> Option<Service> {
        if !self.enter(Service::GetProcAddress) {
            return None;
        }
        Service::from_name(core::str::from_utf8(name).ok()?)
    }

    /// Asks the miniport for an interface it publishes to other drivers: calls `HwVidQueryInterface` under the device
    /// lock.
    ///
    /// The miniport's answer; `ERROR_INVALID_FUNCTION` when it has no such entry point, `ERROR_DEV_NOT_EXIST` before the
    /// device was started.
    pub fn query_miniport_interface(&self, query: &mut InterfaceQuery) -> VpStatus {
        if !self.registered().contains(EntryPoints::QUERY_INTERFACE) {
            return VpStatus::ERROR_INVALID_FUNCTION;
        }
        self.under_lock(Service::QueryInterface, || {
            if self.is_started() {
                self.call_out(Service::QueryInterface, || {
                    self.miniport.query_interface(self, query)
                })
            } else {
                VpStatus::ERROR_DEV_NOT_EXIST
            }
        })
    }
}

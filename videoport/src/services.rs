//! The services by name, with the IRQL rule of each: what strict mode checks on entry.
//!
//! Source: the "IRQL" row of each service's page in the video port contract; the interrupt column is the list of
//! services `HwVidInterrupt` may call.

use core::fmt;

use crate::irql::{DEVICE_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL, PASSIVE_LEVEL};

/// Whether a service may be called from the interrupt routine or code synchronised with it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InterruptRule {
    /// On the documented list.
    Allowed,
    /// Any IRQL by its own page, but not on the list: strict mode warns and goes on.
    Warned,
    /// Documented to bring the system down.
    Forbidden,
}

/// Where a service may be called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IrqlRule {
    /// Lowest level.
    pub min: u8,
    /// Highest level.
    pub max: u8,
    /// From the interrupt routine.
    pub interrupt: InterruptRule,
    /// From `HwVidResetHw`.
    pub reset: bool,
}

macro_rules! service_name {
    ($name:ident) => {
        concat!("VideoPort", stringify!($name))
    };
    ($name:ident $text:literal) => {
        $text
    };
}

macro_rules! services {
    ($($name:ident $($text:literal)?: $min:ident..=$max:ident, $interrupt:ident, $reset:literal;)*) => {
        /// A video port service; the variant is its name without the common prefix. A few stand for the callbacks and
        /// moments in which the port itself finds something.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Service {
            $(
                #[doc = concat!("`", service_name!($name $($text)?), "`")]
                $name,
            )*
        }

        impl Service {
            /// Everything this port can name, in table order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The full name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => service_name!($name $($text)?),)*
                }
            }

            /// Where it may be called.
            pub const fn rule(self) -> IrqlRule {
                match self {
                    $(Self::$name => IrqlRule {
                        min: $min,
                        max: $max,
                        interrupt: InterruptRule::$interrupt,
                        reset: $reset,
                    },)*
                }
            }
        }
    };
}

services! {
    // pool and plain memory
    AllocatePool: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    FreePool: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    AllocateBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ReleaseBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    AllocateContiguousMemory: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ZeroMemory: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ZeroDeviceMemory: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    MoveMemory: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    CompareMemory: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    // DMA, adapter generation
    GetDmaAdapter: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    PutDmaAdapter: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    AllocateCommonBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ReleaseCommonBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    LockBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    UnlockBuffer: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    StartDma: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    CompleteDma: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    // DMA, common buffer without an adapter
    GetCommonBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    FreeCommonBuffer: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // DMA, NT4 packets
    LockPages: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    UnlockPages: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    DoDma: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    GetMdl: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    GetBytesUsed: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    SetBytesUsed: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    GetDmaContext: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    SetDmaContext: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    SignalDmaComplete: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    AssociateEventsWithDmaHandle: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    MapDmaMemory: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    UnmapDmaMemory: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // synchronisation
    AcquireDeviceLock: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ReleaseDeviceLock: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    SynchronizeExecution: PASSIVE_LEVEL..=DEVICE_LEVEL, Warned, false;
    QueueDpc: DISPATCH_LEVEL..=HIGH_LEVEL, Allowed, false;
    CreateEvent: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    DeleteEvent: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    SetEvent: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    ClearEvent: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    ReadStateEvent: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    WaitForSingleObject: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    CreateSpinLock: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    DeleteSpinLock: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    AcquireSpinLock: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    AcquireSpinLockAtDpcLevel: DISPATCH_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    ReleaseSpinLock: DISPATCH_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    ReleaseSpinLockFromDpcLevel: DISPATCH_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    InterlockedIncrement: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    InterlockedDecrement: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    InterlockedExchange: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    EnableInterrupt: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, false;
    DisableInterrupt: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, false;
    GetCurrentIrql: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    StallExecution: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    // resources
    GetAccessRanges: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    VerifyAccessRanges: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetDeviceBase: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    FreeDeviceBase: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    MapMemory: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    UnmapMemory: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetBusData: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    SetBusData: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    CheckForDeviceExistence: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // accessors
    ReadRegisterUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadRegisterUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadRegisterUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WriteRegisterUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WriteRegisterUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WriteRegisterUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadRegisterBufferUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadRegisterBufferUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadRegisterBufferUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WriteRegisterBufferUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WriteRegisterBufferUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WriteRegisterBufferUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadPortUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadPortUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadPortUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WritePortUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WritePortUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WritePortUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadPortBufferUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadPortBufferUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    ReadPortBufferUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WritePortBufferUchar: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WritePortBufferUshort: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    WritePortBufferUlong: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, true;
    // registration, time, log
    Initialize: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetVersion: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    StartTimer: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    StopTimer: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    QueryPerformanceCounter: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    QuerySystemTime: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    LogError: PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, false;
    DebugPrint: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    RegisterBugcheckCallback: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // registry
    GetRegistryParameters: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    SetRegistryParameters: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    FlushRegistry: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // interfaces
    QueryServices: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetAgpServices: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // children and displays
    EnumerateChildren: PASSIVE_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    DDCMonitorHelper: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetAssociatedDeviceExtension: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetAssociatedDeviceID: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    CreateSecondaryDisplay: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // firmware, ROM and VGA
    GetDeviceData: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetRomImage: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ScanRom: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    GetVgaStatus: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    IsNoVesa: PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    Int10: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    MapBankedMemory: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    SetTrappedEmulatorPorts: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // without a page of their own: members of the debug report interface, exported since XP SP2
    DbgReportCreate: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    DbgReportSecondaryData: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    DbgReportComplete: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // a pointer in the configuration information, not an export
    GetProcAddress: PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    // not services: where the port itself finds something
    FindAdapter "HwVidFindAdapter": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    HwInitialize "HwVidInitialize": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    StartIo "HwVidStartIO": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ResetHw "HwVidResetHw": PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    Timer "HwVidTimer": DISPATCH_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    Dpc "HwVidDpcRoutine": DISPATCH_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    ExecuteDma "HwVidExecuteDma": DISPATCH_LEVEL..=DISPATCH_LEVEL, Forbidden, false;
    Interrupt "HwVidInterrupt": PASSIVE_LEVEL..=HIGH_LEVEL, Allowed, false;
    Power "HwVidSetPowerState": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    ChildDescriptor "HwVidGetVideoChildDescriptor": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    QueryInterface "HwVidQueryInterface": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
    Bugcheck "HwVidBugcheckCallback": PASSIVE_LEVEL..=HIGH_LEVEL, Warned, false;
    Removal "device removal": PASSIVE_LEVEL..=PASSIVE_LEVEL, Forbidden, false;
}

/// What kind of name a [`Service`] is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServiceKind {
    /// One of the 114 services with a page of their own.
    Documented,
    /// Exported, but known only as a member of an interface: the three debug report services.
    Interface,
    /// `VideoPortGetProcAddress`: a pointer handed to `HwVidFindAdapter`.
    Pointer,
    /// A callback or a moment of the port.
    Moment,
}

/// The misspelt name under which some drivers import `VideoPortCheckForDeviceExistence`.
pub const EXISTENCE_ALIAS: &str = "VideoPortCheckForDeviceExistance";

impl Service {
    /// Whether its first argument is the device extension: everything but plain memory, the accessors, the interlocked
    /// services and a few that ask the machine.
    pub const fn takes_device(self) -> bool {
        let rule = self.rule();
        let accessor = rule.reset && matches!(rule.interrupt, InterruptRule::Allowed);
        !accessor
            && !matches!(
                self,
                Self::MoveMemory
                    | Self::CompareMemory
                    | Self::InterlockedIncrement
                    | Self::InterlockedDecrement
                    | Self::InterlockedExchange
                    | Self::GetCurrentIrql
                    | Self::QuerySystemTime
                    | Self::DebugPrint
                    | Self::IsNoVesa
                    | Self::GetAssociatedDeviceExtension
                    | Self::GetAssociatedDeviceID
            )
    }

    /// What kind of name this is.
    pub fn kind(self) -> ServiceKind {
        match self {
            Self::DbgReportCreate | Self::DbgReportSecondaryData | Self::DbgReportComplete => {
                ServiceKind::Interface
            }
            Self::GetProcAddress => ServiceKind::Pointer,
            other if other.name().starts_with("VideoPort") => ServiceKind::Documented,
            _ => ServiceKind::Moment,
        }
    }

    /// The service a driver may import or ask `VideoPortGetProcAddress` for under this name: the 114 documented ones,
    /// the misspelt alias and the three of the debug report interface. Case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == EXISTENCE_ALIAS {
            return Some(Self::CheckForDeviceExistence);
        }
        Self::ALL.iter().copied().find(|service| {
            service.name() == name
                && matches!(
                    service.kind(),
                    ServiceKind::Documented | ServiceKind::Interface
                )
        })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dma_services_are_not_on_the_interrupt_list() {
        for service in [
            Service::StartDma,
            Service::CompleteDma,
            Service::LockBuffer,
            Service::UnlockBuffer,
        ] {
            assert_eq!(
                service.rule().interrupt,
                InterruptRule::Forbidden,
                "{service}"
            );
        }
    }

    #[test]
    fn documented_services_are_114_and_resolve_by_name() {
        let documented = Service::ALL
            .iter()
            .filter(|service| service.kind() == ServiceKind::Documented);
        assert_eq!(documented.clone().count(), 114);
        for service in documented {
            assert_eq!(Service::from_name(service.name()), Some(*service));
        }
        assert_eq!(
            Service::from_name(EXISTENCE_ALIAS),
            Some(Service::CheckForDeviceExistence)
        );
        assert_eq!(
            Service::from_name("VideoPortDbgReportCreate"),
            Some(Service::DbgReportCreate)
        );
        for unknown in [
            "",
            "videoportinitialize",
            "VideoPortGetProcAddress",
            "HwVidStartIO",
            "VideoPortUnLockBuffer",
        ] {
            assert_eq!(Service::from_name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn variants_are_listed_once() {
        for (index, service) in Service::ALL.iter().enumerate() {
            assert!(!service.name().is_empty());
            assert!(!Service::ALL[index + 1..].contains(service));
        }
    }
}

//! The miniport's side of the contract: its entry points and what they are given.
//!
//! In C a miniport is a table of functions and a device extension. Here it is one value that implements
//! [`Miniport`]: `&self` *is* the device extension, so state that callbacks change sits in atomics or guarded cells;
//! an interrupt may come in the middle of any other callback, as on a real machine.

use crate::address::VirtAddr;
use crate::bugcheck::BugcheckRoutine;
use crate::child::{ChildAnswer, ChildQuery};
use crate::limits::LEGACY_RANGES;
use crate::platform::{PciSlot, Platform};
use crate::port::VideoPort;
use crate::status::{NtStatus, VpStatus};
use crate::types::AccessRange;

/// Which of a miniport's optional entry points exist, for `VideoPortInitialize`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EntryPoints(u32);

impl EntryPoints {
    /// `HwVidFindAdapter`; mandatory.
    pub const FIND_ADAPTER: Self = Self(1 << 0);
    /// `HwVidInitialize`; mandatory.
    pub const INITIALIZE: Self = Self(1 << 1);
    /// `HwVidStartIO`; mandatory.
    pub const START_IO: Self = Self(1 << 2);
    /// `HwVidInterrupt`.
    pub const INTERRUPT: Self = Self(1 << 3);
    /// `HwVidResetHw`.
    pub const RESET_HW: Self = Self(1 << 4);
    /// `HwVidTimer`.
    pub const TIMER: Self = Self(1 << 5);
    /// `HwVidGetPowerState` and `HwVidSetPowerState`.
    pub const POWER: Self = Self(1 << 6);
    /// `HwVidGetVideoChildDescriptor`.
    pub const CHILD_DESCRIPTOR: Self = Self(1 << 7);
    /// `HwVidQueryInterface`.
    pub const QUERY_INTERFACE: Self = Self(1 << 8);
    /// `HwVidLegacyResources`, or a static list of legacy resources.
    pub const LEGACY_RESOURCES: Self = Self(1 << 9);
    /// The three without which registration is refused.
    pub const MANDATORY: Self = Self(0b111);

    /// Both sets.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every member of `other` is here.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a miniport registers (`VIDEO_HW_INITIALIZATION_DATA`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HwInitializationData {
    /// Bus the adapter sits on, [`INTERFACE_TYPE_PCI_BUS`](crate::types::INTERFACE_TYPE_PCI_BUS).
    pub adapter_interface_type: u32,
    /// Entry points present.
    pub entry_points: EntryPoints,
    /// Bytes of zeroed non-paged memory to allocate per device (`VideoPort::device_extension`); 0 for Rust miniports,
    /// whose extension is `&self`.
    pub hw_device_extension_size: u32,
    /// Bytes of zeroed non-paged memory to allocate per child device; 0 for none.
    pub hw_child_device_extension_size: u32,
    /// The children are asked for once before `FindAdapter` too (`AllowEarlyEnumeration`), and again after it as always.
    pub allow_early_enumeration: bool,
}

impl Default for HwInitializationData {
    fn default() -> Self {
        Self {
            adapter_interface_type: crate::types::INTERFACE_TYPE_PCI_BUS,
            entry_points: EntryPoints::MANDATORY,
            hw_device_extension_size: 0,
            hw_child_device_extension_size: 0,
            allow_early_enumeration: false,
        }
    }
}

impl HwInitializationData {
    /// Registration of a PCI miniport with the three mandatory entry points.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds entry points.
    #[must_use]
    pub const fn with(mut self, entry_points: EntryPoints) -> Self {
        self.entry_points = self.entry_points.with(entry_points);
        self
    }
}

/// What `HwVidFindAdapter` reads and fills (`VIDEO_PORT_CONFIG_INFO`, the part that means something since 2000).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConfigInfo {
    /// Size of the structure the port filled; a miniport checks it. Value: [`ConfigInfo::LENGTH`].
    pub length: u32,
    /// Bus number.
    pub system_io_bus_number: u32,
    /// Kind of bus.
    pub adapter_interface_type: u32,
    /// Interrupt level. Level and vector both zero on return: no interrupt is connected.
    pub bus_interrupt_level: u32,
    /// Interrupt vector.
    pub bus_interrupt_vector: u32,
    /// Whether the interrupt is a message or edge (`Latched`).
    pub interrupt_latched: bool,
    /// Whether the interrupt may be shared.
    pub interrupt_shareable: bool,
    /// The device masters the bus.
    pub master: bool,
    /// The function's place, for log lines.
    pub slot: PciSlot,
    /// Bytes of memory of the machine, 0 when unknown.
    pub system_memory_size_bytes: u64,
}

impl ConfigInfo {
    /// Size of the structure on a 64-bit target.
    pub const LENGTH: u32 = 128;
}

/// The result of a request (`STATUS_BLOCK`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StatusBlock {
    /// Outcome.
    pub status: VpStatus,
    /// Bytes returned; for a failed input the minimum size. Preset to 0.
    pub information: usize,
}

/// Which view of the card something is about.
///
/// The primary is the device itself; secondary ones come from `VideoPortCreateSecondaryDisplay` and have a device
/// extension of their own.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DisplayIdx(pub u8);

impl DisplayIdx {
    /// The device itself.
    pub const PRIMARY: Self = Self(0);
}

/// A request on its way through `HwVidStartIO` (`VIDEO_REQUEST_PACKET`).
///
/// Input and output are the *same* memory: read the input before writing output.
#[derive(Debug)]
pub struct RequestPacket<'b> {
    /// The code, see [`ioctl`](crate::ioctl).
    pub io_control_code: u32,
    /// Outcome. The port presets `ERROR_INVALID_FUNCTION` and information 0.
    pub status_block: StatusBlock,
    /// Where the input lies, when the request came with an address (NT4 page locking); otherwise null.
    pub input_address: VirtAddr,
    /// Bytes of input.
    pub input_length_bytes: usize,
    /// Where the output goes, likewise. `VideoPortLockPages` overwrites it with the handle.
    pub output_address: VirtAddr,
    /// Bytes of output the caller takes.
    pub output_length_bytes: usize,
    /// The view the request was sent to.
    pub display: DisplayIdx,
    buffer: &'b mut [u8],
}

impl<'b> RequestPacket<'b> {
    /// A packet over one buffer: `input_length_bytes` of it are input, all of it takes output.
    pub fn new(io_control_code: u32, buffer: &'b mut [u8], input_length_bytes: usize) -> Self {
        Self {
            io_control_code,
            status_block: StatusBlock {
                status: VpStatus::ERROR_INVALID_FUNCTION,
                information: 0,
            },
            input_address: VirtAddr::NULL,
            input_length_bytes: input_length_bytes.min(buffer.len()),
            output_address: VirtAddr::NULL,
            output_length_bytes: buffer.len(),
            display: DisplayIdx::PRIMARY,
            buffer,
        }
    }

    /// The input bytes. Empty when the packet carries an address instead.
    pub fn input(&self) -> &[u8] {
        self.buffer
            .get(..self.input_length_bytes)
            .unwrap_or_default()
    }

    /// The output bytes, aliasing the input.
    pub fn output(&mut self) -> &mut [u8] {
        let length = self.output_length_bytes.min(self.buffer.len());
        self.buffer.get_mut(..length).unwrap_or_default()
    }

    /// Finishes with success and `information` bytes of output.
    pub fn succeed(&mut self, information: usize) {
        self.status_block = StatusBlock {
            status: VpStatus::NO_ERROR,
            information,
        };
    }

    /// Finishes with an error and no output.
    pub fn fail(&mut self, status: VpStatus) {
        self.status_block = StatusBlock {
            status,
            information: 0,
        };
    }

    /// Copies `bytes` to the output and finishes: success, or `ERROR_INSUFFICIENT_BUFFER` with the size needed.
    pub fn reply(&mut self, bytes: &[u8]) {
        match self.output().get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.succeed(bytes.len());
            }
            None => {
                self.status_block = StatusBlock {
                    status: VpStatus::ERROR_INSUFFICIENT_BUFFER,
                    information: bytes.len(),
                };
            }
        }
    }
}

/// Ranges a card decodes beyond its BARs, as `HwVidLegacyResources` answers.
pub type LegacyRanges = heapless::Vec<AccessRange, LEGACY_RANGES>;

/// A request for an interface that the miniport publishes (`QUERY_INTERFACE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InterfaceQuery {
    /// The interface's GUID as it lies in memory: the first three fields little-endian.
    pub interface_type: [u8; 16],
    /// Bytes of the interface structure the caller offers.
    pub size: u16,
    /// Its version.
    pub version: u16,
    /// Where the structure lies.
    pub interface: VirtAddr,
    /// Whatever the interface defines.
    pub specific_data: VirtAddr,
}

/// Names a deferred routine of the miniport: a number the miniport chose (the C layer puts a function pointer here).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct DpcRoutine(pub usize);

/// The callbacks of a miniport. The port calls them; each doc line says at which IRQL and under which locks.
///
/// `port` is the handle through which all services are called; it is the device the callback is about.
pub trait Miniport<P: Platform>: Sync {
    /// `DriverEntry`: registers with [`VideoPort::initialize`] and passes its result through. PASSIVE.
    fn driver_entry(&self, port: &VideoPort<'_, P>) -> NtStatus;

    /// `HwVidFindAdapter`: find, claim and map; do not initialise. PASSIVE, device lock held.
    ///
    /// On failure everything claimed or mapped must have been released again.
    fn find_adapter(&self, port: &VideoPort<'_, P>, config: &mut ConfigInfo) -> VpStatus;

    /// `HwVidInitialize`: one-time setup when the device is opened first. True on success. PASSIVE, device lock held.
    fn initialize(&self, port: &VideoPort<'_, P>) -> bool;

    /// `HwVidStartIO`: serves one request and finishes it before returning. Always true. PASSIVE, device lock held.
    fn start_io(&self, port: &VideoPort<'_, P>, packet: &mut RequestPacket<'_>) -> bool;

    /// `HwVidInterrupt`: false at once when the interrupt is not ours; else silence the source and answer true.
    /// Device IRQL; only the services allowed in an interrupt routine.
    fn interrupt(&self, port: &VideoPort<'_, P>) -> bool {
        let _ = port;
        false
    }

    /// `HwVidResetHw`: back to the state after power-up. True when no BIOS mode set is needed. Any IRQL, no lock.
    fn reset_hw(&self, port: &VideoPort<'_, P>, columns: u32, rows: u32) -> bool {
        let _ = (port, columns, rows);
        false
    }

    /// `HwVidTimer`: about once a second while started. DISPATCH, no lock.
    fn timer(&self, port: &VideoPort<'_, P>) {
        let _ = port;
    }

    /// A routine queued with [`VideoPort::queue_dpc`]. DISPATCH, no lock, never two at once on one device.
    fn dpc(&self, port: &VideoPort<'_, P>, routine: DpcRoutine, context: usize) {
        let _ = (port, routine, context);
    }

    /// `HwVidGetPowerState`: whether the state is supported. PASSIVE, device lock held.
    fn get_power_state(
        &self,
        port: &VideoPort<'_, P>,
        hw_id: u32,
        state: crate::types::PowerState,
    ) -> VpStatus {
        let _ = (port, hw_id, state);
        VpStatus::NO_ERROR
    }

    /// `HwVidSetPowerState`: go there. PASSIVE, device lock held.
    fn set_power_state(
        &self,
        port: &VideoPort<'_, P>,
        hw_id: u32,
        state: crate::types::PowerState,
    ) -> VpStatus {
        let _ = (port, hw_id, state);
        VpStatus::NO_ERROR
    }

    /// `HwVidInitialize` for a secondary display: its first open. True on success. PASSIVE, device lock held.
    fn initialize_display(&self, port: &VideoPort<'_, P>, display: DisplayIdx) -> bool {
        let _ = (port, display);
        true
    }

    /// `HwVidGetVideoChildDescriptor`: describes child number `query.child_index`. PASSIVE, device lock held.
    ///
    /// `ERROR_CONTINUE` (more devices): `answer` is filled, ask on. `ERROR_INVALID_NAME` (invalid device): skip this
    /// one, ask on. `ERROR_NO_MORE_DEVICES`: stop.
    fn get_video_child_descriptor(
        &self,
        port: &VideoPort<'_, P>,
        query: &ChildQuery,
        answer: &mut ChildAnswer,
    ) -> VpStatus {
        let _ = (port, query, answer);
        VpStatus::ERROR_NO_MORE_DEVICES
    }

    /// `HwVidQueryInterface`: fills the structure at `query.interface` and references it once. PASSIVE, device lock
    /// held. Routines published this way must take the device lock themselves.
    fn query_interface(&self, port: &VideoPort<'_, P>, query: &mut InterfaceQuery) -> VpStatus {
        let _ = (port, query);
        VpStatus::ERROR_INVALID_FUNCTION
    }

    /// `HwVidLegacyResources`: ranges the card decodes without a BAR for them. PASSIVE, before `FindAdapter`.
    fn legacy_resources(
        &self,
        port: &VideoPort<'_, P>,
        vendor_id: u32,
        device_id: u32,
        ranges: &mut LegacyRanges,
    ) {
        let _ = (port, vendor_id, device_id, ranges);
    }

    /// `HwVidBugcheckCallback`: writes what may explain the crash into `buffer`. HIGH, no lock; must return.
    fn bugcheck(
        &self,
        port: &VideoPort<'_, P>,
        routine: BugcheckRoutine,
        code: u32,
        buffer: &mut [u8],
    ) {
        let _ = (port, routine, code, buffer);
    }
}

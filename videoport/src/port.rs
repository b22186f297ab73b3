//! The device object: one adapter, its miniport and everything the port keeps for it; and its life cycle.
//!
//! | step | method | miniport sees |
//! |---|---|---|
//! | driver loaded | [`VideoPort::load`] | `DriverEntry`, which calls [`VideoPort::initialize`] |
//! | device found | [`VideoPort::start_device`] | `HwVidFindAdapter`; then the interrupt is connected |
//! | first open | [`VideoPort::open`] | `HwVidInitialize` |
//! | requests | [`VideoPort::io_control`] | `HwVidStartIO`, one at a time, in order of arrival |
//! | crash, reboot | [`VideoPort::reset_hw`] | `HwVidResetHw` |
//! | device gone | [`VideoPort::remove`] | nothing; whatever it left behind is freed and reported |

use core::sync::atomic::Ordering;

use crate::access::MappingState;
use crate::address::VirtAddr;
use crate::bugcheck::BugcheckState;
use crate::child::ChildState;
use crate::debug::{self, DebugReportTable};
use crate::device_lock::LockState;
use crate::dma::DmaState;
use crate::dpc::DpcState;
use crate::event::{EventState, EventTable};
use crate::guarded::Guarded;
use crate::hardware::{Hardware, HardwareError};
use crate::int10::Int10State;
use crate::interfaces::InterfaceState;
use crate::interrupt::InterruptState;
use crate::miniport::{
    ConfigInfo, EntryPoints, HwInitializationData, Miniport, RequestPacket, StatusBlock,
};
use crate::options::Options;
use crate::pci;
use crate::platform::{LogLevel, LogRecord, PciSlot, Platform};
use crate::pool::Pool;
use crate::registry::{MemoryRegistry, RegistryStore};
use crate::rom::RomState;
use crate::secondary::SecondaryState;
use crate::services::Service;
use crate::spin_lock::{SpinLockState, SpinLockTable};
use crate::status::{NtStatus, VpStatus};
use crate::strict::{FindingKind, Strict};
use crate::time::TimerState;
use crate::types::PowerState;
use crate::vga::TrappedPorts;

/// Where a device is in its life.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Phase {
    /// Nothing was called yet.
    New,
    /// `DriverEntry` registered.
    Registered,
    /// `FindAdapter` succeeded.
    Started,
    /// `Initialize` succeeded: requests are served.
    Opened,
    /// Gone; only counting remains.
    Removed,
}

struct Life {
    phase: Phase,
    registration: Option<HwInitializationData>,
    extension: VirtAddr,
}

/// What a removed device had left behind, and what could not be taken back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeakReport {
    /// Pool blocks never freed.
    pub pool_blocks: usize,
    /// Their bytes.
    pub pool_bytes: usize,
    /// Buffers never unlocked.
    pub mdls: usize,
    /// Lists started and never completed.
    pub dma_lists: usize,
    /// Common buffers never released.
    pub common_buffers: usize,
    /// Ranges mapped for requests and never unmapped. Those of `VideoPortGetDeviceBase` live as long as the device:
    /// the contract has no callback in which they could be freed.
    pub mappings: usize,
    /// Events alive. They usually live as long as the device, for the same reason.
    pub events: usize,
    /// Spin locks alive, likewise.
    pub spin_locks: usize,
    /// References to interfaces of the port never given back, likewise.
    pub interface_references: usize,
    /// SG table slots the card would not let go of; their pages stay pinned.
    pub hardware_slots: usize,
}

impl LeakReport {
    /// Whether everything that requests take was returned: memory, locks, lists, mappings, table slots. Events,
    /// spin locks and interface references do not count.
    pub fn is_clean(&self) -> bool {
        let lasting = Self {
            events: self.events,
            spin_locks: self.spin_locks,
            interface_references: self.interface_references,
            ..Self::default()
        };
        *self == lasting
    }
}

/// One device: the handle through which a miniport calls every service.
///
/// `P` is the machine. Shared by threads and callbacks as `&VideoPort`; all state is guarded.
pub struct VideoPort<'a, P: Platform> {
    pub(crate) platform: &'a P,
    pub(crate) miniport: &'a dyn Miniport<P>,
    pub(crate) slot: PciSlot,
    pub(crate) options: Options,
    life: Guarded<Life>,
    pub(crate) strict: Strict,
    pub(crate) hardware: Guarded<Hardware>,
    pub(crate) lock: Guarded<LockState>,
    pub(crate) interrupt: Guarded<InterruptState>,
    pub(crate) dpc: Guarded<DpcState>,
    pub(crate) timer: Guarded<TimerState>,
    pub(crate) events: Guarded<EventTable>,
    pub(crate) spin_locks: Guarded<SpinLockTable>,
    pub(crate) mappings: Guarded<MappingState>,
    pub(crate) pool: Guarded<Pool>,
    pub(crate) dma: Guarded<DmaState>,
    pub(crate) children: Guarded<ChildState>,
    pub(crate) secondary: Guarded<SecondaryState>,
    pub(crate) interfaces: Guarded<InterfaceState>,
    pub(crate) int10: Guarded<Int10State>,
    pub(crate) bugcheck: Guarded<BugcheckState>,
    pub(crate) debug_reports: Guarded<DebugReportTable>,
    pub(crate) rom: Guarded<RomState>,
    pub(crate) trapped: Guarded<TrappedPorts>,
    pub(crate) memory_registry: MemoryRegistry,
    pub(crate) foreign_registry: Option<&'a dyn RegistryStore>,
}

impl<'a, P: Platform> VideoPort<'a, P> {
    /// A device at `slot`, served by `miniport`. Nothing is touched yet.
    pub fn new(
        platform: &'a P,
        miniport: &'a dyn Miniport<P>,
        slot: PciSlot,
        options: Options,
    ) -> Self {
        Self {
            platform,
            miniport,
            slot,
            options,
            life: Guarded::new(Life {
                phase: Phase::New,
                registration: None,
                extension: VirtAddr::NULL,
            }),
            strict: Strict::new(),
            hardware: Hardware::new(),
            lock: LockState::new(),
            interrupt: InterruptState::new(),
            dpc: DpcState::new(),
            timer: TimerState::new(),
            events: EventState::table(),
            spin_locks: SpinLockState::table(),
            mappings: MappingState::new(),
            pool: Pool::new(),
            dma: DmaState::new(),
            children: ChildState::new(),
            secondary: SecondaryState::new(),
            interfaces: InterfaceState::new(),
            int10: Int10State::new(),
            bugcheck: BugcheckState::new(),
            debug_reports: debug::report_table(),
            rom: RomState::new(),
            trapped: TrappedPorts::new(),
            memory_registry: MemoryRegistry::new(),
            foreign_registry: None,
        }
    }

    /// The machine underneath.
    pub const fn platform(&self) -> &'a P {
        self.platform
    }

    /// The function's place on the bus.
    pub const fn slot(&self) -> PciSlot {
        self.slot
    }

    /// The zeroed memory asked for by `hw_device_extension_size`; null when it was 0.
    pub fn device_extension(&self) -> VirtAddr {
        self.life.with(|life| life.extension)
    }

    /// Where the device is in its life.
    pub fn phase(&self) -> Phase {
        self.life.with(|life| life.phase)
    }

    /// Entry points the miniport registered.
    pub(crate) fn registered(&self) -> EntryPoints {
        self.life
            .with(|life| life.registration)
            .map_or(EntryPoints::default(), |data| data.entry_points)
    }

    pub(crate) fn device_extension_bytes(&self) -> u32 {
        self.life
            .with(|life| life.registration)
            .map_or(0, |data| data.hw_device_extension_size)
    }

    fn bears_early_enumeration(&self) -> bool {
        self.life
            .with(|life| life.registration)
            .is_some_and(|data| data.allow_early_enumeration)
    }

    pub(crate) fn child_extension_bytes(&self) -> u32 {
        self.life
            .with(|life| life.registration)
            .map_or(0, |data| data.hw_child_device_extension_size)
    }

    /// Whether the miniport found its adapter.
    pub(crate) fn is_started(&self) -> bool {
        matches!(self.phase(), Phase::Started | Phase::Opened)
    }

    fn advance(&self, phase: Phase) {
        self.life.with(|life| life.phase = phase);
    }

    /// Loads the driver: calls `DriverEntry` and passes its result on.
    pub fn load(&self) -> NtStatus {
        if self.phase() != Phase::New {
            return NtStatus::UNSUCCESSFUL;
        }
        let thread = self.platform.thread();
        self.strict
            .contexts
            .with(|contexts| contexts.driver_entry = Some(thread));
        let status = self.call_out(Service::Initialize, || self.miniport.driver_entry(self));
        self.strict
            .contexts
            .with(|contexts| contexts.driver_entry = None);
        if status.is_success() && self.phase() != Phase::Registered {
            // A driver that answers success without having registered cannot be served.
            return NtStatus::UNSUCCESSFUL;
        }
        status
    }

    /// `VideoPortInitialize`: validates and records the registration. Only from `DriverEntry`.
    ///
    /// `INVALID_PARAMETER` when a mandatory entry point is missing or the call comes from elsewhere,
    /// `INSUFFICIENT_RESOURCES` when the device extension cannot be allocated.
    pub fn initialize(&self, data: &HwInitializationData) -> NtStatus {
        let service = Service::Initialize;
        if !self.enter(service) {
            return NtStatus::INVALID_PARAMETER;
        }
        if !self.in_context(|contexts| contexts.driver_entry) || self.phase() != Phase::New {
            self.note(service, FindingKind::OutsideItsCallback, 0);
            return NtStatus::INVALID_PARAMETER;
        }
        if !data.entry_points.contains(EntryPoints::MANDATORY) {
            self.note(service, FindingKind::NullPointer, 0);
            return NtStatus::INVALID_PARAMETER;
        }
        let Some(extension) = self.allocate_extension(data.hw_device_extension_size) else {
            return NtStatus::INSUFFICIENT_RESOURCES;
        };
        self.life.with(|life| {
            life.registration = Some(*data);
            life.extension = extension;
            life.phase = Phase::Registered;
        });
        NtStatus::SUCCESS
    }

    /// Starts the device: places its BARs, attaches the card, lets the miniport find it, connects the interrupt.
    ///
    /// The miniport's status, or `ERROR_DEV_NOT_EXIST` when nothing answers at the slot, or `ERROR_INVALID_PARAMETER`
    /// in the wrong phase.
    pub fn start_device(&self) -> VpStatus {
        if self.phase() != Phase::Registered {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        if pci::id(self.platform, self.slot).is_none() || !pci::place_bars(self.platform, self.slot)
        {
            return VpStatus::ERROR_DEV_NOT_EXIST;
        }
        let command = pci::command(self.platform, self.slot);
        let decoding = command | pci::COMMAND_MEMORY | pci::COMMAND_BUS_MASTER;
        pci::set_command(self.platform, self.slot, decoding);
        self.attach_if_known();
        self.ask_for_legacy_ranges();
        if self.bears_early_enumeration() {
            self.walk_children_early();
        }
        let mut config = self.config_info();
        let found = self.under_lock(Service::FindAdapter, || {
            let thread = self.platform.thread();
            self.strict
                .contexts
                .with(|contexts| contexts.find_adapter = Some(thread));
            let status = self.call_out(Service::FindAdapter, || {
                self.miniport.find_adapter(self, &mut config)
            });
            self.strict
                .contexts
                .with(|contexts| contexts.find_adapter = None);
            status
        });
        if !found.is_success() {
            self.clean_up_after_find_adapter();
            return found;
        }
        let wants_interrupt = config.bus_interrupt_level != 0 || config.bus_interrupt_vector != 0;
        if wants_interrupt && self.registered().contains(EntryPoints::INTERRUPT) {
            self.connect_interrupt();
        }
        self.advance(Phase::Started);
        self.deliver();
        self.ask_for_children();
        self.passive_work();
        VpStatus::NO_ERROR
    }

    fn attach_if_known(&self) {
        if !self.options.hardware {
            return;
        }
        if let Err(error) = self.attach_hardware() {
            let level = if error == HardwareError::Gone {
                LogLevel::Error
            } else {
                LogLevel::Warning
            };
            self.platform.log(&LogRecord {
                level,
                code: VpStatus::from(error).0,
                unique_id: 0,
                message: format_args!("{}: no hardware backing: {error}", self.slot),
            });
        }
    }

    fn config_info(&self) -> ConfigInfo {
        let message = pci::capability(self.platform, self.slot, pci::CAPABILITY_MSI).is_some();
        ConfigInfo {
            length: ConfigInfo::LENGTH,
            system_io_bus_number: u32::from(self.slot.bus),
            adapter_interface_type: crate::types::INTERFACE_TYPE_PCI_BUS,
            bus_interrupt_level: u32::from(message),
            bus_interrupt_vector: u32::from(message),
            interrupt_latched: message,
            interrupt_shareable: false,
            master: true,
            slot: self.slot,
            system_memory_size_bytes: 0,
        }
    }

    /// Runs a callback under the device lock; a lock that cannot be had becomes the status.
    pub(crate) fn under_lock(&self, service: Service, body: impl FnOnce() -> VpStatus) -> VpStatus {
        self.with_device_lock(service, body)
            .unwrap_or_else(VpStatus::from)
    }

    /// Opens the device: `HwVidInitialize` the first time, nothing after that.
    ///
    /// `ERROR_DEV_NOT_EXIST` before [`VideoPort::start_device`] or when the miniport's initialisation fails.
    pub fn open(&self) -> VpStatus {
        match self.phase() {
            Phase::Opened => return VpStatus::NO_ERROR,
            Phase::Started => {}
            _ => return VpStatus::ERROR_DEV_NOT_EXIST,
        }
        let status = self.under_lock(Service::Initialize, || {
            // Two first opens may race to the lock; the second finds the work done.
            if self.phase() == Phase::Opened {
                VpStatus::NO_ERROR
            } else if self.call_initialize(|| self.miniport.initialize(self)) {
                self.advance(Phase::Opened);
                VpStatus::NO_ERROR
            } else {
                VpStatus::ERROR_DEV_NOT_EXIST
            }
        });
        self.deliver();
        self.passive_work();
        status
    }

    /// Sends one request: the first `input_length_bytes` of `buffer` are input, all of it takes output.
    ///
    /// The buffer's meaning per code is in [`ioctl`](crate::ioctl). Waits for its turn; `ERROR_BUSY` when another agent
    /// keeps the card, `ERROR_DEV_NOT_EXIST` unless the device is open, and whatever the miniport answers.
    pub fn io_control(
        &self,
        io_control_code: u32,
        buffer: &mut [u8],
        input_length_bytes: usize,
    ) -> StatusBlock {
        let mut packet = RequestPacket::new(io_control_code, buffer, input_length_bytes);
        self.submit(&mut packet);
        packet.status_block
    }

    /// Sends one request packet, for callers that fill its address fields.
    pub fn submit(&self, packet: &mut RequestPacket<'_>) {
        packet.fail(VpStatus::ERROR_INVALID_FUNCTION);
        if !self.display_is_open(packet.display) {
            packet.fail(VpStatus::ERROR_DEV_NOT_EXIST);
            return;
        }
        let served = self.with_device_lock(Service::StartIo, || {
            // The device may have been removed while this request waited for its turn.
            if self.display_is_open(packet.display) {
                self.call_start_io(packet);
            } else {
                packet.fail(VpStatus::ERROR_DEV_NOT_EXIST);
            }
        });
        if let Err(error) = served {
            packet.fail(error.into());
        }
        let block = packet.status_block;
        if block.status.is_success() && block.information > packet.output_length_bytes {
            self.note(
                Service::StartIo,
                FindingKind::InformationTooLarge,
                block.information as u64,
            );
            packet.status_block.information = packet.output_length_bytes;
        }
        self.deliver();
        self.passive_work();
    }

    /// Asks the miniport to put the card back into its reset state. Any IRQL, no lock: for crash and reboot.
    ///
    /// False when it has no such entry point or says that it could not.
    pub fn reset_hw(&self, columns: u32, rows: u32) -> bool {
        if !self.registered().contains(EntryPoints::RESET_HW) {
            return false;
        }
        let thread = self.platform.thread();
        self.strict
            .contexts
            .with(|contexts| contexts.reset = Some(thread));
        let done = self.call_out(Service::ResetHw, || {
            self.miniport.reset_hw(self, columns, rows)
        });
        self.strict.contexts.with(|contexts| contexts.reset = None);
        done
    }

    /// Asks whether a power state is supported, and goes there. A miniport without power entries accepts everything.
    pub fn set_power(&self, hw_id: u32, state: PowerState) -> VpStatus {
        if !self.is_started() {
            return VpStatus::ERROR_DEV_NOT_EXIST;
        }
        if !self.registered().contains(EntryPoints::POWER) {
            return VpStatus::NO_ERROR;
        }
        // One stretch of the lock for both: no request comes between the question and the change.
        self.under_lock(Service::Power, || {
            if !self.is_started() {
                return VpStatus::ERROR_DEV_NOT_EXIST;
            }
            let asked = self.call_out(Service::Power, || {
                self.miniport.get_power_state(self, hw_id, state)
            });
            if !asked.is_success() {
                if asked != VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED {
                    self.note(Service::Power, FindingKind::WrongAnswer, u64::from(asked.0));
                }
                return asked;
            }
            let done = self.call_out(Service::Power, || {
                self.miniport.set_power_state(self, hw_id, state)
            });
            if !done.is_success() {
                self.note(Service::Power, FindingKind::WrongAnswer, u64::from(done.0));
            }
            done
        })
    }

    /// `HwVidInitialize`, of whichever view.
    pub(crate) fn call_initialize(&self, body: impl FnOnce() -> bool) -> bool {
        let thread = self.platform.thread();
        let enter = |now| {
            self.strict
                .contexts
                .with(|contexts| contexts.initialize = now);
        };
        enter(Some(thread));
        let done = self.call_out(Service::HwInitialize, body);
        enter(None);
        done
    }

    /// `HwVidStartIO`, which always answers true and, for documented codes, leaves one of a few statuses.
    fn call_start_io(&self, packet: &mut RequestPacket<'_>) {
        let service = Service::StartIo;
        let thread = Some(self.platform.thread());
        let before = self
            .strict
            .contexts
            .with(|contexts| core::mem::replace(&mut contexts.start_io, thread));
        let done = self.call_out(service, || self.miniport.start_io(self, packet));
        self.strict
            .contexts
            .with(|contexts| contexts.start_io = before);
        let status = packet.status_block.status;
        // Codes from 0x800 on are the driver's own; what they answer is between it and its caller.
        let documented = (packet.io_control_code >> 2) & crate::ioctl::FIRST_PRIVATE_FUNCTION == 0;
        if !done || documented && !status.is_for_requests() {
            self.note(service, FindingKind::WrongAnswer, u64::from(status.0));
        }
    }

    /// Takes the device away: waits for the request in flight, keeps the card from mastering the bus, then frees and
    /// reports everything still alive. Also for a card that was pulled out. PASSIVE, not from a callback.
    ///
    /// Requests that wait, and all later ones, end with `ERROR_DEV_NOT_EXIST`.
    pub fn remove(&self) -> LeakReport {
        let before = self
            .life
            .with(|life| core::mem::replace(&mut life.phase, Phase::Removed));
        if before == Phase::Removed {
            return LeakReport::default();
        }
        // Only the software lock: the card may be gone. If it cannot be had, waiting longer helps nobody.
        let locked = self.lock_software(Service::Removal).is_ok();
        let report = self.take_apart();
        if locked {
            self.unlock_device(Service::Removal);
        }
        report
    }

    fn take_apart(&self) -> LeakReport {
        self.halt_timer();
        self.disconnect_interrupt();
        self.await_dpcs();
        self.strict.dismantled.store(true, Ordering::Release);
        self.quiesce_card();
        let mut report = LeakReport::default();
        self.tear_down_children();
        self.tear_down_secondary_displays();
        self.tear_down_debug_reports();
        self.drop_rom_image();
        self.drop_int10_block();
        self.free_extension();
        self.tear_down_dma(&mut report);
        self.tear_down_mappings(&mut report);
        self.tear_down_pool(&mut report);
        report.events = self
            .events
            .with(|events| core::mem::replace(events, EventTable::new()).len());
        report.spin_locks = self
            .spin_locks
            .with(|locks| core::mem::replace(locks, SpinLockTable::new()).len());
        report.interface_references = self.tear_down_interfaces();
        let _ = self.registry().flush();
        report.hardware_slots = self.hardware_slots_in_use();
        self.detach_hardware();
        report
    }

    /// A miniport whose `FindAdapter` failed must have released what it took; what it forgot is reported and freed.
    fn clean_up_after_find_adapter(&self) {
        self.quiesce_card();
        let mut report = LeakReport::default();
        let left = self.mapping_count() + self.dma_usage().adapters;
        self.tear_down_dma(&mut report);
        self.tear_down_mappings(&mut report);
        self.tear_down_children();
        self.tear_down_secondary_displays();
        self.drop_rom_image();
        self.drop_int10_block();
        if left != 0 {
            let count = u32::try_from(left).unwrap_or(u32::MAX);
            self.note(Service::FindAdapter, FindingKind::LiveObjects { count }, 0);
        }
        self.detach_hardware();
    }

    /// Keeps the card off the bus.
    fn quiesce_card(&self) {
        let command = pci::command(self.platform, self.slot);
        if command != 0xffff {
            pci::set_command(self.platform, self.slot, command & !pci::COMMAND_BUS_MASTER);
        }
    }

    fn free_extension(&self) {
        let extension = self.life.with(|life| core::mem::take(&mut life.extension));
        self.free_extension_block(extension);
    }

    /// Frees what `allocate_extension` gave; null is nothing.
    pub(crate) fn free_extension_block(&self, block: VirtAddr) {
        if !block.is_null() {
            self.free_block(Service::Removal, block);
        }
    }
}

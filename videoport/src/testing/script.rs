//! A miniport made of closures, and the rig that runs one on a machine.

use std::boxed::Box;
use std::sync::{Arc, PoisonError, RwLock};

use lumenport_hal::fake::FakeConfig;

use super::config_space::CARD_SLOT;
use super::machine::TestMachine;
use crate::address::VirtAddr;
use crate::bugcheck::BugcheckRoutine;
use crate::child::{ChildAnswer, ChildQuery};
use crate::miniport::{
    ConfigInfo, DisplayIdx, DpcRoutine, EntryPoints, HwInitializationData, InterfaceQuery,
    LegacyRanges, Miniport, RequestPacket,
};
use crate::options::Options;
use crate::port::VideoPort;
use crate::status::{NtStatus, VpStatus};
use crate::types::{AccessRange, MemorySpace, PowerState};

type Port<'a> = VideoPort<'a, TestMachine>;
type Shared<F> = RwLock<Option<Arc<F>>>;
type FindAdapter = dyn Fn(&Port<'_>, &mut ConfigInfo) -> VpStatus + Send + Sync;
type Entry = dyn Fn(&Port<'_>) -> NtStatus + Send + Sync;
type Flag = dyn Fn(&Port<'_>) -> bool + Send + Sync;
type StartIo = dyn Fn(&Port<'_>, &mut RequestPacket<'_>) + Send + Sync;
type Dpc = dyn Fn(&Port<'_>, DpcRoutine, usize) + Send + Sync;
type Plain = dyn Fn(&Port<'_>) + Send + Sync;
type ResetHw = dyn Fn(&Port<'_>, u32, u32) -> bool + Send + Sync;
type OpenDisplay = dyn Fn(&Port<'_>, DisplayIdx) -> bool + Send + Sync;
type Children = dyn Fn(&Port<'_>, &ChildQuery, &mut ChildAnswer) -> VpStatus + Send + Sync;
type Query = dyn Fn(&Port<'_>, &mut InterfaceQuery) -> VpStatus + Send + Sync;
type Legacy = dyn Fn(&Port<'_>, u32, u32, &mut LegacyRanges) + Send + Sync;
type Bugcheck = dyn Fn(&Port<'_>, BugcheckRoutine, u32, &mut [u8]) + Send + Sync;
type Power = dyn Fn(&Port<'_>, u32, PowerState) -> VpStatus + Send + Sync;

/// A miniport whose callbacks can be set at any time. Without a closure each does the least that is legal:
/// `FindAdapter` claims the card's ranges and maps its registers.
#[derive(Default)]
pub struct TestMiniport {
    entry_points: EntryPoints,
    early: bool,
    extension_bytes: u32,
    child_extension_bytes: u32,
    registers: RwLock<VirtAddr>,
    driver_entry: Shared<Entry>,
    find_adapter: Shared<FindAdapter>,
    initialize: Shared<Flag>,
    start_io: Shared<StartIo>,
    interrupt: Shared<Flag>,
    dpc: Shared<Dpc>,
    timer: Shared<Plain>,
    reset_hw: Shared<ResetHw>,
    power: Shared<Power>,
    get_power: Shared<Power>,
    open_display: Shared<OpenDisplay>,
    children: Shared<Children>,
    query: Shared<Query>,
    legacy: Shared<Legacy>,
    bugcheck: Shared<Bugcheck>,
}

fn get<F: ?Sized>(hook: &Shared<F>) -> Option<Arc<F>> {
    hook.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn set<F: ?Sized>(hook: &Shared<F>, value: Arc<F>) {
    *hook.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

impl TestMiniport {
    /// A miniport with every entry point.
    pub fn new() -> Self {
        let all = [
            EntryPoints::INTERRUPT,
            EntryPoints::RESET_HW,
            EntryPoints::TIMER,
            EntryPoints::POWER,
            EntryPoints::CHILD_DESCRIPTOR,
            EntryPoints::QUERY_INTERFACE,
            EntryPoints::LEGACY_RESOURCES,
        ];
        let entry_points = all
            .into_iter()
            .fold(EntryPoints::MANDATORY, EntryPoints::with);
        Self {
            entry_points,
            ..Self::default()
        }
    }

    /// Registers exactly these entry points.
    #[must_use]
    pub fn entry_points(mut self, entry_points: EntryPoints) -> Self {
        self.entry_points = entry_points;
        self
    }

    /// Bears being asked for children before `FindAdapter`.
    #[must_use]
    pub fn allow_early_enumeration(mut self) -> Self {
        self.early = true;
        self
    }

    /// Asks for a device extension.
    #[must_use]
    pub fn extension_bytes(mut self, bytes: u32) -> Self {
        self.extension_bytes = bytes;
        self
    }

    /// Asks for a device extension per child.
    #[must_use]
    pub fn child_extension_bytes(mut self, bytes: u32) -> Self {
        self.child_extension_bytes = bytes;
        self
    }

    /// Where `FindAdapter` mapped the registers.
    pub fn registers(&self) -> VirtAddr {
        *self
            .registers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces `HwVidFindAdapter`.
    pub fn on_find_adapter(
        &self,
        body: impl Fn(&Port<'_>, &mut ConfigInfo) -> VpStatus + Send + Sync + 'static,
    ) {
        set(&self.find_adapter, Arc::new(body) as Arc<FindAdapter>);
    }

    /// Replaces `DriverEntry`.
    pub fn on_driver_entry(&self, body: impl Fn(&Port<'_>) -> NtStatus + Send + Sync + 'static) {
        set(&self.driver_entry, Arc::new(body) as Arc<Entry>);
    }

    /// Replaces `HwVidInitialize`.
    pub fn on_initialize(&self, body: impl Fn(&Port<'_>) -> bool + Send + Sync + 'static) {
        set(&self.initialize, Arc::new(body) as Arc<Flag>);
    }

    /// Replaces `HwVidStartIO`.
    pub fn on_start_io(
        &self,
        body: impl Fn(&Port<'_>, &mut RequestPacket<'_>) + Send + Sync + 'static,
    ) {
        set(&self.start_io, Arc::new(body) as Arc<StartIo>);
    }

    /// Replaces `HwVidInterrupt`.
    pub fn on_interrupt(&self, body: impl Fn(&Port<'_>) -> bool + Send + Sync + 'static) {
        set(&self.interrupt, Arc::new(body) as Arc<Flag>);
    }

    /// Replaces the deferred routine.
    pub fn on_dpc(&self, body: impl Fn(&Port<'_>, DpcRoutine, usize) + Send + Sync + 'static) {
        set(&self.dpc, Arc::new(body) as Arc<Dpc>);
    }

    /// Replaces `HwVidTimer`.
    pub fn on_timer(&self, body: impl Fn(&Port<'_>) + Send + Sync + 'static) {
        set(&self.timer, Arc::new(body) as Arc<Plain>);
    }

    /// Replaces `HwVidResetHw`.
    pub fn on_reset_hw(&self, body: impl Fn(&Port<'_>, u32, u32) -> bool + Send + Sync + 'static) {
        set(&self.reset_hw, Arc::new(body) as Arc<ResetHw>);
    }

    /// Replaces `HwVidSetPowerState`.
    pub fn on_power(
        &self,
        body: impl Fn(&Port<'_>, u32, PowerState) -> VpStatus + Send + Sync + 'static,
    ) {
        set(&self.power, Arc::new(body) as Arc<Power>);
    }

    /// Replaces `HwVidGetPowerState`.
    pub fn on_get_power(
        &self,
        body: impl Fn(&Port<'_>, u32, PowerState) -> VpStatus + Send + Sync + 'static,
    ) {
        set(&self.get_power, Arc::new(body) as Arc<Power>);
    }

    /// Replaces `HwVidInitialize` of secondary displays.
    pub fn on_open_display(
        &self,
        body: impl Fn(&Port<'_>, DisplayIdx) -> bool + Send + Sync + 'static,
    ) {
        set(&self.open_display, Arc::new(body) as Arc<OpenDisplay>);
    }

    /// Replaces `HwVidGetVideoChildDescriptor`.
    pub fn on_child(
        &self,
        body: impl Fn(&Port<'_>, &ChildQuery, &mut ChildAnswer) -> VpStatus + Send + Sync + 'static,
    ) {
        set(&self.children, Arc::new(body) as Arc<Children>);
    }

    /// Replaces `HwVidQueryInterface`.
    pub fn on_query_interface(
        &self,
        body: impl Fn(&Port<'_>, &mut InterfaceQuery) -> VpStatus + Send + Sync + 'static,
    ) {
        set(&self.query, Arc::new(body) as Arc<Query>);
    }

    /// Replaces `HwVidLegacyResources`.
    pub fn on_legacy_resources(
        &self,
        body: impl Fn(&Port<'_>, u32, u32, &mut LegacyRanges) + Send + Sync + 'static,
    ) {
        set(&self.legacy, Arc::new(body) as Arc<Legacy>);
    }

    /// Replaces `HwVidBugcheckCallback`.
    pub fn on_bugcheck(
        &self,
        body: impl Fn(&Port<'_>, BugcheckRoutine, u32, &mut [u8]) + Send + Sync + 'static,
    ) {
        set(&self.bugcheck, Arc::new(body) as Arc<Bugcheck>);
    }

    fn claim_and_map(&self, port: &Port<'_>) -> VpStatus {
        let mut ranges = [AccessRange::default(); 2];
        let status = port.get_access_ranges(&mut ranges, None);
        if !status.is_success() {
            return status;
        }
        let [_, registers] = ranges;
        let mapped = port.get_device_base(
            registers.range_start,
            registers.range_length_bytes,
            MemorySpace::MEMORY,
        );
        match mapped {
            Some(base) => {
                *self
                    .registers
                    .write()
                    .unwrap_or_else(PoisonError::into_inner) = base;
                VpStatus::NO_ERROR
            }
            None => VpStatus::ERROR_INVALID_PARAMETER,
        }
    }
}

impl Miniport<TestMachine> for TestMiniport {
    fn driver_entry(&self, port: &Port<'_>) -> NtStatus {
        if let Some(body) = get(&self.driver_entry) {
            return body(port);
        }
        port.initialize(&HwInitializationData {
            entry_points: self.entry_points,
            hw_device_extension_size: self.extension_bytes,
            hw_child_device_extension_size: self.child_extension_bytes,
            allow_early_enumeration: self.early,
            ..HwInitializationData::new()
        })
    }

    fn find_adapter(&self, port: &Port<'_>, config: &mut ConfigInfo) -> VpStatus {
        match get(&self.find_adapter) {
            Some(body) => body(port, config),
            None => self.claim_and_map(port),
        }
    }

    fn initialize(&self, port: &Port<'_>) -> bool {
        get(&self.initialize).is_none_or(|body| body(port))
    }

    fn start_io(&self, port: &Port<'_>, packet: &mut RequestPacket<'_>) -> bool {
        if let Some(body) = get(&self.start_io) {
            body(port, packet);
        }
        true
    }

    fn interrupt(&self, port: &Port<'_>) -> bool {
        get(&self.interrupt).is_some_and(|body| body(port))
    }

    fn reset_hw(&self, port: &Port<'_>, columns: u32, rows: u32) -> bool {
        get(&self.reset_hw).is_some_and(|body| body(port, columns, rows))
    }

    fn timer(&self, port: &Port<'_>) {
        if let Some(body) = get(&self.timer) {
            body(port);
        }
    }

    fn dpc(&self, port: &Port<'_>, routine: DpcRoutine, context: usize) {
        if let Some(body) = get(&self.dpc) {
            body(port, routine, context);
        }
    }

    fn get_power_state(&self, port: &Port<'_>, hw_id: u32, state: PowerState) -> VpStatus {
        get(&self.get_power).map_or(VpStatus::NO_ERROR, |body| body(port, hw_id, state))
    }

    fn initialize_display(&self, port: &Port<'_>, display: DisplayIdx) -> bool {
        get(&self.open_display).is_none_or(|body| body(port, display))
    }

    fn get_video_child_descriptor(
        &self,
        port: &Port<'_>,
        query: &ChildQuery,
        answer: &mut ChildAnswer,
    ) -> VpStatus {
        get(&self.children).map_or(VpStatus::ERROR_NO_MORE_DEVICES, |body| {
            body(port, query, answer)
        })
    }

    fn query_interface(&self, port: &Port<'_>, query: &mut InterfaceQuery) -> VpStatus {
        get(&self.query).map_or(VpStatus::ERROR_INVALID_FUNCTION, |body| body(port, query))
    }

    fn legacy_resources(
        &self,
        port: &Port<'_>,
        vendor_id: u32,
        device_id: u32,
        ranges: &mut LegacyRanges,
    ) {
        if let Some(body) = get(&self.legacy) {
            body(port, vendor_id, device_id, ranges);
        }
    }

    fn bugcheck(&self, port: &Port<'_>, routine: BugcheckRoutine, code: u32, buffer: &mut [u8]) {
        if let Some(body) = get(&self.bugcheck) {
            body(port, routine, code, buffer);
        }
    }

    fn set_power_state(&self, port: &Port<'_>, hw_id: u32, state: PowerState) -> VpStatus {
        get(&self.power).map_or(VpStatus::NO_ERROR, |body| body(port, hw_id, state))
    }
}

/// A machine, a miniport and the port between them. Lives for the whole test process: they borrow each other.
#[derive(Clone, Copy)]
pub struct Rig {
    /// The machine.
    pub machine: &'static TestMachine,
    /// The miniport.
    pub miniport: &'static TestMiniport,
    /// The port.
    pub port: &'static Port<'static>,
}

impl Rig {
    /// Puts them together; nothing has been called yet.
    pub fn new(card: FakeConfig, miniport: TestMiniport, options: Options) -> Self {
        let machine: &'static TestMachine = Box::leak(Box::new(TestMachine::new(card)));
        let miniport: &'static TestMiniport = Box::leak(Box::new(miniport));
        let port = Box::leak(Box::new(VideoPort::new(
            machine, miniport, CARD_SLOT, options,
        )));
        Self {
            machine,
            miniport,
            port,
        }
    }

    /// Puts them together and goes through load, start and open.
    ///
    /// # Panics
    /// When one of the three fails.
    pub fn opened(options: Options) -> Self {
        Self::opened_with(TestMiniport::new(), options)
    }

    /// The same with a given miniport.
    ///
    /// # Panics
    /// When one of the three steps fails.
    pub fn opened_with(miniport: TestMiniport, options: Options) -> Self {
        let rig = Self::new(FakeConfig::default(), miniport, options);
        assert!(rig.port.load().is_success(), "DriverEntry failed");
        assert!(rig.port.start_device().is_success(), "FindAdapter failed");
        assert!(rig.port.open().is_success(), "Initialize failed");
        rig
    }

    /// Checks that the machine got back everything: no page, pin or device mapping left, nothing freed wrongly.
    pub fn assert_no_leak(&self) {
        let memory = self.machine.memory();
        assert_eq!(memory.pins(), 0, "pages still pinned");
        assert_eq!(memory.live_pages(), 0, "pages still allocated");
        assert_eq!(memory.bad_frees(), 0, "pages freed wrongly");
        assert_eq!(
            memory.stray_accesses(),
            0,
            "the card reached memory that was not locked"
        );
        assert_eq!(
            self.machine.device_mappings(),
            0,
            "device ranges still mapped"
        );
        assert_eq!(self.machine.bad_accesses(), 0, "registers accessed wrongly");
    }
}

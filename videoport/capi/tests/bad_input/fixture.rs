//! A running device with one of everything, brought to a moment of its life.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;

use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::platform::Platform as _;
use lumenport_videoport::testing::CARD_SLOT;
use lumenport_videoport::{Options, PAGE_SIZE};
use videoport::abi::{
    GetProcAddress, INITIALIZATION_DATA_BYTES, VideoAccessRange, VideoChildEnumInfo,
    VideoHwInitializationData, VideoPortConfigInfo, VideoRequestPacket,
};
use videoport::loader::Driver;
use videoport::services::{children, dma, events, memory, registration, resources, sync, time};
use videoport::{Device, FakeMachine};

use crate::table::Kind;

type Pointer = *mut c_void;

/// When a service is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// From no routine of the driver.
    Outside,
    FindAdapter,
    StartIo,
    Interrupt,
    Dpc,
    Timer,
    ResetHw,
    Synchronized,
}

impl Moment {
    pub const ALL: [Self; 8] = [
        Self::Outside,
        Self::FindAdapter,
        Self::StartIo,
        Self::Interrupt,
        Self::Dpc,
        Self::Timer,
        Self::ResetHw,
        Self::Synchronized,
    ];
}

/// More devices than any test makes.
const FOREIGN: usize = 1 << 40;
/// Card memory: small, for there are thousands of cards. Units: bytes.
const CARD_BYTES: u32 = 1 << 16;

thread_local! {
    /// What to do when the driver's routine of that moment runs.
    static WAITING: Cell<Option<(Moment, *mut c_void)>> = const { Cell::new(None) };
    /// What the port gave the driver to look names up.
    static ASK: Cell<Option<GetProcAddress>> = const { Cell::new(None) };
    /// Where the driver mapped its registers, and where the card's memory is.
    static FOUND: RefCell<(usize, u64)> = const { RefCell::new((0, 0)) };
}

/// What waits for a moment.
struct Waiting<'a> {
    run: &'a mut dyn FnMut(),
    happened: bool,
}

/// Runs what waits for this moment. Once.
fn now(moment: Moment) {
    let due = WAITING.get().filter(|(wanted, _)| *wanted == moment);
    if let Some((_, waiting)) = due {
        WAITING.set(None);
        // SAFETY: `during` put it there and keeps it alive until it takes the pointer back.
        let waiting = unsafe { &mut *waiting.cast::<Waiting<'_>>() };
        waiting.happened = true;
        (waiting.run)();
    }
}

// ---- the driver ------------------------------------------------------------------------------------------------

unsafe extern "C" fn driver_entry(context1: Pointer, context2: Pointer) -> u32 {
    let mut data = VideoHwInitializationData {
        hw_init_data_size: INITIALIZATION_DATA_BYTES as u32,
        adapter_interface_type: 5,
        hw_find_adapter: Some(find_adapter),
        hw_initialize: Some(initialize),
        hw_interrupt: Some(interrupt),
        hw_start_io: Some(start_io),
        hw_device_extension_size: 64,
        hw_reset_hw: Some(reset_hw),
        hw_timer: Some(timer),
        hw_get_video_child_descriptor: Some(child),
        ..VideoHwInitializationData::default()
    };
    // SAFETY: all routines are what their names say.
    unsafe { registration::VideoPortInitialize(context1, context2, &raw mut data, null_mut()) }
}

unsafe extern "C" fn find_adapter(
    extension: Pointer,
    _context: Pointer,
    _argument: *mut u16,
    info: *mut VideoPortConfigInfo,
    _again: *mut u8,
) -> u32 {
    // SAFETY: the port passes a live structure.
    ASK.set(unsafe { (*info).video_port_get_proc_address });
    let mut ranges: [VideoAccessRange; 4] = [VideoAccessRange::default(); 4];
    let none = null_mut();
    // SAFETY: the array is that long.
    let status = unsafe {
        resources::VideoPortGetAccessRanges(
            extension,
            0,
            none,
            4,
            ranges.as_mut_ptr(),
            none,
            none,
            null_mut(),
        )
    };
    let registers = ranges.iter().skip(1).find(|range| range.range_length != 0);
    let registers = registers.expect("the card has registers");
    // SAFETY: a claimed range.
    let mapped = unsafe {
        resources::VideoPortGetDeviceBase(
            extension,
            registers.range_start,
            registers.range_length,
            0,
        )
    };
    FOUND.set((mapped.expose_provenance(), ranges[0].range_start));
    now(Moment::FindAdapter);
    status
}

unsafe extern "C" fn initialize(_extension: Pointer) -> u8 {
    1
}

unsafe extern "C" fn start_io(_extension: Pointer, _packet: *mut VideoRequestPacket) -> u8 {
    now(Moment::StartIo);
    1
}

unsafe extern "C" fn deferred(_extension: Pointer, _context: Pointer) {
    now(Moment::Dpc);
}

unsafe extern "C" fn interrupt(extension: Pointer) -> u8 {
    now(Moment::Interrupt);
    // SAFETY: a routine of this driver.
    unsafe { sync::VideoPortQueueDpc(extension, Some(deferred), null_mut()) };
    1
}

unsafe extern "C" fn timer(_extension: Pointer) {
    now(Moment::Timer);
}

unsafe extern "C" fn reset_hw(_extension: Pointer, _columns: u32, _rows: u32) -> u8 {
    now(Moment::ResetHw);
    1
}

unsafe extern "C" fn synchronized(_context: Pointer) -> u8 {
    now(Moment::Synchronized);
    1
}

/// One child, the first that is asked for by index.
unsafe extern "C" fn child(
    _extension: Pointer,
    info: *mut VideoChildEnumInfo,
    kind: *mut u32,
    _descriptor: *mut u8,
    uid: *mut u32,
    _unused: *mut u32,
) -> u32 {
    // SAFETY: the port passes live structures.
    let info = unsafe { &*info };
    if info.child_index != 1 {
        return 1248;
    }
    // SAFETY: as above.
    unsafe { *kind = 4 };
    // SAFETY: as above.
    unsafe { *uid = 7 };
    1246
}

/// A routine for whatever wants one: a C caller cleans up, so it fits all types; 0 is an answer for all of them.
unsafe extern "C" fn any_routine() -> usize {
    0
}

// ---- the device ------------------------------------------------------------------------------------------------

/// What there is to pass. Everything belongs to one device.
pub struct Fixture {
    extension: usize,
    page: usize,
    read_only: usize,
    unmapped: usize,
    adapter: usize,
    mdl: usize,
    event: usize,
    spin_lock: usize,
    block: usize,
    common: (usize, u64),
    mapped: usize,
    physical: u64,
    child: usize,
}

fn opened() -> (Arc<Device>, Arc<FakeMachine>) {
    let config = FakeConfig {
        memory_bytes: CARD_BYTES,
        ..FakeConfig::default()
    };
    let machine = Arc::new(FakeMachine::new(config).expect("address space"));
    let options = Options::new()
        .strict(true)
        .endless_wait_us(Some(100))
        .semaphore_wait_us(100);
    // SAFETY: the routine above; it stays.
    let driver = unsafe { Driver::linked("fixture", driver_entry) };
    (driver.device(machine.clone(), CARD_SLOT, options), machine)
}

fn start(device: &Device) {
    assert!(device.load().is_success());
    assert!(device.port().start_device().is_success());
    assert!(device.port().open().is_success());
}

impl Fixture {
    /// Brings a device to a moment, runs `body` there, and removes it.
    pub fn with(moment: Moment, mut body: impl FnMut(&Self)) {
        let (device, machine) = opened();
        if moment == Moment::FindAdapter {
            // Before anything exists but the extension and memory.
            let fixture = Self::memory_only(&machine);
            let mut run = || {
                let extension = device.extension().raw();
                let (mapped, physical) = FOUND.take();
                body(&Self {
                    extension,
                    mapped,
                    physical,
                    ..fixture
                });
            };
            during(moment, &mut run, || {
                assert!(device.load().is_success());
                // What was called may have given the device away.
                let _ = device.port().start_device();
                let _ = device.port().open();
            });
        } else {
            start(&device);
            let fixture = Self::new(&device, &machine);
            during(moment, &mut || body(&fixture), || {
                bring_to(moment, &device, &machine);
            });
        }
        // A call may have left it raised.
        device.machine().set_irql(0);
        device.close();
    }

    fn memory_only(machine: &FakeMachine) -> Self {
        let user = |length| {
            let at = machine.memory().map_user(length, 0).expect("pages");
            machine
                .write_memory(at, &vec![0; length])
                .expect("it is mapped");
            at
        };
        let (page, read_only, unmapped) = (user(PAGE_SIZE), user(PAGE_SIZE), user(PAGE_SIZE));
        machine.memory().set_writable(read_only, false);
        machine.memory().unmap_user(unmapped);
        Self {
            extension: 0,
            page: page.raw(),
            read_only: read_only.raw(),
            unmapped: unmapped.raw(),
            adapter: 0,
            mdl: 0,
            event: 0,
            spin_lock: 0,
            block: 0,
            common: (0, 0),
            mapped: 0,
            physical: 0,
            child: 0,
        }
    }

    fn new(device: &Arc<Device>, machine: &FakeMachine) -> Self {
        let mut fixture = Self::memory_only(machine);
        let hde: Pointer = std::ptr::with_exposed_provenance_mut(device.extension().raw());
        let description = [1_u8, 1, 1, 0, 0, 0, 1, 0];
        let mut slot = null_mut();
        let mut logical = 0_u64;
        // SAFETY: the description is the contract's eight bytes.
        let adapter =
            unsafe { dma::VideoPortGetDmaAdapter(hde, description.as_ptr().cast_mut().cast()) };
        // SAFETY: services take any arguments.
        let block = unsafe { memory::VideoPortAllocatePool(hde, 0, PAGE_SIZE, 0x7473_6554) };
        // SAFETY: as above.
        let mdl = unsafe { dma::VideoPortLockBuffer(hde, block, PAGE_SIZE as u32, 2) };
        // SAFETY: as above.
        let common = unsafe {
            dma::VideoPortAllocateCommonBuffer(hde, adapter, 64, &raw mut logical, 0, null_mut())
        };
        // SAFETY: as above.
        unsafe { events::VideoPortCreateEvent(hde, 1, null_mut(), &raw mut slot) };
        fixture.event = slot.expose_provenance();
        // SAFETY: as above.
        unsafe { events::VideoPortCreateSpinLock(hde, &raw mut slot) };
        fixture.spin_lock = slot.expose_provenance();
        // SAFETY: as above.
        unsafe { children::VideoPortEnumerateChildren(hde, null_mut()) };
        device.port().poll();
        let info = device.port().child(0).expect("the driver has a child");
        let (mapped, physical) = FOUND.take();
        fixture.extension = hde.addr();
        fixture.adapter = adapter.addr();
        fixture.block = block.addr();
        fixture.mdl = mdl.addr();
        fixture.common = (common.addr(), logical);
        fixture.mapped = mapped;
        fixture.physical = physical;
        fixture.child = videoport::device_object(device, info.child).addr();
        let made = [adapter, block, mdl, common].map(|made| !made.is_null());
        assert_eq!(made, [true; 4]);
        fixture
    }

    /// `VideoPortGetProcAddress` as the driver got it.
    #[allow(dead_code, reason = "one of two test programs asks")]
    pub fn get_proc_address() -> GetProcAddress {
        ASK.get().expect("FindAdapter ran")
    }

    /// Back to the level outside of all routines: a call may have raised it.
    pub fn calm_down(&self) {
        let at = std::ptr::with_exposed_provenance_mut(self.extension);
        // SAFETY: services take any arguments.
        let level = unsafe { sync::VideoPortGetCurrentIrql() };
        if level != 0 {
            // SAFETY: as above; the lock is this device's, and held if anything raised the level.
            unsafe { events::VideoPortReleaseSpinLock(at, self.lock(), 0) };
        }
    }

    fn lock(&self) -> Pointer {
        std::ptr::with_exposed_provenance_mut(self.spin_lock)
    }

    /// A good argument of a kind.
    pub fn good(&self, kind: Kind) -> usize {
        match kind {
            Kind::Extension => self.extension,
            Kind::Memory => self.page,
            Kind::Number => 4,
            Kind::Routine => (any_routine as *const ()).expose_provenance(),
            Kind::Adapter => self.adapter,
            Kind::Mdl => self.mdl,
            Kind::Event => self.event,
            Kind::SpinLock => self.spin_lock,
            Kind::Block => self.block,
            Kind::Common => self.common.0,
            Kind::Mapped => self.mapped,
            Kind::Child => self.child,
            Kind::Physical => self.physical as usize,
            Kind::Foreign => FOREIGN,
        }
    }

    /// How many bad ones there are.
    pub fn bad_count(kind: Kind) -> usize {
        match kind {
            Kind::Routine => 1,
            Kind::Foreign => 3,
            Kind::Number => 6,
            _ => 11,
        }
    }

    /// The `which`-th.
    pub fn bad(&self, kind: Kind, which: usize) -> usize {
        let numbers = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, usize::MAX];
        let pointers = [
            0,
            0x10,
            self.good(kind).wrapping_add(1),
            self.good(kind).wrapping_add(8),
            self.unmapped,
            // Its first byte is mapped and writable, its last is not.
            self.page + PAGE_SIZE - 1,
            self.read_only,
            // No address of this processor.
            0x8000_0000_0000_0000,
            usize::MAX,
            // Real things of another kind.
            if kind == Kind::Mdl {
                self.adapter
            } else {
                self.mdl
            },
            self.mapped,
        ];
        match kind {
            Kind::Routine => 0,
            Kind::Foreign => [0, usize::MAX, FOREIGN + 1][which],
            Kind::Number => numbers[which],
            _ => pointers[which],
        }
    }
}

/// Lets `run` happen at a moment that `reach` brings about.
fn during(moment: Moment, run: &mut dyn FnMut(), reach: impl FnOnce()) {
    let mut waiting = Waiting {
        run,
        happened: false,
    };
    let at: *mut Waiting<'_> = &raw mut waiting;
    WAITING.set(Some((moment, at.cast())));
    reach();
    WAITING.set(None);
    assert!(waiting.happened, "{moment:?} never came");
}

fn bring_to(moment: Moment, device: &Device, machine: &FakeMachine) {
    let hde: Pointer = std::ptr::with_exposed_provenance_mut(device.extension().raw());
    match moment {
        Moment::Outside | Moment::FindAdapter => now(moment),
        Moment::StartIo => {
            let _ = device.io_control(0x0023_2000, &mut [0; 8], 8);
        }
        Moment::Interrupt | Moment::Dpc => {
            machine.machine().raise_interrupt();
            device.port().poll();
        }
        Moment::Timer => {
            // SAFETY: the device has a timer routine.
            unsafe { time::VideoPortStartTimer(hde) };
            machine.stall_ns(1_100_000_000);
            device.port().poll();
        }
        Moment::ResetHw => {
            device.port().reset_hw(80, 25);
        }
        Moment::Synchronized => {
            // SAFETY: a routine of this driver.
            unsafe { sync::VideoPortSynchronizeExecution(hde, 2, Some(synchronized), null_mut()) };
        }
    }
}

//! One device of a driver in C: its machine, its port object, the driver's entry points; and the registry that finds a
//! device by the `HwDeviceExtension` its driver holds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lumenport_videoport::platform::{PageKind, PciSlot, Platform};
use lumenport_videoport::services::Service;
use lumenport_videoport::{
    Event, LeakReport, NtStatus, Options, PAGE_SIZE, RequestPacket, ScatterGatherList, StatusBlock,
    VideoPort, VirtAddr, VpStatus,
};

use crate::abi::{DriverEntry, EngEvent, VideoHwInitializationData};
use crate::machine::Machine;
use crate::miniport::CMiniport;

/// The port object of a device in C.
pub type Port = VideoPort<'static, Machine>;

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);
static DEVICES: RwLock<Vec<Arc<Device>>> = RwLock::new(Vec::new());

thread_local! {
    /// Devices whose driver code runs on this thread, innermost last.
    static CURRENT: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Things a driver holds pointers to and the port knows by other names.
#[derive(Default)]
struct Objects {
    /// Address of an `ENG_EVENT` to the event.
    events: HashMap<usize, Event>,
    /// Address of a scatter-gather list to the list that was there last.
    lists: HashMap<usize, ScatterGatherList>,
    /// Extensions of secondary displays.
    extensions: Vec<usize>,
    /// Idle buffers for requests: address and pages.
    request_buffers: Vec<(VirtAddr, usize)>,
}

/// A device.
///
/// # Invariants
/// `machine` and `miniport` come from `Box::into_raw` and are freed only in `drop`, after `port`, which borrows them.
pub struct Device {
    number: u64,
    port: ManuallyDrop<Port>,
    machine: NonNull<Machine>,
    miniport: NonNull<CMiniport>,
    extension: AtomicUsize,
    objects: Mutex<Objects>,
    call_counts: Vec<AtomicU32>,
}

// SAFETY: machine and miniport are shared by reference only, and both are `Sync` and `Send`.
unsafe impl Send for Device {}
// SAFETY: as above; everything else in here is `Sync`.
unsafe impl Sync for Device {}

impl Device {
    /// A device for the function at `slot` of a machine, served by the driver behind `entry`. Nothing is called yet.
    ///
    /// The device lives until [`Device::close`].
    ///
    /// # Safety
    /// `entry` is the driver's `DriverEntry`. Its code and data stay in place until the device was closed.
    pub unsafe fn create(
        machine: Arc<dyn Platform + Send + Sync>,
        slot: PciSlot,
        options: Options,
        entry: DriverEntry,
    ) -> Arc<Self> {
        let number = NEXT_NUMBER.fetch_add(1, Ordering::SeqCst);
        let machine = NonNull::from(Box::leak(Box::new(Machine::new(machine, number))));
        let miniport = NonNull::from(Box::leak(Box::new(CMiniport::new(number, entry))));
        // SAFETY: both are live boxes that are freed only after the port (invariant of the type).
        let machine_ref: &'static Machine = unsafe { machine.as_ref() };
        // SAFETY: as above.
        let miniport_ref: &'static CMiniport = unsafe { miniport.as_ref() };
        let device = Arc::new(Self {
            number,
            port: ManuallyDrop::new(VideoPort::new(machine_ref, miniport_ref, slot, options)),
            machine,
            miniport,
            extension: AtomicUsize::new(0),
            objects: Mutex::default(),
            call_counts: Service::ALL.iter().map(|_| AtomicU32::new(0)).collect(),
        });
        registry_mut(|devices| devices.push(Arc::clone(&device)));
        device
    }

    /// The port object: life cycle, findings, usage.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// The machine underneath.
    pub fn machine(&self) -> &Machine {
        // SAFETY: valid until drop (invariant).
        unsafe { self.machine.as_ref() }
    }

    /// Names the device in this process; also the first argument of its `DriverEntry`.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What the driver knows as `HwDeviceExtension`; null before it registered.
    pub fn extension(&self) -> VirtAddr {
        VirtAddr::new(self.extension.load(Ordering::SeqCst))
    }

    /// Keeps the driver's registration. False: there is one already.
    pub(crate) fn register(&self, data: VideoHwInitializationData) -> bool {
        // SAFETY: valid until drop (invariant).
        unsafe { self.miniport.as_ref() }.register(data)
    }

    pub(crate) fn set_extension(&self, extension: VirtAddr) {
        self.extension.store(extension.raw(), Ordering::SeqCst);
    }

    /// Calls `DriverEntry`.
    pub fn load(&self) -> NtStatus {
        self.port.load()
    }

    /// How often a service was called.
    pub fn call_count(&self, service: Service) -> u32 {
        self.call_counts
            .get(service as usize)
            .map_or(0, |count| count.load(Ordering::SeqCst))
    }

    pub(crate) fn count_call(&self, service: Service) {
        if let Some(count) = self.call_counts.get(service as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends one request the way an operating system does: through a buffer of its own that holds `input_length_bytes` of
    /// `buffer`, takes output of the whole length, and is copied back as far as `Information` says.
    ///
    /// `ERROR_NOT_ENOUGH_MEMORY` when the machine has no pages for the buffer.
    pub fn io_control(
        &self,
        io_control_code: u32,
        buffer: &mut [u8],
        input_length_bytes: usize,
    ) -> StatusBlock {
        let input_length_bytes = input_length_bytes.min(buffer.len());
        let pages = buffer.len().div_ceil(PAGE_SIZE);
        let Some((at, pages)) = self.take_request_buffer(pages) else {
            return StatusBlock {
                status: VpStatus::ERROR_NOT_ENOUGH_MEMORY,
                information: 0,
            };
        };
        let written = self.machine().write_memory(at, buffer);
        let mut packet = RequestPacket::new(io_control_code, &mut [], 0);
        packet.input_address = at;
        packet.input_length_bytes = input_length_bytes;
        packet.output_address = at;
        packet.output_length_bytes = buffer.len();
        if written.is_ok() {
            self.port.submit(&mut packet);
        }
        let block = packet.status_block;
        let returned = match block.status {
            VpStatus::NO_ERROR | VpStatus::ERROR_MORE_DATA => block.information.min(buffer.len()),
            _ => 0,
        };
        let _ = self.machine().read_memory(at, &mut buffer[..returned]);
        self.lock().request_buffers.push((at, pages));
        block
    }

    fn take_request_buffer(&self, pages: usize) -> Option<(VirtAddr, usize)> {
        let pages = pages.max(1);
        let idle = {
            let mut objects = self.lock();
            let fitting = objects
                .request_buffers
                .iter()
                .position(|(_, have)| *have >= pages);
            fitting.map(|idx| objects.request_buffers.swap_remove(idx))
        };
        idle.or_else(|| {
            let at = self.machine().allocate_pages(pages, PageKind::NonPaged)?;
            Some((at, pages))
        })
    }

    /// Takes the device away from its driver, as when it is stopped. See [`VideoPort::remove`].
    pub fn remove(&self) -> LeakReport {
        let report = self.port.remove();
        let mut objects = std::mem::take(&mut *self.lock());
        for (at, pages) in objects.request_buffers.drain(..) {
            self.machine().free_pages(at, pages);
        }
        for at in objects.events.into_keys() {
            free_event(at);
        }
        report
    }

    /// Removes the device and forgets it. Afterwards its extension is garbage to every service.
    pub fn close(&self) -> LeakReport {
        let report = self.remove();
        registry_mut(|devices| devices.retain(|device| device.number != self.number));
        report
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- objects a driver points to ----------------------------------------------------------------------------

    /// Gives an event an address.
    pub(crate) fn publish_event(&self, event: Event, flags: u32) -> usize {
        let object = Box::new(EngEvent {
            kernel_event: event.raw(),
            flags,
        });
        let at = Box::into_raw(object).expose_provenance();
        self.lock().events.insert(at, event);
        at
    }

    /// The event at an address, if one is.
    pub(crate) fn event(&self, at: usize) -> Option<Event> {
        self.lock().events.get(&at).copied()
    }

    /// Takes an event's address away.
    pub(crate) fn retire_event(&self, at: usize) {
        if self.lock().events.remove(&at).is_some() {
            free_event(at);
        }
    }

    pub(crate) fn publish_list(&self, list: ScatterGatherList) {
        self.lock().lists.insert(list.address.raw(), list);
    }

    /// The list at an address. For an address that never was one a list that the port does not know; `None` while no
    /// list was ever made.
    pub(crate) fn list_at(&self, at: usize) -> Option<ScatterGatherList> {
        let objects = self.lock();
        let known = objects.lists.get(&at);
        let mut list = *known.or_else(|| objects.lists.values().next())?;
        list.address = VirtAddr::new(at);
        Some(list)
    }

    pub(crate) fn publish_extension(&self, extension: VirtAddr) {
        self.lock().extensions.push(extension.raw());
    }

    fn has_extension(&self, at: usize) -> bool {
        self.extension.load(Ordering::SeqCst) == at || self.lock().extensions.contains(&at)
    }

    // ---- whose code runs ---------------------------------------------------------------------------------------

    /// Runs `body`, driver code of the device with this number, so that services without a device argument find it.
    pub(crate) fn run_as<R>(number: u64, body: impl FnOnce() -> R) -> R {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.with_borrow_mut(|current| {
                    current.pop();
                });
            }
        }
        CURRENT.with_borrow_mut(|current| current.push(number));
        let _leave = Leave;
        body()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        for at in std::mem::take(&mut self.lock().events).into_keys() {
            free_event(at);
        }
        // SAFETY: dropped once, here, before what it borrows.
        unsafe { ManuallyDrop::drop(&mut self.port) };
        // SAFETY: from `Box::leak` in `create`, freed only here; the port is gone.
        drop(unsafe { Box::from_raw(self.machine.as_ptr()) });
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.miniport.as_ptr()) });
    }
}

fn free_event(at: usize) {
    let object = std::ptr::with_exposed_provenance_mut::<EngEvent>(at);
    // SAFETY: addresses in the table come from `Box::into_raw` in `publish_event` and leave it exactly once.
    drop(unsafe { Box::from_raw(object) });
}

fn registry_mut<R>(body: impl FnOnce(&mut Vec<Arc<Device>>) -> R) -> R {
    body(&mut DEVICES.write().unwrap_or_else(PoisonError::into_inner))
}

fn find(wanted: impl Fn(&Device) -> bool) -> Option<Arc<Device>> {
    let devices = DEVICES.read().unwrap_or_else(PoisonError::into_inner);
    devices.iter().find(|device| wanted(device)).cloned()
}

/// The device whose driver holds this extension. Null and garbage find none.
pub(crate) fn by_extension(extension: usize) -> Option<Arc<Device>> {
    if extension == 0 {
        return None;
    }
    find(|device| device.has_extension(extension))
}

/// The device with this number.
pub(crate) fn by_number(number: u64) -> Option<Arc<Device>> {
    find(|device| device.number == number)
}

/// The device whose driver code runs on this thread; without one, the only or oldest device there is.
pub(crate) fn current() -> Option<Arc<Device>> {
    let number = CURRENT.with_borrow(|current| current.last().copied());
    match number {
        Some(number) => by_number(number),
        None => find(|_| true),
    }
}

/// The device behind a mapped address; else the current one.
pub(crate) fn by_address(address: usize) -> Option<Arc<Device>> {
    match crate::machine::machine_of(address) {
        Some(number) => by_number(number),
        None => current(),
    }
}

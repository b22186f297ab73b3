//! The driver in C, seen from the port: calls its entry points with what they expect.

use std::ffi::c_void;
use std::fmt::Display;
use std::ptr::{null_mut, with_exposed_provenance, with_exposed_provenance_mut};
use std::sync::OnceLock;

use lumenport_videoport::bugcheck::BugcheckRoutine;
use lumenport_videoport::child::{ChildAnswer, ChildQuery, ChildType};
use lumenport_videoport::miniport::{DisplayIdx, InterfaceQuery, LegacyRanges};
use lumenport_videoport::types::PowerState;
use lumenport_videoport::{
    AccessRange, ConfigInfo, DpcRoutine, EntryPoints, Miniport, NtStatus, PhysAddr, RequestPacket,
    VideoPort, VirtAddr, VpStatus,
};

use crate::abi::{
    DriverEntry, QueryInterface, StatusBlock, VideoAccessRange, VideoChildEnumInfo,
    VideoHwInitializationData, VideoPortConfigInfo, VideoPowerManagement, VideoRequestPacket,
};
use crate::device::Device;
use crate::machine::Machine;
use crate::trace::{self, Show, Shown};
use crate::watch;

type Port<'a> = VideoPort<'a, Machine>;

/// `Latched` of `KINTERRUPT_MODE`.
const LATCHED: u32 = 1;
/// Most legacy ranges read from a driver.
const LEGACY_LIMIT: usize = 8;

/// A driver's entry points. They never change after registration.
pub(crate) struct CMiniport {
    device: u64,
    entry: DriverEntry,
    registration: OnceLock<Registration>,
    /// Registry path handed out: nothing, zero-terminated.
    registry_path: [u16; 1],
}

/// What the driver registered.
#[derive(Clone, Copy)]
pub(crate) struct Registration(pub(crate) VideoHwInitializationData);

// SAFETY: the structure is a copy that is only read; the one pointer in it belongs to the driver, which keeps the list for
// as long as it is loaded.
unsafe impl Send for Registration {}
// SAFETY: as above.
unsafe impl Sync for Registration {}

/// What a driver routine returns, for the trace.
fn status(value: u32) -> impl Display {
    VpStatus(value)
}

impl CMiniport {
    pub(crate) fn new(device: u64, entry: DriverEntry) -> Self {
        Self {
            device,
            entry,
            registration: OnceLock::new(),
            registry_path: [0],
        }
    }

    /// Keeps a registration. False: there is one already.
    pub(crate) fn register(&self, data: VideoHwInitializationData) -> bool {
        self.registration.set(Registration(data)).is_ok()
    }

    fn registered(&self) -> Option<&VideoHwInitializationData> {
        self.registration.get().map(|registration| &registration.0)
    }

    /// Calls driver code: `call` under the name of a routine, with arguments and result in the trace.
    fn enter<R>(
        &self,
        routine: &'static str,
        arguments: &[Shown],
        call: impl FnOnce() -> R,
        result: impl FnOnce(&R) -> String,
    ) -> R {
        trace::enter(routine, arguments);
        let answer = Device::run_as(self.device, || watch::during(routine, call));
        if trace::is_on() {
            trace::leave(result(&answer));
        }
        answer
    }
}

fn extension(port: &Port<'_>, display: DisplayIdx) -> *mut c_void {
    let at = if display == DisplayIdx::PRIMARY {
        port.device_extension()
    } else {
        port.display_extension(display)
    };
    pointer(at)
}

fn pointer(at: VirtAddr) -> *mut c_void {
    with_exposed_provenance_mut(at.raw())
}

fn hde(port: &Port<'_>) -> *mut c_void {
    extension(port, DisplayIdx::PRIMARY)
}

impl Miniport<Machine> for CMiniport {
    fn driver_entry(&self, _port: &Port<'_>) -> NtStatus {
        let context: *mut c_void = with_exposed_provenance_mut(self.device as usize);
        let path: *mut c_void = self.registry_path.as_ptr().cast_mut().cast();
        let answer = self.enter(
            "DriverEntry",
            &[context.show(), path.show()],
            // SAFETY: `Device::create` was promised that this is the driver's DriverEntry.
            || unsafe { (self.entry)(context, path) },
            |status| NtStatus(*status).to_string(),
        );
        NtStatus(answer)
    }

    fn find_adapter(&self, port: &Port<'_>, config: &mut ConfigInfo) -> VpStatus {
        let Some(routine) = self.registered().and_then(|data| data.hw_find_adapter) else {
            return VpStatus::ERROR_INVALID_FUNCTION;
        };
        let mut info = VideoPortConfigInfo {
            length: size_of::<VideoPortConfigInfo>() as u32,
            system_io_bus_number: config.system_io_bus_number,
            adapter_interface_type: config.adapter_interface_type,
            bus_interrupt_level: config.bus_interrupt_level,
            bus_interrupt_vector: config.bus_interrupt_vector,
            interrupt_mode: if config.interrupt_latched { LATCHED } else { 0 },
            interrupt_shareable: u8::from(config.interrupt_shareable),
            master: u8::from(config.master),
            video_port_get_proc_address: Some(crate::names::video_port_get_proc_address),
            driver_registry_path: self.registry_path.as_ptr().cast_mut(),
            system_memory_size: config.system_memory_size_bytes,
            ..VideoPortConfigInfo::default()
        };
        let mut again = 0;
        let mut argument = [0_u16];
        let extension = hde(port);
        let answer = self.enter(
            "HwVidFindAdapter",
            &[extension.show()],
            // SAFETY: registered by the driver as this routine; the structures live across the call.
            || unsafe {
                routine(
                    extension,
                    null_mut(),
                    argument.as_mut_ptr(),
                    &raw mut info,
                    &raw mut again,
                )
            },
            |answer| status(*answer).to_string(),
        );
        config.bus_interrupt_level = info.bus_interrupt_level;
        config.bus_interrupt_vector = info.bus_interrupt_vector;
        config.interrupt_latched = info.interrupt_mode == LATCHED;
        config.interrupt_shareable = info.interrupt_shareable != 0;
        config.master = info.master != 0;
        VpStatus(answer)
    }

    fn initialize(&self, port: &Port<'_>) -> bool {
        self.initialize_display(port, DisplayIdx::PRIMARY)
    }

    fn initialize_display(&self, port: &Port<'_>, display: DisplayIdx) -> bool {
        let Some(routine) = self.registered().and_then(|data| data.hw_initialize) else {
            return false;
        };
        let extension = extension(port, display);
        self.enter(
            "HwVidInitialize",
            &[extension.show()],
            // SAFETY: registered by the driver as this routine.
            || unsafe { routine(extension) } != 0,
            ToString::to_string,
        )
    }

    fn start_io(&self, port: &Port<'_>, packet: &mut RequestPacket<'_>) -> bool {
        let Some(routine) = self.registered().and_then(|data| data.hw_start_io) else {
            return false;
        };
        let (input, output) = if packet.input_address.is_null() && packet.output_address.is_null() {
            let buffer: *mut c_void = packet.output().as_mut_ptr().cast();
            (buffer, buffer)
        } else {
            (
                pointer(packet.input_address),
                pointer(packet.output_address),
            )
        };
        let mut block = StatusBlock {
            status: packet.status_block.status.0 as usize,
            information: packet.status_block.information,
        };
        let mut request = VideoRequestPacket {
            io_control_code: packet.io_control_code,
            status_block: (&raw mut block).expose_provenance(),
            input_buffer: input.expose_provenance(),
            input_buffer_length: packet.input_length_bytes as u32,
            output_buffer: output.expose_provenance(),
            output_buffer_length: packet.output_length_bytes as u32,
        };
        let extension = extension(port, packet.display);
        trace::enter(
            "HwVidStartIO",
            &[extension.show(), (&raw const request).show()],
        );
        trace::annotate(&crate::requests::request_name(packet.io_control_code));
        let answer = Device::run_as(self.device, || {
            watch::during("HwVidStartIO", || {
                // SAFETY: registered by the driver as this routine; packet, block and buffers live across the call.
                unsafe { routine(extension, &raw mut request) }
            })
        });
        packet.status_block.status = VpStatus(block.status as u32);
        packet.status_block.information = block.information;
        // `VideoPortLockPages` answers in these two.
        packet.output_address = VirtAddr::new(request.output_buffer);
        packet.output_length_bytes = packet
            .output_length_bytes
            .min(request.output_buffer_length as usize);
        trace::leave(format_args!(
            "{}, {}, information {}",
            answer, packet.status_block.status, block.information
        ));
        answer != 0
    }

    fn interrupt(&self, port: &Port<'_>) -> bool {
        let Some(routine) = self.registered().and_then(|data| data.hw_interrupt) else {
            return false;
        };
        let extension = hde(port);
        self.enter(
            "HwVidInterrupt",
            &[extension.show()],
            // SAFETY: registered by the driver as this routine.
            || unsafe { routine(extension) } != 0,
            ToString::to_string,
        )
    }

    fn reset_hw(&self, port: &Port<'_>, columns: u32, rows: u32) -> bool {
        let Some(routine) = self.registered().and_then(|data| data.hw_reset_hw) else {
            return false;
        };
        let extension = hde(port);
        self.enter(
            "HwVidResetHw",
            &[extension.show(), columns.show(), rows.show()],
            // SAFETY: registered by the driver as this routine.
            || unsafe { routine(extension, columns, rows) } != 0,
            ToString::to_string,
        )
    }

    fn timer(&self, port: &Port<'_>) {
        let Some(routine) = self.registered().and_then(|data| data.hw_timer) else {
            return;
        };
        let extension = hde(port);
        self.enter(
            "HwVidTimer",
            &[extension.show()],
            // SAFETY: registered by the driver as this routine.
            || unsafe { routine(extension) },
            |()| String::new(),
        );
    }

    fn dpc(&self, port: &Port<'_>, routine: DpcRoutine, context: usize) {
        let Some(routine) = routine_at::<crate::abi::DpcRoutine>(routine.0) else {
            return;
        };
        let extension = hde(port);
        let context: *mut c_void = with_exposed_provenance_mut(context);
        self.enter(
            "HwVidDpcRoutine",
            &[extension.show(), context.show()],
            // SAFETY: the driver gave this routine to `VideoPortQueueDpc`.
            || unsafe { routine(extension, context) },
            |()| String::new(),
        );
    }

    fn get_power_state(&self, port: &Port<'_>, hw_id: u32, state: PowerState) -> VpStatus {
        let routine = self.registered().and_then(|data| data.hw_get_power_state);
        self.power("HwVidGetPowerState", routine, port, hw_id, state)
    }

    fn set_power_state(&self, port: &Port<'_>, hw_id: u32, state: PowerState) -> VpStatus {
        let routine = self.registered().and_then(|data| data.hw_set_power_state);
        self.power("HwVidSetPowerState", routine, port, hw_id, state)
    }

    fn get_video_child_descriptor(
        &self,
        port: &Port<'_>,
        query: &ChildQuery,
        answer: &mut ChildAnswer,
    ) -> VpStatus {
        let registered = self.registered();
        let Some(routine) = registered.and_then(|data| data.hw_get_video_child_descriptor) else {
            return VpStatus::ERROR_NO_MORE_DEVICES;
        };
        let mut info = VideoChildEnumInfo {
            size: size_of::<VideoChildEnumInfo>() as u32,
            child_descriptor_size: query.child_descriptor_size,
            child_index: query.child_index,
            acpi_hw_id: query.acpi_hw_id,
            child_hw_device_extension: query.child_hw_device_extension.raw(),
        };
        let mut child_type = ChildType::Other as u32;
        let (mut uid, mut unused) = (answer.uid, 0);
        let extension = hde(port);
        let found = self.enter(
            "HwVidGetVideoChildDescriptor",
            &[extension.show(), query.child_index.show()],
            // SAFETY: registered by the driver as this routine; everything lives across the call, and the descriptor is as
            // long as the query says.
            || unsafe {
                routine(
                    extension,
                    &raw mut info,
                    &raw mut child_type,
                    answer.descriptor.as_mut_ptr(),
                    &raw mut uid,
                    &raw mut unused,
                )
            },
            |found| status(*found).to_string(),
        );
        answer.uid = uid;
        match ChildType::from_raw(child_type) {
            Some(child_type) => answer.child_type = child_type,
            // A type nobody knows: skip the child.
            None if found == VpStatus::ERROR_CONTINUE.0 => return VpStatus::ERROR_INVALID_NAME,
            None => {}
        }
        VpStatus(found)
    }

    fn query_interface(&self, port: &Port<'_>, query: &mut InterfaceQuery) -> VpStatus {
        let Some(routine) = self.registered().and_then(|data| data.hw_query_interface) else {
            return VpStatus::ERROR_INVALID_FUNCTION;
        };
        // As a GUID lies in memory, aligned like one.
        let mut guid = [0_u32; 4];
        for (word, bytes) in guid.iter_mut().zip(query.interface_type.chunks_exact(4)) {
            *word = bytes.try_into().map_or(0, u32::from_ne_bytes);
        }
        let mut request = QueryInterface {
            interface_type: guid.as_ptr().expose_provenance(),
            size: query.size,
            version: query.version,
            interface: query.interface.raw(),
            interface_specific_data: query.specific_data.raw(),
        };
        let extension = hde(port);
        let answer = self.enter(
            "HwVidQueryInterface",
            &[extension.show(), query.version.show()],
            // SAFETY: registered by the driver as this routine; the request lives across the call.
            || unsafe { routine(extension, &raw mut request) },
            |answer| status(*answer).to_string(),
        );
        query.size = request.size;
        query.version = request.version;
        VpStatus(answer)
    }

    fn legacy_resources(
        &self,
        _port: &Port<'_>,
        vendor_id: u32,
        device_id: u32,
        ranges: &mut LegacyRanges,
    ) {
        let Some(data) = self.registered() else {
            return;
        };
        let mut list = data.hw_legacy_resource_list;
        let mut count = data.hw_legacy_resource_count;
        if let Some(routine) = data.hw_get_legacy_resources {
            self.enter(
                "HwVidLegacyResources",
                &[vendor_id.show(), device_id.show()],
                // SAFETY: registered by the driver as this routine; list and count live across the call.
                || unsafe { routine(vendor_id, device_id, &raw mut list, &raw mut count) },
                |()| String::new(),
            );
        }
        let count = (count as usize).min(LEGACY_LIMIT);
        for range in read_ranges(list, count).unwrap_or_default() {
            // What does not fit is beyond what the port keeps.
            let _ = ranges.push(range);
        }
    }

    fn bugcheck(&self, port: &Port<'_>, routine: BugcheckRoutine, code: u32, buffer: &mut [u8]) {
        let Some(routine) = routine_at::<crate::abi::BugcheckRoutine>(routine.0) else {
            return;
        };
        let extension = hde(port);
        let length = buffer.len() as u32;
        self.enter(
            "HwVidBugcheckCallback",
            &[extension.show(), code.show()],
            // SAFETY: the driver gave this routine to `VideoPortRegisterBugcheckCallback`; the buffer is that long.
            || unsafe { routine(extension, code, buffer.as_mut_ptr(), length) },
            |()| String::new(),
        );
    }
}

impl CMiniport {
    fn power(
        &self,
        name: &'static str,
        routine: Option<crate::abi::Power>,
        port: &Port<'_>,
        hw_id: u32,
        state: PowerState,
    ) -> VpStatus {
        let Some(routine) = routine else {
            return VpStatus::NO_ERROR;
        };
        let mut power = VideoPowerManagement {
            length: size_of::<VideoPowerManagement>() as u32,
            dpms_version: 1,
            power_state: state as u32,
        };
        let extension = hde(port);
        let answer = self.enter(
            name,
            &[extension.show(), hw_id.show(), power.power_state.show()],
            // SAFETY: registered by the driver as this routine; the structure lives across the call.
            || unsafe { routine(extension, hw_id, &raw mut power) },
            |answer| status(*answer).to_string(),
        );
        VpStatus(answer)
    }
}

/// Which entry points a registration has.
pub(crate) fn entry_points(data: &VideoHwInitializationData) -> EntryPoints {
    let has_power = data.hw_get_power_state.is_some() || data.hw_set_power_state.is_some();
    let has_legacy = data.hw_get_legacy_resources.is_some() || data.hw_legacy_resource_count != 0;
    [
        (data.hw_find_adapter.is_some(), EntryPoints::FIND_ADAPTER),
        (data.hw_initialize.is_some(), EntryPoints::INITIALIZE),
        (data.hw_start_io.is_some(), EntryPoints::START_IO),
        (data.hw_interrupt.is_some(), EntryPoints::INTERRUPT),
        (data.hw_reset_hw.is_some(), EntryPoints::RESET_HW),
        (data.hw_timer.is_some(), EntryPoints::TIMER),
        (has_power, EntryPoints::POWER),
        (
            data.hw_get_video_child_descriptor.is_some(),
            EntryPoints::CHILD_DESCRIPTOR,
        ),
        (
            data.hw_query_interface.is_some(),
            EntryPoints::QUERY_INTERFACE,
        ),
        (has_legacy, EntryPoints::LEGACY_RESOURCES),
    ]
    .into_iter()
    .filter(|(present, _)| *present)
    .fold(EntryPoints::default(), |all, (_, one)| all.with(one))
}

/// Reads ranges from a driver's array. `None` when it is not all mapped.
pub(crate) fn read_ranges(list: *const VideoAccessRange, count: usize) -> Option<Vec<AccessRange>> {
    let mut ranges = Vec::with_capacity(count);
    for idx in 0..count {
        let mut bytes = [0; size_of::<VideoAccessRange>()];
        let at = list.expose_provenance().checked_add(idx * bytes.len())?;
        if !crate::process::read(at, &mut bytes) {
            return None;
        }
        let (start, rest) = bytes.split_first_chunk::<8>()?;
        let (length, flags) = rest.split_first_chunk::<4>()?;
        let &[io, visible, shareable, passive] = flags else {
            return None;
        };
        ranges.push(AccessRange {
            range_start: PhysAddr::new(u64::from_ne_bytes(*start)),
            range_length_bytes: u32::from_ne_bytes(*length),
            range_in_io_space: io & 1 != 0,
            range_visible: visible != 0,
            range_shareable: shareable != 0,
            range_passive: passive,
        });
    }
    Some(ranges)
}

/// A driver's routine from the number it is kept as. `None` for null.
pub(crate) fn routine_at<F: Copy>(at: usize) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*const c_void>()) };
    let pointer: *const c_void = with_exposed_provenance(at);
    if pointer.is_null() {
        return None;
    }
    // SAFETY: `F` is a routine type, as large as a pointer; the number came from such a routine of the driver.
    Some(unsafe { std::mem::transmute_copy::<*const c_void, F>(&pointer) })
}

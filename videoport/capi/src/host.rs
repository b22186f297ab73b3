//! `lumenport_host.h`: runs a driver inside a C program, on the in-memory machine.
//!
//! All functions take a host that `lumenport_host_create` made; a null one is refused.

use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::Arc;

use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::miniport::InterfaceQuery;
use lumenport_videoport::platform::Platform;
use lumenport_videoport::services::Service;
use lumenport_videoport::testing::{CARD_SLOT, Layout};
use lumenport_videoport::types::PowerState;
use lumenport_videoport::{Options, VirtAddr, VpStatus};

use crate::abi::DriverEntry;
use crate::device::Device;
use crate::fake::FakeMachine;
use crate::{process, trace};

/// A driver on its machine.
pub struct Host {
    device: Arc<Device>,
    machine: Arc<FakeMachine>,
}

/// `struct lumenport_host_options`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "described in the header")]
pub struct HostOptions {
    pub size: u32,
    pub strict: u32,
    pub trace: u32,
    pub buffer_quota_bytes: u32,
    pub map_registers: u32,
    pub layout: u32,
}

const NOT_THERE: u32 = VpStatus::ERROR_DEV_NOT_EXIST.0;

/// Runs `body` on a host; `refused` for a null one and when the library fails.
///
/// # Safety
/// `host` is null or live.
unsafe fn with<R: Copy>(host: *mut Host, refused: R, body: impl FnOnce(&Host) -> R) -> R {
    // SAFETY: null or live, as our own caller promised.
    let Some(host) = (unsafe { host.as_ref() }) else {
        return refused;
    };
    catch_unwind(AssertUnwindSafe(|| body(host))).unwrap_or(refused)
}

fn create(options: &HostOptions, entry: DriverEntry) -> Option<Host> {
    let layout = match options.layout {
        0 => Layout::Scattered,
        1 => Layout::Adjacent,
        2 => Layout::High,
        _ => return None,
    };
    let machine = Arc::new(FakeMachine::new(FakeConfig::default())?);
    machine.memory().set_layout(layout);
    let mut choices = Options::new().strict(options.strict != 0);
    if options.buffer_quota_bytes != 0 {
        choices = choices.buffer_quota_bytes(u64::from(options.buffer_quota_bytes));
    }
    if options.map_registers != 0 {
        choices = choices.map_register_count(options.map_registers);
    }
    if options.trace != 0 {
        trace::set_sink(Some(Arc::new(|line: &str| eprintln!("{line}"))));
    }
    let platform: Arc<dyn Platform + Send + Sync> = machine.clone();
    // SAFETY: the C program gave its driver's entry, which is part of the program.
    let device = unsafe { Device::create(platform, CARD_SLOT, choices, entry) };
    Some(Host { device, machine })
}

/// See the header.
///
/// # Safety
/// `entry` is a `DriverEntry` that stays in place; `options` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumenport_host_create(
    options: *const HostOptions,
    entry: Option<DriverEntry>,
) -> *mut Host {
    let words = process::get_array(options.cast::<u32>(), 6);
    let (Some(words), Some(entry)) = (words, entry) else {
        return null_mut();
    };
    let [
        size,
        strict,
        trace,
        buffer_quota_bytes,
        map_registers,
        layout,
    ] = words[..]
    else {
        return null_mut();
    };
    if size as usize != size_of::<HostOptions>() {
        return null_mut();
    }
    let options = HostOptions {
        size,
        strict,
        trace,
        buffer_quota_bytes,
        map_registers,
        layout,
    };
    let made = catch_unwind(AssertUnwindSafe(|| create(&options, entry)));
    made.ok()
        .flatten()
        .map_or(null_mut(), |host| Box::into_raw(Box::new(host)))
}

/// See the header.
///
/// # Safety
/// `host` is null or live, and not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumenport_host_destroy(host: *mut Host) {
    if host.is_null() {
        return;
    }
    // SAFETY: from `Box::into_raw`, and given up by our caller.
    let host = unsafe { Box::from_raw(host) };
    host.device.close();
}

/// Declares functions of the header: each runs its body on the host.
macro_rules! host_functions {
    ($(
        fn $name:ident($host:ident $(, $argument:ident: $type:ty)* $(,)?) $(-> $result:ty)?, else $refused:expr => $body:block
    )*) => {
        $(
            /// See the header.
            ///
            /// # Safety
            /// The host is null or live; pointers are what the header says.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(host: *mut Host $(, $argument: $type)*) $(-> $result)? {
                // SAFETY: null or live, as our own caller promised.
                unsafe { with(host, $refused, |$host| $body) }
            }
        )*
    };
}

fn bring_up(host: &Host) -> VpStatus {
    if !host.device.load().is_success() {
        return VpStatus::ERROR_DEV_NOT_EXIST;
    }
    let started = host.device.port().start_device();
    if !started.is_success() {
        return started;
    }
    host.device.port().open()
}

fn power_state(raw: u32) -> Option<PowerState> {
    Some(match raw {
        1 => PowerState::On,
        2 => PowerState::StandBy,
        3 => PowerState::Suspend,
        4 => PowerState::Off,
        5 => PowerState::Hibernate,
        6 => PowerState::Shutdown,
        _ => return None,
    })
}

host_functions! {
    fn lumenport_host_load(host) -> u32, else 0xC000_0001 => {
        host.device.load().0
    }

    fn lumenport_host_start(host) -> u32, else NOT_THERE => {
        host.device.port().start_device().0
    }

    fn lumenport_host_open(host) -> u32, else NOT_THERE => {
        host.device.port().open().0
    }

    fn lumenport_host_bring_up(host) -> u32, else NOT_THERE => {
        bring_up(host).0
    }

    fn lumenport_host_remove(host) -> u32, else 0 => {
        let left = host.device.remove();
        let count = left.pool_blocks + left.mdls + left.dma_lists + left.common_buffers + left.mappings
            + left.hardware_slots;
        count as u32
    }

    fn lumenport_host_io_control(
        host, code: u32, buffer: *mut u8, in_length: u32, out_length: u32, returned: *mut u32,
    ) -> u32, else NOT_THERE => {
        let invalid = VpStatus::ERROR_INVALID_PARAMETER.0;
        let (input, output) = (in_length as usize, out_length as usize);
        let Some(mut bytes) = process::get_array(buffer.cast_const(), input) else {
            return invalid;
        };
        bytes.resize(input.max(output), 0);
        let block = host.device.io_control(code, &mut bytes, input);
        let count = block.information.min(output);
        let written = process::put_array(buffer, &bytes[..count])
            && (returned.is_null() || process::put(returned, block.information as u32));
        if written { block.status.0 } else { invalid }
    }

    fn lumenport_host_set_power(host, hw_id: u32, state: u32) -> u32, else NOT_THERE => {
        power_state(state).map_or(VpStatus::ERROR_INVALID_PARAMETER, |state| host.device.port().set_power(hw_id, state)).0
    }

    fn lumenport_host_reset(host, columns: u32, rows: u32) -> u8, else 0 => {
        u8::from(host.device.port().reset_hw(columns, rows))
    }

    fn lumenport_host_query_interface(
        host, interface_type: *const u8, size: u16, version: u16, interface: *mut c_void,
    ) -> u32, else NOT_THERE => {
        let invalid = VpStatus::ERROR_INVALID_PARAMETER.0;
        let guid = process::get_array(interface_type, 16).and_then(|guid| <[u8; 16]>::try_from(guid).ok());
        let Some(interface_type) = guid else {
            return invalid;
        };
        let mut query = InterfaceQuery {
            interface_type,
            size,
            version,
            interface: VirtAddr::new(interface.expose_provenance()),
            specific_data: VirtAddr::NULL,
        };
        host.device.port().query_miniport_interface(&mut query).0
    }

    fn lumenport_host_poll(host), else () => {
        host.device.port().poll();
    }

    fn lumenport_host_raise_interrupt(host), else () => {
        host.machine.machine().raise_interrupt();
    }

    fn lumenport_host_advance(host, microseconds: u32), else () => {
        host.machine.stall_ns(u64::from(microseconds) * 1000);
        host.device.port().poll();
    }

    fn lumenport_host_bugcheck(host, code: u32, buffer: *mut u8, size: u32) -> u32, else 0 => {
        let mut bytes = vec![0; (size as usize).min(4096)];
        let count = host.device.port().collect_bugcheck_data(code, &mut bytes);
        if process::put_array(buffer, &bytes[..count]) { count as u32 } else { 0 }
    }

    fn lumenport_host_extension(host) -> *mut c_void, else null_mut() => {
        crate::services::pointer(host.device.extension())
    }

    fn lumenport_host_child(host, index: u32) -> *mut c_void, else null_mut() => {
        let child = host.device.port().child(index as usize);
        child.map_or(null_mut(), |info| crate::device_object(&host.device, info.child))
    }

    fn lumenport_host_take_finding(host, text: *mut c_char, size: u32) -> u8, else 0 => {
        let Some(finding) = host.device.port().take_finding() else {
            return 0;
        };
        let mut line = finding.to_string().into_bytes();
        line.truncate((size as usize).saturating_sub(1));
        line.push(0);
        let room = (size as usize).min(line.len());
        u8::from(process::put_array(text.cast::<u8>(), &line[..room]))
    }

    fn lumenport_host_call_count(host, service: *const c_char) -> u32, else 0 => {
        let name = process::get_string(service.cast::<u8>()).and_then(|name| String::from_utf8(name).ok());
        let service = name.and_then(|name| Service::from_name(&name));
        service.map_or(0, |service| host.device.call_count(service))
    }

    fn lumenport_host_live_pages(host) -> u32, else 0 => {
        host.machine.memory().live_pages() as u32
    }

    fn lumenport_host_pins(host) -> u32, else 0 => {
        host.machine.memory().pins()
    }

    fn lumenport_host_read_card(host, offset: u32, into: *mut u8, length: u32) -> u8, else 0 => {
        let end = u64::from(offset) + u64::from(length);
        if end > u64::from(FakeConfig::default().memory_bytes) {
            return 0;
        }
        let mut bytes = vec![0; length as usize];
        host.machine.machine().card().read_memory(offset, &mut bytes);
        u8::from(process::put_array(into, &bytes))
    }

    fn lumenport_host_map_user(host, length: u32, offset: u32) -> *mut c_void, else null_mut() => {
        let at = host.machine.memory().map_user(length as usize, offset as usize % 4096);
        at.map_or(null_mut(), crate::services::pointer)
    }

    fn lumenport_host_unmap_user(host, memory: *mut c_void), else () => {
        host.machine.memory().unmap_user(VirtAddr::new(memory.addr()));
    }

    fn lumenport_host_set_writable(host, memory: *mut c_void, writable: u8), else () => {
        host.machine.memory().set_writable(VirtAddr::new(memory.addr()), writable != 0);
    }

    fn lumenport_host_fail_allocation_after(host, successes: u32), else () => {
        host.machine.memory().fail_allocation_after(successes as usize);
    }

    fn lumenport_host_fail_pin_after(host, successes: u32), else () => {
        host.machine.memory().fail_pin_after(successes as usize);
    }

    fn lumenport_host_unplug(host), else () => {
        host.machine.machine().set_gone(true);
    }
}

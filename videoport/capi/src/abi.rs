//! Structures and routine types of the contract as C lays them out, beyond those of `lumenport_videoport::abi`.
//!
//! `BOOLEAN` and `UCHAR` are `u8`, enumerations `u32`, `PHYSICAL_ADDRESS` is a 64-bit number: on the targets this crate
//! runs on, a union of that size travels like one. Source: video.h layouts; `tests/layout.rs` compares all of them with
//! the C headers.

use std::ffi::c_void;

pub use lumenport_videoport::abi::*;

/// Any pointer whose meaning the callee knows.
pub type Pointer = *mut c_void;

/// `HwVidFindAdapter`.
pub type FindAdapter =
    unsafe extern "C" fn(Pointer, Pointer, *mut u16, *mut VideoPortConfigInfo, *mut u8) -> u32;
/// `HwVidInitialize`, `HwVidInterrupt`, and the line readers.
pub type Predicate = unsafe extern "C" fn(Pointer) -> u8;
/// `HwVidStartIO`.
pub type StartIo = unsafe extern "C" fn(Pointer, *mut VideoRequestPacket) -> u8;
/// `HwVidResetHw`.
pub type ResetHw = unsafe extern "C" fn(Pointer, u32, u32) -> u8;
/// `HwVidTimer`.
pub type Timer = unsafe extern "C" fn(Pointer);
/// `HwStartDma`; never called.
pub type StartDma = unsafe extern "C" fn(Pointer, Pointer) -> u32;
/// `HwVidSetPowerState` and `HwVidGetPowerState`.
pub type Power = unsafe extern "C" fn(Pointer, u32, *mut VideoPowerManagement) -> u32;
/// `HwVidGetVideoChildDescriptor`.
pub type ChildDescriptor = unsafe extern "C" fn(
    Pointer,
    *mut VideoChildEnumInfo,
    *mut u32,
    *mut u8,
    *mut u32,
    *mut u32,
) -> u32;
/// `HwVidQueryInterface`.
pub type QueryInterfaceRoutine = unsafe extern "C" fn(Pointer, *mut QueryInterface) -> u32;
/// `HwVidLegacyResources`.
pub type LegacyResources = unsafe extern "C" fn(u32, u32, *mut *mut VideoAccessRange, *mut u32);
/// `DriverEntry`.
pub type DriverEntry = unsafe extern "C" fn(Pointer, Pointer) -> u32;
/// `VideoPortGetProcAddress`.
pub type GetProcAddress = unsafe extern "C" fn(Pointer, *const u8) -> Pointer;
/// `HwVidDpcRoutine`.
pub type DpcRoutine = unsafe extern "C" fn(Pointer, Pointer);
/// `HwVidSynchronizeExecutionCallback`.
pub type SynchronizeRoutine = unsafe extern "C" fn(Pointer) -> u8;
/// `HwVidExecuteDma`.
pub type ExecuteDma = unsafe extern "C" fn(Pointer, Pointer, *mut ScatterGatherHeader, Pointer);
/// `HwVidQueryNamedValueCallback`.
pub type RegistryRoutine = unsafe extern "C" fn(Pointer, Pointer, *mut u16, Pointer, u32) -> u32;
/// `HwVidQueryDeviceCallback`.
pub type DeviceDataRoutine =
    unsafe extern "C" fn(Pointer, Pointer, u32, Pointer, u32, Pointer, u32, Pointer, u32) -> u32;
/// `HwVidBankedMemoryCallback`.
pub type BankRoutine = unsafe extern "C" fn(u32, u32, Pointer);
/// `HwVidBugcheckCallback`.
pub type BugcheckRoutine = unsafe extern "C" fn(Pointer, u32, *mut u8, u32);
/// `WriteClockLine`, `WriteDataLine`.
pub type WriteLine = unsafe extern "C" fn(Pointer, u8);

/// `VIDEO_HW_INITIALIZATION_DATA`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "the members are the contract's own names")]
pub struct VideoHwInitializationData {
    pub hw_init_data_size: u32,
    pub adapter_interface_type: u32,
    pub hw_find_adapter: Option<FindAdapter>,
    pub hw_initialize: Option<Predicate>,
    pub hw_interrupt: Option<Predicate>,
    pub hw_start_io: Option<StartIo>,
    pub hw_device_extension_size: u32,
    pub starting_device_number: u32,
    pub hw_reset_hw: Option<ResetHw>,
    pub hw_timer: Option<Timer>,
    pub hw_start_dma: Option<StartDma>,
    pub hw_set_power_state: Option<Power>,
    pub hw_get_power_state: Option<Power>,
    pub hw_get_video_child_descriptor: Option<ChildDescriptor>,
    pub hw_query_interface: Option<QueryInterfaceRoutine>,
    pub hw_child_device_extension_size: u32,
    pub hw_legacy_resource_list: *mut VideoAccessRange,
    pub hw_legacy_resource_count: u32,
    pub hw_get_legacy_resources: Option<LegacyResources>,
    pub allow_early_enumeration: u8,
    pub reserved: u32,
}

/// Bytes of [`VideoHwInitializationData`] that drivers for NT 4 know.
pub const INITIALIZATION_DATA_NT4_BYTES: usize =
    std::mem::offset_of!(VideoHwInitializationData, hw_start_dma);
/// Bytes that drivers for Windows 2000 know.
pub const INITIALIZATION_DATA_2000_BYTES: usize =
    std::mem::offset_of!(VideoHwInitializationData, reserved);
/// All bytes.
pub const INITIALIZATION_DATA_BYTES: usize = size_of::<VideoHwInitializationData>();

/// `VIDEO_PORT_CONFIG_INFO`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "the members are the contract's own names")]
pub struct VideoPortConfigInfo {
    pub length: u32,
    pub system_io_bus_number: u32,
    pub adapter_interface_type: u32,
    pub bus_interrupt_level: u32,
    pub bus_interrupt_vector: u32,
    pub interrupt_mode: u32,
    pub num_emulator_access_entries: u32,
    pub emulator_access_entries: usize,
    pub emulator_access_entries_context: usize,
    pub vdm_physical_video_memory_address: u64,
    pub vdm_physical_video_memory_length: u32,
    pub hardware_state_size: u32,
    pub dma_channel: u32,
    pub dma_port: u32,
    pub dma_shareable: u8,
    pub interrupt_shareable: u8,
    pub master: u8,
    pub dma_width: u32,
    pub dma_speed: u32,
    pub b_map_buffers: u8,
    pub need_physical_addresses: u8,
    pub demand_mode: u8,
    pub maximum_transfer_length: u32,
    pub number_of_physical_breaks: u32,
    pub scatter_gather: u8,
    pub maximum_scatter_gather_chunk_size: u32,
    pub video_port_get_proc_address: Option<GetProcAddress>,
    pub driver_registry_path: *mut u16,
    pub system_memory_size: u64,
}

/// `VIDEO_POWER_MANAGEMENT`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
#[expect(missing_docs, reason = "the members are the contract's own names")]
pub struct VideoPowerManagement {
    pub length: u32,
    pub dpms_version: u32,
    pub power_state: u32,
}

const _: () = {
    assert!(cfg!(target_pointer_width = "64") || cfg!(target_pointer_width = "32"));
    let wide = size_of::<usize>() == 8;
    assert!(INITIALIZATION_DATA_BYTES == if wide { 144 } else { 84 });
    assert!(INITIALIZATION_DATA_NT4_BYTES == if wide { 64 } else { 40 });
    assert!(size_of::<VideoPortConfigInfo>() == 128 || !wide);
};

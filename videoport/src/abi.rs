//! Structures of the contract whose layout foreign code sees, with their sizes and offsets checked at compile time.
//!
//! The Rust services do not use them; they are here so that the numbers live next to the code that must agree with
//! them, and for the C layer. Pointers are `usize`. Source: video.h layouts, 32- and 64-bit.

use core::mem::offset_of;

/// `STATUS_BLOCK`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct StatusBlock {
    /// Union of status (low 32 bits) and pointer.
    pub status: usize,
    /// Bytes.
    pub information: usize,
}

/// `VIDEO_REQUEST_PACKET`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoRequestPacket {
    /// Code.
    pub io_control_code: u32,
    /// Pointer to the [`StatusBlock`].
    pub status_block: usize,
    /// Pointer to the input.
    pub input_buffer: usize,
    /// Bytes of input.
    pub input_buffer_length: u32,
    /// Pointer to the output: the same memory.
    pub output_buffer: usize,
    /// Bytes of output.
    pub output_buffer_length: u32,
}

/// Header of `VP_SCATTER_GATHER_LIST`; the elements follow.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct ScatterGatherHeader {
    /// Elements.
    pub number_of_elements: u32,
    /// Here: the hardware handle.
    pub reserved: usize,
}

/// `VP_SCATTER_GATHER_ELEMENT`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C, align(8))]
pub struct ScatterGatherElement {
    /// Device address.
    pub address: u64,
    /// Bytes.
    pub length: u32,
    /// Here: the offset in the hardware table.
    pub reserved: usize,
}

/// `VP_DEVICE_DESCRIPTION`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct DeviceDescription {
    /// BOOLEAN.
    pub scatter_gather: u8,
    /// BOOLEAN.
    pub dma_32bit_addresses: u8,
    /// BOOLEAN.
    pub dma_64bit_addresses: u8,
    /// Bytes.
    pub maximum_length: u32,
}

/// `VIDEO_ACCESS_RANGE`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C, align(8))]
pub struct VideoAccessRange {
    /// First address.
    pub range_start: u64,
    /// Bytes.
    pub range_length: u32,
    /// UCHAR.
    pub range_in_io_space: u8,
    /// UCHAR.
    pub range_visible: u8,
    /// UCHAR.
    pub range_shareable: u8,
    /// UCHAR.
    pub range_passive: u8,
}

/// Head of every interface (`INTERFACE`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct Interface {
    /// Bytes of the whole structure.
    pub size: u16,
    /// Version.
    pub version: u16,
    /// First argument of the two routines.
    pub context: usize,
    /// `VOID (PVOID Context)`.
    pub interface_reference: usize,
    /// `VOID (PVOID Context)`.
    pub interface_dereference: usize,
}

/// `VIDEO_PORT_I2C_INTERFACE`, both versions.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoPortI2cInterface {
    /// Head.
    pub head: Interface,
    /// `I2CStart`.
    pub start: usize,
    /// `I2CStop`.
    pub stop: usize,
    /// `I2CWrite`.
    pub write: usize,
    /// `I2CRead`.
    pub read: usize,
}

/// `VIDEO_PORT_INT10_INTERFACE`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoPortInt10Interface {
    /// Head.
    pub head: Interface,
    /// `Int10AllocateBuffer`.
    pub allocate_buffer: usize,
    /// `Int10FreeBuffer`.
    pub free_buffer: usize,
    /// `Int10ReadMemory`.
    pub read_memory: usize,
    /// `Int10WriteMemory`.
    pub write_memory: usize,
    /// `Int10CallBios`.
    pub call_bios: usize,
}

/// `VIDEO_PORT_DEBUG_REPORT_INTERFACE`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoPortDebugReportInterface {
    /// Head.
    pub head: Interface,
    /// `DbgReportCreate`.
    pub create: usize,
    /// `DbgReportSecondaryData`.
    pub secondary_data: usize,
    /// `DbgReportComplete`.
    pub complete: usize,
}

/// `VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoPortWcMemoryProtectionInterface {
    /// Head.
    pub head: Interface,
    /// `VideoPortProtectWCMemory`.
    pub protect: usize,
    /// `VideoPortRestoreWCMemory`.
    pub restore: usize,
}

/// `QUERY_INTERFACE`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct QueryInterface {
    /// Pointer to the GUID.
    pub interface_type: usize,
    /// Bytes of the interface.
    pub size: u16,
    /// Version.
    pub version: u16,
    /// Pointer to the interface.
    pub interface: usize,
    /// Whatever the interface defines.
    pub interface_specific_data: usize,
}

/// `VIDEO_CHILD_ENUM_INFO`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoChildEnumInfo {
    /// Bytes of this structure.
    pub size: u32,
    /// Bytes of the descriptor buffer.
    pub child_descriptor_size: u32,
    /// Index.
    pub child_index: u32,
    /// ACPI id.
    pub acpi_hw_id: u32,
    /// Pointer to the child's extension.
    pub child_hw_device_extension: usize,
}

/// `I2C_CALLBACKS`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct I2cCallbacks {
    /// `WriteClockLine`.
    pub write_clock_line: usize,
    /// `WriteDataLine`.
    pub write_data_line: usize,
    /// `ReadClockLine`.
    pub read_clock_line: usize,
    /// `ReadDataLine`.
    pub read_data_line: usize,
}

/// `VIDEO_I2C_CONTROL`: what the second I2C interface version takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VideoI2cControl {
    /// The lines.
    pub lines: I2cCallbacks,
    /// Half a clock period. Units: 100 ns.
    pub i2c_delay: u32,
}

/// `DDC_CONTROL`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct DdcControl {
    /// Bytes of this structure.
    pub size: u32,
    /// The lines.
    pub i2c_callbacks: I2cCallbacks,
    /// Segment.
    pub edid_segment: u8,
}

/// `VPOSVERSIONINFO`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct VpOsVersionInfo {
    /// Bytes of this structure.
    pub size: u32,
    /// Major version.
    pub major_version: u32,
    /// Minor version.
    pub minor_version: u32,
    /// Build.
    pub build_number: u32,
    /// Service pack.
    pub service_pack_major: u16,
    /// Service pack.
    pub service_pack_minor: u16,
}

/// `ENG_EVENT`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct EngEvent {
    /// Pointer to the event object.
    pub kernel_event: usize,
    /// Flags.
    pub flags: u32,
}

/// `VIDEO_PORT_AGP_SERVICES`; never filled, its size is checked by callers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C, align(8))]
pub struct VideoPortAgpServices {
    /// The eight routines.
    pub routines: [usize; 8],
    /// Bytes.
    pub allocation_limit: u64,
}

const WIDE: bool = size_of::<usize>() == 8;
const fn pick(narrow: usize, wide: usize) -> usize {
    if WIDE { wide } else { narrow }
}

const _: () = {
    assert!(size_of::<StatusBlock>() == pick(8, 16));
    assert!(size_of::<VideoRequestPacket>() == pick(24, 48));
    assert!(offset_of!(VideoRequestPacket, status_block) == pick(4, 8));
    assert!(offset_of!(VideoRequestPacket, input_buffer) == pick(8, 16));
    assert!(offset_of!(VideoRequestPacket, input_buffer_length) == pick(12, 24));
    assert!(offset_of!(VideoRequestPacket, output_buffer) == pick(16, 32));
    assert!(offset_of!(VideoRequestPacket, output_buffer_length) == pick(20, 40));
    assert!(size_of::<ScatterGatherHeader>() == pick(8, 16));
    assert!(offset_of!(ScatterGatherHeader, reserved) == pick(4, 8));
    assert!(size_of::<ScatterGatherElement>() == pick(16, 24));
    assert!(offset_of!(ScatterGatherElement, length) == 8);
    assert!(offset_of!(ScatterGatherElement, reserved) == pick(12, 16));
    assert!(size_of::<DeviceDescription>() == 8);
    assert!(offset_of!(DeviceDescription, maximum_length) == 4);
    assert!(size_of::<VideoAccessRange>() == 16);
    assert!(offset_of!(VideoAccessRange, range_in_io_space) == 12);
    assert!(size_of::<Interface>() == pick(16, 32));
    assert!(offset_of!(Interface, context) == pick(4, 8));
    assert!(offset_of!(Interface, interface_dereference) == pick(12, 24));
    assert!(size_of::<VideoPortI2cInterface>() == pick(32, 64));
    assert!(size_of::<VideoPortInt10Interface>() == pick(36, 72));
    assert!(size_of::<VideoPortDebugReportInterface>() == pick(28, 56));
    assert!(size_of::<VideoPortWcMemoryProtectionInterface>() == pick(24, 48));
    assert!(size_of::<QueryInterface>() == pick(16, 32));
    assert!(offset_of!(QueryInterface, size) == pick(4, 8));
    assert!(offset_of!(QueryInterface, version) == pick(6, 10));
    assert!(offset_of!(QueryInterface, interface) == pick(8, 16));
    assert!(offset_of!(QueryInterface, interface_specific_data) == pick(12, 24));
    assert!(size_of::<VideoChildEnumInfo>() == pick(20, 24));
    assert!(offset_of!(VideoChildEnumInfo, child_hw_device_extension) == 16);
    assert!(size_of::<I2cCallbacks>() == pick(16, 32));
    assert!(size_of::<VideoI2cControl>() == pick(20, 40));
    assert!(size_of::<DdcControl>() == pick(24, 48));
    assert!(offset_of!(DdcControl, i2c_callbacks) == pick(4, 8));
    assert!(offset_of!(DdcControl, edid_segment) == pick(20, 40));
    assert!(size_of::<VpOsVersionInfo>() == 20);
    assert!(offset_of!(VpOsVersionInfo, service_pack_minor) == 18);
    assert!(size_of::<EngEvent>() == pick(8, 16));
    assert!(size_of::<VideoPortAgpServices>() == pick(40, 72));
    assert!(offset_of!(VideoPortAgpServices, allocation_limit) == pick(32, 64));
    assert!(size_of::<crate::vga::BiosArguments>() == 28);
    assert!(size_of::<crate::int10::Int10Arguments>() == 32);
    assert!(offset_of!(crate::int10::Int10Arguments, seg_es) == 30);
};

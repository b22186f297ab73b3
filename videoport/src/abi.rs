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
};

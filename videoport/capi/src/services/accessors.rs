//! The 24 register and port accessors. They find their device by the address.

use super::{address, plain_services};
use crate::{device, process};

/// Elements moved between a driver's buffer and the port at once.
const PIECE: usize = 256;

/// Walks a driver's buffer in pieces: `each` gets the index of the first element and how many.
fn pieces(count: u32, mut each: impl FnMut(usize, usize) -> bool) {
    let count = count as usize;
    let mut done = 0;
    while done < count {
        let length = PIECE.min(count - done);
        if !each(done, length) {
            return;
        }
        done += length;
    }
}

macro_rules! accessors {
    ($($type:ty: $read:ident $write:ident $read_buffer:ident $write_buffer:ident, step $step:literal,
       $s_read:ident $s_write:ident $s_read_buffer:ident $s_write_buffer:ident,
       $p_read:ident $p_write:ident $p_read_buffer:ident $p_write_buffer:ident;)*) => {
        plain_services! {
            $(
                #[doc = concat!("`", stringify!($read), "`: all ones where no device is.")]
                fn $read[$s_read](at: *mut $type) -> $type,
                    on device = device::by_address(at.addr()), else <$type>::MAX => {
                    device.as_ref().map_or(<$type>::MAX, |device| device.port().$p_read(address(at)))
                }

                #[doc = concat!("`", stringify!($write), "`.")]
                fn $write[$s_write](at: *mut $type, value: $type), on device = device::by_address(at.addr()), else () => {
                    if let Some(device) = &device {
                        device.port().$p_write(address(at), value);
                    }
                }

                #[doc = concat!("`", stringify!($read_buffer), "`.")]
                fn $read_buffer[$s_read_buffer](at: *mut $type, buffer: *mut $type, count: u32),
                    on device = device::by_address(at.addr()), else () => {
                    let mut values = [<$type>::MAX; PIECE];
                    pieces(count, |start, length| {
                        if let Some(device) = &device {
                            let from = address(at.wrapping_add(start * $step));
                            device.port().$p_read_buffer(from, &mut values[..length]);
                        }
                        process::put_array(buffer.wrapping_add(start), &values[..length])
                    });
                }

                #[doc = concat!("`", stringify!($write_buffer), "`.")]
                fn $write_buffer[$s_write_buffer](at: *mut $type, buffer: *mut $type, count: u32),
                    on device = device::by_address(at.addr()), else () => {
                    let Some(device) = &device else {
                        return;
                    };
                    pieces(count, |start, length| {
                        let Some(values) = process::get_array(buffer.wrapping_add(start).cast_const(), length) else {
                            return false;
                        };
                        device.port().$p_write_buffer(address(at.wrapping_add(start * $step)), &values);
                        true
                    });
                }
            )*
        }
    };
}

accessors! {
    u8: VideoPortReadRegisterUchar VideoPortWriteRegisterUchar
        VideoPortReadRegisterBufferUchar VideoPortWriteRegisterBufferUchar, step 1,
        ReadRegisterUchar WriteRegisterUchar ReadRegisterBufferUchar WriteRegisterBufferUchar,
        read_register_uchar write_register_uchar read_register_buffer_uchar write_register_buffer_uchar;
    u16: VideoPortReadRegisterUshort VideoPortWriteRegisterUshort
        VideoPortReadRegisterBufferUshort VideoPortWriteRegisterBufferUshort, step 1,
        ReadRegisterUshort WriteRegisterUshort ReadRegisterBufferUshort WriteRegisterBufferUshort,
        read_register_ushort write_register_ushort read_register_buffer_ushort write_register_buffer_ushort;
    u32: VideoPortReadRegisterUlong VideoPortWriteRegisterUlong
        VideoPortReadRegisterBufferUlong VideoPortWriteRegisterBufferUlong, step 1,
        ReadRegisterUlong WriteRegisterUlong ReadRegisterBufferUlong WriteRegisterBufferUlong,
        read_register_ulong write_register_ulong read_register_buffer_ulong write_register_buffer_ulong;
    u8: VideoPortReadPortUchar VideoPortWritePortUchar
        VideoPortReadPortBufferUchar VideoPortWritePortBufferUchar, step 0,
        ReadPortUchar WritePortUchar ReadPortBufferUchar WritePortBufferUchar,
        read_port_uchar write_port_uchar read_port_buffer_uchar write_port_buffer_uchar;
    u16: VideoPortReadPortUshort VideoPortWritePortUshort
        VideoPortReadPortBufferUshort VideoPortWritePortBufferUshort, step 0,
        ReadPortUshort WritePortUshort ReadPortBufferUshort WritePortBufferUshort,
        read_port_ushort write_port_ushort read_port_buffer_ushort write_port_buffer_ushort;
    u32: VideoPortReadPortUlong VideoPortWritePortUlong
        VideoPortReadPortBufferUlong VideoPortWritePortBufferUlong, step 0,
        ReadPortUlong WritePortUlong ReadPortBufferUlong WritePortBufferUlong,
        read_port_ulong write_port_ulong read_port_buffer_ulong write_port_buffer_ulong;
}

//! The 24 register and port accessors.
//!
//! Register forms take addresses mapped as memory, port forms those mapped as I/O. Every access is one access of its
//! width, in order, never merged or split. Register buffer forms step through memory; port buffer forms access the
//! *same* port for every element. Any IRQL; no interrupt is delivered here.
//!
//! Strict mode refuses addresses outside every mapping, of the wrong space, or not naturally aligned: a read then gives
//! all ones.

use crate::address::VirtAddr;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;

impl<P: Platform> VideoPort<'_, P> {
    /// Whether one element at `at` may be accessed. Only strict mode ever refuses.
    fn may_access<T>(&self, service: Service, at: VirtAddr, io: bool) -> bool {
        let _ = self.enter(service);
        self.check_register(service, at, size_of::<T>(), size_of::<T>(), io)
    }

    /// The same for `count` consecutive registers.
    fn may_access_all<T>(&self, service: Service, at: VirtAddr, count: usize) -> bool {
        let _ = self.enter(service);
        let bytes = count.saturating_mul(size_of::<T>());
        self.check_register(service, at, bytes, size_of::<T>(), false)
    }
}

macro_rules! accessors {
    ($($type:ty, $register_read:ident $port_read:ident $register_write:ident $port_write:ident,
       $read_register:ident $write_register:ident $read_register_buffer:ident $write_register_buffer:ident
       $read_port:ident $write_port:ident $read_port_buffer:ident $write_port_buffer:ident,
       $s_rr:ident $s_wr:ident $s_rrb:ident $s_wrb:ident $s_rp:ident $s_wp:ident $s_rpb:ident $s_wpb:ident;)*) => {
        impl<P: Platform> VideoPort<'_, P> {
            $(
                #[doc = concat!("`VideoPort", stringify!($s_rr), "`: reads one mapped register.")]
                pub fn $read_register(&self, register: VirtAddr) -> $type {
                    if !self.may_access::<$type>(Service::$s_rr, register, false) {
                        return <$type>::MAX;
                    }
                    self.platform.$register_read(register)
                }

                #[doc = concat!("`VideoPort", stringify!($s_wr), "`: writes one mapped register.")]
                pub fn $write_register(&self, register: VirtAddr, value: $type) {
                    if self.may_access::<$type>(Service::$s_wr, register, false) {
                        self.platform.$register_write(register, value);
                    }
                }

                #[doc = concat!("`VideoPort", stringify!($s_rrb), "`: reads consecutive registers.")]
                pub fn $read_register_buffer(&self, register: VirtAddr, buffer: &mut [$type]) {
                    if !self.may_access_all::<$type>(Service::$s_rrb, register, buffer.len()) {
                        buffer.fill(<$type>::MAX);
                        return;
                    }
                    for (index, place) in buffer.iter_mut().enumerate() {
                        let Some(at) = register.checked_add(index.saturating_mul(size_of::<$type>())) else { return };
                        *place = self.platform.$register_read(at);
                    }
                }

                #[doc = concat!("`VideoPort", stringify!($s_wrb), "`: writes consecutive registers.")]
                pub fn $write_register_buffer(&self, register: VirtAddr, buffer: &[$type]) {
                    if !self.may_access_all::<$type>(Service::$s_wrb, register, buffer.len()) {
                        return;
                    }
                    for (index, value) in buffer.iter().enumerate() {
                        let Some(at) = register.checked_add(index.saturating_mul(size_of::<$type>())) else { return };
                        self.platform.$register_write(at, *value);
                    }
                }

                #[doc = concat!("`VideoPort", stringify!($s_rp), "`: reads one port.")]
                pub fn $read_port(&self, port: VirtAddr) -> $type {
                    if !self.may_access::<$type>(Service::$s_rp, port, true) {
                        return <$type>::MAX;
                    }
                    self.platform.$port_read(port)
                }

                #[doc = concat!("`VideoPort", stringify!($s_wp), "`: writes one port.")]
                pub fn $write_port(&self, port: VirtAddr, value: $type) {
                    if self.may_access::<$type>(Service::$s_wp, port, true) {
                        self.platform.$port_write(port, value);
                    }
                }

                #[doc = concat!("`VideoPort", stringify!($s_rpb), "`: reads the same port for each element.")]
                pub fn $read_port_buffer(&self, port: VirtAddr, buffer: &mut [$type]) {
                    if !self.may_access::<$type>(Service::$s_rpb, port, true) {
                        buffer.fill(<$type>::MAX);
                        return;
                    }
                    for place in buffer {
                        *place = self.platform.$port_read(port);
                    }
                }

                #[doc = concat!("`VideoPort", stringify!($s_wpb), "`: writes each element to the same port.")]
                pub fn $write_port_buffer(&self, port: VirtAddr, buffer: &[$type]) {
                    if !self.may_access::<$type>(Service::$s_wpb, port, true) {
                        return;
                    }
                    for value in buffer {
                        self.platform.$port_write(port, *value);
                    }
                }
            )*
        }
    };
}

accessors! {
    u8, read_register_u8 read_port_u8 write_register_u8 write_port_u8,
        read_register_uchar write_register_uchar read_register_buffer_uchar write_register_buffer_uchar
        read_port_uchar write_port_uchar read_port_buffer_uchar write_port_buffer_uchar,
        ReadRegisterUchar WriteRegisterUchar ReadRegisterBufferUchar WriteRegisterBufferUchar
        ReadPortUchar WritePortUchar ReadPortBufferUchar WritePortBufferUchar;
    u16, read_register_u16 read_port_u16 write_register_u16 write_port_u16,
        read_register_ushort write_register_ushort read_register_buffer_ushort write_register_buffer_ushort
        read_port_ushort write_port_ushort read_port_buffer_ushort write_port_buffer_ushort,
        ReadRegisterUshort WriteRegisterUshort ReadRegisterBufferUshort WriteRegisterBufferUshort
        ReadPortUshort WritePortUshort ReadPortBufferUshort WritePortBufferUshort;
    u32, read_register_u32 read_port_u32 write_register_u32 write_port_u32,
        read_register_ulong write_register_ulong read_register_buffer_ulong write_register_buffer_ulong
        read_port_ulong write_port_ulong read_port_buffer_ulong write_port_buffer_ulong,
        ReadRegisterUlong WriteRegisterUlong ReadRegisterBufferUlong WriteRegisterBufferUlong
        ReadPortUlong WritePortUlong ReadPortBufferUlong WritePortBufferUlong;
}

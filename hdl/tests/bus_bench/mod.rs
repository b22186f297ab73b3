//! Register bus around one block: writes, reads, single clocks.
#![allow(dead_code, reason = "each test binary uses a part of the bench")]

use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::settle;

/// A block with the register bus as its ports.
pub trait OnBus: Block {
    /// Drives the clock pin.
    fn set_clock(&mut self, high: bool);
    /// Drives reset.
    fn set_reset(&mut self, on: bool);
    /// Drives address, value and byte enables of the bus, and the agent where there is one.
    fn set_bus(&mut self, address: u16, value: u32, be: u8, write: bool, agent: u8);
    /// Value on the read data port.
    fn rdata(&self) -> u32;
}

/// Implements [`OnBus`] for a block; `agent` when it has the port.
#[macro_export]
macro_rules! on_bus {
    ($block: ty $(, $agent: ident)?) => {
        impl $crate::bus_bench::OnBus for $block {
            fn set_clock(&mut self, high: bool) {
                self.clock.next = high.into();
            }
            fn set_reset(&mut self, on: bool) {
                self.reset.next = on;
            }
            fn set_bus(&mut self, address: u16, value: u32, be: u8, write: bool, agent: u8) {
                self.bus_address.next = u64::from(address).into();
                self.bus_wdata.next = u64::from(value).into();
                self.bus_be.next = u64::from(be).into();
                self.bus_write.next = write;
                let _ = agent;
                $(self.$agent.next = u64::from(agent).into();)?
            }
            fn rdata(&self) -> u32 {
                self.bus_rdata.val().to_u32()
            }
        }
    };
}

/// One clock: inputs must be set; the outputs before the edge stay readable until the next call.
pub fn clock<B: OnBus>(uut: &mut B) {
    uut.set_clock(true);
    settle(uut);
    uut.set_clock(false);
    settle(uut);
}

/// Idle bus in reset for two clocks.
pub fn start<B: OnBus>(mut uut: B) -> B {
    uut.connect_all();
    uut.set_clock(false);
    uut.set_bus(0, 0, 0, false, 0);
    uut.set_reset(true);
    settle(&mut uut);
    clock(&mut uut);
    clock(&mut uut);
    uut.set_reset(false);
    settle(&mut uut);
    uut
}

/// One write of a whole register by `agent`, one clock.
pub fn write_as<B: OnBus>(uut: &mut B, agent: u8, address: u16, value: u32) {
    uut.set_bus(address, value, 0xF, true, agent);
    settle(uut);
    clock(uut);
    uut.set_bus(0, !value, 0, false, 0);
    settle(uut);
}

/// One write by the host.
pub fn write<B: OnBus>(uut: &mut B, address: u16, value: u32) {
    write_as(uut, 1, address, value);
}

/// One read: the address is held for three clocks.
pub fn read<B: OnBus>(uut: &mut B, address: u16) -> u32 {
    uut.set_bus(address, 0xDEAD_BEEF, 0, false, 0);
    settle(uut);
    clock(uut);
    clock(uut);
    uut.rdata()
}

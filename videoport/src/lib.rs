//! The Windows video port services, for a machine that is anything but Windows.
//!
//! A video miniport is written against the services of the *video port* (`VideoPortXxx`), which call it back through
//! entry points (`HwVidXxx`). This crate is that port, in Rust, `no_std`, without allocation and without panics, generic
//! over a [`Platform`]: a simulated PC, a Linux process with the card behind VFIO, or the card's own management core.
//!
//! * A machine implements [`Platform`].
//! * A driver implements [`Miniport`]; its callbacks get a [`VideoPort`], whose methods are the services.
//! * An application drives the device: [`VideoPort::load`], [`VideoPort::start_device`], [`VideoPort::open`],
//!   [`VideoPort::io_control`], [`VideoPort::remove`].
//!
//! With a Lumenport card at the slot, `VideoPortLockBuffer` writes a scatter-gather table into the card and the device
//! lock is backed by the card's semaphore 0 ([`hardware`]); with any other device the services work without that.
//!
//! # Features
//! * `std`: a hosted critical section; registry values in a file.
//! * `testing`: `testing`, a simulated PC around the HAL's fake card. Needs std.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod abi;
pub mod access;
pub mod address;
pub mod bugcheck;
mod callout;
pub mod child;
pub mod ddc;
pub mod debug;
pub mod device_data;
pub mod device_lock;
pub mod dma;
pub mod dpc;
pub mod event;
mod guarded;
mod handle;
pub mod hardware;
pub mod i2c;
pub mod int10;
pub mod interfaces;
pub mod interlocked;
pub mod interrupt;
pub mod ioctl;
pub mod irql;
pub mod limits;
mod memory;
pub mod miniport;
pub mod options;
pub mod pci;
pub mod platform;
pub mod pool;
pub mod port;
mod registers;
pub mod registry;
pub mod resource_list;
mod rom;
pub mod secondary;
pub mod services;
pub mod spin_lock;
pub mod status;
pub mod strict;
#[cfg(feature = "testing")]
pub mod testing;
mod ticket;

pub mod time;
pub mod types;
pub mod vga;

pub use address::{BusAddr, PAGE_SIZE, PhysAddr, VirtAddr};
pub use bugcheck::BugcheckRoutine;
pub use child::{Child, ChildAnswer, ChildQuery, ChildType};
pub use ddc::DdcControl;
pub use debug::{DebugLevel, DebugReport};
pub use device_data::{DeviceData, DeviceDataType};
pub use device_lock::DeviceLockGuard;
pub use dma::{CommonBuffer, DmaAdapter, Mdl, ScatterGatherElement, ScatterGatherList};
pub use event::Event;
pub use hardware::{PortDelay, RegisterBus};
pub use i2c::{I2cLines, ReadEnd};
pub use interfaces::{Interface, PortService};
pub use miniport::{
    ConfigInfo, DisplayIdx, DpcRoutine, EntryPoints, HwInitializationData, InterfaceQuery,
    LegacyRanges, Miniport, RequestPacket, StatusBlock,
};
pub use options::Options;
pub use platform::{PciSlot, Platform, ThreadId};
pub use port::{LeakReport, Phase, VideoPort};
pub use registry::{MemoryRegistry, RegistryStore};
pub use secondary::SecondaryDisplay;
pub use spin_lock::SpinLock;
pub use status::{NtStatus, VpStatus};
pub use strict::{Finding, FindingKind};
pub use types::{
    AccessRange, DeviceDescription, DmaFlags, EventFlags, LockOperation, MemorySpace, PoolTag,
    PoolType, SynchronizePriority, Timeout,
};

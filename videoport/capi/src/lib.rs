//! The Windows video port services under their C names.
//!
//! A video miniport in C, compiled against `include/`, calls `VideoPortXxx`; this library exports them, on top of
//! `lumenport-videoport`. It comes as `libvideoport.so` and `libvideoport.a`, and as this Rust crate for programs that host
//! drivers themselves.
//!
//! * [`Device`]: one device of a driver; [`Device::create`] takes any machine and the driver's `DriverEntry`.
//! * [`FakeMachine`]: a machine with an in-memory card, for drivers that test themselves without a simulator.
//! * [`host`]: the same for C programs, `lumenport_host.h`.
//! * [`loader`]: drivers as shared objects. [`crash`]: says which routine of a driver crashed or does not come back.
//! * [`trace`]: what the driver calls, as text. [`watch`]: which of its routines runs.
//!
//! Pointers that a driver hands in are read and written through the kernel, so bad ones are errors; routines are called as
//! given. Device memory is opaque: only accessors reach it.

pub mod abi;
mod call;
pub mod crash;
mod debug_print;
mod device;
mod fake;
pub mod host;
pub mod loader;
mod machine;
mod miniport;
mod names;
mod page_memory;
mod process;
mod requests;
pub mod services;
pub mod trace;
pub mod watch;

pub use call::{foreign_calls, last_service};
pub use device::{Device, Port};
pub use fake::FakeMachine;
pub use machine::{Machine, device_space};
pub use names::{Export, exports, unknown_names};
pub use page_memory::PageMemory;
pub use requests::{NAMES as REQUEST_NAMES, request_name};
pub use services::children::device_object;

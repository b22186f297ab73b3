//! The miniport object: the entry points, each handed on to its file.

use lumenport_videoport::child::{ChildAnswer, ChildQuery};
use lumenport_videoport::miniport::{ConfigInfo, DpcRoutine, Miniport, RequestPacket};
use lumenport_videoport::status::{NtStatus, VpStatus};
use lumenport_videoport::types::PowerState;
use lumenport_videoport::{Platform, VideoPort};

use crate::extension::{Counters, Device, Extension};
use crate::find_adapter::FindError;
use crate::modes::CardMode;
use crate::monitor::Monitor;
use crate::registers::PortBus;
use crate::transfer::TransferError;

/// The driver of one card. The value is the device extension.
pub struct LumenportMiniport {
    pub(crate) ext: Extension,
}

impl LumenportMiniport {
    /// A driver that has not found its card yet.
    pub const fn new() -> Self {
        Self {
            ext: Extension::new(),
        }
    }

    /// What `FindAdapter` learned; `None` before it and after it failed.
    pub fn device(&self) -> Option<Device> {
        self.ext.device()
    }

    /// Why `FindAdapter` failed: finer than its status code.
    pub fn find_error(&self) -> Option<FindError> {
        self.ext.with(|state| state.find_error)
    }

    /// The mode that is set.
    pub fn current_mode(&self) -> Option<CardMode> {
        self.ext.with(|state| state.mode)
    }

    /// What is at the connector, as of the last time the port asked for children.
    pub fn monitor(&self) -> Monitor {
        self.ext.with(|state| state.monitor)
    }

    /// What the driver counted.
    pub fn counters(&self) -> Counters {
        self.ext.with(|state| state.counters)
    }

    /// Why the last failed transfer failed: finer than the status code of its request.
    pub fn last_transfer_error(&self) -> Option<TransferError> {
        self.ext.with(|state| state.last_error)
    }

    /// The registers of the found device.
    pub(crate) fn bus<'p, 'a, P: Platform>(
        &self,
        port: &'p VideoPort<'a, P>,
    ) -> Option<PortBus<'p, 'a, P>> {
        self.device()
            .map(|device| PortBus::new(port, device.registers))
    }
}

impl Default for LumenportMiniport {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for LumenportMiniport {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LumenportMiniport")
            .field("device", &self.device())
            .finish_non_exhaustive()
    }
}

impl<P: Platform> Miniport<P> for LumenportMiniport {
    fn driver_entry(&self, port: &VideoPort<'_, P>) -> NtStatus {
        crate::driver_entry::driver_entry(port)
    }

    fn find_adapter(&self, port: &VideoPort<'_, P>, config: &mut ConfigInfo) -> VpStatus {
        self.find_adapter_callback(port, config)
    }

    fn initialize(&self, port: &VideoPort<'_, P>) -> bool {
        self.initialize_callback(port)
    }

    fn start_io(&self, port: &VideoPort<'_, P>, packet: &mut RequestPacket<'_>) -> bool {
        self.start_io_callback(port, packet)
    }

    fn interrupt(&self, port: &VideoPort<'_, P>) -> bool {
        self.interrupt_callback(port)
    }

    fn get_video_child_descriptor(
        &self,
        port: &VideoPort<'_, P>,
        query: &ChildQuery,
        answer: &mut ChildAnswer,
    ) -> VpStatus {
        self.child_descriptor_callback(port, query, answer)
    }

    fn get_power_state(
        &self,
        _port: &VideoPort<'_, P>,
        _hw_id: u32,
        state: PowerState,
    ) -> VpStatus {
        Self::get_power_state_callback(state)
    }

    fn set_power_state(&self, port: &VideoPort<'_, P>, hw_id: u32, state: PowerState) -> VpStatus {
        self.set_power_state_callback(port, hw_id, state)
    }

    fn reset_hw(&self, port: &VideoPort<'_, P>, _columns: u32, _rows: u32) -> bool {
        self.reset_hw_callback(port)
    }

    fn dpc(&self, port: &VideoPort<'_, P>, routine: DpcRoutine, _context: usize) {
        if routine == crate::dpc::EVENTS {
            self.dpc_callback(port);
        }
    }
}

//! DMA adapters: what the device reaches, and how much at once.

use super::{DmaAdapter, DmaState};
use crate::address::{BusAddr, PAGE_SIZE};
use crate::handle::HandleError;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;
use crate::types::DeviceDescription;

/// One adapter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adapter {
    pub(super) description: DeviceDescription,
    pub(super) map_register_count: u32,
    /// Put away while objects were alive: goes with the last of them.
    doomed: bool,
}

impl Adapter {
    /// The last byte the device reaches: everything, 4 GiB, or the 16 MiB of the oldest buses.
    pub(super) const fn highest(&self) -> BusAddr {
        BusAddr::new(if self.description.dma_64bit_addresses {
            u64::MAX
        } else if self.description.dma_32bit_addresses {
            0xffff_ffff
        } else {
            0x00ff_ffff
        })
    }

    /// Most bytes one bounced transfer carries.
    pub(super) fn bounce_limit_bytes(&self) -> usize {
        (self.map_register_count as usize).saturating_mul(PAGE_SIZE)
    }
}

impl DmaState {
    pub(super) fn adapter(&mut self, adapter: DmaAdapter) -> Result<Adapter, HandleError> {
        let found = *self.adapters.get_mut(adapter)?;
        if found.doomed {
            Err(HandleError::Stale)
        } else {
            Ok(found)
        }
    }

    fn live_objects(&self, adapter: DmaAdapter) -> usize {
        let lists = self
            .operations
            .iter()
            .filter(|operation| operation.adapter == adapter)
            .count();
        let buffers = self
            .common
            .iter()
            .filter(|buffer| buffer.adapter == adapter)
            .count();
        lists + buffers
    }

    /// Frees an adapter that was put away early, once nothing of it is alive.
    pub(super) fn settle_adapter(&mut self, adapter: DmaAdapter) {
        let doomed = self
            .adapters
            .get_mut(adapter)
            .is_ok_and(|found| found.doomed);
        if doomed && self.live_objects(adapter) == 0 {
            let _ = self.adapters.remove(adapter);
        }
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortGetDmaAdapter`: one for each hardware path that can run at the same time. PASSIVE.
    ///
    /// `None` for a maximum length of 0 or when all adapters are in use.
    pub fn get_dma_adapter(&self, description: &DeviceDescription) -> Option<DmaAdapter> {
        let service = Service::GetDmaAdapter;
        if !self.enter(service) {
            return None;
        }
        if description.maximum_length_bytes == 0 {
            self.note(service, FindingKind::ZeroLength, 0);
            return None;
        }
        self.create_adapter(*description)
    }

    fn create_adapter(&self, description: DeviceDescription) -> Option<DmaAdapter> {
        let map_register_count = self.options.map_register_count;
        let adapter = Adapter {
            description,
            map_register_count,
            doomed: false,
        };
        self.dma.with(|dma| dma.adapters.insert(adapter)).ok()
    }

    /// The device's default adapter: scatter-gather, 32-bit reach, no length limit.
    pub(super) fn default_adapter(&self) -> Option<DmaAdapter> {
        if let Some(adapter) = self.dma.with(|dma| dma.default_adapter) {
            return Some(adapter);
        }
        let created = self.create_adapter(DeviceDescription {
            scatter_gather: true,
            dma_32bit_addresses: true,
            dma_64bit_addresses: false,
            maximum_length_bytes: u32::MAX,
        })?;
        // Two threads may get here at once; the first stays.
        self.dma.with(|dma| {
            if let Some(first) = dma.default_adapter {
                let _ = dma.adapters.remove(created);
                return Some(first);
            }
            dma.default_adapter = Some(created);
            Some(created)
        })
    }

    /// `VideoPortPutDmaAdapter`: discards it. PASSIVE.
    ///
    /// With lists or common buffers alive that is a driver bug: it is reported, and the adapter goes with the last of
    /// them.
    pub fn put_dma_adapter(&self, adapter: DmaAdapter) {
        let service = Service::PutDmaAdapter;
        if !self.enter(service) {
            return;
        }
        let live = self.dma.with(|dma| {
            let live = dma.live_objects(adapter);
            if live == 0 {
                return dma.adapters.remove(adapter).map(|_| 0);
            }
            dma.adapters.get_mut(adapter).map(|found| {
                found.doomed = true;
                live
            })
        });
        match live {
            Ok(0) => {}
            Ok(live) => {
                let count = u32::try_from(live).unwrap_or(u32::MAX);
                self.note(
                    service,
                    FindingKind::LiveObjects { count },
                    adapter.raw() as u64,
                );
            }
            Err(error) => self.bad_handle(service, error, adapter.raw()),
        }
    }
}

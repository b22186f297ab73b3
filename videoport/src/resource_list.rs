//! `VideoPortGetAccessRanges` with a list of what the miniport wants (`IO_RESOURCE_DESCRIPTOR`).
//!
//! The card decodes what its BARs decode; nothing can be moved for a driver. So a request is met by a range of the right
//! space that the card decodes, is long enough, lies within the bounds and is aligned; each range meets one request. Of
//! alternatives the first that fits is taken. Requests for interrupts and other resources are met by what the device has.
//!
//! Source: `VideoPortGetAccessRanges`; `IO_RESOURCE_DESCRIPTOR` of the kernel's interface reference.

use crate::address::PhysAddr;
use crate::limits::ACCESS_RANGES;
use crate::pci;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::AccessRange;

/// Bytes of one `IO_RESOURCE_DESCRIPTOR`; the same on every target.
pub const REQUEST_BYTES: usize = 32;

const TYPE_PORT: u8 = 1;
const TYPE_MEMORY: u8 = 3;
const OPTION_ALTERNATIVE: u8 = 8;
const SHARED: u8 = 3;

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResourceKind {
    /// A range of I/O ports.
    Port,
    /// A range of memory.
    Memory,
    /// Anything else: an interrupt, a DMA channel, data of a driver's own.
    Other,
}

/// One request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ResourceRequest {
    /// What.
    pub kind: ResourceKind,
    /// Instead of the request before it, if that cannot be met.
    pub alternative: bool,
    /// Others may use it too.
    pub shareable: bool,
    /// Bytes or ports.
    pub length_bytes: u32,
    /// The start is a multiple of this; 0 and 1: anything.
    pub alignment_bytes: u32,
    /// Lowest address the range may start at.
    pub minimum: PhysAddr,
    /// Highest address the range may end at.
    pub maximum: PhysAddr,
}

impl ResourceRequest {
    /// Takes a descriptor as it lies in memory: option, type, sharing, a spare byte, flags, two spare bytes, length,
    /// alignment, lowest and highest address. Every value is one.
    pub fn parse(bytes: &[u8; REQUEST_BYTES]) -> Self {
        let [option, kind, sharing, _, _, _, _, _, rest @ ..] = bytes;
        let word = |at: usize| {
            let part = rest.get(at..).and_then(|rest| rest.first_chunk());
            u32::from_le_bytes(part.copied().unwrap_or_default())
        };
        let long = |at: usize| {
            let part = rest.get(at..).and_then(|rest| rest.first_chunk());
            PhysAddr::new(u64::from_le_bytes(part.copied().unwrap_or_default()))
        };
        Self {
            kind: match *kind {
                TYPE_PORT => ResourceKind::Port,
                TYPE_MEMORY => ResourceKind::Memory,
                _ => ResourceKind::Other,
            },
            alternative: option & OPTION_ALTERNATIVE != 0,
            shareable: *sharing == SHARED,
            length_bytes: word(0),
            alignment_bytes: word(4),
            minimum: long(8),
            maximum: long(16),
        }
    }

    /// The part of a decoded range that meets the request: its start, at the length asked for.
    fn within(&self, decoded: &AccessRange) -> Option<AccessRange> {
        let start = decoded.range_start.raw();
        let end = start.checked_add(u64::from(self.length_bytes.checked_sub(1)?))?;
        let fits = decoded.range_in_io_space == (self.kind == ResourceKind::Port)
            && self.length_bytes <= decoded.range_length_bytes
            && start >= self.minimum.raw()
            && end <= self.maximum.raw()
            && start.is_multiple_of(u64::from(self.alignment_bytes.max(1)));
        fits.then_some(AccessRange {
            range_length_bytes: self.length_bytes,
            range_shareable: self.shareable,
            ..*decoded
        })
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortGetAccessRanges` with a request list: one range for each request that is met, in the order of the list,
    /// claimed. `FindAdapter` only; without requests this is [`VideoPort::get_access_ranges`].
    ///
    /// Shape: `ranges` is filled from the front, the rest is zeroed; `slot` receives the slot number.
    /// `ERROR_INVALID_PARAMETER` when a request cannot be met or has length 0, `ERROR_MORE_DATA` when `ranges` is too
    /// short; earlier claims then stay. `ERROR_DEV_NOT_EXIST` when the card does not answer.
    pub fn get_requested_access_ranges(
        &self,
        requests: &[ResourceRequest],
        ranges: &mut [AccessRange],
        slot: Option<&mut u32>,
    ) -> VpStatus {
        if requests.is_empty() || ranges.is_empty() {
            return self.get_access_ranges(ranges, slot);
        }
        let service = Service::GetAccessRanges;
        if !self.enter(service) || !self.in_find_adapter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        if let Some(slot) = slot {
            *slot = self.slot.slot_number();
        }
        if pci::id(self.platform, self.slot).is_none() {
            return VpStatus::ERROR_DEV_NOT_EXIST;
        }
        ranges.fill(AccessRange::default());
        let Some(decoded) = self.decoded_ranges() else {
            return VpStatus::ERROR_MORE_DATA;
        };
        let met = match meet(requests, &decoded) {
            Ok(met) => met,
            Err(at) => {
                let value = at.minimum.raw();
                let kind = if at.length_bytes == 0 {
                    FindingKind::ZeroLength
                } else {
                    FindingKind::UnclaimedRange
                };
                self.note(service, kind, value);
                return VpStatus::ERROR_INVALID_PARAMETER;
            }
        };
        let Some(places) = ranges.get_mut(..met.len()) else {
            return VpStatus::ERROR_MORE_DATA;
        };
        places.copy_from_slice(&met);
        self.claim(&met)
    }
}

/// Meets every request, or names one that cannot be met.
fn meet(
    requests: &[ResourceRequest],
    decoded: &[AccessRange],
) -> Result<heapless::Vec<AccessRange, ACCESS_RANGES>, ResourceRequest> {
    let mut met: heapless::Vec<AccessRange, ACCESS_RANGES> = heapless::Vec::new();
    // The last request without an answer: an alternative may still give it one.
    let mut open: Option<ResourceRequest> = None;
    let mut answered = false;
    for request in requests {
        if request.kind == ResourceKind::Other {
            continue;
        }
        if request.alternative {
            if answered {
                continue;
            }
        } else if let Some(unmet) = open.take() {
            return Err(unmet);
        }
        let free = |range: &&AccessRange| {
            !met.iter().any(|taken| {
                taken.range_start == range.range_start
                    && taken.range_in_io_space == range.range_in_io_space
            })
        };
        let found = decoded
            .iter()
            .filter(free)
            .find_map(|range| request.within(range));
        answered = found.is_some();
        match found {
            Some(range) => {
                open = None;
                met.push(range).map_err(|_| *request)?;
            }
            None => open = Some(*request),
        }
    }
    open.map_or(Ok(met), Err)
}

//! The scatter-gather list a miniport gets: layout, memory form, the walk over pages that fills it.

use lumenport_hal::addr::ByteLen;
use lumenport_hal::sgl::Element;

use super::{Span, word_to_u32};
use crate::address::{BusAddr, PAGE_SIZE, VirtAddr};
use crate::platform::{MemoryFault, Platform};

const WORD_BYTES: usize = size_of::<usize>();
/// Offset of `Reserved` in the header: one pointer in.
const HEADER_RESERVED: usize = WORD_BYTES;
/// Bytes before the first element: 8 on 32-bit targets, 16 on 64-bit ones.
pub(super) const HEADER_BYTES: usize = 2 * WORD_BYTES;
/// Bytes of an element: 16 on 32-bit targets, 24 on 64-bit ones.
pub(super) const ELEMENT_BYTES: usize = 8 + 2 * WORD_BYTES;
/// Offset of `Reserved` in an element.
const ELEMENT_RESERVED: usize = 8 + WORD_BYTES;

/// One element (`VP_SCATTER_GATHER_ELEMENT`): memory that is contiguous for the device.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ScatterGatherElement {
    /// First byte as the device sees it.
    pub address: BusAddr,
    /// Bytes.
    pub length_bytes: u32,
    /// Offset of this element within the hardware SG table; 0 without a card behind the port. Units: bytes.
    pub reserved: usize,
}

/// A list given to the callback of `VideoPortStartDma` (`VP_SCATTER_GATHER_LIST`), valid until
/// `VideoPortCompleteDma`. The elements lie in memory at [`ScatterGatherList::address`], in the contract's layout.
///
/// `Reserved` of the header carries the hardware handle of the locked buffer, `Reserved` of each element its byte
/// offset within that hardware table: what the card's DMA engine is programmed with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScatterGatherList {
    /// Where the list lies.
    pub address: VirtAddr,
    /// Elements in it, at least 1.
    pub number_of_elements: u32,
    /// The header's `Reserved`.
    pub reserved: usize,
    pub(super) first: ScatterGatherElement,
    pub(super) length_bytes: u32,
}

impl ScatterGatherList {
    /// Bytes in all elements: what the transfer moves.
    pub const fn length_bytes(&self) -> u32 {
        self.length_bytes
    }

    /// The first element.
    pub const fn first(&self) -> ScatterGatherElement {
        self.first
    }

    /// The locked buffer's name to the card, the value of its DMA handle register; 0 without a card.
    pub const fn hardware_handle(&self) -> u32 {
        word_to_u32(self.reserved)
    }

    /// Where the transfer starts within the hardware table. Units: bytes.
    pub const fn hardware_offset(&self) -> u32 {
        word_to_u32(self.first.reserved)
    }
}

/// Walks pinned memory page by page. Merging neighbours is left to the user.
pub(super) struct PageWalk<'p, P> {
    platform: &'p P,
    at: VirtAddr,
    left_bytes: usize,
}

impl<P> Clone for PageWalk<'_, P> {
    fn clone(&self) -> Self {
        Self {
            platform: self.platform,
            at: self.at,
            left_bytes: self.left_bytes,
        }
    }
}

impl<'p, P> PageWalk<'p, P> {
    pub(super) const fn new(platform: &'p P, span: Span) -> Self {
        Self {
            platform,
            at: span.base,
            left_bytes: span.length_bytes,
        }
    }
}

impl<P: Platform> Iterator for PageWalk<'_, P> {
    type Item = Element;

    /// Ends early if a page has no bus address; the sum of lengths tells.
    fn next(&mut self) -> Option<Element> {
        let count = self.left_bytes.min(PAGE_SIZE - self.at.page_offset());
        if count == 0 {
            return None;
        }
        let address = self.platform.bus_address(self.at)?;
        self.left_bytes -= count;
        self.at = self.at.checked_add(count).unwrap_or_default();
        Some(Element {
            address,
            length: ByteLen::new(count as u32),
        })
    }
}

/// Joins neighbouring elements of a walk.
pub(super) struct Joined<I: Iterator<Item = Element>> {
    inner: core::iter::Peekable<I>,
}

impl<I: Iterator<Item = Element>> Joined<I> {
    pub(super) fn new(inner: I) -> Self {
        Self {
            inner: inner.peekable(),
        }
    }
}

impl<I: Iterator<Item = Element>> Iterator for Joined<I> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        let mut element = self.inner.next()?;
        loop {
            let end = element.address.checked_add(element.length);
            let joins = |next: &Element| end == Some(next.address);
            let Some(next) = self.inner.next_if(joins) else {
                return Some(element);
            };
            element.length = element
                .length
                .checked_add(next.length)
                .unwrap_or(element.length);
        }
    }
}

/// Writes the memory form of a list: header, then one element after the other.
pub(super) struct ListWriter<'p, P> {
    platform: &'p P,
    base: VirtAddr,
    written: usize,
    first: ScatterGatherElement,
    length_bytes: u32,
}

impl<'p, P: Platform> ListWriter<'p, P> {
    pub(super) fn new(platform: &'p P, base: VirtAddr) -> Self {
        Self {
            platform,
            base,
            written: 0,
            first: ScatterGatherElement::default(),
            length_bytes: 0,
        }
    }

    fn put(&self, offset: usize, bytes: &[u8]) -> Result<(), MemoryFault> {
        let at = self
            .base
            .checked_add(offset)
            .ok_or(MemoryFault { at: self.base })?;
        self.platform.write_memory(at, bytes)
    }

    /// Appends an element that starts `hardware_offset` bytes into the hardware table.
    pub(super) fn push(
        &mut self,
        element: Element,
        hardware_offset: usize,
    ) -> Result<(), MemoryFault> {
        let start = HEADER_BYTES + self.written * ELEMENT_BYTES;
        let length_bytes = element.length.raw();
        self.put(start, &element.address.raw().to_ne_bytes())?;
        self.put(start + 8, &length_bytes.to_ne_bytes())?;
        self.put(start + ELEMENT_RESERVED, &hardware_offset.to_ne_bytes())?;
        if self.written == 0 {
            self.first = ScatterGatherElement {
                address: element.address,
                length_bytes,
                reserved: hardware_offset,
            };
        }
        self.written += 1;
        self.length_bytes = self.length_bytes.saturating_add(length_bytes);
        Ok(())
    }

    /// Writes the header and gives the list out.
    pub(super) fn finish(self, hardware_handle: u32) -> Result<ScatterGatherList, MemoryFault> {
        let number_of_elements = self.written as u32;
        let reserved = hardware_handle as usize;
        self.put(0, &number_of_elements.to_ne_bytes())?;
        self.put(HEADER_RESERVED, &reserved.to_ne_bytes())?;
        Ok(ScatterGatherList {
            address: self.base,
            number_of_elements,
            reserved,
            first: self.first,
            length_bytes: self.length_bytes,
        })
    }
}

/// Reads element `index` of a list back from memory.
pub(super) fn read_element<P: Platform>(
    platform: &P,
    list: &ScatterGatherList,
    index: u32,
) -> Option<ScatterGatherElement> {
    if index >= list.number_of_elements {
        return None;
    }
    let start = HEADER_BYTES.checked_add((index as usize).checked_mul(ELEMENT_BYTES)?)?;
    let mut address = [0; 8];
    let mut length = [0; 4];
    let mut reserved = [0; WORD_BYTES];
    platform
        .read_memory(list.address.checked_add(start)?, &mut address)
        .ok()?;
    platform
        .read_memory(list.address.checked_add(start + 8)?, &mut length)
        .ok()?;
    platform
        .read_memory(
            list.address.checked_add(start + ELEMENT_RESERVED)?,
            &mut reserved,
        )
        .ok()?;
    Some(ScatterGatherElement {
        address: BusAddr::new(u64::from_ne_bytes(address)),
        length_bytes: u32::from_ne_bytes(length),
        reserved: usize::from_ne_bytes(reserved),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined_and_gaps_kept() {
        let element = |address, length| Element {
            address: BusAddr::new(address),
            length: ByteLen::new(length),
        };
        let walk = [
            element(0x1000, 0x1000),
            element(0x2000, 0x1000),
            element(0x4000, 1),
            element(0x4001, 2),
        ];
        let joined: std::vec::Vec<_> = Joined::new(walk.into_iter()).collect();
        assert_eq!(joined, [element(0x1000, 0x2000), element(0x4000, 3)]);
    }

    #[test]
    fn layout_is_the_published_one() {
        if cfg!(target_pointer_width = "64") {
            assert_eq!(
                (
                    HEADER_RESERVED,
                    HEADER_BYTES,
                    ELEMENT_BYTES,
                    ELEMENT_RESERVED
                ),
                (8, 16, 24, 16)
            );
        } else {
            assert_eq!(
                (
                    HEADER_RESERVED,
                    HEADER_BYTES,
                    ELEMENT_BYTES,
                    ELEMENT_RESERVED
                ),
                (4, 8, 16, 12)
            );
        }
    }
}

//! Requests of a client, carried out on the board.
//!
//! Region numbers are VFIO's: 0..=5 the BARs, 7 the configuration space. An access that the card does not answer, or that
//! lies outside its region, reads as all ones and is dropped when it writes, as behind a root port. BAR accesses go to where the BARs *are*: after a write to a BAR
//! register the address is read back from the card.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use parking_lot::{FairMutex, FairMutexGuard};
use pcie_tlp::FunctionId;
use vfio_bindings::bindings::vfio::{
    VFIO_PCI_CONFIG_REGION_INDEX, VFIO_PCI_NUM_REGIONS, VFIO_REGION_INFO_FLAG_MMAP,
    VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE, vfio_region_info,
    vfio_region_sparse_mmap_area,
};
use vfio_user::{DmaMapFlags, DmaUnmapFlags, ServerBackend, ServerRegion, SparseArea};

use super::clock::Clock;
use super::guest_memory::GuestMemory;
use super::interrupts::Interrupts;
use crate::board::Board;
use crate::engine::CardMemory;
use crate::root_complex::{BarKind, Enumerated, RequestError, value_or_ones};

/// Bytes of configuration space of a PCI Express function.
const CONFIG_BYTES: u64 = 4096;
/// Offsets of the base address registers.
const BAR_REGISTERS: std::ops::Range<u64> = 0x10..0x28;
/// The BAR that is card memory.
const MEMORY_BAR: u32 = 0;
/// Most bytes of one request: what the protocol library announces as `max_data_xfer_size`.
const REQUEST_BYTES_MAX: usize = 1 << 20;
/// Reads and writes in BARs are cut here; a request must not cross it.
const BLOCK_BYTES: u64 = 4096;

/// The regions that a client is told: sizes as the card itself gave them.
///
/// The BAR that is as large as `memory` and decodes all of it, BAR0, may be mapped by the client. The list of areas names the whole BAR: without
/// one the protocol library does not send the file.
pub(super) fn regions(card: &Enumerated, memory: Option<&CardMemory>) -> Vec<ServerRegion> {
    (0..VFIO_PCI_NUM_REGIONS)
        .map(|index| {
            let size = region_bytes(card, index);
            let mapped = memory
                .filter(|memory| index == MEMORY_BAR && memory.len_bytes() as u64 == size)
                .map(CardMemory::file_descriptor);
            let mut flags = if size == 0 {
                0
            } else {
                VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE
            };
            if mapped.is_some() {
                flags |= VFIO_REGION_INFO_FLAG_MMAP;
            }
            ServerRegion {
                region_info: vfio_region_info {
                    argsz: size_of::<vfio_region_info>() as u32,
                    flags,
                    index,
                    size,
                    ..Default::default()
                },
                sparse_areas: mapped.iter().map(|_| whole(size)).collect(),
                mmap_fd: mapped,
            }
        })
        .collect()
}

/// One area that is all of a region.
fn whole(size: u64) -> SparseArea {
    SparseArea {
        area: vfio_region_sparse_mmap_area { offset: 0, size },
    }
}

fn region_bytes(card: &Enumerated, index: u32) -> u64 {
    if index == VFIO_PCI_CONFIG_REGION_INDEX {
        return CONFIG_BYTES;
    }
    let bar = u8::try_from(index).ok().and_then(|index| card.bar(index));
    bar.filter(|bar| bar.kind != BarKind::Io)
        .map_or(0, |bar| bar.size_bytes)
}

/// See the module's text. One per client.
pub(super) struct Backend<'a> {
    card: &'a Enumerated,
    target: FunctionId,
    board: &'a FairMutex<Board>,
    memory: &'a GuestMemory,
    interrupts: &'a Interrupts,
    clock: &'a Clock,
    /// Requests that the card did not answer in time.
    pub(super) unanswered: u64,
    /// Where each BAR is; `None` after a write to the registers.
    bases: Option<[u64; 6]>,
}

impl<'a> Backend<'a> {
    pub(super) fn new(
        card: &'a Enumerated,
        board: &'a Arc<FairMutex<Board>>,
        memory: &'a GuestMemory,
        interrupts: &'a Interrupts,
        clock: &'a Clock,
    ) -> Self {
        Self {
            card,
            target: card.target,
            board,
            memory,
            interrupts,
            clock,
            unanswered: 0,
            bases: None,
        }
    }

    /// The board for one access. Interrupts that come with it are delivered by [`Self::done`].
    fn begin(&self) -> FairMutexGuard<'a, Board> {
        self.clock.begin(self.board)
    }

    fn done(&self, mut board: FairMutexGuard<'a, Board>) {
        self.clock.touch(&mut board);
    }

    /// Bus address of `offset` in a BAR.
    fn bus_address(&mut self, board: &mut Board, region: u32, offset: u64) -> u64 {
        let bases = *self
            .bases
            .get_or_insert_with(|| bar_bases(board, self.card));
        bases[region as usize % bases.len()].wrapping_add(offset)
    }

    fn note<T>(&mut self, answer: &std::result::Result<T, RequestError>) {
        self.unanswered += u64::from(matches!(answer, Err(RequestError::Timeout { .. })));
    }

    fn is_inside(&self, region: u32, offset: u64, len: usize) -> bool {
        let end = offset.checked_add(len as u64);
        end.is_some_and(|end| end <= region_bytes(self.card, region))
    }

    fn config_read(&mut self, board: &mut Board, offset: u64, data: &mut [u8]) {
        for (word_offset, lanes) in words(offset, data.len()) {
            let answer = board.config_read(self.target, word_offset as u16);
            self.note(&answer);
            let value = value_or_ones(&answer);
            for lane in lanes {
                let byte = value.to_le_bytes()[lane];
                data[(word_offset + lane as u64 - offset) as usize] = byte;
            }
        }
    }

    fn config_write(&mut self, board: &mut Board, offset: u64, data: &[u8]) {
        for (word_offset, lanes) in words(offset, data.len()) {
            let (mut value, mut enables) = ([0; 4], 0);
            for lane in lanes {
                value[lane] = data[(word_offset + lane as u64 - offset) as usize];
                enables |= 1 << lane;
            }
            // A write that the card refuses shows at the next read, as on a real bus.
            let written = board.config_write_bytes(
                self.target,
                word_offset as u16,
                u32::from_le_bytes(value),
                enables,
            );
            self.note(&written);
        }
    }
}

/// The words that a range of bytes touches: offset of each, and its lanes inside the range.
fn words(offset: u64, len: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>)> {
    let end = offset + len as u64;
    (offset & !3..end).step_by(4).map(move |word| {
        let first = offset.saturating_sub(word) as usize;
        let past = (end - word).min(4) as usize;
        (word, first..past)
    })
}

/// The parts of a range of bytes that stay inside one block each: offset in the range, length.
fn blocks(address: u64, len: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let room = (BLOCK_BYTES - (address + done as u64) % BLOCK_BYTES) as usize;
        let count = room.min(len - done);
        let part = done..done + count;
        done += count;
        (count != 0).then_some(part)
    })
}

/// Where the card's BARs are now.
fn bar_bases(board: &mut Board, card: &Enumerated) -> [u64; 6] {
    let mut bases = [0; 6];
    for bar in &card.bars {
        let mut register = |index: u8| {
            let offset = BAR_REGISTERS.start as u16 + u16::from(index) * 4;
            u64::from(value_or_ones(&board.config_read(card.target, offset)))
        };
        let low = register(bar.index) & !0xF;
        bases[usize::from(bar.index)] = match bar.kind {
            BarKind::Memory64 => low | register(bar.index + 1) << 32,
            BarKind::Memory32 | BarKind::Io => low,
        };
    }
    bases
}

impl ServerBackend for Backend<'_> {
    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<()> {
        if data.len() > REQUEST_BYTES_MAX {
            // Not even looked at: it may be as large as the client likes to say.
            return Err(Error::new(ErrorKind::InvalidInput, "more than was agreed"));
        }
        if !self.is_inside(region, offset, data.len()) {
            data.fill(0xFF);
            return Ok(());
        }
        let mut board = self.begin();
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            self.config_read(&mut board, offset, data);
        } else {
            let address = self.bus_address(&mut board, region, offset);
            for part in blocks(address, data.len()) {
                let from = address + part.start as u64;
                let answer = board.bus_read(from, part.len());
                self.note(&answer);
                match answer {
                    Ok(bytes) => data[part].copy_from_slice(&bytes),
                    Err(_) => data[part].fill(0xFF),
                }
            }
        }
        self.done(board);
        Ok(())
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<()> {
        if !self.is_inside(region, offset, data.len()) {
            return Ok(());
        }
        let mut board = self.begin();
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            self.config_write(&mut board, offset, data);
            if offset < BAR_REGISTERS.end && offset + data.len() as u64 > BAR_REGISTERS.start {
                self.bases = None;
            }
        } else {
            let address = self.bus_address(&mut board, region, offset);
            for part in blocks(address, data.len()) {
                board.bus_write(address + part.start as u64, &data[part]);
            }
        }
        self.done(board);
        Ok(())
    }

    fn dma_map(
        &mut self,
        flags: DmaMapFlags,
        offset: u64,
        address: u64,
        size: u64,
        file: Option<File>,
    ) -> Result<()> {
        // Memory without a file (firmware's ROM) cannot be reached from here; the card never has business with it.
        let Some(file) = file else { return Ok(()) };
        let writable = flags.contains(DmaMapFlags::WRITE);
        self.memory.map(address, size, file, offset, writable)
    }

    fn dma_unmap(&mut self, flags: DmaUnmapFlags, address: u64, size: u64) -> Result<()> {
        // Each access of the card is whole before the board is free again: nothing is on its way to this memory afterwards.
        let board = self.begin();
        if flags.contains(DmaUnmapFlags::UNMAP_ALL) {
            self.memory.forget();
        } else {
            self.memory.unmap(address, size);
        }
        drop(board);
        Ok(())
    }

    fn reset(&mut self) -> Result<()> {
        self.bases = None;
        let mut board = self.begin();
        // A card that was pulled out does not come back by this.
        let outcome = if board.root().is_unplugged() {
            Ok(())
        } else {
            board.reset().map_err(Error::other)
        };
        self.done(board);
        outcome
    }

    fn set_irqs(
        &mut self,
        index: u32,
        flags: u32,
        start: u32,
        count: u32,
        files: Vec<File>,
    ) -> Result<()> {
        self.clock.answered();
        self.interrupts.set(index, flags, start, count, files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_fall_into_words_and_lanes() {
        let all: Vec<_> = words(0x3D, 6).collect();
        assert_eq!(all, [(0x3C, 1..4), (0x40, 0..3)]);
        assert_eq!(words(4, 1).collect::<Vec<_>>(), [(4, 0..1)]);
        assert_eq!(words(4, 0).count(), 0);
    }

    #[test]
    fn ranges_are_cut_at_blocks() {
        assert_eq!(blocks(4090, 10).collect::<Vec<_>>(), [0..6, 6..10]);
        assert_eq!(
            blocks(4096, 8192).collect::<Vec<_>>(),
            [0..4096, 4096..8192]
        );
        assert_eq!(blocks(1, 0).count(), 0);
    }
}

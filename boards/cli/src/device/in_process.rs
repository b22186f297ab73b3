//! The simulated card as a PCI function without any process or kernel between: every layer above the function's interface is that of a
//! real machine, and simulated time passes only in accesses and waits, so runs repeat exactly.

use lumenport_host::{Arena, CardTime, HostError, PAGE_BYTES, PciFunction, Zones};
use lumenport_sim::bus_memory::BusMemory;
use lumenport_sim::host_memory::AccessError;
use lumenport_sim::root_complex::{BarKind, Enumerated, Windows, enumerate, value_or_ones};
use lumenport_sim::{Board, BoardConfig};
use parking_lot::{FairMutex, Mutex, RwLock};
use std::collections::HashMap;
use std::sync::Arc;
use vm_memory::{FileOffset, MmapRegion, VolatileMemory};

/// Pages that an arena keeps for contiguous allocations.
const LOW_PAGES: usize = 256;
/// A `sys` clock. Units: ns.
const CLOCK_NS: u64 = 16;
/// `sys` clocks that pass while the driver waits, unless an interrupt comes first.
const WAIT_CLOCKS: u64 = 2048;
const FIRST_BAR: u16 = 0x10;
const PAST_BARS: u16 = 0x28;
const PAGE: u64 = PAGE_BYTES as u64;

/// What the card reaches of the arena: pages by bus address.
#[derive(Default)]
struct Reach {
    memory: RwLock<Option<MmapRegion>>,
    pages: RwLock<HashMap<u64, u64>>,
}

impl Reach {
    /// The pieces of a range, page by page: offset in the arena, part of the request.
    fn each(
        &self,
        address: u64,
        len: usize,
        mut act: impl FnMut(&MmapRegion, usize, std::ops::Range<usize>),
    ) -> Result<(), AccessError> {
        let (memory, pages) = (self.memory.read(), self.pages.read());
        let mut done = 0;
        while done < len {
            let bus_address = address.wrapping_add(done as u64);
            let absent = AccessError::NotPresent { bus_address };
            let memory = memory.as_ref().ok_or(absent)?;
            let page = pages.get(&(bus_address / PAGE)).ok_or(absent)?;
            let inside = bus_address % PAGE;
            let count = (len - done).min((PAGE - inside) as usize);
            act(memory, (page + inside) as usize, done..done + count);
            done += count;
        }
        Ok(())
    }
}

impl BusMemory for Reach {
    fn read(&self, bus_address: u64, bytes: &mut [u8]) -> Result<(), AccessError> {
        self.each(bus_address, bytes.len(), |memory, offset, part| {
            if let Ok(slice) = memory.get_slice(offset, part.len()) {
                slice.copy_to(&mut bytes[part]);
            }
        })
    }

    fn write(&self, bus_address: u64, bytes: &[u8]) -> Result<(), AccessError> {
        self.each(bus_address, bytes.len(), |memory, offset, part| {
            if let Ok(slice) = memory.get_slice(offset, part.len()) {
                slice.copy_from(&bytes[part]);
            }
        })
    }
}

/// See the module's text.
pub struct InProcessFunction {
    board: Arc<FairMutex<Board>>,
    card: Enumerated,
    reach: Arc<Reach>,
    /// Where the BARs are; `None` after a write to their registers.
    bases: Mutex<Option<[u64; 6]>>,
}

impl InProcessFunction {
    /// Makes a card.
    ///
    /// # Errors
    /// One sentence.
    pub fn new(config: &BoardConfig) -> anyhow::Result<Self> {
        let reach = Arc::new(Reach::default());
        let mut board = Board::new(config, Arc::clone(&reach) as Arc<dyn BusMemory>)?;
        let target = config.root_complex.device;
        let card = enumerate(&mut board, target, &Windows::default())?;
        board.reset()?;
        Ok(Self {
            board: Arc::new(FairMutex::new(board)),
            card,
            reach,
            bases: Mutex::default(),
        })
    }

    /// The board, for its bench.
    pub fn board(&self) -> &Arc<FairMutex<Board>> {
        &self.board
    }

    /// Bus address of `offset` in a BAR.
    fn address(&self, bar: u8, offset: u64) -> u64 {
        let mut bases = self.bases.lock();
        let bases = bases.get_or_insert_with(|| {
            let mut bases = [0; 6];
            for bar in &self.card.bars {
                let register = |index: u8| {
                    let offset = FIRST_BAR + 4 * u16::from(index);
                    u64::from(self.config_read(offset))
                };
                let low = register(bar.index) & !0xF;
                bases[usize::from(bar.index)] = match bar.kind {
                    BarKind::Memory64 => low | register(bar.index + 1) << 32,
                    BarKind::Memory32 | BarKind::Io => low,
                };
            }
            bases
        });
        bases[usize::from(bar) % bases.len()].wrapping_add(offset)
    }
}

impl PciFunction for InProcessFunction {
    fn describe(&self) -> String {
        format!("this process, {}", self.board.lock().engine_name())
    }

    fn config_read(&self, offset: u16) -> u32 {
        value_or_ones(&self.board.lock().config_read(self.card.target, offset))
    }

    fn config_write(&self, offset: u16, value: u32) {
        // A refused write has no reply in this interface; the next read shows it.
        let _ = self
            .board
            .lock()
            .config_write(self.card.target, offset, value);
        if (FIRST_BAR..PAST_BARS).contains(&offset) {
            *self.bases.lock() = None;
        }
    }

    fn bar_bytes(&self, bar: u8) -> u64 {
        self.card.bar(bar).map_or(0, |bar| bar.size_bytes)
    }

    fn bar_read(&self, bar: u8, offset: u64, into: &mut [u8]) {
        let address = self.address(bar, offset);
        match self.board.lock().bus_read(address, into.len()) {
            Ok(bytes) if bytes.len() == into.len() => into.copy_from_slice(&bytes),
            _ => into.fill(0xFF),
        }
    }

    fn bar_write(&self, bar: u8, offset: u64, bytes: &[u8]) {
        let address = self.address(bar, offset);
        self.board.lock().bus_write(address, bytes);
    }

    fn is_placed(&self) -> bool {
        false
    }

    fn arena(&self, pages: usize) -> Result<Arena, HostError> {
        let arena = Arena::new(pages, LOW_PAGES, Zones::default())?;
        let failed = |source| HostError::System {
            what: "the card's view of the memory cannot be had",
            source,
        };
        let file = arena
            .file()
            .ok_or(HostError::Missing("file behind its memory"))?;
        let file = FileOffset::new(file.try_clone().map_err(failed)?, 0);
        let region = MmapRegion::from_file(file, pages * PAGE_BYTES)
            .map_err(|error| failed(std::io::Error::other(error)))?;
        *self.reach.memory.write() = Some(region);
        self.reach.pages.write().clear();
        Ok(arena)
    }

    fn dma_map(
        &self,
        _arena: &Arena,
        offset: u64,
        address: u64,
        len_bytes: u64,
    ) -> Result<(), HostError> {
        let mut pages = self.reach.pages.write();
        pages.extend(
            (0..len_bytes / PAGE).map(|page| (address / PAGE + page, offset + page * PAGE)),
        );
        Ok(())
    }

    fn dma_unmap(&self, address: u64, len_bytes: u64) -> Result<(), HostError> {
        // Each access of the card is whole before the board is free again.
        let _board = self.board.lock();
        let mut pages = self.reach.pages.write();
        for page in 0..len_bytes / PAGE {
            pages.remove(&(address / PAGE + page));
        }
        Ok(())
    }

    fn interrupts_on(&self) -> Result<bool, HostError> {
        Ok(true)
    }

    fn interrupts_off(&self) {
        while self.take_interrupt() {}
    }

    fn take_interrupt(&self) -> bool {
        self.board.lock().take_interrupt()
    }

    fn reset(&self) -> Result<(), HostError> {
        *self.bases.lock() = None;
        let outcome = self.board.lock().reset();
        outcome.map_err(|error| HostError::Kernel(error.to_string()))
    }
}

/// The board's own time.
pub struct OwnTime(pub Arc<FairMutex<Board>>);

impl CardTime for OwnTime {
    fn now_ns(&self) -> u64 {
        self.0.lock().now_ns()
    }

    fn wait(&self) {
        self.0.lock().advance(WAIT_CLOCKS);
    }

    fn pass(&self, duration_ns: u64) {
        let mut board = self.0.lock();
        let end = board.now_ns().saturating_add(duration_ns);
        while board.now_ns() < end && board.failure().is_none() {
            let clocks = (end - board.now_ns()).div_ceil(CLOCK_NS);
            board.advance(clocks);
        }
    }
}

#[cfg(test)]
mod tests;

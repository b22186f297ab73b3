//! What the port must hold, and the comparison.

use std::sync::{Arc, Mutex};

use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::testing::{CARD_SLOT, TestMachine, TestMiniport};
use lumenport_videoport::{
    CommonBuffer, DmaAdapter, DpcRoutine, Event, Mdl, Options, PAGE_SIZE, Platform, PoolTag,
    ScatterGatherList, SpinLock, VideoPort, VirtAddr, limits,
};

use crate::calls::Call;

pub const TAG: PoolTag = PoolTag::new(*b"Dmdl");
/// The context under which the interrupt routine queues.
const FROM_INTERRUPT: (usize, usize) = (99, 0);
pub const QUOTA_BYTES: u64 = 40_000;
/// Slots of the card's table of SG tables.
pub const SLOTS: usize = 32;

type Port<'a> = VideoPort<'a, TestMachine>;

pub struct Block {
    pub base: VirtAddr,
    pub bytes: usize,
    pub paged: bool,
    pub counted: bool,
    pub byte: u8,
}

#[derive(Clone, Copy)]
pub struct Locked {
    pub mdl: Mdl,
    pub user: VirtAddr,
    pub bytes: usize,
    pub writable: bool,
}

pub struct Running {
    pub list: ScatterGatherList,
    pub adapter: DmaAdapter,
    pub to_device: bool,
}

pub struct Adapter {
    pub handle: DmaAdapter,
    pub doomed: bool,
}

pub struct Spin {
    pub lock: SpinLock,
    pub held: Option<u8>,
}

pub struct Signal {
    pub event: Event,
    pub notification: bool,
    pub signaled: bool,
}

/// The port and its model.
pub struct World<'a> {
    pub port: &'a Port<'a>,
    pub machine: &'a TestMachine,
    pub strict: bool,
    pub ran: Arc<Mutex<Vec<(usize, usize)>>>,
    pub blocks: Vec<Block>,
    pub freed: Vec<VirtAddr>,
    pub users: Vec<(VirtAddr, usize)>,
    pub locked: Vec<Locked>,
    pub unlocked: Vec<Mdl>,
    pub adapters: Vec<Adapter>,
    pub running: Vec<Running>,
    /// Which locked buffer each running list is of.
    pub owners: Vec<(ScatterGatherList, Mdl)>,
    pub completed: Vec<(ScatterGatherList, DmaAdapter)>,
    pub common: Vec<(DmaAdapter, CommonBuffer)>,
    pub depth: u32,
    pub events: Vec<Signal>,
    pub deleted: Vec<Event>,
    pub spins: Vec<Spin>,
    pub queue: Vec<(usize, usize)>,
    /// What ran, as it should have.
    pub expected: Vec<(usize, usize)>,
    pub findings: u32,
    pub counter: u8,
}

/// The element a number chooses.
pub fn at(pick: usize, length: usize) -> Option<usize> {
    pick.checked_rem(length)
}

fn pages(base: VirtAddr, bytes: usize) -> u32 {
    ((base.page_offset() + bytes).div_ceil(PAGE_SIZE)) as u32
}

impl World<'_> {
    /// Makes a machine and runs `body` on it.
    pub fn with(strict: bool, body: impl FnOnce(&mut World<'_>)) {
        let machine = TestMachine::new(FakeConfig::default());
        // A sequence that failed before on this thread may have left it raised.
        machine.set_irql(0);
        let miniport = TestMiniport::new();
        let ran = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&ran);
        miniport.on_dpc(move |port, routine, context| {
            assert_eq!(port.get_current_irql(), 2);
            log.lock().unwrap().push((routine.0, context));
        });
        miniport.on_interrupt(|port| {
            port.queue_dpc(DpcRoutine(FROM_INTERRUPT.0), FROM_INTERRUPT.1);
            true
        });
        let options = Options::new()
            .strict(strict)
            .buffer_quota_bytes(QUOTA_BYTES);
        let port = VideoPort::new(&machine, &miniport, CARD_SLOT, options);
        assert!(port.load().is_success());
        assert!(port.start_device().is_success());
        assert!(port.open().is_success());
        let mut world = World {
            port: &port,
            machine: &machine,
            strict,
            ran,
            blocks: Vec::new(),
            freed: Vec::new(),
            users: Vec::new(),
            locked: Vec::new(),
            unlocked: Vec::new(),
            adapters: Vec::new(),
            running: Vec::new(),
            owners: Vec::new(),
            completed: Vec::new(),
            common: Vec::new(),
            depth: 0,
            events: Vec::new(),
            deleted: Vec::new(),
            spins: Vec::new(),
            queue: Vec::new(),
            expected: Vec::new(),
            findings: 0,
            counter: 0,
        };
        body(&mut world);
    }

    pub fn at_dispatch(&self) -> bool {
        self.machine.irql() >= 2
    }

    /// Counts the finding of a PASSIVE service at DISPATCH. True: it is refused.
    pub fn too_high(&mut self) -> bool {
        let high = self.at_dispatch();
        self.findings += u32::from(high);
        high && self.strict
    }

    /// The level dropped: what is queued runs.
    pub fn dropped(&mut self) {
        if !self.at_dispatch() {
            self.expected.append(&mut self.queue);
        }
    }

    /// Makes one call on both.
    pub fn step(&mut self, call: &Call) {
        match *call {
            Call::AllocatePool { paged, bytes } => self.allocate_pool(paged, bytes),
            Call::AllocateBuffer { bytes } => self.allocate_buffer(bytes),
            Call::Free { pick, other_pair } => self.free(pick, other_pair),
            Call::FreeAgain { pick } => self.free_again(pick),
            Call::FreeInside { pick } => self.free_inside(pick),
            Call::MapUser { bytes, offset } => {
                if self.users.len() < 8 {
                    let user = self.machine.memory().map_user(bytes, offset);
                    self.users.push((user.expect("memory"), bytes));
                }
            }
            Call::Lock { pick, skip, modify } => self.lock(pick, skip, modify),
            Call::Unlock { pick } => self.unlock(pick),
            Call::UnlockAgain { pick } => {
                if let Some(index) = at(pick, self.unlocked.len()) {
                    self.port.unlock_buffer(self.unlocked[index]);
                    self.findings += 1;
                }
            }
            Call::GetAdapter => self.get_adapter(),
            Call::PutAdapter { pick } => self.put_adapter(pick),
            Call::Start {
                adapter,
                mdl,
                offset,
                bytes,
                to_device,
            } => self.start(adapter, mdl, offset, bytes, to_device),
            Call::StartUnlocked { adapter, mdl } => self.start_unlocked(adapter, mdl),
            Call::Complete { pick } => self.complete(pick),
            Call::CompleteAgain { pick } => {
                if let Some(index) = at(pick, self.completed.len()) {
                    let (list, adapter) = self.completed[index];
                    // Its address may be another list's by now.
                    if !self.running.iter().any(|other| other.list == list) {
                        let done = self.port.complete_dma(adapter, &list, true);
                        assert!(done.is_success());
                        self.findings += 1;
                    }
                }
            }
            Call::AllocateCommon { adapter, bytes } => self.allocate_common(adapter, bytes),
            Call::ReleaseCommon { pick } => self.release_common(pick),
            Call::ReleaseCommonWrongly { pick } => self.release_common_wrongly(pick),
            Call::AcquireLock => {
                self.depth += u32::from(!self.too_high());
                self.port.acquire_device_lock();
            }
            Call::ReleaseLock => self.release_lock(),
            Call::CreateEvent {
                notification,
                signaled,
            } => self.create_event(notification, signaled),
            Call::SetEvent { pick } => {
                if let Some(index) = at(pick, self.events.len()) {
                    let signal = &mut self.events[index];
                    let before = std::mem::replace(&mut signal.signaled, true);
                    assert_eq!(self.port.set_event(signal.event), before);
                }
            }
            Call::ClearEvent { pick } => {
                if let Some(index) = at(pick, self.events.len()) {
                    self.port.clear_event(self.events[index].event);
                    self.events[index].signaled = false;
                }
            }
            Call::PollEvent { pick } => self.poll_event(pick),
            Call::DeleteEvent { pick } => {
                if let Some(index) = at(pick, self.events.len()) {
                    let signal = self.events.swap_remove(index);
                    assert!(self.port.delete_event(signal.event).is_success());
                    self.deleted.push(signal.event);
                }
            }
            Call::SetDeletedEvent { pick } => {
                if let Some(index) = at(pick, self.deleted.len()) {
                    assert!(!self.port.set_event(self.deleted[index]));
                    self.findings += 1;
                }
            }
            Call::CreateSpinLock => self.create_spin_lock(),
            Call::AcquireSpinLock { pick } => self.acquire_spin_lock(pick),
            Call::ReleaseSpinLock { pick } => self.release_spin_lock(pick),
            Call::DeleteSpinLock { pick } => {
                let free = |spin: &Spin| spin.held.is_none();
                if let Some(index) = at(pick, self.spins.len())
                    && free(&self.spins[index])
                {
                    let spin = self.spins.swap_remove(index);
                    assert!(self.port.delete_spin_lock(spin.lock).is_success());
                }
            }
            Call::QueueDpc { routine, context } => self.queue_dpc(routine, context),
            Call::Interrupt => {
                self.machine.raise_interrupt();
                self.port.stall_execution(1);
                if !self.queue.contains(&FROM_INTERRUPT) && self.queue.len() < limits::DPCS {
                    self.queue.push(FROM_INTERRUPT);
                }
                self.dropped();
            }
        }
    }

    /// Compares.
    pub fn check(&mut self) {
        let usage = self.port.dma_usage();
        assert_eq!(usage.mdls, self.locked.len());
        assert_eq!(usage.lists, self.running.len());
        assert_eq!(usage.common_buffers, self.common.len());
        assert_eq!(usage.adapters, self.adapters.len());
        assert_eq!(self.port.hardware_slots_in_use(), self.slots());
        let bytes = self.blocks.iter().map(|block| block.bytes).sum();
        assert_eq!(self.port.pool_usage(), (self.blocks.len(), bytes));
        let pinned: u32 = self
            .locked
            .iter()
            .map(|buffer| pages(buffer.user, buffer.bytes))
            .chain(
                self.common
                    .iter()
                    .map(|(_, buffer)| pages(buffer.virtual_address, buffer.length_bytes as usize)),
            )
            .sum();
        assert_eq!(self.machine.memory().pins(), pinned);
        assert_eq!(self.port.holds_device_lock(), self.depth != 0);
        assert_eq!(*self.ran.lock().unwrap(), self.expected);
        assert_eq!(self.machine.memory().bad_frees(), 0);
        assert_eq!(self.port.finding_count(), self.findings);
        for signal in &self.events {
            assert_eq!(self.port.read_state_event(signal.event), signal.signaled);
        }
    }

    /// Removes the device in whatever state it is, and looks for what is left.
    pub fn finish(&mut self) {
        self.machine.set_irql(0);
        let report = self.port.remove();
        assert_eq!(report.mdls, self.locked.len());
        assert_eq!(report.dma_lists, self.running.len());
        assert_eq!(report.common_buffers, self.common.len());
        assert_eq!(report.pool_blocks, self.blocks.len());
        assert_eq!(report.events, self.events.len());
        assert_eq!(report.spin_locks, self.spins.len());
        assert_eq!(report.hardware_slots, 0);
        for (user, _) in &self.users {
            self.machine.memory().unmap_user(*user);
        }
        let memory = self.machine.memory();
        assert_eq!(
            (memory.pins(), memory.live_pages(), memory.bad_frees()),
            (0, 0, 0)
        );
        assert_eq!(memory.stray_accesses(), 0);
        assert_eq!(self.machine.device_mappings(), 0);
        assert_eq!(self.machine.bad_accesses(), 0);
    }
}

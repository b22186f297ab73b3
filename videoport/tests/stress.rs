//! Many threads at once: requesters with DMA, a source of interrupts, threads that deliver DPCs, code synchronised with the
//! interrupt routine, threads that take the device lock. Bounded by counts, never by time; the machine gives the processor
//! away at random between the port's steps, from another seed each round.
//!
//! Why not a model checker for interleavings (loom): it shines at weak memory orders, and the port has none to check. All
//! shared state sits in critical sections (`guarded.rs`, leaves that call nothing), the one atomic flag only ever goes
//! from false to true. What is left are interleavings of whole critical sections, which is where this test yields.

mod common;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use common::*;
use lumenport_hal::dma::{Direction, Dma, Events};
use lumenport_hal::irq::{Irq, Sources};
use lumenport_videoport::testing::Rig;
use lumenport_videoport::{
    DpcRoutine, EventFlags, LockOperation, Options, ScatterGatherList, SynchronizePriority,
    Timeout, VirtAddr, VpStatus,
};

const REQUESTERS: u32 = 4;
const REQUESTS: u32 = 40;
const BYTES: u32 = 9_000;
/// The deferred routine of finished transfers, and the one that only counts.
const DONE: DpcRoutine = DpcRoutine(1);
const COUNT: DpcRoutine = DpcRoutine(2);

/// A place that only one may be in at a time.
struct Alone(AtomicU32, &'static str);

impl Alone {
    fn inside<R>(&self, body: impl FnOnce() -> R) -> R {
        assert_eq!(
            self.0.fetch_add(1, Ordering::SeqCst),
            0,
            "two in {}",
            self.1
        );
        std::thread::yield_now();
        let result = body();
        self.0.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

/// What the threads share. Leaked: callbacks outlive the test function.
struct Shared {
    request: Alone,
    interrupt: Alone,
    deferred: Alone,
    contexts: AtomicUsize,
    accepted: Mutex<BTreeSet<usize>>,
    ran: Mutex<BTreeSet<usize>>,
    /// A transfer's end that found no place in the queue.
    owed: AtomicBool,
    stop: AtomicBool,
}

/// Installs callbacks that check who else is inside.
fn set_up(rig: &Rig) -> &'static Shared {
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        request: Alone(AtomicU32::new(0), "a request"),
        interrupt: Alone(AtomicU32::new(0), "the interrupt routine"),
        deferred: Alone(AtomicU32::new(0), "deferred routines"),
        contexts: AtomicUsize::new(0),
        accepted: Mutex::default(),
        ran: Mutex::default(),
        owed: AtomicBool::new(false),
        stop: AtomicBool::new(false),
    }));
    let registers = rig.miniport.registers();
    let bus = rig.port.register_bus(registers);
    let both = Events {
        done: true,
        error: true,
    };
    Dma::new(bus).enable_interrupts(both);
    Irq::new(bus).enable(Sources {
        dma: true,
        ..Sources::NONE
    });
    rig.miniport.on_interrupt(move |port| {
        shared.interrupt.inside(|| {
            let context = shared.contexts.fetch_add(1, Ordering::SeqCst);
            let mut accepted = shared.accepted.lock().expect("no panic");
            if port.queue_dpc(COUNT, context) {
                accepted.insert(context);
            }
            drop(accepted);
            let bus = port.register_bus(registers);
            let irq = Irq::new(bus);
            if irq.pending().is_none_or(Sources::is_empty) {
                return false;
            }
            let dma = Dma::new(bus);
            dma.clear(dma.events());
            irq.rearm();
            if !port.queue_dpc(DONE, 0) {
                // A queue full of counting routines: the next of them does it.
                shared.owed.store(true, Ordering::SeqCst);
            }
            true
        })
    });
    let event = rig.port.create_event(EventFlags(0)).expect("a free slot");
    rig.miniport.on_dpc(move |port, routine, context| {
        shared.deferred.inside(|| {
            if routine == DONE {
                port.set_event(event);
            } else {
                let mut ran = shared.ran.lock().expect("no panic");
                assert!(ran.insert(context), "a routine ran twice");
                drop(ran);
                if shared.owed.swap(false, Ordering::SeqCst) {
                    port.set_event(event);
                }
            }
        });
    });
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).expect("a free slot");
    let port = *rig;
    rig.miniport.on_start_io(move |_, packet| {
        shared.request.inside(|| {
            let address = usize::from_le_bytes(packet.input().try_into().expect("an address"));
            let mdl = port
                .port
                .lock_buffer(VirtAddr::new(address), BYTES, LockOperation::Modify)
                .expect("lockable");
            for (to_device, direction) in [
                (true, Direction::HostToCard),
                (false, Direction::CardToHost),
            ] {
                let mut length = BYTES;
                let list: Mutex<Option<ScatterGatherList>> = Mutex::new(None);
                let started =
                    port.port
                        .start_dma(adapter, mdl, 0, &mut length, to_device, |_, _, given| {
                            *list.lock().expect("no panic") = Some(*given);
                            submit(&port, given, 0, direction);
                        });
                assert!(started.is_success() && length == BYTES);
                let waited = port.port.wait_for_single_object(event, Timeout::Forever);
                assert_eq!(waited, VpStatus::NO_ERROR, "an interrupt was lost");
                let list = list.lock().expect("no panic").expect("the callback ran");
                complete(&port, adapter, &list, to_device);
                if to_device {
                    write(&port, VirtAddr::new(address), &[0; BYTES as usize]);
                }
            }
            port.port.unlock_buffer(mdl);
        });
        packet.succeed(0);
    });
    shared
}

/// Asks for the same bytes to be sent to the card and fetched back, again and again.
fn requester(rig: &Rig, number: u32) {
    let buffer = rig.machine.memory().map_user(BYTES as usize, 100);
    let buffer = buffer.expect("memory is left");
    for round in 0..REQUESTS {
        let bytes: Vec<u8> = pattern(BYTES as usize)
            .iter()
            .map(|byte| byte.wrapping_add((number * REQUESTS + round) as u8))
            .collect();
        write(rig, buffer, &bytes);
        let mut packet = buffer.raw().to_le_bytes();
        let answer = rig.port.io_control(1, &mut packet, size_of::<usize>());
        assert_eq!(answer.status, VpStatus::NO_ERROR);
        assert!(read(rig, buffer, BYTES as usize) == bytes, "bytes got lost");
    }
    rig.machine.memory().unmap_user(buffer);
}

fn round(seed: u64) {
    let rig = Rig::opened(Options::new().strict(true));
    let shared = set_up(&rig);
    rig.machine.set_unrest(seed);
    let port = rig.port;
    std::thread::scope(|scope| {
        let requesters: Vec<_> = (0..REQUESTERS)
            .map(|number| scope.spawn(move || requester(&rig, number)))
            .collect();
        let running = || !shared.stop.load(Ordering::SeqCst);
        // Interrupts nobody asked for, and a thread that only delivers.
        scope.spawn(move || {
            while running() {
                rig.machine.raise_interrupt();
                port.poll();
                std::thread::yield_now();
            }
        });
        scope.spawn(move || {
            while running() {
                port.poll();
                std::thread::yield_now();
            }
        });
        // Code that excludes the interrupt routine, and code that only keeps DPCs off its own thread.
        scope.spawn(move || {
            while running() {
                for priority in [SynchronizePriority::High, SynchronizePriority::Medium] {
                    port.synchronize_execution(priority, || shared.interrupt.inside(|| true));
                }
                port.synchronize_execution(SynchronizePriority::Low, || true);
                std::thread::yield_now();
            }
        });
        // The device lock excludes requests.
        scope.spawn(move || {
            while running() {
                port.acquire_device_lock();
                shared.request.inside(|| {});
                port.release_device_lock();
                std::thread::yield_now();
            }
        });
        let ended: Vec<_> = requesters.into_iter().map(ScopedJoinHandle::join).collect();
        shared.stop.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok));
    });
    port.poll();
    assert_eq!(
        *shared.ran.lock().expect("no panic"),
        *shared.accepted.lock().expect("no panic"),
        "a deferred routine was lost"
    );
    assert!(!shared.ran.lock().expect("no panic").is_empty());
    assert_eq!(findings(&rig), []);
    assert!(port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn requesters_interrupts_dpcs_and_synchronised_code_live_together() {
    for seed in 1..=3 {
        round(seed);
    }
}

#[test]
fn two_devices_of_one_machine_share_nothing_by_accident() {
    let first = Rig::opened(Options::new().strict(true));
    let second = Rig::opened(Options::new().strict(true));
    for rig in [&first, &second] {
        rig.machine.set_unrest(9);
    }
    let shared = [set_up(&first), set_up(&second)];
    std::thread::scope(|scope| {
        for rig in [&first, &second] {
            for number in 0..2 {
                scope.spawn(move || requester(rig, number));
            }
        }
    });
    for (rig, shared) in [&first, &second].into_iter().zip(shared) {
        rig.port.poll();
        assert_eq!(
            *shared.ran.lock().expect("no panic"),
            *shared.accepted.lock().expect("no panic")
        );
        assert_eq!(findings(rig), []);
        assert!(rig.port.remove().is_clean());
        rig.assert_no_leak();
    }
}

#[test]
fn removal_amid_everything_waits_and_leaves_nothing() {
    for seed in 1..=4 {
        let rig = &Rig::opened(Options::new().strict(true));
        let shared = set_up(rig);
        rig.machine.set_unrest(seed);
        let port = rig.port;
        let served = AtomicU32::new(0);
        let removing = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (served, removing) = (&served, &removing);
            let requester = move || {
                scope.spawn(move || {
                    let buffer = rig.machine.memory().map_user(BYTES as usize, 0);
                    let buffer = buffer.expect("memory is left");
                    loop {
                        let mut packet = buffer.raw().to_le_bytes();
                        let answer = port.io_control(1, &mut packet, size_of::<usize>());
                        if removing.load(Ordering::SeqCst)
                            && answer.status == VpStatus::ERROR_DEV_NOT_EXIST
                        {
                            break;
                        }
                        assert_eq!(answer.status, VpStatus::NO_ERROR, "{:?}", findings(rig));
                        served.fetch_add(1, Ordering::SeqCst);
                    }
                    rig.machine.memory().unmap_user(buffer);
                })
            };
            let requesters = [(); 3].map(|()| requester());
            // A requester that ended has failed: the scope tells how.
            while served.load(Ordering::SeqCst) < 10
                && !requesters.iter().any(ScopedJoinHandle::is_finished)
            {
                rig.machine.raise_interrupt();
                port.poll();
                std::thread::yield_now();
            }
            removing.store(true, Ordering::SeqCst);
            assert!(port.remove().is_clean());
        });
        assert_eq!(shared.request.0.load(Ordering::SeqCst), 0);
        rig.assert_no_leak();
    }
}

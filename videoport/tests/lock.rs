//! The device lock, named after the test ids of the contract's list, and its hardware semaphore.

mod common;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_hal::sem::{Agent, OwnerId, SemIdx, Semaphores};
use lumenport_hal::wait::Bound;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{Rig, TestMiniport};
use lumenport_videoport::{DpcRoutine, Options, Timeout, VpStatus};

/// Who holds semaphore 0, as the host reads it.
fn semaphore_owner(rig: &Rig) -> Option<u16> {
    let semaphores = Semaphores::new(rig.machine.card(), Agent::Host);
    semaphores
        .holder(SemIdx::DEVICE)
        .unwrap()
        .map(|holder| holder.owner)
}

/// The management core claims semaphore 0.
fn management_claims(rig: &Rig) {
    let bus = rig.machine.card().as_agent(Agent::Management);
    let semaphores = Semaphores::new(bus, Agent::Management);
    let owner = OwnerId::new(0x77).unwrap();
    let mut delay = rig.machine.card().delay();
    semaphores
        .claim_raw(SemIdx::DEVICE, owner, &mut delay, Bound::short())
        .unwrap();
}

fn management_releases(rig: &Rig) {
    let bus = rig.machine.card().as_agent(Agent::Management);
    Semaphores::new(bus, Agent::Management).release_raw(SemIdx::DEVICE);
}

#[test]
fn lock_01_threads_exclude_each_other_and_none_is_forgotten() {
    let rig = strict();
    let (inside, sum) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    rig.port.acquire_device_lock();
                    assert_eq!(
                        inside.fetch_add(1, Ordering::SeqCst),
                        0,
                        "two threads inside"
                    );
                    let before = sum.load(Ordering::Relaxed);
                    std::thread::yield_now();
                    sum.store(before + 1, Ordering::Relaxed);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    rig.port.release_device_lock();
                }
            });
        }
    });
    assert_eq!(sum.load(Ordering::SeqCst), 200);
    assert_eq!(findings(&rig), []);
    assert_eq!(semaphore_owner(&rig), None);
}

#[test]
fn lock_02_depth_three_needs_three_releases() {
    let rig = strict();
    for _ in 0..3 {
        rig.port.acquire_device_lock();
    }
    let taken = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            rig.port.acquire_device_lock();
            taken.store(true, Ordering::SeqCst);
            rig.port.release_device_lock();
        });
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(5));
            assert!(!taken.load(Ordering::SeqCst));
            assert!(rig.port.holds_device_lock());
            rig.port.release_device_lock();
        }
        other.join().unwrap();
    });
    assert!(taken.load(Ordering::SeqCst));
    assert!(!rig.port.holds_device_lock());
    assert_eq!(findings(&rig), []);
}

#[test]
fn lock_03_a_request_in_flight_blocks_an_acquire() {
    let rig = strict();
    let started = Arc::new(Barrier::new(2));
    let done = Arc::new(AtomicBool::new(false));
    let (in_request, finished) = (started.clone(), done.clone());
    rig.miniport.on_start_io(move |port, packet| {
        assert!(
            port.holds_device_lock(),
            "the port takes the lock around StartIO"
        );
        in_request.wait();
        std::thread::sleep(Duration::from_millis(20));
        finished.store(true, Ordering::SeqCst);
        packet.succeed(0);
    });
    std::thread::scope(|scope| {
        scope.spawn(|| rig.port.io_control(1, &mut [], 0));
        started.wait();
        rig.port.acquire_device_lock();
        assert!(
            done.load(Ordering::SeqCst),
            "acquired in the middle of a request"
        );
        rig.port.release_device_lock();
    });
}

#[test]
fn lock_03_a_holder_blocks_a_request() {
    let rig = strict();
    let ran = Arc::new(AtomicBool::new(false));
    let seen = ran.clone();
    rig.miniport.on_start_io(move |_, packet| {
        seen.store(true, Ordering::SeqCst);
        packet.succeed(0);
    });
    rig.port.acquire_device_lock();
    std::thread::scope(|scope| {
        let request = scope.spawn(|| rig.port.io_control(1, &mut [], 0));
        std::thread::sleep(Duration::from_millis(20));
        assert!(
            !ran.load(Ordering::SeqCst),
            "the request ran under another thread's lock"
        );
        rig.port.release_device_lock();
        assert!(request.join().unwrap().status.is_success());
    });
}

#[test]
fn lock_03_a_miniport_may_acquire_again_inside_start_io() {
    let rig = strict();
    rig.miniport.on_start_io(|port, packet| {
        port.acquire_device_lock();
        port.release_device_lock();
        assert!(port.holds_device_lock());
        packet.succeed(0);
    });
    assert!(rig.port.io_control(1, &mut [], 0).status.is_success());
    assert_eq!(findings(&rig), []);
}

#[test]
fn lock_04_requests_are_served_one_by_one_in_order_of_arrival() {
    let rig = strict();
    let order: &'static Mutex<Vec<u32>> = Box::leak(Box::new(Mutex::new(Vec::new())));
    let inside: &'static AtomicU32 = counter();
    rig.miniport.on_start_io(move |_, packet| {
        assert_eq!(
            inside.fetch_add(1, Ordering::SeqCst),
            0,
            "two requests at once"
        );
        order.lock().unwrap().push(packet.io_control_code);
        std::thread::sleep(Duration::from_millis(2));
        inside.fetch_sub(1, Ordering::SeqCst);
        packet.succeed(0);
    });
    rig.port.acquire_device_lock();
    std::thread::scope(|scope| {
        for code in 0..6 {
            let about_to_enter = Arc::new(Barrier::new(2));
            let entering = about_to_enter.clone();
            scope.spawn(move || {
                entering.wait();
                rig.port.io_control(code, &mut [], 0)
            });
            // From here to the queue it is a few instructions for the other thread.
            about_to_enter.wait();
            std::thread::sleep(Duration::from_millis(15));
        }
        rig.port.release_device_lock();
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn lock_05_two_devices_do_not_block_each_other() {
    let (first, second) = (strict(), strict());
    first.port.acquire_device_lock();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            second.port.acquire_device_lock();
            second.port.release_device_lock();
        });
    });
    first.port.release_device_lock();
    assert_eq!((findings(&first), findings(&second)), (vec![], vec![]));
}

#[test]
fn lock_06_misuse_is_reported() {
    let rig = strict();
    rig.port.release_device_lock();
    assert_eq!(findings(&rig), [FindingKind::NotHeld]);
    let lock = rig.port.create_spin_lock().unwrap();
    let old = rig.port.acquire_spin_lock(lock);
    rig.port.acquire_device_lock();
    assert!(!rig.port.holds_device_lock());
    assert_eq!(
        rig.port.device_lock().err(),
        Some(VpStatus::ERROR_INVALID_PARAMETER)
    );
    rig.port.release_spin_lock(lock, old);
    let high = FindingKind::IrqlTooHigh { limit: 0 };
    assert_eq!(findings(&rig), [high, high]);
    rig.port.acquire_device_lock();
    std::thread::scope(|scope| {
        scope.spawn(|| rig.port.release_device_lock());
    });
    assert!(matches!(
        findings(&rig).as_slice(),
        [FindingKind::ForeignRelease { .. }]
    ));
    assert!(
        rig.port.holds_device_lock(),
        "the foreign release changed nothing"
    );
    rig.port.release_device_lock();
}

#[test]
fn lock_07_interrupt_dpc_and_timer_run_while_the_lock_is_held() {
    let rig = strict();
    let (interrupts, dpcs, timers) = (counter(), counter(), counter());
    rig.miniport.on_interrupt(move |port| {
        bump(interrupts);
        port.queue_dpc(DpcRoutine(1), 0)
    });
    rig.miniport.on_dpc(move |_, _, _| bump(dpcs));
    rig.miniport.on_timer(move |_| bump(timers));
    rig.port.start_timer();
    rig.port.acquire_device_lock();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            rig.machine.raise_interrupt();
            rig.machine.card().advance_ns(1_500_000_000);
            rig.port.poll();
        });
    });
    assert_eq!((count(interrupts), count(dpcs), count(timers)), (1, 1, 1));
    rig.port.release_device_lock();
    assert_eq!(findings(&rig), []);
}

#[test]
fn semaphore_is_held_exactly_while_the_lock_is() {
    let rig = strict();
    assert_eq!(semaphore_owner(&rig), None);
    rig.port.acquire_device_lock();
    rig.port.acquire_device_lock();
    assert_eq!(semaphore_owner(&rig), Some(1));
    rig.port.release_device_lock();
    assert_eq!(
        semaphore_owner(&rig),
        Some(1),
        "released with the outermost lock only"
    );
    rig.port.release_device_lock();
    assert_eq!(semaphore_owner(&rig), None);
    {
        let _guard = rig.port.device_lock().unwrap();
        assert_eq!(semaphore_owner(&rig), Some(1));
    }
    assert_eq!(semaphore_owner(&rig), None);
}

#[test]
fn semaphore_of_another_agent_makes_requests_busy() {
    let rig = strict();
    let ran = counter();
    rig.miniport.on_start_io(move |_, packet| {
        bump(ran);
        packet.succeed(0);
    });
    management_claims(&rig);
    assert_eq!(
        rig.port.io_control(1, &mut [], 0).status,
        VpStatus::ERROR_BUSY
    );
    assert_eq!(rig.port.device_lock().err(), Some(VpStatus::ERROR_BUSY));
    assert_eq!(
        count(ran),
        0,
        "the miniport must not touch a card that belongs to another agent"
    );
    let held = FindingKind::SemaphoreHeld { agent: 2 };
    assert_eq!(findings(&rig), [held, held]);
    assert!(
        rig.machine
            .log_lines()
            .iter()
            .any(|line| line.message.contains("device lock"))
    );
    assert!(!rig.port.holds_device_lock());
    management_releases(&rig);
    assert!(rig.port.io_control(1, &mut [], 0).status.is_success());
    assert_eq!(count(ran), 1);
}

#[test]
fn semaphore_wait_ends_as_soon_as_the_other_agent_releases() {
    let rig = Rig::opened(Options::new().strict(true).semaphore_wait_us(10_000_000));
    rig.miniport.on_start_io(|_, packet| packet.succeed(0));
    management_claims(&rig);
    std::thread::scope(|scope| {
        let request = scope.spawn(|| rig.port.io_control(1, &mut [], 0));
        std::thread::sleep(Duration::from_millis(5));
        management_releases(&rig);
        assert!(request.join().unwrap().status.is_success());
    });
    assert_eq!(findings(&rig), []);
}

#[test]
fn semaphore_whose_lease_expired_is_broken() {
    let rig = strict();
    rig.miniport.on_start_io(|_, packet| packet.succeed(0));
    management_claims(&rig);
    // The lease is one second after reset.
    rig.machine.card().advance_ns(1_100_000_000);
    assert!(rig.port.io_control(1, &mut [], 0).status.is_success());
    assert_eq!(semaphore_owner(&rig), None);
}

#[test]
fn semaphore_lease_is_renewed_through_a_long_wait() {
    let rig = strict();
    rig.machine.set_relax_ns(100_000);
    let event = rig
        .port
        .create_event(lumenport_videoport::EventFlags(0))
        .unwrap();
    rig.miniport.on_start_io(move |port, packet| {
        // Two seconds: twice the lease.
        let waited = port.wait_for_single_object(event, Timeout::micros(2_000_000));
        assert_eq!(waited, VpStatus::WAIT_TIMEOUT);
        let bus = port.platform().card().as_agent(Agent::Management);
        let broken = Semaphores::new(bus, Agent::Management).break_lease(SemIdx::DEVICE);
        assert!(broken.is_err(), "the lease must still run");
        packet.succeed(0);
    });
    assert!(rig.port.io_control(1, &mut [], 0).status.is_success());
}

#[test]
fn acquire_without_failure_result_keeps_the_software_lock() {
    let rig = strict();
    management_claims(&rig);
    rig.port.acquire_device_lock();
    assert!(rig.port.holds_device_lock());
    assert_eq!(findings(&rig), [FindingKind::SemaphoreHeld { agent: 2 }]);
    rig.port.release_device_lock();
    assert_eq!(
        semaphore_owner(&rig),
        Some(0x77),
        "the other agent's claim is untouched"
    );
}

#[test]
fn deadlock_ends_in_a_finding() {
    let options = Options::new().strict(true).endless_wait_us(Some(20_000));
    let rig = Rig::opened(options);
    rig.port.acquire_device_lock();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| rig.port.device_lock().err());
        assert_eq!(other.join().unwrap(), Some(VpStatus::WAIT_TIMEOUT));
    });
    assert!(matches!(
        findings(&rig).as_slice(),
        [FindingKind::WaitCutOff { .. }]
    ));
    rig.port.release_device_lock();
    // The waiter that gave up does not block those after it.
    assert!(rig.port.device_lock().is_ok());
}

#[test]
fn a_card_without_our_map_has_no_semaphore() {
    let card = FakeConfig {
        map_digest: 1,
        ..FakeConfig::default()
    };
    let rig = Rig::new(card, TestMiniport::new(), Options::new().strict(true));
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    assert!(!rig.port.has_hardware());
    rig.port.acquire_device_lock();
    assert_eq!(semaphore_owner(&rig), None);
    rig.port.release_device_lock();
    assert!(
        rig.machine
            .log_lines()
            .iter()
            .any(|line| line.message.contains("no hardware backing"))
    );
}

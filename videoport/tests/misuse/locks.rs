//! Device lock, spin locks, events: what is released by the wrong one, in the wrong way, twice, or never.

use lumenport_videoport::irql::{DISPATCH_LEVEL, PASSIVE_LEVEL};
use lumenport_videoport::{
    DpcRoutine, EventFlags, Options, Platform, SynchronizePriority, Timeout, VpStatus,
};

use super::every_service::foreign;
use super::*;

/// A strict rig that does not wait long.
fn impatient() -> Rig {
    Rig::opened(Options::new().strict(true).endless_wait_us(Some(5_000)))
}

#[test]
fn releasing_a_device_lock_nobody_holds_is_reported() {
    both(|rig, _| {
        rig.port.release_device_lock();
        expect(rig, &[(Service::ReleaseDeviceLock, FindingKind::NotHeld)]);
        gone(rig);
    });
}

#[test]
fn releasing_another_threads_device_lock_is_reported() {
    both(|rig, _| {
        rig.port.acquire_device_lock();
        let holder = rig.machine.thread();
        std::thread::scope(|scope| scope.spawn(|| rig.port.release_device_lock()).join())
            .expect("no panic");
        let kind = FindingKind::ForeignRelease { holder };
        expect(rig, &[(Service::ReleaseDeviceLock, kind)]);
        assert!(rig.port.holds_device_lock());
        rig.port.release_device_lock();
        gone(rig);
    });
}

#[test]
fn releasing_the_ports_own_hold_inside_a_request_is_reported() {
    both(|rig, _| {
        let held = counter();
        rig.miniport.on_start_io(move |port, packet| {
            port.acquire_device_lock();
            port.release_device_lock();
            port.release_device_lock();
            held.store(
                u32::from(port.holds_device_lock()),
                std::sync::atomic::Ordering::SeqCst,
            );
            packet.succeed(0);
        });
        assert!(rig.port.io_control(1, &mut [], 0).status.is_success());
        assert_eq!(count(held), 1, "the request is still alone");
        expect(rig, &[(Service::ReleaseDeviceLock, FindingKind::NotHeld)]);
        gone(rig);
    });
}

#[test]
fn request_that_keeps_the_device_lock_is_reported() {
    both(|rig, _| {
        rig.miniport.on_start_io(|port, packet| {
            port.acquire_device_lock();
            port.acquire_device_lock();
            packet.succeed(0);
        });
        rig.port.io_control(1, &mut [], 0);
        expect(
            rig,
            &[(Service::StartIo, FindingKind::LockKept { count: 2 })],
        );
        assert!(!rig.port.holds_device_lock());
        let next = std::thread::scope(|scope| {
            let request = scope.spawn(|| rig.port.io_control(1, &mut [], 0).status);
            request.join().expect("no panic")
        });
        assert!(next.is_success(), "and stops nobody");
        while rig.port.take_finding().is_some() {}
        gone(rig);
    });
}

#[test]
fn request_that_keeps_a_spin_lock_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.miniport.on_start_io(move |port, packet| {
            port.acquire_spin_lock(lock);
            packet.succeed(0);
        });
        rig.port.io_control(1, &mut [], 0);
        expect(
            rig,
            &[
                (Service::StartIo, FindingKind::LockKept { count: 1 }),
                (Service::StartIo, FindingKind::LevelKept { irql: 2 }),
            ],
        );
        assert_eq!(rig.machine.irql(), PASSIVE_LEVEL);
        gone(rig);
    });
}

#[test]
fn dpc_that_keeps_a_spin_lock_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.miniport
            .on_dpc(move |port, _, _| port.acquire_spin_lock_at_dpc_level(lock));
        rig.port
            .synchronize_execution(SynchronizePriority::Low, || {
                rig.port.queue_dpc(DpcRoutine(1), 0)
            });
        expect(rig, &[(Service::Dpc, FindingKind::LockKept { count: 1 })]);
        gone(rig);
    });
}

#[test]
fn synchronised_routine_that_keeps_a_spin_lock_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.port
            .synchronize_execution(SynchronizePriority::Low, || {
                rig.port.acquire_spin_lock_at_dpc_level(lock);
                true
            });
        let kind = FindingKind::LockKept { count: 1 };
        expect(rig, &[(Service::SynchronizeExecution, kind)]);
        gone(rig);
    });
}

#[test]
fn callback_that_comes_back_at_another_level_is_reported() {
    both(|rig, _| {
        let machine = rig.machine;
        rig.miniport.on_interrupt(move |_| {
            machine.set_irql(PASSIVE_LEVEL);
            true
        });
        rig.machine.raise_interrupt();
        rig.port.poll();
        expect(
            rig,
            &[(Service::Interrupt, FindingKind::LevelKept { irql: 0 })],
        );
        assert_eq!(rig.machine.irql(), PASSIVE_LEVEL);
        gone(rig);
    });
}

#[test]
fn acquiring_a_spin_lock_twice_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        let old = rig.port.acquire_spin_lock(lock);
        rig.port.acquire_spin_lock_at_dpc_level(lock);
        let kind = FindingKind::SelfDeadlock;
        expect(rig, &[(Service::AcquireSpinLockAtDpcLevel, kind)]);
        rig.port.release_spin_lock(lock, old);
        assert_eq!(rig.machine.irql(), PASSIVE_LEVEL);
        gone(rig);
    });
}

#[test]
fn releasing_a_spin_lock_nobody_holds_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.machine.set_irql(DISPATCH_LEVEL);
        rig.port.release_spin_lock(lock, PASSIVE_LEVEL);
        rig.port.release_spin_lock_from_dpc_level(lock);
        rig.machine.set_irql(PASSIVE_LEVEL);
        let kind = FindingKind::NotHeld;
        expect(
            rig,
            &[
                (Service::ReleaseSpinLock, kind),
                (Service::ReleaseSpinLockFromDpcLevel, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn releasing_another_threads_spin_lock_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        let old = rig.port.acquire_spin_lock(lock);
        let holder = rig.machine.thread();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                rig.machine.set_irql(DISPATCH_LEVEL);
                rig.port.release_spin_lock(lock, DISPATCH_LEVEL);
            });
        });
        let kind = FindingKind::ForeignRelease { holder };
        expect(rig, &[(Service::ReleaseSpinLock, kind)]);
        rig.port.release_spin_lock(lock, old);
        gone(rig);
    });
}

#[test]
fn releasing_a_spin_lock_in_the_other_form_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.port.acquire_spin_lock(lock);
        rig.port.release_spin_lock_from_dpc_level(lock);
        rig.port.acquire_spin_lock_at_dpc_level(lock);
        rig.port.release_spin_lock(lock, DISPATCH_LEVEL);
        rig.machine.set_irql(PASSIVE_LEVEL);
        let kind = FindingKind::WrongReleaseForm;
        expect(
            rig,
            &[
                (Service::ReleaseSpinLockFromDpcLevel, kind),
                (Service::ReleaseSpinLock, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn releasing_a_spin_lock_to_another_level_is_reported() {
    both(|rig, strict| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.port.acquire_spin_lock(lock);
        rig.port.release_spin_lock(lock, 1);
        expect(
            rig,
            &[(Service::ReleaseSpinLock, FindingKind::WrongArguments)],
        );
        assert_eq!(rig.machine.irql(), u8::from(!strict));
        rig.machine.set_irql(PASSIVE_LEVEL);
        gone(rig);
    });
}

#[test]
fn deleting_a_spin_lock_that_is_held_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        rig.port.acquire_spin_lock(lock);
        assert!(rig.port.delete_spin_lock(lock).is_success());
        rig.machine.set_irql(PASSIVE_LEVEL);
        let kind = FindingKind::LiveObjects { count: 1 };
        expect(rig, &[(Service::DeleteSpinLock, kind)]);
        gone(rig);
    });
}

#[test]
fn using_a_deleted_spin_lock_is_reported() {
    both(|rig, _| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        assert!(rig.port.delete_spin_lock(lock).is_success());
        rig.port.acquire_spin_lock(lock);
        assert_eq!(rig.machine.irql(), PASSIVE_LEVEL);
        assert!(!rig.port.delete_spin_lock(lock).is_success());
        let kind = FindingKind::StaleHandle;
        expect(
            rig,
            &[
                (Service::AcquireSpinLock, kind),
                (Service::DeleteSpinLock, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn using_another_makers_spin_lock_is_reported() {
    both(|rig, _| {
        rig.port.acquire_spin_lock(foreign().spin_lock);
        assert!(!rig.port.delete_spin_lock(foreign().spin_lock).is_success());
        let kind = FindingKind::UnknownHandle;
        expect(
            rig,
            &[
                (Service::AcquireSpinLock, kind),
                (Service::DeleteSpinLock, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn using_a_deleted_event_is_reported() {
    both(|rig, _| {
        let event = rig.port.create_event(EventFlags(0)).expect("a free slot");
        assert!(rig.port.delete_event(event).is_success());
        rig.port.set_event(event);
        rig.port.clear_event(event);
        rig.port.read_state_event(event);
        let waited = rig.port.wait_for_single_object(event, Timeout::Forever);
        assert_eq!(waited, VpStatus::ERROR_INVALID_PARAMETER);
        assert!(!rig.port.delete_event(event).is_success());
        let services = [
            Service::SetEvent,
            Service::ClearEvent,
            Service::ReadStateEvent,
            Service::WaitForSingleObject,
            Service::DeleteEvent,
        ];
        expect(
            rig,
            &services.map(|service| (service, FindingKind::StaleHandle)),
        );
        gone(rig);
    });
}

#[test]
fn using_another_makers_event_is_reported() {
    both(|rig, _| {
        rig.port.set_event(foreign().event);
        let waited = rig
            .port
            .wait_for_single_object(foreign().event, Timeout::POLL);
        assert_eq!(waited, VpStatus::ERROR_INVALID_PARAMETER);
        let kind = FindingKind::UnknownHandle;
        expect(
            rig,
            &[
                (Service::SetEvent, kind),
                (Service::WaitForSingleObject, kind),
            ],
        );
        gone(rig);
    });
}

#[test]
fn wait_that_nobody_ends_is_cut_off_and_reported() {
    let rig = impatient();
    let event = rig.port.create_event(EventFlags(0)).expect("a free slot");
    let waited = rig.port.wait_for_single_object(event, Timeout::Forever);
    assert_eq!(waited, VpStatus::WAIT_TIMEOUT);
    let found = rig.port.take_finding().expect("a finding");
    assert_eq!(found.service, Service::WaitForSingleObject);
    assert!(matches!(
        found.kind,
        FindingKind::WaitCutOff { waited_us: 5_000.. }
    ));
    gone(&rig);
}

#[test]
fn deadlock_over_locks_is_cut_off_and_reported() {
    let rig = impatient();
    let lock = rig.port.create_spin_lock().expect("a free slot");
    let old = rig.port.acquire_spin_lock(lock);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            rig.port.acquire_spin_lock(lock);
            assert_eq!(rig.machine.irql(), PASSIVE_LEVEL, "it was not had");
        });
    });
    rig.port.release_spin_lock(lock, old);
    let found = rig.port.take_finding().expect("a finding");
    assert_eq!(found.service, Service::AcquireSpinLock);
    assert!(matches!(found.kind, FindingKind::WaitCutOff { .. }));
    gone(&rig);
}

#[test]
fn waiting_for_the_device_lock_with_a_spin_lock_held_is_reported() {
    both(|rig, strict| {
        let lock = rig.port.create_spin_lock().expect("a free slot");
        let old = rig.port.acquire_spin_lock(lock);
        rig.port.acquire_device_lock();
        assert_eq!(rig.port.holds_device_lock(), !strict);
        rig.port.release_spin_lock(lock, old);
        let kind = FindingKind::IrqlTooHigh { limit: 0 };
        expect(rig, &[(Service::AcquireDeviceLock, kind)]);
        if !strict {
            rig.port.release_device_lock();
        }
        gone(rig);
    });
}

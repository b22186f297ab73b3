//! Spin locks.

use super::*;

#[test]
fn spin_01_levels_go_up_and_come_back() {
    let rig = strict();
    let lock = rig.port.create_spin_lock().unwrap();
    let inner = rig.port.create_spin_lock().unwrap();
    let old = rig.port.acquire_spin_lock(lock);
    assert_eq!(
        (old, rig.port.get_current_irql()),
        (PASSIVE_LEVEL, DISPATCH_LEVEL)
    );
    rig.port.acquire_spin_lock_at_dpc_level(inner);
    rig.port.release_spin_lock_from_dpc_level(inner);
    assert_eq!(rig.port.get_current_irql(), DISPATCH_LEVEL);
    let nested = rig.port.acquire_spin_lock(inner);
    assert_eq!(nested, DISPATCH_LEVEL);
    rig.port.release_spin_lock(inner, nested);
    rig.port.release_spin_lock(lock, old);
    assert_eq!(rig.port.get_current_irql(), PASSIVE_LEVEL);
    assert_eq!(findings(&rig), []);
}

#[test]
fn spin_01_eight_threads_count_correctly() {
    let rig = strict();
    let lock = rig.port.create_spin_lock().unwrap();
    let sum = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let old = rig.port.acquire_spin_lock(lock);
                    let before = sum.load(Ordering::Relaxed);
                    std::hint::spin_loop();
                    sum.store(before + 1, Ordering::Relaxed);
                    rig.port.release_spin_lock(lock, old);
                }
            });
        }
    });
    assert_eq!(sum.load(Ordering::SeqCst), 1600);
    assert_eq!(findings(&rig), []);
}

#[test]
fn spin_01_misuse_is_reported() {
    let rig = strict();
    let lock = rig.port.create_spin_lock().unwrap();
    rig.port.release_spin_lock(lock, 0);
    assert_eq!(findings(&rig), [FindingKind::IrqlTooLow { limit: 2 }]);
    let old = rig.port.acquire_spin_lock(lock);
    let again = rig.port.acquire_spin_lock(lock);
    assert_eq!(findings(&rig), [FindingKind::SelfDeadlock]);
    assert_eq!(again, DISPATCH_LEVEL);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = rig.port.create_spin_lock().unwrap();
            let old = rig.port.acquire_spin_lock(other);
            rig.port.release_spin_lock(lock, old);
            rig.port.release_spin_lock(other, old);
        });
    });
    assert!(matches!(
        findings(&rig).as_slice(),
        [FindingKind::ForeignRelease { .. }]
    ));
    rig.port.release_spin_lock_from_dpc_level(lock);
    assert_eq!(findings(&rig), [FindingKind::WrongReleaseForm]);
    assert_eq!(
        rig.port.get_current_irql(),
        DISPATCH_LEVEL,
        "the saved level is lost"
    );
    rig.port.acquire_spin_lock_at_dpc_level(lock);
    rig.port.release_spin_lock(lock, old);
    assert_eq!(findings(&rig), [FindingKind::WrongReleaseForm]);
    lumenport_videoport::Platform::set_irql(rig.machine, 0);
    let old = rig.port.acquire_spin_lock(lock);
    rig.port.release_spin_lock(lock, 1);
    assert_eq!(findings(&rig), [FindingKind::WrongArguments]);
    assert_eq!(
        rig.port.get_current_irql(),
        old,
        "strict mode restores the right level"
    );
}

#[test]
fn spin_01_delete_in_synchronised_code_is_reported() {
    let rig = strict();
    let lock = rig.port.create_spin_lock().unwrap();
    rig.port
        .synchronize_execution(SynchronizePriority::High, || {
            assert!(!rig.port.delete_spin_lock(lock).is_success());
            true
        });
    assert_eq!(findings(&rig), [FindingKind::NotInInterrupt]);
    assert!(rig.port.delete_spin_lock(lock).is_success());
    assert!(!rig.port.delete_spin_lock(lock).is_success());
    assert_eq!(findings(&rig), [FindingKind::StaleHandle]);
}

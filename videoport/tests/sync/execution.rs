//! SynchronizeExecution at its three priorities.

use super::*;

#[test]
fn sync_01_low_runs_at_dispatch_and_the_interrupt_still_comes() {
    let rig = strict();
    let interrupts = counter();
    rig.miniport.on_interrupt(move |port| {
        assert_eq!(port.get_current_irql(), DEVICE_LEVEL);
        bump(interrupts);
        true
    });
    let answer = rig
        .port
        .synchronize_execution(SynchronizePriority::Low, || {
            assert_eq!(rig.port.get_current_irql(), DISPATCH_LEVEL);
            rig.machine.raise_interrupt();
            rig.port.stall_execution(1);
            assert_eq!(count(interrupts), 1);
            true
        });
    assert!(answer);
}

#[test]
fn sync_02_medium_and_high_exclude_the_interrupt_routine() {
    for priority in [SynchronizePriority::Medium, SynchronizePriority::High] {
        let rig = strict();
        let inside: &'static AtomicU32 = counter();
        let interrupts = counter();
        rig.miniport.on_interrupt(move |_| {
            assert_eq!(
                inside.fetch_add(1, Ordering::SeqCst),
                0,
                "interrupt inside the routine"
            );
            std::thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            bump(interrupts);
            true
        });
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    rig.machine.raise_interrupt();
                    rig.port.poll();
                }
            });
            let mut rounds = 0;
            while rounds < 300 || count(interrupts) < 50 {
                rounds += 1;
                let answer = rig.port.synchronize_execution(priority, || {
                    assert_eq!(rig.port.get_current_irql(), DEVICE_LEVEL);
                    assert_eq!(
                        inside.fetch_add(1, Ordering::SeqCst),
                        0,
                        "routine inside the interrupt"
                    );
                    rig.port.stall_execution(1);
                    std::thread::yield_now();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    true
                });
                assert!(answer);
            }
            stop.store(true, Ordering::SeqCst);
        });
    }
}

#[test]
fn sync_03_without_an_interrupt_every_priority_is_low() {
    let rig = without_interrupt();
    for priority in PRIORITIES {
        rig.port.synchronize_execution(priority, || {
            assert_eq!(rig.port.get_current_irql(), DISPATCH_LEVEL);
            true
        });
    }
}

#[test]
fn sync_04_answers_pass_through_and_the_level_comes_back() {
    let rig = strict();
    for priority in PRIORITIES {
        for answer in [true, false] {
            assert_eq!(rig.port.synchronize_execution(priority, || answer), answer);
            assert_eq!(rig.port.get_current_irql(), PASSIVE_LEVEL);
        }
    }
    assert_eq!(SynchronizePriority::from_raw(3), None);
}

#[test]
fn sync_04_from_the_interrupt_routine_it_runs_directly() {
    let rig = strict();
    let ran = counter();
    rig.miniport.on_interrupt(move |port| {
        port.synchronize_execution(SynchronizePriority::High, || {
            bump(ran);
            true
        })
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(count(ran), 1);
    assert_eq!(findings(&rig), []);
}

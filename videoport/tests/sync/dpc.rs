//! Deferred routines: queueing, order, exclusion.

use super::*;

#[test]
fn dpc_01_runs_once_at_dispatch_after_the_interrupt_routine() {
    let rig = strict();
    let trace: &'static Mutex<Vec<String>> = Box::leak(Box::new(Mutex::new(Vec::new())));
    rig.miniport.on_interrupt(move |port| {
        assert!(port.queue_dpc(DpcRoutine(1), 10));
        assert!(
            !port.queue_dpc(DpcRoutine(1), 10),
            "the same pair is waiting"
        );
        assert!(
            port.queue_dpc(DpcRoutine(2), 10),
            "another routine is another pair"
        );
        assert!(
            port.queue_dpc(DpcRoutine(1), 11),
            "another context is another pair"
        );
        trace.lock().unwrap().push("interrupt".into());
        true
    });
    rig.miniport.on_dpc(move |port, routine, context| {
        let irql = port.get_current_irql();
        trace
            .lock()
            .unwrap()
            .push(format!("{}:{context}@{irql}", routine.0));
        if (routine.0, context) == (2, 10) {
            assert!(port.queue_dpc(DpcRoutine(2), 12), "requeue from inside");
        }
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(
        *trace.lock().unwrap(),
        ["interrupt", "1:10@2", "2:10@2", "1:11@2", "2:12@2"]
    );
    assert_eq!(rig.port.get_current_irql(), PASSIVE_LEVEL);
}

#[test]
fn dpc_01_waits_until_the_level_drops() {
    let rig = strict();
    let ran = counter();
    rig.miniport
        .on_interrupt(|port| port.queue_dpc(DpcRoutine(1), 0));
    rig.miniport.on_dpc(move |_, _, _| bump(ran));
    let lock = rig.port.create_spin_lock().unwrap();
    let old = rig.port.acquire_spin_lock(lock);
    rig.machine.raise_interrupt();
    rig.port.stall_execution(5);
    assert_eq!((rig.port.interrupt_counts().delivered, count(ran)), (1, 0));
    rig.port.release_spin_lock(lock, old);
    assert_eq!(count(ran), 1);
}

#[test]
fn dpc_01_queue_below_dispatch_is_reported_and_overflow_refused() {
    let rig = strict();
    assert!(!rig.port.queue_dpc(DpcRoutine(1), 0));
    assert_eq!(findings(&rig), [FindingKind::IrqlTooLow { limit: 2 }]);
    rig.port
        .synchronize_execution(SynchronizePriority::Low, || {
            let queued = (0..100)
                .filter(|context| rig.port.queue_dpc(DpcRoutine(1), *context))
                .count();
            assert_eq!(queued, lumenport_videoport::limits::DPCS);
            true
        });
}

#[test]
fn dpc_01_routines_of_one_device_never_overlap() {
    let rig = strict();
    let inside: &'static AtomicU32 = counter();
    let ran = counter();
    rig.miniport.on_dpc(move |_, _, _| {
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
        std::thread::yield_now();
        inside.fetch_sub(1, Ordering::SeqCst);
        bump(ran);
    });
    let accepted = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let accepted = &accepted;
            scope.spawn(move || {
                for round in 0..100 {
                    rig.port
                        .synchronize_execution(SynchronizePriority::Low, || {
                            // False when the queue is full: the others' routines are slow on purpose.
                            if rig.port.queue_dpc(DpcRoutine(thread), round) {
                                bump(accepted);
                            }
                            true
                        });
                }
            });
        }
    });
    rig.port.poll();
    assert_eq!(count(ran), count(&accepted), "nothing queued was lost");
}

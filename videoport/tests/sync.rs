//! Synchronised execution, DPCs, events, spin locks, interrupts, IRQL rules. Named after the test ids of the list.

mod common;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::interlocked::InterlockedLong;
use lumenport_videoport::irql::{DEVICE_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL};
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{Rig, TestMiniport};
use lumenport_videoport::{
    DpcRoutine, EntryPoints, Event, EventFlags, Options, SynchronizePriority, Timeout, VirtAddr,
    VpStatus,
};

const PRIORITIES: [SynchronizePriority; 3] = [
    SynchronizePriority::Low,
    SynchronizePriority::Medium,
    SynchronizePriority::High,
];

/// A rig whose miniport registers no interrupt routine.
fn without_interrupt() -> Rig {
    let miniport = TestMiniport::new().entry_points(EntryPoints::MANDATORY);
    Rig::opened_with(miniport, Options::new().strict(true))
}

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

#[test]
fn evt_01_auto_reset_manual_reset_and_previous_state() {
    let rig = strict();
    let auto = rig.port.create_event(EventFlags(0)).unwrap();
    let manual = rig
        .port
        .create_event(EventFlags(EventFlags::NOTIFICATION))
        .unwrap();
    let flags = EventFlags(EventFlags::NOTIFICATION | EventFlags::INITIALLY_SIGNALED);
    let initial = rig.port.create_event(flags).unwrap();
    let poll = |event| rig.port.wait_for_single_object(event, Timeout::POLL);
    assert!(rig.port.read_state_event(initial));
    assert!(!rig.port.set_event(auto));
    assert!(rig.port.set_event(auto), "it was signalled before");
    assert_eq!(
        (poll(auto), poll(auto)),
        (VpStatus::NO_ERROR, VpStatus::WAIT_TIMEOUT)
    );
    rig.port.set_event(manual);
    assert_eq!(
        (poll(manual), poll(manual)),
        (VpStatus::NO_ERROR, VpStatus::NO_ERROR)
    );
    rig.port.clear_event(manual);
    assert!(!rig.port.read_state_event(manual));
    assert_eq!(poll(manual), VpStatus(258));
    for event in [auto, manual, initial] {
        assert_eq!(rig.port.delete_event(event), VpStatus::NO_ERROR);
        assert_eq!(rig.port.delete_event(event), VpStatus(87));
        assert_eq!(poll(event), VpStatus(87));
    }
    assert_eq!(findings(&rig), [FindingKind::StaleHandle; 6]);
    assert_eq!(Event::from_raw(0), None);
}

#[test]
fn evt_01_timeouts_are_kept() {
    let rig = strict();
    let event = rig.port.create_event(EventFlags(0)).unwrap();
    let elapsed_us = |timeout| {
        let (start, _) = rig.port.query_performance_counter();
        assert_eq!(
            rig.port.wait_for_single_object(event, timeout),
            VpStatus::WAIT_TIMEOUT
        );
        (rig.port.query_performance_counter().0 - start) / 1000
    };
    let relative = elapsed_us(Timeout::from_large_integer(Some(-50_000)));
    assert!((5000..5100).contains(&relative), "{relative} us");
    let deadline = i64::try_from(rig.port.query_system_time()).unwrap() + 70_000;
    let absolute = elapsed_us(Timeout::from_large_integer(Some(deadline)));
    assert!((6990..7100).contains(&absolute), "{absolute} us");
    assert_eq!(elapsed_us(Timeout::from_large_integer(Some(0))), 0);
    assert_eq!(
        elapsed_us(Timeout::from_large_integer(Some(1))),
        0,
        "a moment long past"
    );
}

#[test]
fn evt_01_wait_at_dispatch_only_polls() {
    let rig = strict();
    let event = rig.port.create_event(EventFlags(0)).unwrap();
    rig.port
        .synchronize_execution(SynchronizePriority::Low, || {
            assert_eq!(
                rig.port.wait_for_single_object(event, Timeout::POLL),
                VpStatus::WAIT_TIMEOUT
            );
            let refused = rig.port.wait_for_single_object(event, Timeout::micros(1));
            assert_eq!(refused, VpStatus::ERROR_INVALID_PARAMETER);
            true
        });
    assert_eq!(findings(&rig), [FindingKind::IrqlTooHigh { limit: 1 }]);
}

#[test]
fn evt_01_auto_reset_releases_exactly_one_of_many_waiters() {
    let rig = strict();
    let event = rig.port.create_event(EventFlags(0)).unwrap();
    let released = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let waited = rig.port.wait_for_single_object(event, Timeout::Forever);
                assert_eq!(waited, VpStatus::NO_ERROR);
                released.fetch_add(1, Ordering::SeqCst);
            });
        }
        for round in 1..=4 {
            rig.port.set_event(event);
            while released.load(Ordering::SeqCst) < round {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(5));
            assert_eq!(released.load(Ordering::SeqCst), round);
        }
    });
}

#[test]
fn evt_01_dpc_on_the_waiting_thread_ends_the_wait() {
    let rig = strict();
    let event = rig.port.create_event(EventFlags(0)).unwrap();
    rig.miniport
        .on_interrupt(|port| port.queue_dpc(DpcRoutine(1), 0));
    rig.miniport.on_dpc(move |port, _, _| {
        port.set_event(event);
    });
    rig.machine.raise_interrupt();
    assert_eq!(
        rig.port.wait_for_single_object(event, Timeout::Forever),
        VpStatus::NO_ERROR
    );
}

#[test]
fn evt_01_endless_wait_is_cut_off_with_a_finding() {
    let rig = Rig::opened(Options::new().strict(true).endless_wait_us(Some(10_000)));
    let event = rig.port.create_event(EventFlags(0)).unwrap();
    assert_eq!(
        rig.port.wait_for_single_object(event, Timeout::Forever),
        VpStatus::WAIT_TIMEOUT
    );
    assert!(matches!(
        findings(&rig).as_slice(),
        [FindingKind::WaitCutOff {
            waited_us: 10_000..
        }]
    ));
}

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

#[test]
fn int_01_enable_and_disable() {
    let bare = without_interrupt();
    assert_eq!(
        bare.port.enable_interrupt(),
        VpStatus::ERROR_INVALID_FUNCTION
    );
    assert_eq!(
        bare.port.disable_interrupt(),
        VpStatus::ERROR_INVALID_FUNCTION
    );
    let rig = strict();
    rig.miniport.on_interrupt(|_| true);
    assert_eq!(rig.port.disable_interrupt(), VpStatus::NO_ERROR);
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(rig.port.interrupt_counts().delivered, 0);
    assert_eq!(rig.port.enable_interrupt(), VpStatus::NO_ERROR);
    rig.port.poll();
    assert_eq!(
        rig.port.interrupt_counts().delivered,
        1,
        "it stayed pending"
    );
}

#[test]
fn int_02_not_ours_is_counted_and_storms_are_bounded() {
    let rig = strict();
    let machine = rig.machine;
    rig.miniport.on_interrupt(move |_| {
        machine.raise_interrupt();
        false
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    let counts = rig.port.interrupt_counts();
    assert_eq!(
        counts.delivered as usize,
        lumenport_videoport::limits::DELIVERIES
    );
    assert_eq!(counts.not_ours, counts.delivered);
}

#[test]
fn int_03_services_allowed_in_an_interrupt_routine_find_nothing() {
    let rig = strict();
    let registers = rig.miniport.registers();
    rig.miniport.on_interrupt(move |port| {
        let _ = port.read_register_ulong(registers);
        port.write_register_ulong(registers, 0);
        port.stall_execution(1);
        port.log_error(VpStatus::ERROR_BUSY, 7);
        port.queue_dpc(DpcRoutine(1), 0)
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(findings(&rig), []);
    let lines = rig.machine.log_lines();
    assert!(
        lines
            .iter()
            .any(|line| (line.code, line.unique_id) == (170, 7))
    );
}

#[test]
fn int_03_services_forbidden_in_an_interrupt_routine_are_named() {
    let rig = strict();
    rig.miniport.on_interrupt(move |port| {
        port.move_memory(VirtAddr::NULL, VirtAddr::NULL, 0);
        assert!(port.create_event(EventFlags(0)).is_err());
        assert!(
            port.allocate_pool(lumenport_videoport::PoolType::NonPaged, 1, TAG)
                .is_none()
        );
        port.acquire_device_lock();
        true
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(findings(&rig), [FindingKind::NotInInterrupt; 4]);
    assert!(!rig.port.holds_device_lock());
}

#[test]
fn int_04_a_machine_without_interrupts_still_starts() {
    let rig = Rig::new(FakeConfig::default(), TestMiniport::new(), Options::new());
    rig.machine.refuse_interrupt();
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    assert!(
        rig.machine
            .log_lines()
            .iter()
            .any(|line| line.message.contains("no interrupt"))
    );
}

#[test]
fn interlocked_services_return_what_the_contract_says() {
    let rig = strict();
    let value = InterlockedLong::new(5);
    assert_eq!(rig.port.interlocked_increment(&value), 6);
    assert_eq!(rig.port.interlocked_decrement(&value), 5);
    assert_eq!(rig.port.interlocked_exchange(&value, i32::MAX), 5);
    assert_eq!(rig.port.interlocked_increment(&value), i32::MIN);
    assert_eq!(rig.port.interlocked_exchange(&value, 0), i32::MIN);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    rig.port.interlocked_increment(&value);
                }
            });
        }
    });
    assert_eq!(value.get(), 2000);
}

#[test]
fn timer_comes_about_once_a_second_while_started() {
    let rig = strict();
    let ticks = counter();
    rig.miniport.on_timer(move |inner| {
        assert_eq!(inner.get_current_irql(), DISPATCH_LEVEL);
        bump(ticks);
        inner.stop_timer();
    });
    let second = || {
        rig.machine.card().advance_ns(1_000_000_000);
        rig.port.poll();
    };
    second();
    assert_eq!(count(ticks), 0, "not started");
    rig.port.start_timer();
    second();
    second();
    assert_eq!(count(ticks), 2);
    assert_eq!(
        findings(&rig),
        [FindingKind::NotInTimer; 2],
        "stopping inside the timer is refused"
    );
    rig.port.stop_timer();
    second();
    assert_eq!(count(ticks), 2);
}

#[test]
fn reset_hw_may_only_use_the_accessors() {
    let rig = strict();
    let registers = rig.miniport.registers();
    rig.miniport.on_reset_hw(move |port, columns, rows| {
        assert_eq!((columns, rows), (80, 25));
        port.write_register_ulong(registers, 0);
        port.stall_execution(1);
        assert!(port.create_event(EventFlags(0)).is_err());
        true
    });
    assert!(rig.port.reset_hw(80, 25));
    assert_eq!(findings(&rig), [FindingKind::NotInReset]);
}

//! Events and the wait for them.

use super::*;

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

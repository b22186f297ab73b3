//! The one-second timer and the interlocked services.

use super::*;

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

//! Interrupt delivery, and which services its routine and HwVidResetHw may call.

use super::*;

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

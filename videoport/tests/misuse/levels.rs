//! Services at the wrong level, or inside a callback that may not use them.

use std::sync::Mutex;

use lumenport_videoport::irql::{APC_LEVEL, DISPATCH_LEVEL, PASSIVE_LEVEL};
use lumenport_videoport::services::Service;
use lumenport_videoport::{
    EventFlags, Finding, Platform, PoolType, ScatterGatherList, SynchronizePriority, Timeout,
    VpStatus,
};

use super::every_service::{call, documented, stray_list};
use super::*;

/// Up to DISPATCH_LEVEL by its page; the seven of the NT4 set say nothing.
const UP_TO_DISPATCH: &str = "AllocatePool FreePool UnlockBuffer StartDma CompleteDma DeleteEvent SetEvent ClearEvent \
    ReadStateEvent WaitForSingleObject DeleteSpinLock AcquireSpinLock EnumerateChildren StartTimer StopTimer \
    DoDma GetMdl GetBytesUsed SetBytesUsed GetDmaContext SetDmaContext SignalDmaComplete";
/// Exactly at DISPATCH_LEVEL.
const AT_DISPATCH: &str = "AcquireSpinLockAtDpcLevel ReleaseSpinLock ReleaseSpinLockFromDpcLevel";
/// At any level, and on the list of the interrupt routine. The accessors belong here too.
const IN_INTERRUPT: &str =
    "LogError StallExecution ZeroMemory ZeroDeviceMemory EnableInterrupt DisableInterrupt";
/// At any level by its page, but not on that list: reported there, not refused.
const ANYWHERE_ELSE: &str = "MoveMemory CompareMemory InterlockedIncrement InterlockedDecrement InterlockedExchange \
    GetCurrentIrql QueryPerformanceCounter QuerySystemTime DebugPrint IsNoVesa";
/// What `HwVidResetHw` may use besides the accessors.
const IN_RESET: &str = "StallExecution ZeroMemory ZeroDeviceMemory";

fn is_in(list: &str, service: Service) -> bool {
    list.split_whitespace()
        .any(|name| service.name().strip_prefix("VideoPort") == Some(name))
}

fn is_accessor(service: Service) -> bool {
    let name = service.name();
    ["ReadRegister", "WriteRegister", "ReadPort", "WritePort"]
        .iter()
        .any(|part| name.contains(part))
}

/// The finding a page's rule gives at a level below the device's.
fn at_level(service: Service, level: u8) -> Option<FindingKind> {
    let any = is_in(IN_INTERRUPT, service) || is_in(ANYWHERE_ELSE, service) || is_accessor(service);
    if any || service == Service::SynchronizeExecution {
        None
    } else if is_in(AT_DISPATCH, service) || service == Service::QueueDpc {
        (level < DISPATCH_LEVEL).then_some(FindingKind::IrqlTooLow { limit: 2 })
    } else if is_in(UP_TO_DISPATCH, service) {
        None
    } else {
        (level > PASSIVE_LEVEL).then_some(FindingKind::IrqlTooHigh { limit: 0 })
    }
}

/// The findings about levels and callbacks that one call of a service makes.
fn level_findings(rig: &Rig, service: Service, work: impl FnOnce()) -> Vec<FindingKind> {
    while rig.port.take_finding().is_some() {}
    work();
    std::iter::from_fn(|| rig.port.take_finding())
        .filter(|finding: &Finding| finding.service == service)
        .map(|finding| finding.kind)
        .filter(|kind| {
            matches!(
                kind,
                FindingKind::IrqlTooHigh { .. }
                    | FindingKind::IrqlTooLow { .. }
                    | FindingKind::NotInInterrupt
                    | FindingKind::NotInReset
            )
        })
        .collect()
}

#[test]
fn every_service_is_held_to_the_level_of_its_page() {
    both(|rig, _| {
        let list = stray_list(rig);
        for level in [PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL] {
            for service in documented() {
                let found = level_findings(rig, service, || {
                    rig.machine.set_irql(level);
                    call(rig.port, service, &list);
                    rig.machine.set_irql(PASSIVE_LEVEL);
                });
                let expected = Vec::from_iter(at_level(service, level));
                // Whoever gives something back at once is told so twice.
                let found = &found[..found.len().min(1)];
                assert_eq!(found, expected, "{service} at {level}");
            }
        }
        gone(rig);
    });
}

fn in_interrupt(service: Service) -> Option<FindingKind> {
    let allowed = is_in(IN_INTERRUPT, service)
        || is_accessor(service)
        || [Service::QueueDpc, Service::SynchronizeExecution].contains(&service);
    (!allowed).then_some(FindingKind::NotInInterrupt)
}

/// A list for callbacks, which outlive the test function.
fn shared(list: ScatterGatherList) -> &'static ScatterGatherList {
    Box::leak(Box::new(list))
}

#[test]
fn interrupt_routine_is_held_to_its_list() {
    let rig = strict();
    let list = shared(stray_list(&rig));
    for service in documented() {
        rig.miniport.on_interrupt(move |port| {
            call(port, service, list);
            true
        });
        let found = level_findings(&rig, service, || {
            rig.machine.raise_interrupt();
            rig.port.poll();
        });
        let found = &found[..found.len().min(1)];
        assert_eq!(found, Vec::from_iter(in_interrupt(service)), "{service}");
    }
    rig.miniport.on_interrupt(|_| true);
    gone(&rig);
}

#[test]
fn synchronised_routine_is_held_to_the_interrupt_routines_list() {
    for priority in [SynchronizePriority::Medium, SynchronizePriority::High] {
        let rig = strict();
        let list = stray_list(&rig);
        for service in documented() {
            let found = level_findings(&rig, service, || {
                rig.port.synchronize_execution(priority, || {
                    call(rig.port, service, &list);
                    true
                });
            });
            let found = &found[..found.len().min(1)];
            assert_eq!(found, Vec::from_iter(in_interrupt(service)), "{service}");
        }
        gone(&rig);
    }
}

#[test]
fn reset_hw_is_held_to_its_list() {
    let rig = strict();
    let list = shared(stray_list(&rig));
    for service in documented() {
        rig.miniport.on_reset_hw(move |port, _, _| {
            call(port, service, list);
            true
        });
        let found = level_findings(&rig, service, || {
            // At DISPATCH, where those that need that level are told about the callback, not about the level.
            let level = at_level(service, PASSIVE_LEVEL).map_or(PASSIVE_LEVEL, |_| DISPATCH_LEVEL);
            rig.machine.set_irql(level);
            rig.port.reset_hw(80, 25);
            rig.machine.set_irql(PASSIVE_LEVEL);
        });
        let allowed = is_in(IN_RESET, service) || is_accessor(service);
        let expected = (!allowed).then_some(FindingKind::NotInReset);
        let found = &found[..found.len().min(1)];
        assert_eq!(found, Vec::from_iter(expected), "{service}");
    }
    gone(&rig);
}

#[test]
fn synchronising_above_device_level_is_reported() {
    let rig = strict();
    assert!(
        rig.port
            .register_bugcheck_callback(0xEA, Some(lumenport_videoport::BugcheckRoutine(1)), 64)
            .is_success()
    );
    let ran = counter();
    rig.miniport.on_bugcheck(move |port, _, _, _| {
        port.synchronize_execution(SynchronizePriority::High, || {
            bump(ran);
            true
        });
    });
    rig.port.collect_bugcheck_data(0xEA, &mut [0; 16]);
    let found: Vec<_> = findings(&rig);
    assert!(
        found.contains(&FindingKind::IrqlTooHigh { limit: 5 }),
        "{found:?}"
    );
    assert_eq!(count(ran), 0);
}

#[test]
fn stopping_the_timer_inside_it_is_reported() {
    let rig = strict();
    rig.miniport.on_timer(|port| {
        port.stop_timer();
    });
    rig.port.start_timer();
    rig.machine.card().advance_ns(1_100_000_000);
    rig.port.poll();
    expect(&rig, &[(Service::StopTimer, FindingKind::NotInTimer)]);
    gone(&rig);
}

#[test]
fn timer_without_an_entry_point_is_reported() {
    let miniport = lumenport_videoport::testing::TestMiniport::new()
        .entry_points(lumenport_videoport::EntryPoints::MANDATORY);
    let rig = Rig::opened_with(miniport, lumenport_videoport::Options::new().strict(true));
    rig.port.start_timer();
    expect(&rig, &[(Service::StartTimer, FindingKind::NullPointer)]);
}

#[test]
fn waiting_with_a_timeout_at_dispatch_is_reported() {
    let rig = strict();
    let event = rig.port.create_event(EventFlags(0)).expect("a free slot");
    rig.machine.set_irql(DISPATCH_LEVEL);
    let waited = rig.port.wait_for_single_object(event, Timeout::micros(1));
    rig.machine.set_irql(PASSIVE_LEVEL);
    assert_eq!(waited, VpStatus::ERROR_INVALID_PARAMETER);
    let kind = FindingKind::IrqlTooHigh { limit: 1 };
    expect(&rig, &[(Service::WaitForSingleObject, kind)]);
}

#[test]
fn paged_pool_at_dispatch_is_reported_and_left_alone() {
    both(|rig, strict| {
        let block = rig
            .port
            .allocate_pool(PoolType::Paged, 64, TAG)
            .expect("memory");
        write(rig, block, &pattern(64));
        rig.machine.set_irql(DISPATCH_LEVEL);
        let second = rig.port.allocate_pool(PoolType::Paged, 64, TAG);
        rig.port.free_pool(block);
        rig.machine.set_irql(PASSIVE_LEVEL);
        let kind = FindingKind::IrqlTooHigh { limit: 1 };
        expect(
            rig,
            &[(Service::AllocatePool, kind), (Service::FreePool, kind)],
        );
        assert_eq!(second.is_none(), strict);
        if strict {
            assert_eq!(
                read(rig, block, 64),
                pattern(64),
                "refused, so still the driver's"
            );
            rig.port.free_pool(block);
        }
        if let Some(block) = second {
            rig.port.free_pool(block);
        }
        gone(rig);
    });
}

#[test]
fn stalling_longer_than_50_us_outside_initialisation_is_reported() {
    let rig = Rig::new(
        lumenport_hal::fake::FakeConfig::default(),
        lumenport_videoport::testing::TestMiniport::new(),
        lumenport_videoport::Options::new().strict(true),
    );
    let seen: &'static Mutex<u32> = Box::leak(Box::new(Mutex::new(0)));
    rig.miniport.on_initialize(move |port| {
        port.stall_execution(5000);
        *seen.lock().expect("one thread") = port.finding_count();
        true
    });
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    assert!(rig.port.open().is_success());
    assert_eq!(*seen.lock().expect("one thread"), 0);
    rig.port.stall_execution(50);
    expect(&rig, &[]);
    rig.port.stall_execution(51);
    let kind = FindingKind::StallTooLong { limit_us: 50 };
    expect(&rig, &[(Service::StallExecution, kind)]);
}

//! Services before there is a device, after it is gone, or outside the callback they belong to.

use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::services::ServiceKind;
use lumenport_videoport::testing::TestMiniport;
use lumenport_videoport::{
    AccessRange, EntryPoints, HwInitializationData, MemorySpace, NtStatus, Options, VpStatus,
};

use super::every_service::{call, documented, stray_list};
use super::*;

fn fresh(miniport: TestMiniport) -> Rig {
    Rig::new(FakeConfig::default(), miniport, Options::new().strict(true))
}

#[test]
fn registration_outside_driver_entry_is_reported() {
    both(|rig, _| {
        let data = HwInitializationData::new();
        assert_eq!(rig.port.initialize(&data), NtStatus::INVALID_PARAMETER);
        let kind = FindingKind::OutsideItsCallback;
        expect(rig, &[(Service::Initialize, kind)]);
        gone(rig);
    });
}

#[test]
fn registration_without_mandatory_entry_points_is_reported() {
    let rig = fresh(TestMiniport::new().entry_points(EntryPoints::INTERRUPT));
    assert!(!rig.port.load().is_success());
    expect(&rig, &[(Service::Initialize, FindingKind::NullPointer)]);
}

#[test]
fn service_that_needs_a_device_in_driver_entry_is_reported() {
    let rig = fresh(TestMiniport::new());
    let other = strict();
    let list: &'static _ = Box::leak(Box::new(stray_list(&other)));
    let seen: &'static std::sync::Mutex<Vec<Service>> = Box::leak(Box::default());
    rig.miniport.on_driver_entry(move |port| {
        for service in documented().filter(|service| *service != Service::Initialize) {
            while port.take_finding().is_some() {}
            call(port, service, list);
            let first = port.take_finding();
            if first.is_some_and(|found| found.kind == FindingKind::TooEarly) {
                seen.lock().expect("one thread").push(service);
            }
        }
        while port.take_finding().is_some() {}
        NtStatus::UNSUCCESSFUL
    });
    assert!(!rig.port.load().is_success());
    let seen = seen.lock().expect("one thread");
    for service in documented() {
        let level = service.rule().min > 0;
        let expected = service.takes_device() && service != Service::Initialize && !level;
        assert_eq!(seen.contains(&service), expected, "{service}");
    }
    assert!(seen.len() > 60, "{}", seen.len());
    assert_eq!(rig.machine.memory().live_pages(), 0);
}

#[test]
fn claiming_ranges_outside_find_adapter_is_reported() {
    let rig = strict();
    let mut ranges = [AccessRange::default(); 2];
    let refused = VpStatus::ERROR_INVALID_PARAMETER;
    assert_eq!(rig.port.get_access_ranges(&mut ranges, None), refused);
    assert_eq!(rig.port.verify_access_ranges(&ranges), refused);
    let kind = FindingKind::OutsideItsCallback;
    expect(
        &rig,
        &[
            (Service::GetAccessRanges, kind),
            (Service::VerifyAccessRanges, kind),
        ],
    );
    gone(&rig);
}

#[test]
fn mapping_a_device_base_outside_find_adapter_is_reported() {
    both(|rig, _| {
        let [bar, ..] = lumenport_videoport::pci::bars(rig.machine, rig.port.slot());
        let start = bar.expect("card memory").base;
        let mapped = rig.port.get_device_base(start, 4096, MemorySpace::MEMORY);
        rig.port.free_device_base(mapped.expect("claimed before"));
        let kind = FindingKind::OutsideItsCallback;
        expect(rig, &[(Service::GetDeviceBase, kind)]);
        gone(rig);
    });
}

#[test]
fn claims_left_by_a_find_adapter_that_failed_are_reported() {
    let rig = fresh(TestMiniport::new());
    rig.miniport.on_find_adapter(|port, _| {
        port.get_dma_adapter(&REACHES_ALL);
        VpStatus::ERROR_DEV_NOT_EXIST
    });
    assert!(rig.port.load().is_success());
    assert!(!rig.port.start_device().is_success());
    let kind = FindingKind::LiveObjects { count: 1 };
    expect(&rig, &[(Service::FindAdapter, kind)]);
}

#[test]
fn service_after_removal_is_reported_and_takes_nothing() {
    both(|rig, strict| {
        let list = stray_list(rig);
        gone(rig);
        for service in documented().filter(|service| service.takes_device()) {
            let rule = service.rule();
            let level = if strict { rule.min } else { 0 };
            lumenport_videoport::Platform::set_irql(rig.machine, level);
            call(rig.port, service, &list);
            lumenport_videoport::Platform::set_irql(rig.machine, 0);
            let found: Vec<_> = std::iter::from_fn(|| rig.port.take_finding()).collect();
            assert!(
                found.iter().any(|found| {
                    found.service == service && found.kind == FindingKind::AfterRemoval
                }),
                "{service}: {found:?}"
            );
        }
        rig.assert_no_leak();
    });
}

#[test]
fn services_that_need_no_device_are_the_contracts() {
    let without: Vec<_> = documented()
        .filter(|service| !service.takes_device())
        .map(|service| service.name().trim_start_matches("VideoPort"))
        .filter(|name| {
            !["ReadRegister", "WriteRegister", "ReadPort", "WritePort"]
                .iter()
                .any(|part| name.contains(part))
        })
        .collect();
    assert_eq!(
        without,
        [
            "ZeroMemory",
            "ZeroDeviceMemory",
            "MoveMemory",
            "CompareMemory",
            "InterlockedIncrement",
            "InterlockedDecrement",
            "InterlockedExchange",
            "GetCurrentIrql",
            "StallExecution",
            "QuerySystemTime",
            "DebugPrint",
            "GetAssociatedDeviceExtension",
            "GetAssociatedDeviceID",
            "IsNoVesa",
        ]
    );
    assert!(
        Service::ALL
            .iter()
            .all(|service| service.kind() != ServiceKind::Interface || service.takes_device())
    );
}

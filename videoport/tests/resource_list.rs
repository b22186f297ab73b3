//! Ranges asked for by list, and children asked for early.

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::pci;
use lumenport_videoport::resource_list::{ResourceKind, ResourceRequest};
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{CARD_SLOT, Rig, TestMiniport};
use lumenport_videoport::{AccessRange, ChildType, MemorySpace, Options, PhysAddr, VpStatus};

fn fresh(miniport: TestMiniport) -> Rig {
    Rig::new(FakeConfig::default(), miniport, Options::new().strict(true))
}

/// Any memory of that length.
fn memory(length_bytes: u32) -> ResourceRequest {
    ResourceRequest {
        kind: ResourceKind::Memory,
        alternative: false,
        shareable: false,
        length_bytes,
        alignment_bytes: 4096,
        minimum: PhysAddr::new(0),
        maximum: PhysAddr::new(u64::MAX),
    }
}

/// Asks in `FindAdapter`; what came back, and whether `get_device_base` then takes the first range.
fn ask(requests: &[ResourceRequest], room: usize) -> (VpStatus, Vec<AccessRange>, bool, Rig) {
    let rig = fresh(TestMiniport::new());
    let requests = requests.to_vec();
    let seen = Arc::new(Mutex::new(None));
    let into = Arc::clone(&seen);
    rig.miniport.on_find_adapter(move |port, _| {
        let mut ranges = vec![AccessRange::default(); room];
        let mut slot = 0xff;
        let status = port.get_requested_access_ranges(&requests, &mut ranges, Some(&mut slot));
        assert_eq!(slot, CARD_SLOT.slot_number());
        let mapped = status.is_success()
            && port
                .get_device_base(
                    ranges[0].range_start,
                    ranges[0].range_length_bytes,
                    MemorySpace::MEMORY,
                )
                .map(|base| port.free_device_base(base))
                .is_some();
        *into.lock().unwrap() = Some((status, ranges, mapped));
        VpStatus::NO_ERROR
    });
    assert!(rig.port.load().is_success());
    assert!(rig.port.start_device().is_success());
    let (status, ranges, mapped) = seen.lock().unwrap().take().expect("FindAdapter ran");
    (status, ranges, mapped, rig)
}

#[test]
fn requested_ranges_are_met_in_the_order_of_the_list_and_claimed() {
    let (status, ranges, mapped, rig) = ask(&[memory(65536), memory(4096)], 3);
    let bars: Vec<_> = pci::bars(rig.machine, CARD_SLOT)
        .into_iter()
        .flatten()
        .map(|bar| bar.base)
        .collect();
    assert_eq!(status, VpStatus::NO_ERROR);
    assert_eq!(ranges[0].range_start, bars[0]);
    assert_eq!(ranges[0].range_length_bytes, 65536);
    assert_eq!(ranges[1].range_start, bars[1]);
    assert_eq!(ranges[2], AccessRange::default());
    assert!(mapped);
    assert_eq!(findings(&rig), []);
}

#[test]
fn requested_range_that_the_card_does_not_decode_is_refused() {
    let low = ResourceRequest {
        maximum: PhysAddr::new(0xF_FFFF),
        ..memory(4096)
    };
    let ports = ResourceRequest {
        kind: ResourceKind::Port,
        ..memory(16)
    };
    for (request, kind) in [
        (low, FindingKind::UnclaimedRange),
        (ports, FindingKind::UnclaimedRange),
        (memory(0), FindingKind::ZeroLength),
        (memory(u32::MAX), FindingKind::UnclaimedRange),
        (
            ResourceRequest {
                alignment_bytes: 1 << 31,
                ..memory(4096)
            },
            FindingKind::UnclaimedRange,
        ),
    ] {
        let (status, ranges, ..) = ask(&[request], 2);
        assert_eq!(status, VpStatus::ERROR_INVALID_PARAMETER, "{request:?}");
        assert_eq!(ranges, [AccessRange::default(); 2]);
        let (.., rig) = ask(&[request], 2);
        assert_eq!(findings(&rig), [kind]);
    }
}

#[test]
fn alternative_is_taken_only_when_the_request_before_it_fails() {
    let low = ResourceRequest {
        maximum: PhysAddr::new(0xF_FFFF),
        ..memory(4096)
    };
    let instead = ResourceRequest {
        alternative: true,
        ..memory(8192)
    };
    let other = ResourceRequest {
        kind: ResourceKind::Other,
        ..memory(0)
    };
    let (status, ranges, ..) = ask(&[low, instead, other, memory(4096)], 4);
    assert_eq!(status, VpStatus::NO_ERROR);
    let lengths: Vec<_> = ranges
        .iter()
        .map(|range| range.range_length_bytes)
        .collect();
    assert_eq!(lengths, [8192, 4096, 0, 0]);
    let (status, ranges, ..) = ask(&[memory(4096), instead], 4);
    assert_eq!(status, VpStatus::NO_ERROR);
    let lengths: Vec<_> = ranges
        .iter()
        .map(|range| range.range_length_bytes)
        .collect();
    assert_eq!(lengths, [4096, 0, 0, 0]);
}

#[test]
fn more_requests_than_the_card_or_the_array_has_are_refused() {
    let (status, ..) = ask(&[memory(16), memory(16)], 1);
    assert_eq!(status, VpStatus::ERROR_MORE_DATA);
    let (status, ..) = ask(&[memory(16); 9], 9);
    assert_eq!(status, VpStatus::ERROR_INVALID_PARAMETER);
}

#[test]
fn descriptor_is_read_from_its_bytes() {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&[8, 3, 3, 0]);
    bytes[8..12].copy_from_slice(&4096_u32.to_le_bytes());
    bytes[12..16].copy_from_slice(&16_u32.to_le_bytes());
    bytes[16..24].copy_from_slice(&0x1_0000_0000_u64.to_le_bytes());
    bytes[24..].copy_from_slice(&0x1_FFFF_FFFF_u64.to_le_bytes());
    assert_eq!(
        ResourceRequest::parse(&bytes),
        ResourceRequest {
            kind: ResourceKind::Memory,
            alternative: true,
            shareable: true,
            length_bytes: 4096,
            alignment_bytes: 16,
            minimum: PhysAddr::new(0x1_0000_0000),
            maximum: PhysAddr::new(0x1_FFFF_FFFF),
        }
    );
}

#[test]
fn early_enumeration_asks_before_find_adapter_and_only_if_allowed() {
    for early in [false, true] {
        let mut miniport = TestMiniport::new();
        if early {
            miniport = miniport.allow_early_enumeration();
        }
        let rig = fresh(miniport);
        let trace = Arc::new(Mutex::new(Vec::new()));
        let (children, found) = (Arc::clone(&trace), Arc::clone(&trace));
        rig.miniport.on_child(move |_, query, answer| {
            children.lock().unwrap().push("child");
            if query.child_index > 1 {
                return VpStatus::ERROR_NO_MORE_DEVICES;
            }
            answer.child_type = ChildType::Monitor;
            answer.uid = 7;
            VpStatus::ERROR_CONTINUE
        });
        rig.miniport.on_find_adapter(move |port, _| {
            found.lock().unwrap().push("find");
            assert_eq!(port.child(0).is_some(), early);
            VpStatus::NO_ERROR
        });
        assert!(rig.port.load().is_success());
        assert!(rig.port.start_device().is_success());
        let expected: &[_] = if early {
            &["child", "child", "find", "child", "child"]
        } else {
            &["find", "child", "child"]
        };
        assert_eq!(*trace.lock().unwrap(), expected);
        assert_eq!(rig.port.child(0).map(|child| child.uid), Some(7));
        assert!(rig.port.remove().is_clean());
        rig.assert_no_leak();
    }
}

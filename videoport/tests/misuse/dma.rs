//! DMA: objects of nothing, handles of others, transfers of buffers that are not locked, ends that match no beginning.

use lumenport_videoport::{
    CommonBuffer, DeviceDescription, DmaAdapter, DmaFlags, LockOperation, Mdl, RequestPacket,
    ScatterGatherList, VirtAddr, VpStatus,
};

use super::every_service::foreign;
use super::*;

fn adapter(rig: &Rig) -> DmaAdapter {
    rig.port.get_dma_adapter(&REACHES_ALL).expect("a free slot")
}

/// A page of a user's, locked.
fn locked(rig: &Rig, operation: LockOperation) -> (VirtAddr, Mdl) {
    let base = rig.machine.memory().map_user(4096, 0).expect("memory");
    let mdl = rig.port.lock_buffer(base, 4096, operation);
    (base, mdl.expect("lockable"))
}

/// Starts a transfer that must not start.
fn refused(rig: &Rig, strict: bool, adapter: DmaAdapter, mdl: Mdl, offset: u32, mut length: u32) {
    let answer = rig
        .port
        .start_dma(adapter, mdl, offset, &mut length, true, |_, _, _| {
            panic!("nothing to call back with")
        });
    let expected = if strict {
        VpStatus::ERROR_INVALID_PARAMETER
    } else {
        VpStatus::ERROR_NOT_ENOUGH_MEMORY
    };
    assert_eq!((answer, length), (expected, 0));
}

fn start(rig: &Rig, adapter: DmaAdapter, mdl: Mdl) -> ScatterGatherList {
    let (mut length, mut list) = (64, None);
    let answer = rig
        .port
        .start_dma(adapter, mdl, 0, &mut length, true, |_, _, given| {
            list = Some(*given);
        });
    assert!(answer.is_success());
    list.expect("the callback ran")
}

#[test]
fn adapter_without_a_length_is_reported() {
    both(|rig, _| {
        let nothing = DeviceDescription {
            maximum_length_bytes: 0,
            ..REACHES_ALL
        };
        assert_eq!(rig.port.get_dma_adapter(&nothing), None);
        expect(rig, &[(Service::GetDmaAdapter, FindingKind::ZeroLength)]);
        gone(rig);
    });
}

#[test]
fn adapter_of_another_maker_is_reported() {
    both(|rig, strict| {
        let (base, mdl) = locked(rig, LockOperation::Read);
        refused(rig, strict, foreign().adapter, mdl, 0, 64);
        rig.port.put_dma_adapter(foreign().adapter);
        assert_eq!(
            rig.port
                .allocate_common_buffer(foreign().adapter, 64, false),
            None
        );
        expect(
            rig,
            &[
                (Service::StartDma, FindingKind::UnknownHandle),
                (Service::PutDmaAdapter, FindingKind::UnknownHandle),
                (Service::AllocateCommonBuffer, FindingKind::UnknownHandle),
            ],
        );
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn adapter_used_after_it_was_put_away_is_reported() {
    both(|rig, strict| {
        let (base, mdl) = locked(rig, LockOperation::Read);
        let adapter = adapter(rig);
        let list = start(rig, adapter, mdl);
        rig.port.put_dma_adapter(adapter);
        let live = FindingKind::LiveObjects { count: 1 };
        expect(rig, &[(Service::PutDmaAdapter, live)]);
        refused(rig, strict, adapter, mdl, 0, 64);
        complete(rig, adapter, &list, true);
        refused(rig, strict, adapter, mdl, 0, 64);
        rig.port.put_dma_adapter(adapter);
        expect(
            rig,
            &[
                (Service::StartDma, FindingKind::StaleHandle),
                (Service::StartDma, FindingKind::StaleHandle),
                (Service::PutDmaAdapter, FindingKind::StaleHandle),
            ],
        );
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn adapter_put_away_with_live_objects_is_reported() {
    both(|rig, _| {
        let adapter = adapter(rig);
        let buffer = rig.port.allocate_common_buffer(adapter, 64, false);
        let buffer = buffer.expect("memory");
        rig.port.put_dma_adapter(adapter);
        let live = FindingKind::LiveObjects { count: 1 };
        expect(rig, &[(Service::PutDmaAdapter, live)]);
        rig.port.release_common_buffer(adapter, &buffer);
        assert_eq!(rig.port.dma_usage().adapters, 0, "gone with the last");
        gone(rig);
    });
}

#[test]
fn locking_nothing_is_reported() {
    both(|rig, _| {
        let base = rig.machine.memory().map_user(64, 0).expect("memory");
        assert_eq!(
            rig.port
                .lock_buffer(VirtAddr::NULL, 64, LockOperation::Read),
            None
        );
        assert_eq!(rig.port.lock_buffer(base, 0, LockOperation::Read), None);
        expect(
            rig,
            &[
                (Service::LockBuffer, FindingKind::NullPointer),
                (Service::LockBuffer, FindingKind::ZeroLength),
            ],
        );
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn locking_memory_that_is_not_there_is_reported() {
    both(|rig, _| {
        let base = rig.machine.memory().map_user(64, 0).expect("memory");
        rig.machine.memory().set_writable(base, false);
        let beyond = base.checked_add(4096).expect("an address");
        for (at, operation) in [
            (beyond, LockOperation::Read),
            (base, LockOperation::Write),
            (base, LockOperation::Modify),
        ] {
            assert_eq!(rig.port.lock_buffer(at, 64, operation), None);
            expect(rig, &[(Service::LockBuffer, FindingKind::UnmappedMemory)]);
        }
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn unlocking_twice_is_reported() {
    both(|rig, _| {
        let (base, mdl) = locked(rig, LockOperation::Read);
        rig.port.unlock_buffer(mdl);
        rig.port.unlock_buffer(mdl);
        expect(rig, &[(Service::UnlockBuffer, FindingKind::StaleHandle)]);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn unlocking_another_makers_handle_is_reported() {
    both(|rig, _| {
        rig.port.unlock_buffer(foreign().mdl);
        expect(rig, &[(Service::UnlockBuffer, FindingKind::UnknownHandle)]);
        gone(rig);
    });
}

#[test]
fn unlocking_under_a_transfer_is_reported() {
    both(|rig, _| {
        let (base, mdl) = locked(rig, LockOperation::Read);
        let adapter = adapter(rig);
        let list = start(rig, adapter, mdl);
        rig.port.unlock_buffer(mdl);
        let live = FindingKind::LiveObjects { count: 1 };
        expect(rig, &[(Service::UnlockBuffer, live)]);
        complete(rig, adapter, &list, true);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn transfer_of_a_buffer_that_is_not_locked_is_reported() {
    both(|rig, strict| {
        let adapter = adapter(rig);
        refused(rig, strict, adapter, foreign().mdl, 0, 64);
        expect(rig, &[(Service::StartDma, FindingKind::UnknownHandle)]);
        let (base, mdl) = locked(rig, LockOperation::Modify);
        rig.port.unlock_buffer(mdl);
        refused(rig, strict, adapter, mdl, 0, 64);
        expect(rig, &[(Service::StartDma, FindingKind::StaleHandle)]);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn transfer_to_memory_locked_for_reading_is_reported() {
    both(|rig, strict| {
        let (base, mdl) = locked(rig, LockOperation::Read);
        let adapter = adapter(rig);
        let mut length = 64;
        let mut list = None;
        let answer = rig
            .port
            .start_dma(adapter, mdl, 0, &mut length, false, |_, _, given| {
                list = Some(*given);
            });
        expect(rig, &[(Service::StartDma, FindingKind::WrongDirection)]);
        assert_eq!(answer.is_success(), !strict);
        if let Some(list) = list {
            complete(rig, adapter, &list, false);
        }
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn transfer_of_nothing_is_reported() {
    both(|rig, strict| {
        let (base, mdl) = locked(rig, LockOperation::Modify);
        let adapter = adapter(rig);
        for (offset, length) in [(0, 0), (4096, 1), (u32::MAX, u32::MAX)] {
            refused(rig, strict, adapter, mdl, offset, length);
            expect(rig, &[(Service::StartDma, FindingKind::ZeroLength)]);
        }
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn completing_twice_is_reported() {
    both(|rig, _| {
        let (base, mdl) = locked(rig, LockOperation::Modify);
        let adapter = adapter(rig);
        let list = start(rig, adapter, mdl);
        complete(rig, adapter, &list, true);
        complete(rig, adapter, &list, true);
        expect(rig, &[(Service::CompleteDma, FindingKind::StaleHandle)]);
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn completing_with_other_arguments_is_reported() {
    both(|rig, _| {
        let (base, mdl) = locked(rig, LockOperation::Modify);
        let (adapter, other) = (adapter(rig), adapter(rig));
        let list = start(rig, adapter, mdl);
        complete(rig, other, &list, true);
        let list = start(rig, adapter, mdl);
        complete(rig, adapter, &list, false);
        let wrong = (Service::CompleteDma, FindingKind::WrongArguments);
        expect(rig, &[wrong, wrong]);
        assert_eq!(rig.port.dma_usage().lists, 0);
        rig.port.unlock_buffer(mdl);
        rig.machine.memory().unmap_user(base);
        gone(rig);
    });
}

#[test]
fn common_buffer_of_nothing_is_reported() {
    both(|rig, _| {
        let adapter = adapter(rig);
        assert_eq!(rig.port.allocate_common_buffer(adapter, 0, false), None);
        assert_eq!(rig.port.get_common_buffer(0, false), None);
        expect(
            rig,
            &[
                (Service::AllocateCommonBuffer, FindingKind::ZeroLength),
                (Service::GetCommonBuffer, FindingKind::ZeroLength),
            ],
        );
        gone(rig);
    });
}

#[test]
fn releasing_a_common_buffer_with_other_facts_is_reported() {
    let rig = strict();
    let (adapter, other) = (adapter(&rig), adapter(&rig));
    let buffer = rig.port.allocate_common_buffer(adapter, 64, false);
    let buffer = buffer.expect("memory");
    let wrong = [
        CommonBuffer {
            length_bytes: 65,
            ..buffer
        },
        CommonBuffer {
            cache_enabled: true,
            ..buffer
        },
        CommonBuffer {
            logical_address: lumenport_videoport::BusAddr::new(0x1000),
            ..buffer
        },
    ];
    for facts in &wrong {
        rig.port.release_common_buffer(adapter, facts);
    }
    rig.port.release_common_buffer(other, &buffer);
    rig.port.free_common_buffer(&buffer);
    let finding = |service| (service, FindingKind::WrongArguments);
    let mut expected = vec![finding(Service::ReleaseCommonBuffer); 4];
    expected.push(finding(Service::FreeCommonBuffer));
    expect(&rig, &expected);
    rig.port.release_common_buffer(adapter, &buffer);
    rig.port.release_common_buffer(adapter, &buffer);
    let twice = FindingKind::ForeignPointer;
    expect(&rig, &[(Service::ReleaseCommonBuffer, twice)]);
    gone(&rig);
}

#[test]
fn locking_pages_of_nothing_is_reported() {
    both(|rig, _| {
        let mut packet = RequestPacket::new(1, &mut [], 0);
        assert!(!rig.port.lock_pages(&mut packet, DmaFlags::DmaInitOnly));
        packet.input_address = VirtAddr::new(0x1000);
        assert!(!rig.port.lock_pages(&mut packet, DmaFlags::DmaInitOnly));
        expect(
            rig,
            &[
                (Service::LockPages, FindingKind::NullPointer),
                (Service::LockPages, FindingKind::ZeroLength),
            ],
        );
        gone(rig);
    });
}

#[test]
fn unlocking_pages_outside_a_request_is_reported() {
    both(|rig, _| {
        let (base, mdl) = locked(rig, LockOperation::Modify);
        assert!(rig.port.unlock_pages(Some(mdl)));
        let kind = FindingKind::OutsideItsCallback;
        expect(rig, &[(Service::UnlockPages, kind)]);
        let (again, mdl) = locked(rig, LockOperation::Modify);
        rig.miniport.on_start_io(move |port, packet| {
            port.unlock_pages(Some(mdl));
            packet.succeed(0);
        });
        rig.port.io_control(1, &mut [], 0);
        expect(rig, &[]);
        rig.machine.memory().unmap_user(base);
        rig.machine.memory().unmap_user(again);
        gone(rig);
    });
}

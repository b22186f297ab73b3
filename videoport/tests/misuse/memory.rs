//! Pool and plain memory: frees that are none, memory used after it was freed or past its end.

use lumenport_videoport::{LockOperation, Options, PoolType, VirtAddr};

use super::*;

fn allocate(rig: &Rig, bytes: usize) -> VirtAddr {
    rig.port
        .allocate_pool(PoolType::NonPaged, bytes, TAG)
        .expect("memory")
}

/// Keeps the page of small blocks alive while others come and go.
fn anchored(rig: &Rig) -> VirtAddr {
    allocate(rig, 16)
}

#[test]
fn double_free_is_reported() {
    both(|rig, _| {
        for bytes in [40, 8192] {
            let block = allocate(rig, bytes);
            rig.port.free_pool(block);
            rig.port.free_pool(block);
            rig.port.release_buffer(block);
            expect(
                rig,
                &[
                    (Service::FreePool, FindingKind::DoubleFree),
                    (Service::ReleaseBuffer, FindingKind::DoubleFree),
                ],
            );
        }
        gone(rig);
    });
}

#[test]
fn foreign_pointer_given_to_free_is_reported() {
    both(|rig, _| {
        let user = rig.machine.memory().map_user(64, 0).expect("memory");
        rig.port.free_pool(user);
        rig.port.release_buffer(VirtAddr::new(0xDEAD_0000));
        expect(
            rig,
            &[
                (Service::FreePool, FindingKind::ForeignPointer),
                (Service::ReleaseBuffer, FindingKind::ForeignPointer),
            ],
        );
        rig.machine.memory().unmap_user(user);
        gone(rig);
    });
}

#[test]
fn interior_pointer_given_to_free_is_reported() {
    both(|rig, _| {
        for bytes in [100, 8192] {
            let block = allocate(rig, bytes);
            rig.port.free_pool(block.checked_add(8).expect("inside"));
            expect(rig, &[(Service::FreePool, FindingKind::InteriorPointer)]);
            rig.port.free_pool(block);
        }
        gone(rig);
    });
}

#[test]
fn freeing_null_is_reported() {
    both(|rig, _| {
        rig.port.free_pool(VirtAddr::NULL);
        rig.port.release_buffer(VirtAddr::NULL);
        expect(
            rig,
            &[
                (Service::FreePool, FindingKind::NullPointer),
                (Service::ReleaseBuffer, FindingKind::NullPointer),
            ],
        );
        gone(rig);
    });
}

#[test]
fn allocating_nothing_is_reported_and_gives_a_block() {
    both(|rig, _| {
        let block = allocate(rig, 0);
        let buffer = rig.port.allocate_buffer(0).expect("memory");
        assert_ne!(block, buffer);
        let highest = lumenport_videoport::BusAddr::new(u64::MAX);
        assert_eq!(rig.port.allocate_contiguous_memory(0, highest), None);
        expect(
            rig,
            &[
                (Service::AllocatePool, FindingKind::ZeroLength),
                (Service::AllocateBuffer, FindingKind::ZeroLength),
                (Service::AllocateContiguousMemory, FindingKind::ZeroLength),
            ],
        );
        rig.port.free_pool(block);
        rig.port.release_buffer(buffer);
        gone(rig);
    });
}

#[test]
fn freeing_the_ports_own_memory_is_reported_and_refused() {
    for strict in [true, false] {
        let miniport = lumenport_videoport::testing::TestMiniport::new().extension_bytes(100);
        let rig = Rig::opened_with(miniport, Options::new().strict(strict));
        let extension = rig.port.device_extension();
        write(&rig, extension, &[7; 100]);
        rig.port.free_pool(extension);
        expect(&rig, &[(Service::FreePool, FindingKind::ForeignPointer)]);
        let other = allocate(&rig, 100);
        assert_ne!(other, extension, "the extension is still in use");
        assert_eq!(read(&rig, extension, 100), [7; 100]);
        rig.port.free_pool(other);
        gone(&rig);
    }
}

#[test]
fn service_on_freed_memory_is_reported() {
    let rig = strict();
    let (anchor, block) = (anchored(&rig), allocate(&rig, 64));
    rig.port.free_pool(block);
    rig.port.zero_memory(block, 64);
    rig.port.move_memory(anchor, block, 16);
    rig.port.move_memory(block, anchor, 16);
    assert_eq!(rig.port.compare_memory(block, anchor, 16), 0);
    assert_eq!(rig.port.lock_buffer(block, 64, LockOperation::Modify), None);
    expect(
        &rig,
        &[
            (Service::ZeroMemory, FindingKind::UseAfterFree),
            (Service::MoveMemory, FindingKind::UseAfterFree),
            (Service::MoveMemory, FindingKind::UseAfterFree),
            (Service::CompareMemory, FindingKind::UseAfterFree),
            (Service::LockBuffer, FindingKind::UseAfterFree),
        ],
    );
    let again = allocate(&rig, 64);
    assert_eq!(again, block, "and nothing was written to it");
    rig.port.free_pool(again);
    rig.port.free_pool(anchor);
    expect(&rig, &[]);
    gone(&rig);
}

#[test]
fn service_past_the_end_of_a_block_is_reported() {
    let rig = strict();
    for bytes in [60, 5000] {
        let block = allocate(&rig, bytes);
        rig.port.zero_memory(block, bytes);
        rig.port
            .zero_memory(block.checked_add(bytes - 8).expect("inside"), 8);
        expect(&rig, &[]);
        rig.port.zero_memory(block, bytes + 1);
        let length = u32::try_from(bytes).expect("small") + 1;
        assert_eq!(
            rig.port.lock_buffer(block, length, LockOperation::Read),
            None
        );
        expect(
            &rig,
            &[
                (Service::ZeroMemory, FindingKind::PastEnd),
                (Service::LockBuffer, FindingKind::PastEnd),
            ],
        );
        rig.port.free_pool(block);
        expect(&rig, &[]);
    }
    gone(&rig);
}

#[test]
fn write_to_freed_memory_is_found_when_it_is_given_out_again() {
    let rig = strict();
    let (anchor, block) = (anchored(&rig), allocate(&rig, 64));
    rig.port.free_pool(block);
    write(&rig, block.checked_add(40).expect("inside"), &[1]);
    let again = allocate(&rig, 64);
    assert_eq!(again, block);
    expect(
        &rig,
        &[(Service::AllocatePool, FindingKind::WrittenAfterFree)],
    );
    rig.port.free_pool(again);
    rig.port.free_pool(anchor);
    expect(&rig, &[]);
    gone(&rig);
}

#[test]
fn write_past_the_end_is_found_at_free() {
    let rig = strict();
    for bytes in [60, 4090, 5000] {
        let block = allocate(&rig, bytes);
        write(&rig, block, &pattern(bytes + 1));
        rig.port.free_pool(block);
        expect(&rig, &[(Service::FreePool, FindingKind::WrittenPastEnd)]);
        let good = allocate(&rig, bytes);
        write(&rig, good, &pattern(bytes));
        rig.port.free_pool(good);
        expect(&rig, &[]);
    }
    gone(&rig);
}

#[test]
fn plain_memory_services_on_unmapped_memory_are_reported() {
    both(|rig, _| {
        let block = allocate(rig, 64);
        let nowhere = VirtAddr::new(0x10);
        rig.port.zero_memory(nowhere, 4);
        rig.port.move_memory(block, nowhere, 4);
        assert_eq!(rig.port.compare_memory(block, nowhere, 4), 0);
        expect(
            rig,
            &[
                (Service::ZeroMemory, FindingKind::UnmappedMemory),
                (Service::MoveMemory, FindingKind::UnmappedMemory),
                (Service::CompareMemory, FindingKind::UnmappedMemory),
            ],
        );
        rig.port.free_pool(block);
        gone(rig);
    });
}

#[test]
fn block_left_at_removal_is_reported_with_its_tag() {
    both(|rig, _| {
        allocate(rig, 100);
        let report = rig.port.remove();
        assert_eq!((report.pool_blocks, report.pool_bytes), (1, 100));
        expect(rig, &[(Service::Removal, FindingKind::Leak { tag: TAG })]);
        rig.assert_no_leak();
    });
}

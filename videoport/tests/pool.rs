//! Pool and buffers, named after the test ids of the contract's list.

mod common;

use common::*;
use lumenport_hal::fake::FakeConfig;
use lumenport_videoport::platform::Platform as _;
use lumenport_videoport::strict::FindingKind;
use lumenport_videoport::testing::{Rig, TestMiniport};
use lumenport_videoport::{BusAddr, Options, PAGE_SIZE, PoolTag, PoolType, VirtAddr, VpStatus};

const TYPES: [PoolType; 4] = [
    PoolType::NonPaged,
    PoolType::Paged,
    PoolType::NonPagedCacheAligned,
    PoolType::PagedCacheAligned,
];

fn finish(rig: &Rig) {
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn pool_01_every_type_is_aligned_and_writable_at_every_size() {
    let rig = strict();
    for pool_type in TYPES {
        for size in [
            1,
            15,
            16,
            17,
            PAGE_SIZE - 1,
            PAGE_SIZE,
            PAGE_SIZE + 1,
            1 << 20,
        ] {
            let block = rig.port.allocate_pool(pool_type, size, TAG).unwrap();
            let align = match (size >= PAGE_SIZE, pool_type.is_cache_aligned()) {
                (true, _) => PAGE_SIZE,
                (false, true) => 64,
                (false, false) => 16,
            };
            assert_eq!(block.raw() % align, 0, "{pool_type:?} {size}");
            if size < PAGE_SIZE {
                assert!(block.page_offset() + size <= PAGE_SIZE, "crosses a page");
            }
            write(&rig, block, &pattern(size));
            assert_eq!(read(&rig, block, size), pattern(size));
            rig.port.free_pool(block);
        }
    }
    assert_eq!(findings(&rig), []);
    finish(&rig);
}

#[test]
fn pool_02_blocks_do_not_overlap_and_keep_their_bytes() {
    let rig = strict();
    let mut blocks: Vec<(VirtAddr, usize, u8)> = Vec::new();
    let mut state = 1_u32;
    for round in 0..2000_u32 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 30 != 0 && blocks.len() < 200 {
            let size = 1 + (state >> 8) as usize % 700;
            let kind = TYPES[(state >> 4) as usize % 4];
            let block = rig.port.allocate_pool(kind, size, TAG).unwrap();
            write(&rig, block, &vec![round as u8; size]);
            blocks.push((block, size, round as u8));
        } else if !blocks.is_empty() {
            let (block, size, byte) = blocks.swap_remove((state >> 8) as usize % blocks.len());
            assert_eq!(read(&rig, block, size), vec![byte; size], "round {round}");
            rig.port.free_pool(block);
        }
    }
    for (block, size, byte) in blocks {
        assert_eq!(read(&rig, block, size), vec![byte; size]);
        rig.port.free_pool(block);
    }
    finish(&rig);
}

#[test]
fn pool_03_quota_is_a_ceiling_on_live_bytes() {
    let rig = Rig::opened(Options::new().strict(true).buffer_quota_bytes(10_000));
    let first = rig.port.allocate_buffer(6000).unwrap();
    write(&rig, first, &pattern(6000));
    assert_eq!(
        rig.port.allocate_buffer(4001),
        Err(VpStatus::ERROR_INSUFFICIENT_BUFFER)
    );
    assert_eq!(read(&rig, first, 6000), pattern(6000));
    let second = rig.port.allocate_buffer(4000).unwrap();
    assert!(
        rig.port
            .allocate_pool(PoolType::Paged, 50_000, TAG)
            .map(|block| rig.port.free_pool(block))
            .is_some()
    );
    rig.port.release_buffer(first);
    let third = rig.port.allocate_buffer(4001).unwrap();
    rig.port.release_buffer(second);
    rig.port.release_buffer(third);
    finish(&rig);
}

#[test]
fn pool_04_no_memory_below_the_quota_is_8() {
    let rig = strict();
    rig.machine.memory().fail_allocation_after(0);
    assert_eq!(
        rig.port.allocate_buffer(8192),
        Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY)
    );
    let block = rig.port.allocate_buffer(8192).unwrap();
    rig.port.release_buffer(block);
    rig.machine.memory().fail_allocation_after(0);
    assert_eq!(rig.port.allocate_pool(PoolType::NonPaged, 8192, TAG), None);
    finish(&rig);
}

#[test]
fn pool_04_a_failed_allocation_does_not_eat_quota() {
    let rig = Rig::opened(Options::new().strict(true).buffer_quota_bytes(8192));
    for _ in 0..3 {
        rig.machine.memory().fail_allocation_after(0);
        assert_eq!(
            rig.port.allocate_buffer(8192),
            Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY)
        );
    }
    let block = rig.port.allocate_buffer(8192).unwrap();
    rig.port.release_buffer(block);
    finish(&rig);
}

#[test]
fn pool_05_over_quota_wins_over_no_memory() {
    let rig = Rig::opened(Options::new().strict(true).buffer_quota_bytes(100));
    rig.machine.memory().set_page_limit(Some(0));
    assert_eq!(
        rig.port.allocate_buffer(101),
        Err(VpStatus::ERROR_INSUFFICIENT_BUFFER)
    );
    assert_eq!(
        rig.port.allocate_buffer(100),
        Err(VpStatus::ERROR_NOT_ENOUGH_MEMORY)
    );
    finish(&rig);
}

#[test]
fn pool_06_paged_memory_is_refused_at_dispatch() {
    let rig = strict();
    let paged = rig.port.allocate_pool(PoolType::Paged, 100, TAG).unwrap();
    let lock = rig.port.create_spin_lock().unwrap();
    let old = rig.port.acquire_spin_lock(lock);
    assert_eq!(rig.port.allocate_pool(PoolType::Paged, 100, TAG), None);
    rig.port.free_pool(paged);
    assert_eq!(
        rig.port.allocate_buffer(100),
        Err(VpStatus::ERROR_INVALID_PARAMETER)
    );
    assert_eq!(
        findings(&rig),
        [
            FindingKind::IrqlTooHigh { limit: 1 },
            FindingKind::IrqlTooHigh { limit: 1 },
            FindingKind::IrqlTooHigh { limit: 0 },
        ]
    );
    let resident = rig
        .port
        .allocate_pool(PoolType::NonPaged, 100, TAG)
        .unwrap();
    rig.port.free_pool(resident);
    assert_eq!(findings(&rig), []);
    rig.port.release_spin_lock(lock, old);
    assert!(rig.port.delete_spin_lock(lock).is_success());
    assert_eq!(
        rig.port.pool_usage(),
        (1, 100),
        "the refused free changed nothing"
    );
    rig.port.free_pool(paged);
    finish(&rig);
}

#[test]
fn pool_07_blocks_can_be_freed_by_the_other_pair() {
    let rig = Rig::opened(Options::new().strict(true).buffer_quota_bytes(100));
    let buffer = rig.port.allocate_buffer(100).unwrap();
    rig.port.free_pool(buffer);
    let again = rig.port.allocate_buffer(100).expect("the quota came back");
    rig.port.free_pool(again);
    let block = rig.port.allocate_pool(PoolType::Paged, 50, TAG).unwrap();
    rig.port.release_buffer(block);
    assert_eq!(findings(&rig), []);
    finish(&rig);
}

#[test]
fn pool_08_zero_null_and_huge_sizes() {
    let rig = strict();
    let first = rig.port.allocate_pool(PoolType::NonPaged, 0, TAG).unwrap();
    let second = rig.port.allocate_buffer(0).unwrap();
    assert_ne!(first, second);
    rig.port.free_pool(first);
    rig.port.release_buffer(second);
    rig.port.free_pool(VirtAddr::NULL);
    rig.port.release_buffer(VirtAddr::NULL);
    assert_eq!(
        findings(&rig),
        [
            FindingKind::ZeroLength,
            FindingKind::ZeroLength,
            FindingKind::NullPointer,
            FindingKind::NullPointer
        ]
    );
    for size in [usize::MAX, usize::MAX - 4095, usize::MAX / 2, 0xFFFF_FFFF] {
        assert_eq!(rig.port.allocate_pool(PoolType::NonPaged, size, TAG), None);
    }
    assert_eq!(
        rig.port.allocate_buffer(u32::MAX),
        Err(VpStatus::ERROR_INSUFFICIENT_BUFFER)
    );
    assert_eq!(PoolType::from_raw(2), None);
    assert_eq!(PoolType::from_raw(5), Some(PoolType::PagedCacheAligned));
    finish(&rig);
}

#[test]
fn pool_09_leaks_are_reported_by_tag() {
    let rig = strict();
    let _ = rig
        .port
        .allocate_pool(PoolType::NonPaged, 40, PoolTag::new(*b"Dabc"))
        .unwrap();
    let _ = rig
        .port
        .allocate_pool(PoolType::Paged, 5000, PoolTag::new(*b"Dxyz"))
        .unwrap();
    let _ = rig
        .port
        .allocate_contiguous_memory(100, BusAddr::new(u64::MAX))
        .unwrap();
    let report = rig.port.remove();
    assert_eq!((report.pool_blocks, report.pool_bytes), (2, 5040));
    let mut lines: Vec<String> = std::iter::from_fn(|| rig.port.take_finding())
        .map(|finding| finding.to_string())
        .collect();
    lines.sort();
    assert!(
        lines[0].ends_with("40 bytes tagged Dabc were never freed"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].ends_with("5000 bytes tagged Dxyz were never freed"),
        "{}",
        lines[1]
    );
    assert_eq!(
        lines.len(),
        2,
        "contiguous memory lives as long as the device"
    );
    rig.assert_no_leak();
}

#[test]
fn pool_10_bad_pointers_are_named_and_harmless() {
    for (rig, wanted) in [(strict(), 4), (lenient(), 4)] {
        let block = rig
            .port
            .allocate_pool(PoolType::NonPaged, 100, TAG)
            .unwrap();
        let other = rig
            .port
            .allocate_pool(PoolType::NonPaged, 100, TAG)
            .unwrap();
        write(&rig, other, &pattern(100));
        rig.port.free_pool(block.checked_add(16).unwrap());
        rig.port.free_pool(VirtAddr::new(0xDEAD_0000));
        rig.port.free_pool(block);
        rig.port.free_pool(block);
        rig.port.release_buffer(block);
        let found = findings(&rig);
        assert_eq!(
            found,
            [
                FindingKind::InteriorPointer,
                FindingKind::ForeignPointer,
                FindingKind::DoubleFree,
                FindingKind::DoubleFree,
            ]
        );
        assert_eq!(found.len(), wanted);
        assert_eq!(read(&rig, other, 100), pattern(100));
        // A reused address is no double free.
        let again = rig
            .port
            .allocate_pool(PoolType::NonPaged, 100, TAG)
            .unwrap();
        assert_eq!(again, block);
        rig.port.free_pool(again);
        rig.port.free_pool(other);
        assert_eq!(findings(&rig), []);
        finish(&rig);
    }
}

#[test]
fn pool_10_what_belongs_to_the_port_is_not_the_miniports_to_free() {
    for strict in [true, false] {
        let miniport = TestMiniport::new().extension_bytes(5000);
        let options = Options::new().strict(strict);
        let rig = Rig::new(FakeConfig::default(), miniport, options);
        assert!(rig.port.load().is_success());
        let extension = rig.port.device_extension();
        let pages = rig.machine.memory().live_pages();
        rig.port.free_pool(extension);
        rig.port.release_buffer(extension);
        let foreign = FindingKind::ForeignPointer;
        assert_eq!(findings(&rig), [foreign, foreign]);
        assert_eq!(rig.machine.memory().live_pages(), pages);
        assert_eq!(read(&rig, extension, 5000), [0; 5000]);
        finish(&rig);
    }
}

#[test]
fn pool_06_a_free_that_is_refused_leaves_the_bytes_alone() {
    let rig = strict();
    let block = rig.port.allocate_pool(PoolType::Paged, 50, TAG).unwrap();
    write(&rig, block, &pattern(50));
    rig.machine.set_irql(2);
    rig.port.free_pool(block);
    rig.machine.set_irql(0);
    assert_eq!(findings(&rig).len(), 1);
    assert_eq!(read(&rig, block, 50), pattern(50));
    rig.port.free_pool(block);
    finish(&rig);
}

#[test]
fn pool_10_strict_mode_fills_fresh_and_freed_memory() {
    let rig = strict();
    let keep = rig.port.allocate_pool(PoolType::NonPaged, 16, TAG).unwrap();
    let block = rig
        .port
        .allocate_pool(PoolType::NonPaged, 100, TAG)
        .unwrap();
    assert_eq!(read(&rig, block, 100), [0xCD; 100]);
    rig.port.free_pool(block);
    assert_eq!(read(&rig, block, 100), [0xDD; 100]);
    rig.port.free_pool(keep);
    finish(&rig);
}

#[test]
fn pool_12_threads_allocate_and_free_at_the_same_time() {
    let rig = strict();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            scope.spawn(move || {
                for round in 0..150_usize {
                    let size = 1 + (round * 37 + usize::from(thread) * 11) % 5000;
                    let block = rig
                        .port
                        .allocate_pool(PoolType::NonPaged, size, TAG)
                        .unwrap();
                    write(&rig, block, &vec![thread; size]);
                    std::thread::yield_now();
                    assert_eq!(read(&rig, block, size), vec![thread; size]);
                    rig.port.free_pool(block);
                }
            });
        }
    });
    assert_eq!(findings(&rig), []);
    finish(&rig);
}

#[test]
fn pool_12_blocks_can_be_allocated_in_a_dpc() {
    let rig = strict();
    rig.miniport
        .on_interrupt(|port| port.queue_dpc(lumenport_videoport::DpcRoutine(1), 0));
    let freed = counter();
    rig.miniport.on_dpc(move |port, _, _| {
        let block = port.allocate_pool(PoolType::NonPaged, 100, TAG).unwrap();
        port.free_pool(block);
        bump(freed);
    });
    rig.machine.raise_interrupt();
    rig.port.poll();
    assert_eq!(count(freed), 1);
    assert_eq!(findings(&rig), []);
    finish(&rig);
}

#[test]
fn pool_table_full_is_no_memory_and_recovers() {
    let rig = lenient();
    let mut blocks = Vec::new();
    while let Some(block) = rig.port.allocate_pool(PoolType::NonPaged, 16, TAG) {
        blocks.push(block);
    }
    assert_eq!(blocks.len(), lumenport_videoport::limits::POOL_BLOCKS);
    assert_eq!(rig.port.allocate_pool(PoolType::NonPaged, 8192, TAG), None);
    for block in blocks {
        rig.port.free_pool(block);
    }
    finish(&rig);
}

#[test]
fn contiguous_memory_respects_its_limit() {
    let rig = strict();
    let highest = BusAddr::new(0x00ff_ffff);
    let block = rig
        .port
        .allocate_contiguous_memory(3 * PAGE, highest)
        .unwrap();
    assert_eq!(block.page_offset(), 0);
    assert_eq!(rig.port.allocate_contiguous_memory(16 << 20, highest), None);
    assert_eq!(rig.port.allocate_contiguous_memory(0, highest), None);
    let _ = rig.port.remove();
    rig.assert_no_leak();
}

#[test]
fn memory_services_zero_move_and_compare() {
    let rig = strict();
    let block = rig
        .port
        .allocate_pool(PoolType::NonPaged, 2000, TAG)
        .unwrap();
    write(&rig, block, &pattern(2000));
    let at = |offset| block.checked_add(offset).unwrap();
    // Overlapping both ways.
    rig.port.move_memory(at(100), at(0), 1500);
    assert_eq!(read(&rig, at(100), 1500), pattern(1500));
    rig.port.move_memory(at(0), at(100), 1500);
    assert_eq!(read(&rig, block, 1500), pattern(1500));
    assert_eq!(rig.port.compare_memory(block, block, 2000), 2000);
    rig.port.move_memory(at(1000), at(0), 700);
    write(&rig, at(1699), &[!pattern(700)[699]]);
    assert_eq!(rig.port.compare_memory(block, at(1000), 700), 699);
    rig.port.zero_memory(at(1), 1998);
    let zeroed = read(&rig, block, 2000);
    assert!(zeroed[0] != 0 && zeroed[1..1999].iter().all(|byte| *byte == 0) && zeroed[1999] != 0);
    rig.port.zero_memory(VirtAddr::new(0x5), 3);
    assert_eq!(findings(&rig), [FindingKind::UnmappedMemory]);
    rig.port.free_pool(block);
    finish(&rig);
}

//! Tests of host memory as software and card see it.

use super::*;

fn small(protection: Protection) -> HostMemory {
    let config = HostMemoryConfig {
        pages: 64,
        contiguous_pages: 8,
        protection,
        ..Default::default()
    };
    HostMemory::new(config).unwrap()
}

/// Bus addresses of the pages of an allocation.
fn bus_pages(memory: &HostMemory, start: NonNull<u8>, count: usize) -> Vec<u64> {
    (0..count)
        .map(|page| {
            memory
                .bus_address(start.as_ptr().wrapping_add(page * PAGE_BYTES))
                .unwrap()
        })
        .collect()
}

#[test]
fn device_sees_what_software_wrote_page_by_page() {
    let memory = small(Protection::Present);
    let block = memory.alloc_pages(8).unwrap();
    let image: Vec<u8> = (0..8 * PAGE_BYTES)
        .map(|i| (i * 7 + i / 4096) as u8)
        .collect();
    memory.copy_in(block.as_ptr(), &image).unwrap();
    for (page, bus) in bus_pages(&memory, block, 8).into_iter().enumerate() {
        let mut bytes = vec![0; PAGE_BYTES];
        memory.read(bus, &mut bytes).unwrap();
        assert_eq!(bytes, image[page * PAGE_BYTES..][..PAGE_BYTES]);
        assert_eq!(
            memory.pointer_at(bus + 5),
            NonNull::new(block.as_ptr().wrapping_add(page * PAGE_BYTES + 5))
        );
    }
    assert_eq!(memory.device_counters().read_bytes, 8 * PAGE_BYTES as u64);
}

#[test]
fn writes_reach_only_the_enabled_bytes() {
    let memory = small(Protection::Present);
    let block = memory.alloc_pages(1).unwrap();
    memory.copy_in(block.as_ptr(), &[0; 16]).unwrap();
    let bus = memory.bus_address(block.as_ptr()).unwrap();
    memory.write_enabled(bus + 4, [1, 2, 3, 4], 0b0110).unwrap();
    memory.write(bus + 9, &[9]).unwrap();
    let mut bytes = [0; 16];
    memory.copy_out(block.as_ptr(), &mut bytes).unwrap();
    assert_eq!(bytes, [0, 0, 0, 0, 0, 2, 3, 0, 0, 9, 0, 0, 0, 0, 0, 0]);
    assert_eq!(memory.device_counters().written_bytes, 3);
}

#[test]
fn holes_between_pages_are_not_present() {
    let memory = small(Protection::Present);
    let block = memory.alloc_pages(64).unwrap();
    let pages = bus_pages(&memory, block, 64);
    let lone = *pages
        .iter()
        .find(|bus| !pages.contains(&(*bus + 4096)))
        .unwrap();
    let after = AccessError::NotPresent {
        bus_address: lone + 4096,
    };
    assert_eq!(memory.read(lone + 4000, &mut [0; 200]), Err(after));
    assert_eq!(
        memory.write(0xFEE0_0000, &[0]),
        Err(AccessError::NotPresent {
            bus_address: 0xFEE0_0000
        })
    );
    assert_eq!(memory.device_counters().not_present, 2);
}

#[test]
fn same_seed_gives_the_same_machine() {
    let (one, two) = (small(Protection::Present), small(Protection::Present));
    let a = one.alloc_pages(64).unwrap();
    let b = two.alloc_pages(64).unwrap();
    assert_eq!(bus_pages(&one, a, 64), bus_pages(&two, b, 64));
}

#[test]
fn allocations_do_not_overlap_and_freed_runs_come_back() {
    let memory = small(Protection::Present);
    let a = memory.alloc_pages(30).unwrap();
    let b = memory.alloc_pages(30).unwrap();
    assert_eq!(b.as_ptr() as usize - a.as_ptr() as usize, 30 * PAGE_BYTES);
    assert_eq!(
        memory.alloc_pages(5),
        Err(HostMemoryError::Exhausted { count: 5, free: 4 })
    );
    assert_eq!(
        memory.alloc_pages(0),
        Err(HostMemoryError::Exhausted { count: 0, free: 4 })
    );
    memory.free_pages(a, 30).unwrap();
    assert_eq!(memory.alloc_pages(7).unwrap(), a);
    assert_eq!(memory.free_page_count(), 72 - 37);
}

#[test]
fn free_must_match_its_allocation() {
    let memory = small(Protection::Present);
    let block = memory.alloc_pages(4).unwrap();
    let inner = NonNull::new(block.as_ptr().wrapping_add(PAGE_BYTES)).unwrap();
    assert!(memory.free_pages(block, 3).is_err());
    assert!(memory.free_pages(inner, 3).is_err());
    assert!(memory.free_pages(NonNull::dangling(), 1).is_err());
    memory.free_pages(block, 4).unwrap();
    assert!(memory.free_pages(block, 4).is_err());
}

#[test]
fn contiguous_pages_are_one_range_on_the_bus() {
    let memory = small(Protection::Present);
    let block = memory.alloc_contiguous(8).unwrap();
    let pages = bus_pages(&memory, block, 8);
    assert!(pages.windows(2).all(|pair| pair[1] == pair[0] + 4096));
    memory.write(pages[0], &vec![0x5A; 8 * PAGE_BYTES]).unwrap();
    assert!(memory.alloc_contiguous(1).is_err());
}

#[test]
fn pins_nest_and_protect() {
    let memory = small(Protection::Pinned);
    let block = memory.alloc_pages(2).unwrap();
    let (start, len) = (block.as_ptr(), 2 * PAGE_BYTES);
    let bus = memory.bus_address(start).unwrap();
    assert_eq!(
        memory.read(bus, &mut [0; 4]),
        Err(AccessError::Refused { bus_address: bus })
    );
    memory.pin(start, len, PinRights::DeviceReads).unwrap();
    memory.pin(start, 1, PinRights::Both).unwrap();
    assert!(memory.write(bus, &[1]).is_ok());
    memory.unpin(start, len, PinRights::DeviceReads).unwrap();
    assert!(memory.read(bus, &mut [0; 4]).is_ok());
    memory.unpin(start, 1, PinRights::Both).unwrap();
    assert!(memory.read(bus, &mut [0; 4]).is_err());
    let address = start as usize;
    assert_eq!(
        memory.unpin(start, 1, PinRights::Both),
        Err(HostMemoryError::NotPinned { address })
    );
    assert_eq!(memory.device_counters().unpinned, 2);
    assert!(memory.leaks().pinned_pages == 0);
}

#[test]
fn stray_access_is_counted_even_when_served() {
    let memory = small(Protection::Present);
    let block = memory.alloc_pages(1).unwrap();
    memory
        .read(memory.bus_address(block.as_ptr()).unwrap(), &mut [0; 4])
        .unwrap();
    assert_eq!(memory.device_counters().unpinned, 1);
}

#[test]
fn pages_can_be_made_to_refuse() {
    let memory = small(Protection::Present);
    let block = memory.alloc_pages(3).unwrap();
    let pages = bus_pages(&memory, block, 3);
    for (index, access) in [PageAccess::ReadOnly, PageAccess::None, PageAccess::Absent]
        .into_iter()
        .enumerate()
    {
        memory
            .set_access(block.as_ptr().wrapping_add(index * PAGE_BYTES), 1, access)
            .unwrap();
    }
    assert!(memory.read(pages[0], &mut [0]).is_ok());
    assert!(matches!(
        memory.write(pages[0], &[0]),
        Err(AccessError::Refused { .. })
    ));
    assert!(matches!(
        memory.read(pages[1], &mut [0]),
        Err(AccessError::Refused { .. })
    ));
    assert!(matches!(
        memory.read(pages[2], &mut [0]),
        Err(AccessError::NotPresent { .. })
    ));
    assert_eq!(memory.device_counters().refused, 2);
}

#[test]
fn leaks_name_what_is_left() {
    let memory = small(Protection::Present);
    assert!(memory.leaks().is_empty());
    let block = memory.alloc_pages(2).unwrap();
    memory
        .pin(block.as_ptr(), 4097, PinRights::DeviceWrites)
        .unwrap();
    let expected = Leaks {
        allocations: vec![(0, 2)],
        pinned_pages: 2,
    };
    assert_eq!(memory.leaks(), expected);
    memory.free_pages(block, 2).unwrap();
    assert_eq!(memory.leaks().pinned_pages, 2);
}

#[test]
fn foreign_pointers_are_refused() {
    let memory = small(Protection::Present);
    let local = 0_u8;
    assert_eq!(memory.bus_address(&raw const local), None);
    assert!(memory.pin(&raw const local, 1, PinRights::Both).is_err());
    let block = memory.alloc_pages(1).unwrap();
    assert!(
        memory
            .copy_in(block.as_ptr(), &[0; PAGE_BYTES + 1])
            .is_err()
    );
    assert!(memory.pin(block.as_ptr(), 0, PinRights::Both).is_err());
}

#[test]
fn impossible_sizes_are_refused() {
    let of = |pages| {
        HostMemory::new(HostMemoryConfig {
            pages,
            ..Default::default()
        })
        .map(|_| ())
    };
    assert!(matches!(of(0), Err(HostMemoryError::Size { .. })));
    assert!(matches!(of(usize::MAX), Err(HostMemoryError::Size { .. })));
}

#[test]
fn threads_may_share_it_and_keep_their_pages_to_themselves() {
    let memory = small(Protection::Present);
    let rounds = if cfg!(miri) { 5 } else { 300 };
    std::thread::scope(|scope| {
        for thread in 1..=4 {
            let memory = &memory;
            scope.spawn(move || {
                let mine = vec![thread; 3 * PAGE_BYTES];
                let mut back = vec![0; 3 * PAGE_BYTES];
                for _ in 0..rounds {
                    let block = memory.alloc_pages(3).unwrap();
                    memory
                        .pin(block.as_ptr(), mine.len(), PinRights::Both)
                        .unwrap();
                    memory.copy_in(block.as_ptr(), &mine).unwrap();
                    std::thread::yield_now();
                    memory.copy_out(block.as_ptr(), &mut back).unwrap();
                    assert!(back == mine, "somebody else wrote here");
                    memory
                        .unpin(block.as_ptr(), mine.len(), PinRights::Both)
                        .unwrap();
                    memory.free_pages(block, 3).unwrap();
                }
            });
        }
    });
    assert!(memory.leaks().is_empty());
}

//! Common buffers, with and without an adapter.

use super::*;

#[test]
fn dma_18_common_buffers_are_zeroed_contiguous_and_shared() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_4G).unwrap();
    for length in [1, PAGE, PAGE + 1, 1 << 20] {
        let buffer = rig
            .port
            .allocate_common_buffer(adapter, length, false)
            .unwrap();
        assert_eq!(
            (
                buffer.virtual_address.page_offset(),
                buffer.logical_address.raw() % 4096
            ),
            (0, 0)
        );
        assert!(buffer.logical_address.raw() + u64::from(length) <= 1 << 32);
        assert!(
            read(&rig, buffer.virtual_address, length as usize)
                .iter()
                .all(|byte| *byte == 0)
        );
        // The card sees what the processor writes, and the other way round, without any flush call.
        write(&rig, buffer.virtual_address, &pattern(length as usize));
        let handle = rig
            .port
            .common_buffer_hardware_handle(buffer.virtual_address)
            .unwrap();
        let bus = rig.port.register_bus(rig.miniport.registers());
        let whole = |direction| {
            lumenport_hal::dma::Transfer::linear(
                lumenport_hal::sgl::Handle::from_raw(handle),
                lumenport_hal::addr::ByteLen::ZERO,
                lumenport_hal::addr::ByteLen::new(length),
                lumenport_hal::addr::CardAddr::new(0),
                direction,
            )
        };
        lumenport_hal::dma::Dma::new(bus)
            .submit(&whole(Direction::HostToCard))
            .unwrap();
        assert_eq!(engine_result(&rig), Ok(length));
        assert_eq!(
            card_bytes(&rig, 0, length as usize),
            pattern(length as usize)
        );
        rig.machine.card().write_memory(0, &[0x3C; 1]);
        lumenport_hal::dma::Dma::new(bus)
            .submit(&whole(Direction::CardToHost))
            .unwrap();
        assert_eq!(engine_result(&rig), Ok(length));
        assert_eq!(read(&rig, buffer.virtual_address, 1), [0x3C]);
        rig.port.release_common_buffer(adapter, &buffer);
    }
    assert_eq!(rig.port.allocate_common_buffer(adapter, 0, false), None);
    assert_eq!(
        rig.port.allocate_common_buffer(adapter, 1 << 30, false),
        None,
        "too big"
    );
    for _ in 0..200 {
        let buffer = rig
            .port
            .allocate_common_buffer(adapter, PAGE, true)
            .unwrap();
        rig.port.release_common_buffer(adapter, &buffer);
    }
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_18_release_must_repeat_every_fact() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let other = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let buffer = rig
        .port
        .allocate_common_buffer(adapter, 100, false)
        .unwrap();
    let wrong = [
        (
            adapter,
            CommonBuffer {
                length_bytes: 99,
                ..buffer
            },
        ),
        (
            adapter,
            CommonBuffer {
                cache_enabled: true,
                ..buffer
            },
        ),
        (
            adapter,
            CommonBuffer {
                logical_address: BusAddr::new(4096),
                ..buffer
            },
        ),
        (other, buffer),
    ];
    for (adapter, wrong) in wrong {
        rig.port.release_common_buffer(adapter, &wrong);
        assert_eq!(findings(&rig), [FindingKind::WrongArguments]);
    }
    rig.port.put_dma_adapter(adapter);
    assert_eq!(findings(&rig), [FindingKind::LiveObjects { count: 1 }]);
    rig.port.release_common_buffer(adapter, &buffer);
    assert_eq!(
        rig.port.dma_usage().adapters,
        1,
        "the adapter went with its last buffer"
    );
    rig.port.release_common_buffer(other, &buffer);
    assert_eq!(findings(&rig), [FindingKind::ForeignPointer]);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_19_get_common_buffer_works_without_an_adapter() {
    let rig = strict();
    let buffer = rig.port.get_common_buffer(5000, false).unwrap();
    assert_eq!(
        buffer.length_bytes, 5000,
        "the actual length is the desired one"
    );
    assert!(buffer.logical_address.raw() + 5000 <= 1 << 32);
    let second = rig.port.get_common_buffer(1, false).unwrap();
    assert_eq!(rig.port.dma_usage().adapters, 1);
    rig.port.free_common_buffer(&buffer);
    rig.port.free_common_buffer(&second);
    assert_eq!(findings(&rig), []);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_19_get_common_buffer_is_large_and_keeps_to_its_own_adapter() {
    let rig = strict();
    // An adapter that came first and reaches less must not be taken for the default one.
    let narrow = rig
        .port
        .get_dma_adapter(&DeviceDescription {
            dma_32bit_addresses: false,
            dma_64bit_addresses: false,
            ..REACHES_ALL
        })
        .unwrap();
    let own = rig.port.allocate_common_buffer(narrow, 100, false).unwrap();
    let large = rig.port.get_common_buffer(1 << 20, false).unwrap();
    assert_eq!(large.length_bytes, 1 << 20);
    rig.port.free_common_buffer(&own);
    assert_eq!(findings(&rig), [FindingKind::WrongArguments]);
    assert_eq!(
        rig.port.dma_usage().common_buffers,
        2,
        "a buffer of another adapter stays"
    );
    rig.port.free_common_buffer(&large);
    rig.port.release_common_buffer(narrow, &own);
    assert_eq!(findings(&rig), []);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_18_common_buffer_without_a_free_slot_takes_nothing() {
    let rig = strict();
    let adapter = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let base = rig.machine.memory().map_user(PAGE as usize, 0).unwrap();
    let lock = || rig.port.lock_buffer(base, 8, LockOperation::Read);
    let mdls: Vec<_> = std::iter::from_fn(lock).collect();
    assert_eq!(mdls.len(), rig.port.hardware_slots_in_use());
    let before = (
        rig.machine.memory().pins(),
        rig.machine.memory().live_pages(),
    );
    assert_eq!(rig.port.allocate_common_buffer(adapter, 100, false), None);
    assert_eq!(
        (
            rig.machine.memory().pins(),
            rig.machine.memory().live_pages()
        ),
        before
    );
    for mdl in mdls {
        rig.port.unlock_buffer(mdl);
    }
    assert!(
        rig.port
            .allocate_common_buffer(adapter, 100, false)
            .is_some()
    );
    assert_eq!(rig.port.remove().common_buffers, 1);
    rig.machine.memory().unmap_user(base);
    rig.assert_no_leak();
}

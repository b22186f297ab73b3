//! The frozen NT4 set.

use super::*;

#[test]
fn dma_16_lock_pages_acts_only_for_init_only() {
    let rig = strict();
    let base = rig.machine.memory().map_user(5000, 3).unwrap();
    for flags in [
        DmaFlags::UnlockAfterDma,
        DmaFlags::KeepPagesLocked,
        DmaFlags::DmaInitOnly,
    ] {
        let mut packet = RequestPacket::new(0, &mut [], 0);
        packet.input_address = base;
        packet.input_length_bytes = 5000;
        packet.output_address = VirtAddr::new(0x77);
        packet.output_length_bytes = 7;
        let acted = rig.port.lock_pages(&mut packet, flags);
        assert_eq!(acted, flags == DmaFlags::DmaInitOnly);
        if acted {
            let mdl = Mdl::from_raw(packet.output_address.raw()).unwrap();
            assert_eq!(packet.output_length_bytes, 5000);
            assert_eq!(rig.machine.memory().pins(), 2);
            assert_eq!(rig.port.get_mdl(Some(mdl)), Some(mdl));
            assert!(rig.port.unlock_pages(Some(mdl)));
        } else {
            assert_eq!(
                (packet.output_address, packet.output_length_bytes),
                (VirtAddr::new(0x77), 7)
            );
        }
        assert_eq!(rig.machine.memory().pins(), 0);
    }
    assert!(rig.port.unlock_pages(None));
    rig.machine.memory().unmap_user(base);
    assert!(rig.port.remove().is_clean());
    rig.assert_no_leak();
}

#[test]
fn dma_17_frozen_services_answer_their_constants() {
    let rig = strict();
    let (base, mdl) = locked(&rig, 10, 0, LockOperation::Modify);
    let dma = Some(mdl);
    let mut packet = RequestPacket::new(0, &mut [], 0);
    assert_eq!(rig.port.do_dma(dma, DmaFlags::UnlockAfterDma), None);
    rig.port.set_bytes_used(dma, 99);
    assert_eq!(rig.port.get_bytes_used(dma), 0);
    rig.port.set_dma_context(dma, VirtAddr::new(0x1234));
    assert_eq!(rig.port.get_dma_context(dma), VirtAddr::NULL);
    assert!(!rig.port.signal_dma_complete(dma));
    assert_eq!(rig.port.associate_events_with_dma_handle(&mut packet), None);
    assert_eq!(rig.port.map_dma_memory(&mut packet), None);
    assert!(!rig.port.unmap_dma_memory(base));
    assert_eq!(rig.port.get_mdl(None), None);
    finish(&rig, base, mdl);
}

//! Adapters: getting and putting away.

use super::*;

#[test]
fn put_dma_adapter_of_what_is_none_is_reported_and_harmless() {
    let rig = strict();
    let live = rig.port.get_dma_adapter(&REACHES_ALL).unwrap();
    let never = DmaAdapter::from_raw(live.raw() | 0x70).unwrap();
    assert_eq!(DmaAdapter::from_raw(0), None, "null is no adapter");
    rig.port.put_dma_adapter(never);
    rig.port.put_dma_adapter(live);
    rig.port.put_dma_adapter(live);
    assert_eq!(
        findings(&rig),
        [FindingKind::UnknownHandle, FindingKind::StaleHandle]
    );
    assert_eq!(rig.port.dma_usage().adapters, 0);
}

#[test]
fn get_dma_adapter_refuses_length_zero_and_the_ninth() {
    let rig = strict();
    let empty = DeviceDescription {
        maximum_length_bytes: 0,
        ..REACHES_ALL
    };
    assert_eq!(rig.port.get_dma_adapter(&empty), None);
    let adapters: Vec<_> = std::iter::from_fn(|| rig.port.get_dma_adapter(&REACHES_ALL)).collect();
    assert_eq!(adapters.len(), lumenport_videoport::limits::ADAPTERS);
    let first = adapters[0];
    rig.port.put_dma_adapter(first);
    assert!(rig.port.get_dma_adapter(&REACHES_ALL).is_some());
    rig.port.put_dma_adapter(first);
    assert_eq!(findings(&rig).last(), Some(&FindingKind::StaleHandle));
}

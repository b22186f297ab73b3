//! Any bytes as an EDID: nothing panics, what is offered keeps its promises, and sound timings come back from their own
//! encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lumenport_hal::edid::{BLOCK_BYTES, Descriptor, Edid, HEADER, Timing};
use lumenport_hal::mode;

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    // The same behind a sound header, so that more than the front door is tried.
    if bytes.len() >= BLOCK_BYTES {
        let mut bytes = bytes.to_vec();
        bytes[..HEADER.len()].copy_from_slice(&HEADER);
        assert!(look(&bytes), "a right header is enough");
    }
});

/// Uses everything of the view; false when it is no EDID.
fn look(bytes: &[u8]) -> bool {
    let Ok(edid) = Edid::parse(bytes) else {
        return false;
    };
    let text = format!(
        "{} {edid:?} {:?} {:?}",
        edid.flaws(),
        edid.name(),
        edid.serial_text()
    );
    assert!(text.is_ascii());
    assert!(edid.extensions().len() < bytes.len().div_ceil(BLOCK_BYTES).max(1));
    let _ = (
        edid.manufacturer(),
        edid.product(),
        edid.serial_number(),
        edid.year(),
        edid.week(),
    );
    let _ = (
        edid.version(),
        edid.is_digital(),
        edid.size_mm(),
        edid.range_limits(),
    );
    for descriptor in edid.descriptors() {
        if let Descriptor::Timing(timing) = descriptor {
            comes_back(&timing);
        }
    }
    for cta in edid.cta_blocks() {
        let bytes: usize = cta.data_blocks().map(|block| block.payload.len() + 1).sum();
        assert!(bytes <= BLOCK_BYTES - 5);
        cta.timings().for_each(|timing| comes_back(&timing));
    }
    for timing in edid.detailed_timings() {
        assert!(timing.is_sound());
        if let Some(mode) = timing.mode("fuzzed") {
            assert_eq!(timing.is_like(&mode), timing.separate_sync);
            assert!(mode.validate().is_ok());
        }
    }
    assert!(edid.established_timings().count() <= 17);
    assert!(edid.standard_timings().count() <= 8);
    assert!(edid.vics().all(|vic| vic.code != 0));
    let _ = mode::STANDARD
        .iter()
        .filter(|mode| edid.offers(mode))
        .count();
    true
}

/// Encoding a timing that was decoded gives one that decodes equal.
fn comes_back(timing: &Timing) {
    assert_eq!(Timing::decode(&timing.encode()).as_ref(), Some(timing));
}

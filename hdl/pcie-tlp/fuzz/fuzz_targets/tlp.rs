//! Any words as a TLP: no accessor panics, and what parses emits to words that parse equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pcie_tlp::{Tlp, TlpView};

fuzz_target!(|bytes: &[u8]| {
    let words: Vec<u32> = bytes
        .chunks_exact(4)
        .map(|chunk| u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]))
        .collect();
    if let Ok(view) = TlpView::new(&words) {
        let _ = (view.kind(), view.address(), view.payload(), view.digest());
        let _ = (view.byte_count(), view.config_offset(), view.message_code());
    }
    if let Ok(tlp) = Tlp::parse(&words) {
        let mut again = vec![0; tlp.encoded_len()];
        let emitted = tlp.emit(&mut again).expect("what parsed can be emitted");
        assert_eq!(emitted, again.len());
        assert_eq!(Tlp::parse(&again), Ok(tlp));
    }
});

//! Any bytes as what a link carries: frames, DLLPs, ordered sets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pcie_tlp::{Dllp, OrderedSet, Symbol, framing};

fuzz_target!(|bytes: &[u8]| {
    let symbols: Vec<Symbol> = bytes
        .chunks_exact(2)
        .map(|pair| {
            if pair[0] & 1 == 0 {
                Symbol::data(pair[1])
            } else {
                Symbol::control(pair[1])
            }
        })
        .collect();
    let mut words = [0; 1100];
    let _ = framing::parse(&symbols, &mut words);
    if let Ok(set) = OrderedSet::parse(&symbols) {
        let mut again = vec![Symbol::default(); set.encoded_len()];
        set.emit(&mut again).expect("what parsed can be emitted");
        assert_eq!(OrderedSet::parse(&again), Ok(set));
    }
    if let Some(six) = bytes.first_chunk::<6>()
        && let Ok(dllp) = Dllp::parse(*six)
    {
        let again = dllp.emit().expect("what parsed can be emitted");
        assert_eq!(Dllp::parse(again), Ok(dllp));
    }
});

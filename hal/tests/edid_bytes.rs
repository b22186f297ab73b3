//! The EDID parser on bytes that nobody meant: everything it offers is called, nothing may panic or run away.

use lumenport_hal::edid::build::{BaseBlock, CtaBlock, seal};
use lumenport_hal::edid::{BLOCK_BYTES, Edid, HEADER, Timing};
use lumenport_hal::mode;

/// Inputs of each kind.
const CASES: u32 = 20_000;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }
}

/// Uses everything of the view; gives how many timings there were.
fn use_all(bytes: &[u8]) -> Option<usize> {
    let edid = Edid::parse(bytes).ok()?;
    let text = format!(
        "{} {:?} {:?} {:?} {:?} {:?} {:?}",
        edid.flaws(),
        edid.manufacturer(),
        edid.name(),
        edid.serial_text(),
        edid.range_limits(),
        edid.week(),
        edid.size_mm()
    );
    assert!(text.is_ascii());
    assert!(edid.preferred().is_none_or(|timing| timing.is_sound()));
    for cta in edid.cta_blocks() {
        let payload: usize = cta.data_blocks().map(|block| block.payload.len() + 1).sum();
        assert!(payload <= BLOCK_BYTES);
    }
    let _ = mode::STANDARD
        .iter()
        .filter(|mode| edid.offers(mode))
        .count();
    let coarse = edid.established_timings().count() + edid.standard_timings().count();
    Some(
        coarse
            + edid
                .detailed_timings()
                .filter_map(|timing| timing.mode("any"))
                .count(),
    )
}

#[test]
fn arbitrary_bytes_never_panic() {
    let seed = 0xED1D;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let mut parsed = 0;
    for case in 0..CASES {
        let length = random.next() as usize % 600;
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        // Three quarters look like an EDID, so that more than the front door is tested.
        if case % 4 != 0 && length >= BLOCK_BYTES {
            bytes[..8].copy_from_slice(&HEADER);
            let (blocks, _) = bytes.as_chunks_mut::<BLOCK_BYTES>();
            for block in blocks.iter_mut().skip(1) {
                (block[0], block[1]) = (2, 3);
            }
            blocks.iter_mut().for_each(seal);
        }
        parsed += u32::from(use_all(&bytes).is_some());
    }
    assert!(parsed > CASES / 2, "only {parsed} got past the header");
}

#[test]
fn one_changed_byte_never_panics() {
    let timing = Timing::of(&mode::STANDARD[0]);
    let base = BaseBlock::new(*b"LMP", 1, 1)
        .timing(&timing)
        .name("Any")
        .emit(1);
    let sound = [base, CtaBlock::new().vics(&[1, 16]).timing(&timing).emit()].concat();
    assert_eq!(use_all(&sound), Some(2));
    for at in 0..sound.len() {
        for value in 0..=255 {
            let mut bytes = sound.clone();
            bytes[at] = value;
            use_all(&bytes);
            bytes
                .as_chunks_mut::<BLOCK_BYTES>()
                .0
                .iter_mut()
                .for_each(seal);
            use_all(&bytes);
        }
    }
}

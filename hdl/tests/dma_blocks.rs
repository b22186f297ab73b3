//! DMA engine, its two blocks of pure rules: chunk arithmetic and tags, against plain models.

use lumenport_hdl::dma::chunk::Chunk;
use lumenport_hdl::dma::tags::Tags;
use lumenport_hdl::testbench::{Rng, connected, settle};

/// Puts one question to the block; returns (clipped, dws, byte enables) with the shape of the clipped chunk.
fn ask(uut: &mut Chunk, address: u32, available: u32, code: u32) -> (u32, u32, u32) {
    uut.address.next = u64::from(address).into();
    uut.available.next = u64::from(available).into();
    uut.code.next = u64::from(code).into();
    settle(uut);
    let clipped = uut.clipped.val().to_u32();
    uut.bytes.next = u64::from(clipped).into();
    settle(uut);
    (
        clipped,
        uut.dws.val().to_u32(),
        u32::from(uut.be.val().to_u8()),
    )
}

fn check_chunk(uut: &mut Chunk, address: u32, available: u32, code: u32) {
    let (clipped, dws, be) = ask(uut, address, available, code);
    let block = 128 << code;
    let wanted = available.min(block - address % block);
    let told = || format!("address {address:#x}, available {available}, code {code}");
    assert_eq!(clipped, wanted, "{}", told());
    assert!(address + clipped <= 4096, "4 KiB: {}", told());
    let (first, last) = (address / 4, (address + clipped - 1) / 4);
    let touched = last - first + 1;
    assert_eq!(dws, touched % 1024, "Length: {}", told());
    assert!(touched <= block / 4, "size limit: {}", told());
    let enabled = |dw: u32| {
        (0..4).fold(0, |be, lane| {
            let byte = dw * 4 + lane;
            be | u32::from((address..address + clipped).contains(&byte)) << lane
        })
    };
    let wanted = if touched == 1 {
        enabled(first)
    } else {
        enabled(first) | enabled(last) << 4
    };
    assert_eq!(be, wanted, "byte enables: {}", told());
}

#[test]
fn every_chunk_keeps_the_limits_of_a_request() {
    let mut uut = connected(Chunk::default());
    for code in 0..6 {
        // Around every block boundary in a page, with short and long remainders.
        for edge in (0..=4096u32).step_by(128) {
            for address in edge.saturating_sub(5)..(edge + 5).min(4096) {
                for available in [
                    1,
                    2,
                    3,
                    4,
                    5,
                    7,
                    8,
                    127,
                    128,
                    129,
                    4095,
                    4096,
                    4097,
                    u32::MAX,
                ] {
                    check_chunk(&mut uut, address, available, code);
                }
            }
        }
    }
    let mut rng = Rng::new(5);
    for _ in 0..30_000 {
        let available = 1 + rng.below(5000);
        check_chunk(&mut uut, rng.below(4096), available, rng.below(6));
    }
}

/// What a tag is, with the clock of its last word or of its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Free,
    Sending,
    Live(u64),
    Quarantine(u64),
}

/// Latest notice of a deadline.
const SCAN: u64 = 66;

struct TagBench {
    uut: Tags,
    model: [Tag; 32],
    now: u64,
    timeout: u64,
    quarantine: u64,
    expired: u32,
    released: u32,
}

impl TagBench {
    fn new(timeout: u32, quarantine: u32) -> Self {
        let mut uut = connected(Tags::default());
        uut.timeout_cycles.next = u64::from(timeout).into();
        uut.quarantine_cycles.next = u64::from(quarantine).into();
        Self {
            uut,
            model: [Tag::Free; 32],
            now: 0,
            timeout: u64::from(timeout),
            quarantine: u64::from(quarantine),
            expired: 0,
            released: 0,
        }
    }

    /// One clock with the given wishes; what the block does is compared with the model.
    fn clock(&mut self, take: bool, sent: bool, retire: Option<usize>, limit: u32) {
        let uut = &mut self.uut;
        uut.clock.next = false.into();
        uut.limit.next = u64::from(limit).into();
        let sending = self.model.iter().position(|tag| *tag == Tag::Sending);
        uut.sending.next = sending.is_some();
        uut.sent_tag.next = (sending.unwrap_or(0) as u64).into();
        uut.sent_strobe.next = sent && sending.is_some();
        uut.retire_strobe.next = retire.is_some();
        uut.retire_tag.next = (retire.unwrap_or(0) as u64).into();
        uut.take_strobe.next = false;
        settle(uut);
        let take = take && sending.is_none() && uut.free.val();
        uut.take_strobe.next = take;
        settle(uut);
        let mut next = self.model;
        if uut.free.val() {
            let tag = uut.offered.val().index();
            assert_eq!(self.model[tag], Tag::Free, "tag {tag} is offered");
            assert!((tag as u32) < limit, "tag {tag} is within the limit");
            if take {
                next[tag] = Tag::Sending;
            }
        }
        if let (Some(tag), true) = (sending, sent) {
            next[tag] = Tag::Live(self.now);
        }
        if uut.expired_strobe.val() {
            let tag = uut.expired_tag.val().index();
            let Tag::Live(since) = self.model[tag] else {
                panic!("tag {tag} expires, it is {:?}", self.model[tag]);
            };
            assert!(self.now - since > self.timeout, "tag {tag} expires early");
            assert_ne!(retire, Some(tag), "an answer in the last clock counts");
            next[tag] = Tag::Quarantine(self.now);
            self.expired += 1;
        }
        if let Some(tag) = retire {
            next[tag] = Tag::Free;
        }
        for (tag, state) in self.model.iter().enumerate() {
            match *state {
                Tag::Live(since) => {
                    assert!(self.now - since <= self.timeout + SCAN, "tag {tag} is late");
                }
                Tag::Quarantine(since) => {
                    assert!(
                        self.now - since <= self.quarantine + SCAN,
                        "tag {tag} stays too long"
                    );
                }
                _ => {}
            }
        }
        uut.clock.next = true.into();
        settle(uut);
        self.now += 1;
        // The scan lets go without telling: see it by the bitmap.
        let bitmap = uut.quarantine.val().to_u32();
        for (tag, state) in next.iter_mut().enumerate() {
            let shown = bitmap >> tag & 1 == 1;
            match *state {
                Tag::Quarantine(since) if !shown => {
                    assert!(
                        self.now - since > self.quarantine,
                        "tag {tag} is released early"
                    );
                    *state = Tag::Free;
                    self.released += 1;
                }
                Tag::Quarantine(_) => {}
                _ => assert!(!shown, "tag {tag} is {state:?}, not in quarantine"),
            }
        }
        self.model = next;
        let live = |tag: &Tag| matches!(tag, Tag::Live(_) | Tag::Sending);
        assert_eq!(uut.live.val(), self.model.iter().any(live));
    }
}

#[test]
fn tags_follow_the_model_under_random_use() {
    for seed in 0..4 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut bench = TagBench::new(100 + rng.below(300), 200 + rng.below(500));
        let mut limit = 32;
        let mut most = 0;
        for _ in 0..12_000 {
            let held: Vec<usize> = (0..32)
                .filter(|&tag| matches!(bench.model[tag], Tag::Live(_) | Tag::Quarantine(_)))
                .collect();
            most = most.max(held.len());
            let retire = (rng.percent(4) && !held.is_empty())
                .then(|| held[rng.below(held.len() as u32) as usize]);
            if rng.percent(1) {
                limit = rng.below(40);
            }
            bench.clock(rng.percent(30), rng.percent(40), retire, limit);
        }
        println!(
            "{} expired, {} released by time, {most} held at most",
            bench.expired, bench.released
        );
        assert!(bench.expired > 50 && bench.released > 20 && most > 25);
    }
}

#[test]
fn request_that_is_still_being_sent_does_not_expire() {
    let mut bench = TagBench::new(50, 50);
    bench.clock(true, false, None, 32);
    for _ in 0..500 {
        bench.clock(false, false, None, 32);
    }
    assert_eq!((bench.model[0], bench.expired), (Tag::Sending, 0));
    bench.clock(false, true, None, 32);
    for _ in 0..50 + SCAN {
        bench.clock(false, false, None, 32);
    }
    assert_eq!(bench.expired, 1);
}

#[test]
fn quarantine_waits_while_a_completion_is_being_taken() {
    let mut bench = TagBench::new(10, 10);
    bench.clock(true, false, None, 32);
    bench.clock(false, true, None, 32);
    while bench.expired == 0 {
        bench.clock(false, false, None, 32);
    }
    bench.uut.hold.next = true;
    bench.quarantine = 300;
    for _ in 0..300 {
        bench.clock(false, false, None, 32);
    }
    assert!(matches!(bench.model[0], Tag::Quarantine(_)));
    // The tag is overdue; with the completion over, the next scan lets it go.
    bench.uut.hold.next = false;
    let until = bench.now + SCAN;
    while bench.uut.quarantine.val().any() {
        bench.uut.clock.next = false.into();
        settle(&mut bench.uut);
        bench.uut.clock.next = true.into();
        settle(&mut bench.uut);
        bench.now += 1;
        assert!(bench.now <= until, "released once the completion is over");
    }
}

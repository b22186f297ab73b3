//! The EDID parser against `edid-decode`, which shares no code with it: both read the same bytes, and what both tell
//! must be the same.
//!
//! Compared: version, maker, product, dates, size, names, range limits, established, standard and detailed timings,
//! video codes, checksums. The EDIDs are made here: sound, unusual and damaged ones, and random ones with a printed
//! seed. Without the tool the test prints a SKIP line; with `LUMENPORT_REQUIRE_TOOLS=1` it fails.

use std::collections::BTreeSet;
use std::process::Command;

use lumenport_hal::edid::build::{BaseBlock, CtaBlock, seal};
use lumenport_hal::edid::{
    BLOCK_BYTES, Block, Descriptor, ESTABLISHED, Edid, RangeLimits, RefreshMode, StandardTiming,
    Timing, checksum,
};
use lumenport_hal::mode::{self, Polarity};

const TOOL: &str = "edid-decode";
/// Random EDIDs besides the authored ones.
const RANDOM_CASES: u32 = 40;

/// Facts about an EDID, each as a line.
type Facts = BTreeSet<String>;

fn timing(name: &str) -> Timing {
    Timing {
        size_mm: (530, 300),
        ..Timing::of(mode::by_name(name).expect("a standard mode"))
    }
}

fn base(product: u16) -> BaseBlock {
    BaseBlock::new(*b"LMP", product, 1)
}

fn joined(blocks: &[Block]) -> Vec<u8> {
    blocks.concat()
}

/// Changes one byte of the base block and makes the sum right again.
fn with_byte(mut block: Block, at: usize, value: u8) -> Block {
    block[at] = value;
    seal(&mut block);
    block
}

fn authored() -> Vec<(&'static str, Vec<u8>)> {
    let hd = timing("1280x720");
    let one = base(1).timing(&hd).emit(0);
    let rates = |established: &[(u32, RefreshMode)]| {
        let marked = established
            .iter()
            .fold(base(2).timing(&hd), |base, (_, rate)| {
                base.established(*rate)
            });
        marked.emit(0).to_vec()
    };
    let shapes = [(16, 10), (4, 3), (5, 4), (16, 9)];
    let standards = (0..8).fold(base(3).timing(&hd), |base, index: u16| {
        base.standard(StandardTiming {
            h_active_px: 800 + 160 * index,
            aspect: shapes[usize::from(index) % 4],
            refresh_hz: 60 + 5 * index,
        })
    });
    let limits = RangeLimits {
        v_min_hz: 48,
        v_max_hz: 144,
        h_min_khz: 30,
        h_max_khz: 160,
        clock_max_mhz: 300,
    };
    let many = mode::STANDARD.iter().map(Timing::of);
    let six = |skip: usize| {
        many.clone()
            .skip(skip)
            .take(6)
            .fold(CtaBlock::new(), |cta, timing| cta.timing(&timing))
            .emit()
    };
    let data = CtaBlock::new()
        .data(1, &[0x09, 0x07, 0x07])
        .vics(&[16, 128 + 4, 31, 65, 107, 1])
        .data(3, &[0x03, 0x0C, 0x00, 0x10, 0x00])
        .data(4, &[1, 0, 0])
        .data(7, &[0, 0x4B])
        .timing(&hd);
    let mut bad_base = one;
    bad_base[127] ^= 0x5A;
    let mut bad_extension = CtaBlock::new().vics(&[16]).emit();
    bad_extension[127] ^= 0x0F;
    let interlaced = Timing {
        interlaced: true,
        v_active_lines: 540,
        v_blank_lines: 22,
        v_front_lines: 2,
        v_sync_lines: 5,
        ..timing("1920x1080")
    };
    vec![
        ("one timing", one.to_vec()),
        ("every established timing", rates(&ESTABLISHED)),
        ("three established timings", rates(&ESTABLISHED[4..7])),
        ("eight standard timings", standards.emit(0).to_vec()),
        (
            "names and limits",
            base(4)
                .timing(&hd)
                .name("Thirteen char")
                .serial_text("SN-42")
                .range_limits(limits)
                .emit(0)
                .to_vec(),
        ),
        (
            "four timings",
            ["1920x1080", "1280x1024", "800x600", "640x480"]
                .iter()
                .fold(base(5), |base, name| base.timing(&timing(name)))
                .emit(0)
                .to_vec(),
        ),
        (
            "timings in extensions",
            joined(&[base(6).timing(&hd).emit(3), six(3), six(9), six(15)]),
        ),
        (
            "data blocks",
            joined(&[base(7).timing(&hd).emit(1), data.emit()]),
        ),
        ("base checksum", bad_base.to_vec()),
        (
            "extension checksum",
            joined(&[base(8).timing(&hd).emit(1), bad_extension]),
        ),
        ("version 1.3", with_byte(one, 19, 3).to_vec()),
        ("analogue input", with_byte(one, 20, 0x0E).to_vec()),
        ("model year", with_byte(one, 16, 255).to_vec()),
        ("no size", {
            let block = with_byte(one, 21, 0);
            with_byte(block, 22, 0).to_vec()
        }),
        (
            "interlaced",
            base(9).timing(&hd).timing(&interlaced).emit(0).to_vec(),
        ),
        (
            "no video codes",
            joined(&[base(10).timing(&hd).emit(1), CtaBlock::new().emit()]),
        ),
        ("other maker", {
            BaseBlock::new(*b"AZQ", 0xFFFE, 0xFFFF_FFFE)
                .timing(&timing("1680x1050"))
                .emit(0)
                .to_vec()
        }),
    ]
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 24) % limit
    }

    fn u16(&mut self, from: u16, to: u16) -> u16 {
        from + self.below(u64::from(to - from) + 1) as u16
    }

    fn timing(&mut self) -> Timing {
        let [h_front_px, h_sync_px] = [8, 16].map(|least| self.u16(least, 300));
        let [v_front_lines, v_sync_lines] = [1, 1].map(|least| self.u16(least, 40));
        let polarity = |high: bool| {
            if high {
                Polarity::Positive
            } else {
                Polarity::Negative
            }
        };
        Timing {
            clock: lumenport_hal::addr::KiloHertz::new(10 * (2_500 + self.below(40_000) as u32)),
            h_active_px: self.u16(64, 4000),
            h_blank_px: h_front_px + h_sync_px + self.u16(8, 400),
            h_front_px,
            h_sync_px,
            v_active_lines: self.u16(48, 4000),
            v_blank_lines: v_front_lines + v_sync_lines + self.u16(2, 200),
            v_front_lines,
            v_sync_lines,
            size_mm: (self.u16(1, 2000), self.u16(1, 2000)),
            hsync: polarity(self.below(2) == 0),
            vsync: polarity(self.below(2) == 0),
            interlaced: false,
            separate_sync: true,
        }
    }

    fn edid(&mut self) -> Vec<u8> {
        let letters = [0; 3].map(|_: u8| b'A' + self.below(26) as u8);
        let mut base = BaseBlock::new(letters, self.u16(0, 0xFFFF), self.below(1 << 32) as u32);
        for _ in 0..=self.below(3) {
            base = base.timing(&self.timing());
        }
        for (_, rate) in ESTABLISHED {
            if self.below(3) == 0 {
                base = base.established(rate);
            }
        }
        let mut cta = CtaBlock::new();
        let codes: Vec<u8> = (0..self.below(20))
            .map(|_| 1 + self.below(64) as u8)
            .collect();
        cta = cta.vics(&codes);
        for _ in 0..self.below(4) {
            cta = cta.timing(&self.timing());
        }
        joined(&[base.name("Random").emit(1), cta.emit()])
    }
}

/// A detailed timing as a fact.
fn timing_fact(timing: &Timing) -> String {
    let sign = |polarity| match polarity {
        Polarity::Positive => 'P',
        Polarity::Negative => 'N',
    };
    let double = if timing.interlaced { 2 } else { 1 };
    format!(
        "timing {}x{}{} {}.{:02} MHz h {} {} {} {} v {} {} {} {}",
        timing.h_active_px,
        timing.v_active_lines * double,
        if timing.interlaced { "i" } else { "" },
        timing.clock.raw() / 1000,
        timing.clock.raw() % 1000 / 10,
        timing.h_front_px,
        timing.h_sync_px,
        timing.h_back_px(),
        sign(timing.hsync),
        timing.v_front_lines,
        timing.v_sync_lines,
        timing.v_back_lines(),
        sign(timing.vsync)
    )
}

fn rate_fact(kind: &str, rate: RefreshMode) -> String {
    format!(
        "{kind} {}x{}{} {} Hz",
        rate.h_active_px,
        rate.v_active_lines,
        if rate.interlaced { "i" } else { "" },
        rate.refresh_hz
    )
}

/// What our parser tells.
fn ours(bytes: &[u8]) -> Facts {
    let edid = Edid::parse(bytes).expect("an EDID");
    let mut facts = Facts::new();
    let (version, revision) = edid.version();
    facts.insert(format!("version {version}.{revision}"));
    let maker = edid.manufacturer().expect("three letters");
    facts.insert(format!("maker {}", String::from_utf8_lossy(&maker)));
    facts.insert(format!("product {}", edid.product()));
    if edid.serial_number() != 0 {
        facts.insert(format!("serial {}", edid.serial_number()));
    }
    facts.insert(match edid.week() {
        Some(week) => format!("made week {week} of {}", edid.year()),
        None => format!("model {}", edid.year()),
    });
    facts.insert(format!(
        "input {}",
        if edid.is_digital() {
            "digital"
        } else {
            "analog"
        }
    ));
    if let Some((width, height)) = edid.size_mm() {
        facts.insert(format!("size {} cm x {} cm", width / 10, height / 10));
    }
    for descriptor in edid.descriptors() {
        match descriptor {
            Descriptor::Name(text) => facts.insert(format!("name {text}")),
            Descriptor::Serial(text) => facts.insert(format!("serial text {text}")),
            Descriptor::RangeLimits(limits) => facts.insert(format!(
                "limits {}-{} Hz {}-{} kHz {} MHz",
                limits.v_min_hz,
                limits.v_max_hz,
                limits.h_min_khz,
                limits.h_max_khz,
                limits.clock_max_mhz
            )),
            _ => false,
        };
    }
    facts.extend(
        edid.established_timings()
            .map(|rate| rate_fact("established", rate)),
    );
    facts.extend(
        edid.standard_timings()
            .map(|timing| rate_fact("standard", timing.mode())),
    );
    facts.extend(edid.detailed_timings().map(|timing| timing_fact(&timing)));
    facts.extend(edid.vics().map(|vic| {
        let native = if vic.native { " native" } else { "" };
        format!("vic {}{native}", vic.code)
    }));
    let blocks = std::iter::once(edid.base()).chain(edid.extensions());
    for (index, block) in blocks.enumerate() {
        if checksum(block) != 0 {
            facts.insert(format!("block {index} checksum"));
        }
    }
    facts
}

/// What the tool tells, in the same words.
fn theirs(text: &str) -> Facts {
    let mut facts = Facts::new();
    let mut section = "";
    let mut block = 0;
    let mut dtd = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let line = line.trim();
        if let Some((_, rest)) = line
            .split_once("Block ")
            .filter(|(front, _)| front.is_empty())
        {
            block = rest
                .split(',')
                .next()
                .and_then(|n| n.parse().ok())
                .unwrap_or(block);
        }
        if line.ends_with(':') {
            section = line.trim_end_matches(':');
        }
        let after = |label: &str| line.strip_prefix(label).map(str::trim);
        let quoted = |label: &str| after(label).map(|text| text.trim_matches('\'').to_owned());
        if let Some(version) = after("EDID Structure Version & Revision:") {
            facts.insert(format!("version {version}"));
        } else if let Some(maker) = after("Manufacturer:") {
            facts.insert(format!("maker {maker}"));
        } else if let Some(product) = after("Model:") {
            facts.insert(format!("product {product}"));
        } else if let Some(serial) = after("Serial Number:") {
            let number = serial.split_whitespace().next().unwrap_or_default();
            facts.insert(format!("serial {number}"));
        } else if let Some(made) = after("Made in:") {
            facts.insert(format!("made {made}"));
        } else if let Some(year) = after("Model year:") {
            facts.insert(format!("model {year}"));
        } else if line == "Digital display" {
            facts.insert("input digital".into());
        } else if line.starts_with("Analog display") {
            facts.insert("input analog".into());
        } else if let Some(size) = after("Maximum image size:") {
            facts.insert(format!("size {size}"));
        } else if let Some(name) = quoted("Display Product Name:") {
            facts.insert(format!("name {name}"));
        } else if let Some(name) = quoted("Display Product Serial Number:") {
            facts.insert(format!("serial text {name}"));
        } else if line.starts_with("Monitor ranges") {
            // Monitor ranges (Bare Limits): 48-144 Hz V, 30-160 kHz H, max dotclock 300 MHz
            let tail = line.split_once("): ").map_or("", |(_, tail)| tail);
            let tail = tail
                .replace(" Hz V,", " Hz")
                .replace(" kHz H, max dotclock", " kHz");
            facts.insert(format!("limits {tail}"));
        } else if line.contains("should be") && line.starts_with("Checksum") {
            facts.insert(format!("block {block} checksum"));
        } else if words.first() == Some(&"DTD") {
            // DTD 1:  1280x720    60.000000 Hz  16:9     45.000 kHz     74.250000 MHz
            let clock = words.iter().position(|word| *word == "MHz");
            let clock = clock.and_then(|at| words.get(at - 1)).unwrap_or(&"0.00");
            let cut = clock.find('.').map_or(clock.len(), |point| point + 3);
            dtd = format!("timing {} {} MHz", words[2], &clock[..cut.min(clock.len())]);
        } else if words.first() == Some(&"Hfront") {
            let [front, sync, back, sign] = [1, 3, 5, 7].map(|at| words[at]);
            dtd = format!("{dtd} h {front} {sync} {back} {sign}");
        } else if words.first() == Some(&"Vfront") {
            facts.insert(format!(
                "{dtd} v {} {} {} {}",
                words[1], words[3], words[5], words[7]
            ));
        } else if words.first() == Some(&"VIC") {
            let native = if line.contains("(native)") {
                " native"
            } else {
                ""
            };
            facts.insert(format!("vic {}{native}", words[1].trim_end_matches(':')));
        } else if let Some(at) = words.iter().position(|word| *word == "Hz") {
            let kind = match section {
                "Established Timings I & II" => "established",
                "Standard Timings" => "standard",
                _ => continue,
            };
            let rate: f64 = words[at - 1].parse().unwrap_or_default();
            // The standard itself calls this one 72 Hz.
            let rate = if words[at - 1] == "72.808802" {
                72.0
            } else {
                rate.round()
            };
            facts.insert(format!("{kind} {} {rate} Hz", words[at - 2]));
        }
    }
    facts
}

/// The tool's text for these bytes; `None` when it is not installed.
fn decode(bytes: &[u8], index: usize) -> Option<String> {
    let file = std::env::temp_dir().join(format!("lumenport-edid-{}-{index}", std::process::id()));
    std::fs::write(&file, bytes).expect("the temporary folder takes a file");
    let output = Command::new(TOOL).arg("-s").arg(&file).output();
    std::fs::remove_file(&file).expect("it is ours");
    // Its exit code is a verdict about conformity, which is not asked for here.
    output
        .ok()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn parser_and_edid_decode_tell_the_same() {
    let seed = 0xED1D_DEC0;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let mut cases = authored();
    assert!(cases.len() >= 12);
    cases.extend((0..RANDOM_CASES).map(|_| ("random", random.edid())));
    let (mut compared, mut kinds) = (0, BTreeSet::new());
    for (index, (name, bytes)) in cases.iter().enumerate() {
        assert!(bytes.len().is_multiple_of(BLOCK_BYTES), "{name}");
        let Some(text) = decode(bytes, index) else {
            assert!(
                std::env::var("LUMENPORT_REQUIRE_TOOLS").as_deref() != Ok("1"),
                "{TOOL} is needed and not installed"
            );
            eprintln!("SKIP {TOOL} cross-check: the tool is not installed");
            return;
        };
        let (ours, theirs) = (ours(bytes), theirs(&text));
        let only_ours: Vec<_> = ours.difference(&theirs).collect();
        let only_theirs: Vec<_> = theirs.difference(&ours).collect();
        assert!(
            only_ours.is_empty() && only_theirs.is_empty(),
            "{name} ({index}): only ours {only_ours:#?}, only theirs {only_theirs:#?}\n{text}"
        );
        compared += ours.len();
        kinds.extend(
            ours.iter()
                .filter_map(|fact| fact.split(' ').next().map(str::to_owned)),
        );
    }
    println!(
        "{} EDIDs, {compared} facts of {} kinds",
        cases.len(),
        kinds.len()
    );
    assert_eq!(
        kinds.len(),
        15,
        "a kind of fact that no EDID had: {kinds:?}"
    );
}

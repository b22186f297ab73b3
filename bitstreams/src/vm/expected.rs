//! What an unmodified kernel and `lspci` must say of the card's configuration space.
//!
//! The expected values are written here from the card's specification; a test compares them with the gateware's constants, and a guest
//! compares them with what enumeration found. Source of the layout: PCI Express Base Spec 2.0 ch. 7.

use std::collections::BTreeMap;

/// One function as `lspci -nn -vvv` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Vendor and device id.
    pub id: (u16, u16),
    /// Subsystem vendor and device id.
    pub subsystem: (u16, u16),
    /// Class and subclass.
    pub class: u16,
    /// Revision.
    pub revision: u8,
    /// Interrupt pin, `A` to `D`.
    pub pin: Option<char>,
    /// BARs by index.
    pub bars: BTreeMap<u8, Bar>,
    /// Capabilities by offset: what `lspci` calls them, up to what changes in operation.
    pub capabilities: BTreeMap<u16, String>,
    /// Largest payload the function supports, in bytes.
    pub max_payload_bytes: Option<u32>,
    /// Link capability: gigatransfers per second times ten, lanes.
    pub link: Option<(u32, u32)>,
}

/// One BAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Size in KiB.
    pub kib: u64,
    /// Bits of its address.
    pub address_bits: u8,
    /// Prefetchable.
    pub prefetchable: bool,
}

/// The card.
pub fn card() -> Function {
    let bar = |kib, prefetchable| Bar {
        kib,
        address_bits: 32,
        prefetchable,
    };
    let capabilities = [
        (0x40, "Power Management version 3"),
        (0x48, "MSI: Count=1/4 Maskable- 64bit+"),
        (0x60, "Express (v2) Endpoint"),
        (0x100, "Advanced Error Reporting"),
    ];
    Function {
        id: (0x1234, 0x1111),
        subsystem: (0x1234, 0x4C50),
        class: 0x0380,
        revision: 2,
        pin: Some('A'),
        bars: [(0, bar(4096, true)), (2, bar(64, false))].into(),
        capabilities: capabilities.map(|(at, name)| (at, name.to_owned())).into(),
        max_payload_bytes: Some(512),
        link: Some((25, 1)),
    }
}

/// Reads what `lspci -nn -vvv -s …` prints of one function. What it does not say stays empty.
pub fn parse(text: &str) -> Function {
    let mut found = Function::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if number == 0 {
            found.class = bracketed(line).and_then(hex16).unwrap_or(0);
            found.id = last_pair(line).unwrap_or((0, 0));
            let revision = line.split_once("(rev ").map(|(_, rest)| rest);
            let revision = revision.and_then(|r| r.split(')').next());
            found.revision = revision
                .and_then(|r| u8::from_str_radix(r, 16).ok())
                .unwrap_or(0);
        } else if line.starts_with("Subsystem:") {
            found.subsystem = last_pair(line).unwrap_or((0, 0));
        } else if let Some(rest) = line.strip_prefix("Interrupt: pin ") {
            found.pin = rest.chars().next();
        } else if let Some(rest) = line.strip_prefix("Region ") {
            found.bars.extend(region(rest));
        } else if let Some(rest) = line.strip_prefix("Capabilities: [") {
            found.capabilities.extend(capability(rest));
        } else if line.starts_with("DevCap:") {
            found.max_payload_bytes = number_after(line, "MaxPayload ");
        } else if line.starts_with("LnkCap:") {
            let speed = number_after(&line.replace('.', ""), "Speed ");
            found.link = speed.zip(number_after(line, "Width x"));
        }
    }
    found
}

/// What is not as expected, one line each.
pub fn differences(expected: &Function, found: &Function) -> Vec<String> {
    let mut all = Vec::new();
    let mut compare = |what: &str, expected: String, found: String| {
        if expected != found {
            all.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    let pair = |(a, b): (u16, u16)| format!("{a:04x}:{b:04x}");
    compare("id", pair(expected.id), pair(found.id));
    compare("subsystem", pair(expected.subsystem), pair(found.subsystem));
    compare(
        "class",
        format!("{:04x}", expected.class),
        format!("{:04x}", found.class),
    );
    compare(
        "revision",
        expected.revision.to_string(),
        found.revision.to_string(),
    );
    compare(
        "interrupt pin",
        format!("{:?}", expected.pin),
        format!("{:?}", found.pin),
    );
    for index in 0..6 {
        let show = |function: &Function| format!("{:?}", function.bars.get(&index));
        compare(&format!("BAR{index}"), show(expected), show(found));
    }
    let offsets = expected
        .capabilities
        .keys()
        .chain(found.capabilities.keys());
    let offsets: std::collections::BTreeSet<_> = offsets.collect();
    for at in offsets {
        let show = |function: &Function| format!("{:?}", function.capabilities.get(at));
        compare(
            &format!("capability at 0x{at:x}"),
            show(expected),
            show(found),
        );
    }
    compare(
        "largest payload",
        format!("{:?}", expected.max_payload_bytes),
        format!("{:?}", found.max_payload_bytes),
    );
    compare(
        "link",
        format!("{:?}", expected.link),
        format!("{:?}", found.link),
    );
    all
}

fn hex16(text: &str) -> Option<u16> {
    u16::from_str_radix(text, 16).ok()
}

/// The first `[…]`.
fn bracketed(line: &str) -> Option<&str> {
    line.split_once('[')?.1.split(']').next()
}

/// The last `[xxxx:xxxx]`.
fn last_pair(line: &str) -> Option<(u16, u16)> {
    line.split('[').rev().find_map(|part| {
        let (vendor, device) = part.split(']').next()?.split_once(':')?;
        Some((hex16(vendor)?, hex16(device)?))
    })
}

/// The number that follows `before`.
fn number_after(line: &str, before: &str) -> Option<u32> {
    let rest = line.split_once(before)?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

/// `0: Memory at fe400000 (32-bit, prefetchable) [size=4M]`.
fn region(text: &str) -> Option<(u8, Bar)> {
    let index = text.split(':').next()?.parse().ok()?;
    let (count, unit) = {
        let size = text.split_once("[size=")?.1.split(']').next()?;
        let digits = size.trim_end_matches(|c: char| !c.is_ascii_digit());
        (digits.parse::<u64>().ok()?, size.get(digits.len()..)?)
    };
    let kib = match unit {
        "K" => count,
        "M" => count << 10,
        "G" => count << 20,
        _ => return None,
    };
    let address_bits = if text.contains("(64-bit") { 64 } else { 32 };
    let bar = Bar {
        kib,
        address_bits,
        prefetchable: text.contains(", prefetchable)"),
    };
    Some((index, bar))
}

/// `48] MSI: Enable- Count=1/4 Maskable- 64bit+`, `100 v1] Advanced Error Reporting`, without what changes in operation.
fn capability(text: &str) -> Option<(u16, String)> {
    let (at, name) = text.split_once("] ")?;
    let at = hex16(at.split(' ').next()?)?;
    let name = name.split(',').next().unwrap_or(name);
    let words = name.split_whitespace();
    let words: Vec<_> = words.filter(|word| !word.starts_with("Enable")).collect();
    Some((at, words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lumenport_hdl::pcie::config::{BAR2_ADDRESS_BITS, Identity};

    const GOOD: &str = "\
01:00.0 Display controller [0380]: Device [1234:1111] (rev 02)
\tSubsystem: Device [1234:4c50]
\tControl: I/O- Mem+ BusMaster- SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx-
\tInterrupt: pin A routed to IRQ 10
\tRegion 0: Memory at fe400000 (32-bit, prefetchable) [size=4M]
\tRegion 2: Memory at fe800000 (32-bit, non-prefetchable) [size=64K]
\tCapabilities: [40] Power Management version 3
\t\tFlags: PMEClk- DSI- D1- D2- AuxCurrent=0mA PME(D0-,D1-,D2-,D3hot-,D3cold-)
\tCapabilities: [48] MSI: Enable- Count=1/4 Maskable- 64bit+
\tCapabilities: [60] Express (v2) Endpoint, IntMsgNum 0
\t\tDevCap:\tMaxPayload 512 bytes, PhantFunc 0, Latency L0s <64ns, L1 <1us
\t\tDevCtl:\tCorrErr- NonFatalErr- FatalErr- UnsupReq-
\t\t\tMaxPayload 128 bytes, MaxReadReq 512 bytes
\t\tLnkCap:\tPort #0, Speed 2.5GT/s, Width x1, ASPM not supported
\tCapabilities: [100 v1] Advanced Error Reporting
\t\tUESta:\tDLP- SDES- TLP-
";

    #[test]
    fn text_of_a_good_card_shows_no_difference() {
        assert_eq!(differences(&card(), &parse(GOOD)), Vec::<String>::new());
    }

    #[test]
    fn each_fact_that_changes_is_a_difference() {
        for (good, bad) in [
            ("[1234:1111]", "[1234:1112]"),
            ("[1234:4c50]", "[1af4:1100]"),
            ("[0380]", "[0300]"),
            ("(rev 02)", "(rev 01)"),
            ("pin A", "pin B"),
            ("size=4M", "size=8M"),
            ("(32-bit, prefetchable)", "(64-bit, prefetchable)"),
            ("(32-bit, non-prefetchable)", "(32-bit, prefetchable)"),
            ("size=64K", "size=4K"),
            ("[40] Power", "[44] Power"),
            ("Count=1/4", "Count=1/1"),
            ("64bit+", "64bit-"),
            ("Express (v2) Endpoint", "Express (v2) Legacy Endpoint"),
            ("DevCap:\tMaxPayload 512", "DevCap:\tMaxPayload 128"),
            ("Width x1", "Width x4"),
            ("2.5GT/s", "5GT/s"),
            ("[100 v1] Advanced Error", "[100 v1] Virtual"),
        ] {
            assert!(GOOD.contains(good), "{good}");
            let found = differences(&card(), &parse(&GOOD.replace(good, bad)));
            assert!(!found.is_empty(), "{bad} goes unnoticed");
        }
    }

    #[test]
    fn missing_function_differs_in_everything() {
        assert!(differences(&card(), &parse("")).len() > 8);
    }

    #[test]
    fn specification_and_gateware_agree() {
        let (card, gateware) = (card(), Identity::default());
        assert_eq!(card.id, (gateware.vendor, gateware.device));
        assert_eq!(
            card.subsystem,
            (gateware.subsystem_vendor, gateware.subsystem)
        );
        assert_eq!(u32::from(card.class) << 8, gateware.class);
        assert_eq!(card.revision, gateware.revision);
        let kib = |index| card.bars.get(&index).map(|bar| bar.kib);
        assert_eq!(kib(0), Some(1 << (gateware.bar0_address_bits - 10)));
        assert_eq!(kib(2), Some(1 << (BAR2_ADDRESS_BITS - 10)));
        let payload = 128 << gateware.max_payload_supported;
        assert_eq!(card.max_payload_bytes, Some(payload));
        let aer = lumenport_hdl::pcie::aer::AER_OFFSET;
        assert!(card.capabilities.contains_key(&aer));
    }
}

//! The simulated monitor, chosen by what a person typed.

use anyhow::{Context, Result, bail};
use lumenport_hal::edid::{BLOCK_BYTES, BLOCKS_MAX};
use lumenport_hal::fake::BusFlaws;
use lumenport_sim::monitor::MonitorConfig;
use lumenport_sim::monitor::edid::{EdidFlaw, damage};

/// What is wrong with a monitor that is chosen by name.
enum Flaw {
    /// Nothing.
    Good,
    /// No monitor.
    Absent,
    /// Something in its EDID.
    Edid(EdidFlaw),
    /// Something at its end of the cable.
    Cable(BusFlaws),
}

const NO_FLAW: BusFlaws = BusFlaws {
    deaf: 0,
    garbled: 0,
    stretch_ns: 0,
    holds_data: 0,
    no_segments: false,
};

/// The names that `--edid` takes besides a file.
const NAMES: [(&str, Flaw); 13] = [
    ("good", Flaw::Good),
    ("none", Flaw::Absent),
    ("base-checksum", Flaw::Edid(EdidFlaw::BaseChecksum)),
    (
        "extension-checksum",
        Flaw::Edid(EdidFlaw::ExtensionChecksum),
    ),
    ("count-too-high", Flaw::Edid(EdidFlaw::CountTooHigh)),
    ("count-zero", Flaw::Edid(EdidFlaw::CountZero)),
    ("zeroed-timing", Flaw::Edid(EdidFlaw::ZeroedTiming)),
    ("header", Flaw::Edid(EdidFlaw::Header)),
    ("name-end", Flaw::Edid(EdidFlaw::NameEnd)),
    (
        "deaf",
        Flaw::Cable(BusFlaws {
            deaf: u32::MAX,
            ..NO_FLAW
        }),
    ),
    (
        "garbled",
        Flaw::Cable(BusFlaws {
            garbled: 2,
            ..NO_FLAW
        }),
    ),
    (
        "stretching",
        Flaw::Cable(BusFlaws {
            stretch_ns: 20_000,
            ..NO_FLAW
        }),
    ),
    (
        "stuck",
        Flaw::Cable(BusFlaws {
            holds_data: 5,
            ..NO_FLAW
        }),
    ),
];

/// The monitor called `wanted`: one of [`NAMES`], or a file with the bytes of an EDID. `None`: nothing is plugged in.
///
/// # Errors
/// One sentence that names the file, or the names there are.
pub fn choose(wanted: &str) -> Result<Option<MonitorConfig>> {
    let Some((_, flaw)) = NAMES.iter().find(|(name, _)| *name == wanted) else {
        return from_file(wanted).map(Some);
    };
    let mut config = MonitorConfig::default();
    match flaw {
        Flaw::Good => {}
        Flaw::Absent => return Ok(None),
        Flaw::Edid(flaw) => damage(&mut config.edid, *flaw),
        Flaw::Cable(flaws) => config.flaws = *flaws,
    }
    Ok(Some(config))
}

fn from_file(path: &str) -> Result<MonitorConfig> {
    let bytes = std::fs::read(path).with_context(|| {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        format!(
            "cannot read {path}, and no monitor is called that; there are {}",
            names.join(", ")
        )
    })?;
    let range = BLOCK_BYTES..=BLOCK_BYTES * BLOCKS_MAX;
    if !range.contains(&bytes.len()) {
        bail!(
            "{path} has {} bytes; an EDID has {BLOCK_BYTES} to {}, as a file of bytes",
            bytes.len(),
            range.end()
        );
    }
    Ok(MonitorConfig::with_edid(whole_blocks(bytes)))
}

/// Whole blocks: what a file has beyond them would never be read.
fn whole_blocks(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / BLOCK_BYTES * BLOCK_BYTES);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_a_monitor_that_differs_from_the_good_one() {
        let good = MonitorConfig::default();
        for (name, _) in NAMES {
            let chosen = choose(name).expect("it is a name");
            assert_eq!(chosen == Some(good.clone()), name == "good", "{name}");
        }
    }

    #[test]
    fn neither_file_nor_name_lists_the_names() {
        let error = choose("/no/such/file").expect_err("there is none");
        assert!(
            error.to_string().contains("good, none, base-checksum"),
            "{error}"
        );
    }
}

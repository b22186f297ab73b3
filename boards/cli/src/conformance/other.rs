//! Tests beyond the numbered ones: they exist so that each service is called and answers.

use super::run::Run;
use super::stage::{Setup, Target};
use anyhow::Result;
use lumenport_videoport::DebugLevel;
use lumenport_videoport::Options;

/// One part, strict mode, nothing found, nothing left.
pub fn plain(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.close_clean(stage);
    Ok(())
}

/// One part in which the driver makes mistakes on purpose: strict mode names each.
fn with_findings(run: &Run<'_>, expected: &[&str]) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.findings(&stage, expected);
    run.close_clean(stage);
    Ok(())
}

/// A mapping of nothing, and one given back twice.
pub fn mappings(run: &Run<'_>) -> Result<()> {
    with_findings(
        run,
        &[
            "VideoPortMapMemory: UnclaimedRange",
            "VideoPortUnmapMemory: ForeignPointer",
        ],
    )
}

/// The twelve port accessors at a port that nobody mapped: each is named once and answers all ones.
pub fn ports(run: &Run<'_>) -> Result<()> {
    let mut expected = Vec::new();
    for accessor in ["ReadPort", "ReadPortBuffer", "WritePort", "WritePortBuffer"] {
        for width in ["Uchar", "Ushort", "Ulong"] {
            expected.push(format!("VideoPort{accessor}{width}: UnmappedRegister"));
        }
    }
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    with_findings(run, &expected)
}

/// A port beyond the last.
pub fn vga(run: &Run<'_>) -> Result<()> {
    with_findings(run, &["VideoPortSetTrappedEmulatorPorts: WrongArguments"])
}

/// A name that is not the driver's to write.
pub fn registry(run: &Run<'_>) -> Result<()> {
    with_findings(run, &["VideoPortSetRegistryParameters: WrongArguments"])
}

/// A structure of a wrong size.
pub fn interfaces(run: &Run<'_>) -> Result<()> {
    with_findings(run, &["VideoPortQueryServices: WrongArguments"])
}

/// A flag that is not the driver's to use.
pub fn second_view(run: &Run<'_>) -> Result<()> {
    with_findings(run, &["VideoPortCreateSecondaryDisplay: WrongArguments"])
}

/// A second of the card's time at least.
pub fn timer(run: &Run<'_>) -> Result<()> {
    if run.bench().target == Target::Verilated {
        run.not_applicable("a second of the card's time is half a minute of gateware simulation");
        return Ok(());
    }
    plain(run)
}

/// Log, debug text, and the last words as a crash would ask for them.
pub fn last_words(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup {
        options: Options::new().debug_level(DebugLevel::Info),
        ..Setup::default()
    })?;
    run.part(&stage, 0, [0; 4])?;
    let log = stage.injector.log_lines();
    run.expect(log.iter().any(|line| line.contains("0xc00f0001")), || {
        format!("the log is {log:?}")
    });
    run.expect(
        log.iter().any(|line| line.contains("debug text 42 0xbeef")),
        || format!("the log is {log:?}"),
    );
    let mut words = [0; 128];
    let count = stage.device.port().collect_bugcheck_data(0xEA, &mut words);
    run.expect(
        count == 64 && words[..4] == 0x4C4D_5054_u32.to_le_bytes(),
        || format!("{count} bytes: {:x?}", &words[..8]),
    );
    run.part(&stage, 1, [1, 0, 0, 0])?;
    let count = stage.device.port().collect_bugcheck_data(0xEA, &mut words);
    run.expect(count == 0, || {
        format!("{count} bytes after the callback was taken back")
    });
    let report = run.close(stage);
    run.expect(report.is_clean(), || format!("left behind: {report:?}"));
    Ok(())
}

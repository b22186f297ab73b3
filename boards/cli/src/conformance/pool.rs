//! POOL-03 to POOL-12: quotas, empty machines, bugs on purpose, threads.

use super::run::Run;
use super::stage::Setup;
use anyhow::Result;
use lumenport_videoport::Options;

const QUOTA_BYTES: u32 = 1 << 20;
const THREADS: u64 = 8;

fn with_quota() -> Setup {
    let options = Options::new()
        .strict(true)
        .buffer_quota_bytes(u64::from(QUOTA_BYTES));
    Setup {
        options,
        ..Setup::default()
    }
}

/// A quota of 1 MiB.
pub fn quota(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&with_quota())?;
    run.part(&stage, 0, [QUOTA_BYTES.into(), 0, 0, 0])?;
    run.close_clean(stage);
    Ok(())
}

/// No page left, and the quota far away.
pub fn no_memory(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&with_quota())?;
    // The request's own buffer is taken before the memory goes.
    run_with_no_pages(run, &stage, u64::from(QUOTA_BYTES / 2))?;
    run.close_clean(stage);
    Ok(())
}

/// No page left and over the quota: the quota speaks.
pub fn no_memory_over_quota(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&with_quota())?;
    run_with_no_pages(run, &stage, u64::from(QUOTA_BYTES) * 2)?;
    run.close_clean(stage);
    Ok(())
}

fn run_with_no_pages(run: &Run<'_>, stage: &super::stage::Stage, bytes: u64) -> Result<()> {
    let unused = stage.request(&super::record::Request {
        id: "MEM-01",
        part: 1,
        arguments: [0; 4],
    })?;
    drop(unused);
    stage
        .injector
        .set_page_limit(Some(stage.injector.live_pages()));
    run.part(stage, 0, [bytes, 0, 0, 0])?;
    stage.injector.set_page_limit(None);
    Ok(())
}

/// What is allowed at DISPATCH_LEVEL, then what is not.
pub fn levels(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.findings(&stage, &[]);
    run.part(&stage, 1, [0; 4])?;
    run.findings(
        &stage,
        &[
            "VideoPortAllocatePool: IrqlTooHigh",
            "VideoPortAllocatePool: IrqlTooHigh",
            "VideoPortFreePool: IrqlTooHigh",
        ],
    );
    run.close_clean(stage);
    Ok(())
}

/// Sizes that strict mode would report: without it.
pub fn odd_sizes(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup {
        options: Options::new(),
        ..Setup::default()
    })?;
    run.part(&stage, 0, [0; 4])?;
    let findings = stage.take_findings();
    run.expect(
        findings.iter().any(|text| text.ends_with("ZeroLength")),
        || format!("size 0 is not noted: {findings:?}"),
    );
    run.expect(
        findings.iter().any(|text| text.ends_with("NullPointer")),
        || format!("NULL is not noted: {findings:?}"),
    );
    run.close_clean(stage);
    Ok(())
}

/// Three blocks stay behind: counted, and named by tag.
pub fn leaks(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    let (injector, device) = (stage.injector.clone(), stage.device.clone());
    let report = run.close(stage);
    run.expect(
        report.pool_blocks == 3 && report.pool_bytes == 123 + 5000 + 77,
        || format!("the report says {report:?}"),
    );
    let mut found = Vec::new();
    while let Some(finding) = device.port().take_finding() {
        found.push(finding.to_string());
    }
    for tag in ["DLk1", "DLk2"] {
        let named = found.iter().any(|text| text.contains(tag))
            || injector.log_lines().iter().any(|line| line.contains(tag));
        run.expect(named, || format!("tag {tag} is not in {found:?}"));
    }
    Ok(())
}

/// Named in strict mode, harmless without it.
pub fn bad_pointers(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.findings(
        &stage,
        &[
            "VideoPortFreePool: InteriorPointer",
            "VideoPortFreePool: ForeignPointer",
            "VideoPortFreePool: DoubleFree",
        ],
    );
    run.close_clean(stage);
    let stage = run.open(&Setup {
        options: Options::new(),
        ..Setup::default()
    })?;
    run.part(&stage, 0, [0; 4])?;
    let report = run.close(stage);
    run.expect(report.is_clean(), || {
        format!("without strict mode: {report:?}")
    });
    Ok(())
}

/// Eight threads at once, then a deferred routine.
pub fn many_threads(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let stage = &stage;
            scope.spawn(move || run.call(stage, 1, [thread, 0, 0, 0]));
        }
    });
    run.part(&stage, 2, [THREADS, 0, 0, 0])?;
    run.close_clean(stage);
    Ok(())
}

//! DMA-01 to DMA-20: which machine each needs, and what the program does between the parts.

use super::run::Run;
use super::stage::Setup;
use anyhow::{Context, Result};
use lumenport_videoport::platform::{PageKind, Platform};
use lumenport_videoport::{Options, PAGE_SIZE, VirtAddr};

fn high() -> Setup {
    Setup {
        high_memory: true,
        ..Setup::default()
    }
}

/// Two map registers, memory out of reach.
pub fn few_map_registers(run: &Run<'_>) -> Result<()> {
    let options = Options::new().strict(true).map_register_count(2);
    let stage = run.open(&Setup { options, ..high() })?;
    run.part(&stage, 0, [0; 4])?;
    run.close_clean(stage);
    Ok(())
}

/// All memory above 4 GiB.
pub fn out_of_reach(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&high())?;
    run.part(&stage, 0, [0; 4])?;
    run.close_clean(stage);
    Ok(())
}

/// The machine's next page allocation fails, and the one after it, and so on until StartDma needs no more of them.
pub fn injected_failure(run: &Run<'_>) -> Result<()> {
    let mut injected = 0;
    for successes in 0..4 {
        let stage = run.open(&high())?;
        run.part(&stage, 0, [0; 4])?;
        let (pages, pins) = (stage.injector.live_pages(), stage.injector.pins());
        stage.injector.fail_allocation_after(successes);
        let result = stage.request(&super::record::Request {
            id: "DMA-09",
            part: 1,
            arguments: [0; 4],
        })?;
        let unused = stage.injector.take_unused_failure();
        if unused {
            // StartDma needed fewer allocations: nothing left to inject.
            run.close(stage);
            break;
        }
        // The failure struck: the part must have passed, and nothing may have stayed.
        injected += 1;
        run.expect(result.verdict == super::record::Verdict::Pass, || {
            format!(
                "failure {successes}: line {} of {}",
                result.line, result.text
            )
        });
        let now = (stage.injector.live_pages(), stage.injector.pins());
        run.expect(now == (pages, pins), || {
            format!("failure {successes}: {pages} pages, {pins} pins became {now:?}")
        });
        run.part(&stage, 2, [0; 4])?;
        run.close_clean(stage);
    }
    run.expect(injected > 0, || {
        "no allocation of StartDma could be made to fail".to_owned()
    });
    Ok(())
}

/// From the deferred routine, and the bug that strict mode must name.
pub fn who_may_complete(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    run.part(&stage, 0, [0; 4])?;
    run.findings(&stage, &[]);
    run.part(&stage, 0, [1, 0, 0, 0])?;
    run.findings(&stage, &["VideoPortCompleteDma: NotInInterrupt"]);
    run.close_clean(stage);
    Ok(())
}

/// Another thread completes before StartDma returns.
pub fn instant_engine(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            // Part 0 clears the flags that part 1 waits for: it must not be late. It is not: it comes first in the queue below.
            run.call(&stage, 1, [0; 4])
        });
        let result = run.part(&stage, 0, [0; 4]).map(drop);
        let _ = other.join();
        result
    })?;
    run.close_clean(stage);
    Ok(())
}

/// Pins of three pages: none; one lock, two in the middle; one less each; none.
pub fn overlapping_locks(run: &Run<'_>) -> Result<()> {
    const EXPECTED: [[u32; 3]; 5] = [[0, 0, 0], [1, 2, 1], [0, 1, 1], [0, 0, 0], [0, 0, 0]];
    let stage = run.open(&Setup::default())?;
    let before = stage.injector.pins();
    for (part, expected) in (0..).zip(EXPECTED) {
        let result = run.part(&stage, part, [0; 4])?;
        let base = usize::try_from(result.value[0])?;
        let pins = [0, 1, 2].map(|page| {
            stage
                .injector
                .pins_of(VirtAddr::new(base + page * PAGE_SIZE))
        });
        run.expect(pins == expected, || {
            format!("after part {part} the pages have {pins:?} pins, expected {expected:?}")
        });
    }
    let after = stage.injector.pins();
    run.expect(before == after, || {
        format!("{before} pins at first, {after} at the end")
    });
    run.close_clean(stage);
    Ok(())
}

/// Memory that is not there, memory that may only be read, and a buffer that runs out of what is there.
pub fn unlockable_memory(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    let machine = stage.device.machine();
    let user = machine
        .allocate_pages(4, PageKind::Paged)
        .context("no pages")?;
    let page = |index: usize| VirtAddr::new(user.raw() + index * PAGE_SIZE);
    stage.injector.make_missing(page(0));
    stage.injector.make_read_only(page(1));
    stage.injector.make_missing(page(3));
    let pins = stage.injector.pins();
    let addresses = [page(0), page(1), page(2)].map(|at| at.raw() as u64);
    run.part(&stage, 0, [addresses[0], addresses[1], addresses[2], 0])?;
    let after = stage.injector.pins();
    run.expect(pins == after, || {
        format!("{pins} pins before, {after} after")
    });
    machine.free_pages(user, 4);
    // Strict mode says of each refusal what was wrong; how many there are is the test's business.
    let findings = stage.take_findings();
    run.expect(
        findings
            .iter()
            .all(|text| text.starts_with("VideoPortLockBuffer")),
        || format!("findings {findings:?}"),
    );
    run.close_clean(stage);
    Ok(())
}

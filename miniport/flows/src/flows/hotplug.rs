//! Hot plug: monitors come, bounce and go; child, mode list and child state follow.

use lumenport_hal::regmap::blocks::crtc;
use lumenport_miniport::MONITOR_UID;
use lumenport_videoport::Platform;
use lumenport_videoport::VpStatus;
use lumenport_videoport::child::{Child, INVALID_CHILD_ID};
use lumenport_videoport::ioctl::{
    CHILD_ACTIVE, CHILD_DETACHED, CHILD_NOPRUNE_FREQ, ChildState, ChildStateConfiguration,
    GET_CHILD_STATE, SET_CHILD_STATE_CONFIGURATION, VALIDATE_CHILD_STATE_CONFIGURATION,
};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::monitors::{DEBOUNCE_US, LARGE_NAMES, SMALL_NAMES, large, small, with_monitor};
use crate::session::Session;
use crate::target::{Board, MonitorSetup, Target};

pub(super) fn hotplug<T: Target>(target: &T) -> FlowOutcome {
    with_monitor(target, None, |session| {
        let everything = session.card_names()?;
        ensure!(session.port.child(0).is_none(), "a child without a monitor");
        session.expect_names(&everything)?;
        expect_state(session, CHILD_DETACHED)?;

        // It bounces: one interrupt all the same.
        let monitor = MonitorSetup {
            bounces: 3,
            ..MonitorSetup::with_edid(small())
        };
        plug(session, Some(&monitor), 1)?;
        let first = child(session)?;
        session.expect_names(&SMALL_NAMES)?;
        expect_state(session, CHILD_ACTIVE)?;
        let mode = session.smallest_mode(8)?;
        session.set_mode(&mode)?;

        // The picture stays when the monitor goes; what is left is a card without one.
        plug(session, None, 2)?;
        ensure!(
            session.port.child(0).is_none(),
            "the child outlived its monitor"
        );
        ensure_eq!(
            session.port.get_associated_device_id(first),
            INVALID_CHILD_ID,
            "id of a child that is gone"
        );
        ensure_eq!(
            session.expect_findings().len(),
            1,
            "findings for a stale child"
        );
        session.expect_names(&everything)?;
        ensure!(
            enabled(session)?,
            "the raster stopped when the monitor went"
        );

        plug(session, Some(&MonitorSetup::with_edid(large())), 3)?;
        let second = child(session)?;
        ensure!(second != first, "another monitor has the old handle");
        session.expect_names(&LARGE_NAMES)?;
        switched(session, &everything)?;

        let started_ns = session.port.platform().now_ns();
        session.pass_us(20 * DEBOUNCE_US);
        let quiet_us = (session.port.platform().now_ns() - started_ns) / 1000;
        ensure_eq!(
            session.miniport.counters().hotplugs,
            3,
            "interrupts in {quiet_us} quiet us"
        );
        Ok("4 changes".to_owned())
    })
}

/// Plugs or unplugs, and waits until the driver has seen change number `count` and the port has asked for children.
fn plug<B: Board>(
    session: &Session<'_, '_, B>,
    monitor: Option<&MonitorSetup>,
    count: u32,
) -> Result<(), FlowError> {
    let walks = session.port.child_walk_count();
    session.board.plug_monitor(monitor)?;
    session.wait_until("hot plug", || session.miniport.counters().hotplugs == count)?;
    session.wait_until("children", || session.port.child_walk_count() != walks)?;
    ensure_eq!(
        session.miniport.monitor().is_connected(),
        monitor.is_some(),
        "the driver's view of change {count}"
    );
    Ok(())
}

fn child<B: Board>(session: &Session<'_, '_, B>) -> Result<Child, FlowError> {
    let child = session.port.child(0);
    child
        .map(|info| info.child)
        .ok_or_else(|| FlowError::failed("no child"))
}

fn enabled<B: Board>(session: &Session<'_, '_, B>) -> Result<bool, FlowError> {
    let status: crtc::Status = session.load()?;
    Ok(status.is_set(crtc::Status::ENABLED))
}

fn expect_state<B: Board>(session: &Session<'_, '_, B>, flags: u32) -> Result<(), FlowError> {
    let answer = session.ask(GET_CHILD_STATE, &MONITOR_UID.to_le_bytes(), 4)?;
    ensure_eq!(answer, flags.to_le_bytes(), "child state");
    Ok(())
}

/// Child state: off makes the connector dark, and pruning can be switched off.
fn switched<B: Board>(
    session: &Session<'_, '_, B>,
    everything: &[&'static str],
) -> Result<(), FlowError> {
    let configuration = |id, state| ChildStateConfiguration::emit_one(ChildState { id, state });
    session.refuse(
        GET_CHILD_STATE,
        &9_u32.to_le_bytes(),
        4,
        VpStatus::ERROR_INVALID_PARAMETER,
    )?;
    for (input, possible) in [
        (configuration(MONITOR_UID, CHILD_ACTIVE), 1_u32),
        (configuration(MONITOR_UID, 0), 1),
        (configuration(MONITOR_UID, CHILD_DETACHED), 0),
        (configuration(9, CHILD_ACTIVE), 0),
    ] {
        let answer = session.ask(VALIDATE_CHILD_STATE_CONFIGURATION, &input, 4)?;
        ensure_eq!(
            answer,
            possible.to_le_bytes(),
            "answer to configuration {input:?}"
        );
    }
    let set = SET_CHILD_STATE_CONFIGURATION;
    session.refuse(
        set,
        &configuration(9, 0),
        0,
        VpStatus::ERROR_INVALID_PARAMETER,
    )?;
    session.refuse(set, &[1, 0, 0, 0], 0, VpStatus::ERROR_INSUFFICIENT_BUFFER)?;
    ensure!(
        enabled(session)?,
        "a refused configuration made the connector dark"
    );
    session.ask(set, &configuration(MONITOR_UID, CHILD_NOPRUNE_FREQ), 0)?;
    ensure!(
        !enabled(session)?,
        "a child that is off still gets a picture"
    );
    expect_state(session, CHILD_NOPRUNE_FREQ)?;
    session.expect_names(everything)?;
    session.ask(set, &configuration(MONITOR_UID, CHILD_ACTIVE), 0)?;
    session.expect_names(&LARGE_NAMES)?;
    session.set_mode(&session.smallest_mode(8)?)?;
    expect_state(session, CHILD_ACTIVE)
}

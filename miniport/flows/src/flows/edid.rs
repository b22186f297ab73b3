//! EDID: from the monitor's wires to child descriptor and mode list, for monitors sound and damaged.

use lumenport_hal::edid::BLOCK_BYTES;
use lumenport_hal::edid::Flaw;
use lumenport_hal::edid::build::seal;
use lumenport_miniport::{MONITOR_UID, Monitor, Unreadable, card_modes};
use lumenport_videoport::child::ChildType;
use lumenport_videoport::ddc::EDID_SEGMENT_BYTES;
use lumenport_videoport::ioctl::{RequestedMode, SET_CURRENT_MODE};
use lumenport_videoport::{DdcControl, ReadEnd, VpStatus};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::monitors::{FALLBACK_NAMES, LARGE_NAMES, large, with_monitor};
use crate::session::Session;
use crate::target::{Board, MonitorSetup, Target};

/// Bytes that are read over the bare lines where simulated time is dear.
const FEW_BYTES: usize = 4;

pub(super) fn edid<T: Target>(target: &T) -> FlowOutcome {
    let quick = target.frame_budget_clocks().is_some();
    let sound = MonitorSetup::with_edid(large());
    with_monitor(target, Some(sound.clone()), |session| {
        described(session, &sound.edid)?;
        pruned(session)?;
        over_the_lines(
            session,
            &sound.edid,
            if quick { FEW_BYTES } else { EDID_SEGMENT_BYTES },
        )?;
        Ok(String::new())
    })
    .map_err(|error| error.during("sound monitor"))?;
    let cases = cases(&sound);
    if quick {
        return Ok(format!("1 monitor, {} damaged ones left out", cases.len()));
    }
    for case in &cases {
        with_monitor(target, Some(case.monitor.clone()), |session| {
            (case.check)(session)?;
            Ok(String::new())
        })
        .map_err(|error| error.during(case.name))?;
    }
    Ok(format!("{} monitors", 1 + cases.len()))
}

/// The child's descriptor is the EDID.
fn described<B: Board>(session: &Session<'_, '_, B>, edid: &[u8]) -> Result<(), FlowError> {
    let child = session.port.child(0);
    let child = child.ok_or_else(|| FlowError::failed("no child"))?;
    ensure_eq!(child.child_type, ChildType::Monitor, "kind of child");
    ensure_eq!(
        session.port.get_associated_device_id(child.child),
        MONITOR_UID,
        "id of the child"
    );
    ensure!(session.port.child(1).is_none(), "a second child");
    let mut descriptor = vec![0xEE; 512];
    let copied = session.port.child_descriptor(child.child, &mut descriptor);
    ensure!(copied, "the child has no descriptor");
    descriptor.truncate(edid.len());
    ensure!(descriptor == edid, "the descriptor is not the EDID");
    Ok(())
}

/// The mode list is what monitor and card have in common.
fn pruned<B: Board>(session: &Session<'_, '_, B>) -> Result<(), FlowError> {
    session.expect_names(&LARGE_NAMES)?;
    ensure_eq!(session.preferred_names()?, ["64x48"], "preferred timing");
    let smallest = session.smallest_mode(32)?;
    ensure_eq!(
        (smallest.x_millimeter, smallest.y_millimeter),
        (530, 300),
        "size of the screen"
    );
    let device = session.miniport.device();
    let device = device.ok_or_else(|| FlowError::failed("no device was found"))?;
    let mut card = card_modes(&device.clocks_khz, device.identity.memory);
    let other = card.find(|mode| !LARGE_NAMES.contains(&mode.timing.name));
    let other = other.ok_or_else(|| FlowError::failed("the card has no other timing"))?;
    let request = RequestedMode {
        index: other.idx,
        keep_memory: true,
        map_linear: false,
    };
    session.refuse(
        SET_CURRENT_MODE,
        &request.emit(),
        0,
        VpStatus::ERROR_INVALID_PARAMETER,
    )?;
    session.set_mode(&smallest)?;
    let picture = session.capture()?;
    ensure_eq!(
        (picture.width_px, picture.height_lines),
        (64, 48),
        "size of the picture in the preferred mode"
    );
    Ok(())
}

/// The port's helper and its I2C service read the same over the driver's line callbacks.
fn over_the_lines<B: Board>(
    session: &Session<'_, '_, B>,
    edid: &[u8],
    count: usize,
) -> Result<(), FlowError> {
    let port = session.port;
    let lines = || {
        let lines = session.miniport.ddc_lines(port);
        lines.ok_or_else(|| FlowError::failed("the driver has no lines"))
    };
    let mut bytes = vec![0; count];
    let mut ours = lines()?;
    let read = port.ddc_monitor_helper(&mut DdcControl::new(&mut ours, 0), &mut bytes);
    drop(ours);
    ensure!(read, "VideoPortDDCMonitorHelper failed");
    ensure!(bytes == edid[..count], "the helper read other bytes");
    let mut maker = [0; 2];
    let mut ours = lines()?;
    let done = port.i2c_start(&mut ours, None)
        && port.i2c_write(&mut ours, None, &[0xA0, 8])
        && port.i2c_start(&mut ours, None)
        && port.i2c_write(&mut ours, None, &[0xA1])
        && port.i2c_read(&mut ours, None, &mut maker, ReadEnd::Last)
        && port.i2c_stop(&mut ours, None);
    ensure!(done, "the I2C service failed");
    ensure_eq!(maker, edid[8..10], "the maker's code, by the I2C service");
    Ok(())
}

struct Case<B: Board> {
    name: &'static str,
    monitor: MonitorSetup,
    check: fn(&Session<'_, '_, B>) -> Result<(), FlowError>,
}

/// Monitors with something wrong, and what is made of them.
fn cases<B: Board>(sound: &MonitorSetup) -> Vec<Case<B>> {
    let bytes = |change: fn(&mut Vec<u8>)| {
        let mut edid = sound.edid.clone();
        change(&mut edid);
        MonitorSetup::with_edid(edid)
    };
    let of = |change: fn(&mut MonitorSetup)| {
        let mut monitor = sound.clone();
        change(&mut monitor);
        monitor
    };
    vec![
        Case {
            name: "one garbled read",
            monitor: of(|monitor| monitor.garbled = 1),
            check: |session| known(session, 1, None),
        },
        Case {
            name: "slow and stuck monitor",
            monitor: of(|monitor| (monitor.stretch_ns, monitor.holds_data) = (4_000, 5)),
            check: |session| known(session, 1, None),
        },
        Case {
            name: "extension checksum",
            monitor: bytes(|edid| edid[255] ^= 0x55),
            check: |session| known(session, 3, Some(Flaw::ExtensionChecksum)),
        },
        Case {
            name: "header byte, sum right",
            monitor: bytes(|edid| {
                edid[3] = 0;
                edid.as_chunks_mut::<BLOCK_BYTES>()
                    .0
                    .iter_mut()
                    .for_each(seal);
            }),
            check: |session| known(session, 3, Some(Flaw::Header)),
        },
        Case {
            name: "no EDID at all in the bytes",
            monitor: MonitorSetup::with_edid(vec![0x00; BLOCK_BYTES]),
            check: |session| unknown(session, |why| matches!(why, Unreadable::Edid(_))),
        },
        Case {
            name: "asleep for five addresses",
            monitor: of(|monitor| monitor.deaf = 5),
            check: |session| {
                known(session, 0, None)?;
                let by_lines =
                    matches!(session.miniport.monitor(), Monitor::Known(facts) if facts.by_lines);
                ensure!(by_lines, "the bare lines were not used");
                Ok(())
            },
        },
        Case {
            name: "deaf for ever",
            monitor: of(|monitor| monitor.deaf = u32::MAX),
            check: |session| unknown(session, |why| matches!(why, Unreadable::Bus(_))),
        },
    ]
}

/// The monitor was read, with so many retries and perhaps a flaw; modes as from a sound one.
fn known<B: Board>(
    session: &Session<'_, '_, B>,
    retries: u32,
    flaw: Option<Flaw>,
) -> Result<(), FlowError> {
    let Monitor::Known(facts) = session.miniport.monitor() else {
        let found = session.miniport.monitor();
        return Err(FlowError::Failed(format!("the driver knows {found:?}")));
    };
    ensure_eq!(facts.retries, retries, "retries");
    ensure_eq!(
        facts.flaws.iter().collect::<Vec<_>>(),
        flaw.into_iter().collect::<Vec<_>>(),
        "flaws"
    );
    session.expect_names(&LARGE_NAMES)
}

/// The monitor is there, has no descriptor, and gets the common modes.
fn unknown<B: Board>(
    session: &Session<'_, '_, B>,
    why: fn(Unreadable) -> bool,
) -> Result<(), FlowError> {
    match session.miniport.monitor() {
        Monitor::Unreadable(reason) if why(reason) => {}
        other => return Err(FlowError::Failed(format!("the driver knows {other:?}"))),
    }
    let child = session.port.child(0);
    let child = child.ok_or_else(|| FlowError::failed("no child"))?;
    let mut descriptor = [0xEE; BLOCK_BYTES];
    session.port.child_descriptor(child.child, &mut descriptor);
    ensure_eq!(
        descriptor,
        [0; BLOCK_BYTES],
        "the descriptor of an unknown monitor"
    );
    session.expect_names(&FALLBACK_NAMES)
}

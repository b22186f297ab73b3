//! Who the card is: found, tested, refused.

use lumenport_hal::id::{IdError, MAGIC};
use lumenport_hal::regmap::{MAP_DIGEST, blocks::id};
use lumenport_hal::suite::{self, Depth};
use lumenport_miniport::FindError;
use lumenport_videoport::{NtStatus, VpStatus};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::session::{Session, with_driver, with_port};
use crate::target::{Board, Setup, Target};

pub(super) fn identity<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        ensure_eq!(session.load::<id::Magic>()?.bits(), MAGIC, "magic number");
        ensure_eq!(
            session.load::<id::MapDigest>()?.bits(),
            MAP_DIGEST,
            "map digest"
        );
        let device = session
            .miniport
            .device()
            .ok_or_else(|| FlowError::failed("no device was found"))?;
        let identity = device.identity;
        ensure!(
            identity.memory.raw().is_power_of_two(),
            "card memory of {} bytes",
            identity.memory.raw()
        );
        ensure_eq!(
            device.memory.range_length_bytes,
            identity.memory.raw(),
            "BAR0 against MEMORY_BYTES"
        );
        let first = session.load::<id::Heartbeat>()?.bits();
        let second = session.load::<id::Heartbeat>()?.bits();
        ensure!(second != first, "the heartbeat stands still at {first}");
        let modes = session.modes()?.len();
        Ok(format!(
            "{} KiB, {} kHz, {modes} modes",
            identity.memory.raw() >> 10,
            identity.sys_clock.raw()
        ))
    })
}

/// Started but not opened: the card is as after reset.
pub(super) fn registers<T: Target>(target: &T) -> FlowOutcome {
    with_port(target, &Setup::default(), |session| {
        start_only(session)?;
        let mut first = None;
        let summary = suite::run(&session.registers()?, Depth::Quick, |failure| {
            first.get_or_insert(*failure);
        });
        match first {
            None => Ok(format!("{} values compared", summary.checks)),
            Some(failure) => Err(FlowError::Failed(format!(
                "{} of {} values wrong, first {failure}",
                summary.failures, summary.checks
            ))),
        }
    })
}

fn start_only<B: Board>(session: &Session<'_, '_, B>) -> Result<(), FlowError> {
    ensure_eq!(session.port.load(), NtStatus::SUCCESS, "DriverEntry");
    ensure_eq!(
        session.port.start_device(),
        VpStatus::NO_ERROR,
        "FindAdapter"
    );
    Ok(())
}

pub(super) fn digest_mismatch<T: Target>(target: &T) -> FlowOutcome {
    let setup = Setup {
        map_digest: Some(MAP_DIGEST ^ 1),
        ..Setup::default()
    };
    with_port(target, &setup, |session| {
        ensure_eq!(session.port.load(), NtStatus::SUCCESS, "DriverEntry");
        ensure_eq!(
            session.port.start_device(),
            VpStatus::ERROR_INVALID_PARAMETER,
            "FindAdapter of another map"
        );
        let expected = IdError::DigestMismatch {
            card: MAP_DIGEST ^ 1,
            driver: MAP_DIGEST,
        };
        ensure_eq!(
            session.miniport.find_error(),
            Some(FindError::Identity(expected)),
            "the driver's reason"
        );
        ensure!(
            session.miniport.device().is_none(),
            "the driver kept a device it refused"
        );
        ensure!(
            !session.port.open().is_success(),
            "the refused device opens"
        );
        Ok(expected.to_string())
    })
}

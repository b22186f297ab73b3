//! The driver loaded on one card: what every command starts from, whatever carries the card.

use anyhow::{Result, bail};
use lumenport_flows::{Board, Session};
use lumenport_miniport::{DDC_RATE_VALUE, LumenportMiniport};
use lumenport_videoport::VideoPort;

/// Loads the driver, starts and opens the device, runs `body`, removes the device, and complains about anything left behind.
///
/// `ddc_rate_khz`: speed of the monitor's I2C lines, 100 kHz unless told.
pub fn with_driver<B: Board, R>(
    board: &B,
    ddc_rate_khz: Option<u32>,
    body: impl FnOnce(&Session<'_, '_, B>) -> Result<R>,
) -> Result<R> {
    let before = board.host_usage();
    let miniport = LumenportMiniport::new();
    let port = VideoPort::new(board.platform(), &miniport, board.slot(), board.options());
    if let Some(rate) = ddc_rate_khz {
        // A registry without room leaves the usual speed.
        let _ = port.registry().write(DDC_RATE_VALUE, &rate.to_le_bytes());
    }
    let session = Session {
        board,
        port: &port,
        miniport: &miniport,
    };
    let outcome = start(&session).and_then(|()| body(&session));
    let report = port.remove();
    let left_behind = board.host_usage();
    let result = outcome?;
    if !report.is_clean() || left_behind != before {
        bail!(
            "something was left behind when the device was removed: {report:?}, host memory {left_behind:?}"
        );
    }
    if let Some(finding) = port.take_finding() {
        bail!("the video port noticed misuse: {finding}");
    }
    if let Some(violation) = board.violations().first() {
        bail!("the card broke a rule of PCI Express: {violation}");
    }
    Ok(result)
}

/// Loads, starts and opens, with the driver's own reason when it refuses.
fn start<B: Board>(session: &Session<'_, '_, B>) -> Result<()> {
    session
        .start()
        .map_err(|error| match session.miniport.find_error() {
            Some(reason) => anyhow::anyhow!("the driver does not take this card: {reason}"),
            None => anyhow::anyhow!("{error}"),
        })
}

//! `DriverEntry`: registers the entry points this driver has.

use lumenport_videoport::miniport::{EntryPoints, HwInitializationData};
use lumenport_videoport::status::NtStatus;
use lumenport_videoport::{Platform, VideoPort};

/// Registers with the port and passes its answer through.
pub(crate) fn driver_entry<P: Platform>(port: &VideoPort<'_, P>) -> NtStatus {
    port.initialize(
        &HwInitializationData::new()
            .with(EntryPoints::INTERRUPT)
            .with(EntryPoints::RESET_HW)
            .with(EntryPoints::CHILD_DESCRIPTOR)
            .with(EntryPoints::POWER),
    )
}

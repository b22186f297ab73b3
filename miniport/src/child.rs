//! `HwVidGetVideoChildDescriptor`: the one child is the monitor, its descriptor the EDID.

use lumenport_videoport::child::{ChildAnswer, ChildQuery, ChildType};
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::monitor::{EDID_BYTES, Monitor};

/// The driver's number for the monitor on its one connector, and the index at which it is asked for.
pub const MONITOR_UID: u32 = 1;

/// `UniqueId` of log entries of this callback.
const LOG_MONITOR: u32 = 0xED01;

impl LumenportMiniport {
    /// Looks at the connector anew each time the first child is asked for. A monitor without a readable EDID is a child
    /// with an empty descriptor.
    pub(crate) fn child_descriptor_callback<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        query: &ChildQuery,
        answer: &mut ChildAnswer,
    ) -> VpStatus {
        if query.child_index != MONITOR_UID {
            return VpStatus::ERROR_NO_MORE_DEVICES;
        }
        let mut edid = [0; EDID_BYTES];
        let length = match self.look_at_monitor(port, &mut edid) {
            Monitor::Absent => return VpStatus::ERROR_NO_MORE_DEVICES,
            Monitor::Unreadable(_) => {
                port.log_error(VpStatus::ERROR_INVALID_PARAMETER, LOG_MONITOR);
                0
            }
            Monitor::Known(facts) => facts.edid_bytes,
        };
        answer.child_type = ChildType::Monitor;
        answer.uid = MONITOR_UID;
        let room = usize::try_from(query.child_descriptor_size).unwrap_or(usize::MAX);
        let used = edid.get(..length.min(room)).unwrap_or_default();
        for (place, byte) in answer.descriptor.iter_mut().zip(used) {
            *place = *byte;
        }
        VpStatus::ERROR_CONTINUE
    }
}

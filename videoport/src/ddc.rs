//! `VideoPortDDCMonitorHelper`: reads a monitor's EDID over the miniport's line callbacks.
//!
//! One call reads one segment of 256 bytes: segment 0 holds the base block and the first extension. Higher segments
//! are chosen with the E-DDC segment pointer, which only monitors with more than 256 bytes answer. A monitor that does
//! not answer at once is asked again. The bytes come back as the monitor sent them; nothing is checked or repaired here.
//!
//! Source: `VideoPortDDCMonitorHelper`, `DDC_CONTROL`; VESA E-DDC 1.2 sections 2.2 and 6.

use crate::i2c::{I2cLines, I2cMaster, ReadEnd};
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;

/// Bytes of one segment: the length a caller should always ask for.
pub const EDID_SEGMENT_BYTES: usize = 256;
/// EDID address of a monitor, for writing; plus 1 for reading.
const EDID_ADDRESS: u8 = 0xA0;
/// Segment pointer address.
const SEGMENT_ADDRESS: u8 = 0x60;
/// How often a silent monitor is asked.
const ATTEMPTS: u32 = 3;

/// What the helper is given besides the buffer (`DDC_CONTROL`).
pub struct DdcControl<'c> {
    /// Size the caller filled in; checked against [`DdcControl::SIZE`].
    pub size: u32,
    /// The miniport's lines.
    pub lines: &'c mut dyn I2cLines,
    /// Which 256 bytes of the EDID, counted from 0.
    pub edid_segment: u8,
}

impl DdcControl<'_> {
    /// Size of the structure of this target.
    pub const SIZE: u32 = size_of::<crate::abi::DdcControl>() as u32;
}

impl<'c> DdcControl<'c> {
    /// A control with the right size.
    pub fn new(lines: &'c mut dyn I2cLines, edid_segment: u8) -> Self {
        Self {
            size: Self::SIZE,
            lines,
            edid_segment,
        }
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortDDCMonitorHelper`: reads one segment to the front of `edid`, at most [`EDID_SEGMENT_BYTES`]. PASSIVE.
    ///
    /// False when no monitor answers, it has no such segment, the bus is stuck, the buffer is empty or the size in the
    /// control is wrong. The lines are released in every case.
    pub fn ddc_monitor_helper(&self, control: &mut DdcControl<'_>, edid: &mut [u8]) -> bool {
        let service = Service::DDCMonitorHelper;
        if !self.enter(service) {
            return false;
        }
        if control.size != DdcControl::SIZE {
            self.note(
                service,
                FindingKind::WrongArguments,
                u64::from(control.size),
            );
            return false;
        }
        if edid.is_empty() {
            self.note(service, FindingKind::ZeroLength, 0);
            return false;
        }
        let count = edid.len().min(EDID_SEGMENT_BYTES);
        let Some(into) = edid.get_mut(..count) else {
            return false;
        };
        let segment = control.edid_segment;
        (0..ATTEMPTS).any(|_| {
            let mut master = self.i2c_master(control.lines, None);
            let read = read_segment(&mut master, segment, into);
            // The stop condition ends a failed transfer too.
            let stopped = master.stop();
            read && stopped
        })
    }
}

fn read_segment<P: Platform>(
    master: &mut I2cMaster<'_, '_, P>,
    segment: u8,
    into: &mut [u8],
) -> bool {
    let chosen = segment == 0 || (master.start() && master.write(&[SEGMENT_ADDRESS, segment]));
    chosen
        && master.start()
        && master.write(&[EDID_ADDRESS, 0])
        && master.start()
        && master.write(&[EDID_ADDRESS | 1])
        && master.read(into, ReadEnd::Last)
}

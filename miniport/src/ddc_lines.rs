//! The two DDC lines as the port's I2C services want them: `I2C_CALLBACKS` of the contract.

use lumenport_hal::ddc::{Ddc, Lines};
use lumenport_videoport::i2c::I2cLines;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::registers::PortBus;

/// Line callbacks over the card's `LINES` register.
///
/// Both lines are released when it is made and when it is dropped. Order: not while a command of the DDC block runs.
pub struct DdcLines<'p, 'a, P: Platform> {
    ddc: Ddc<PortBus<'p, 'a, P>>,
    // What this side wants; the lines may be lower, when the monitor pulls.
    wanted: Lines,
}

const RELEASED: Lines = Lines {
    scl: true,
    sda: true,
};

impl<'p, 'a, P: Platform> DdcLines<'p, 'a, P> {
    fn new(bus: PortBus<'p, 'a, P>) -> Self {
        let lines = Self {
            ddc: Ddc::new(bus),
            wanted: RELEASED,
        };
        lines.ddc.set_lines(RELEASED);
        lines
    }
}

impl<P: Platform> Drop for DdcLines<'_, '_, P> {
    fn drop(&mut self) {
        self.ddc.set_lines(RELEASED);
    }
}

impl<P: Platform> I2cLines for DdcLines<'_, '_, P> {
    fn write_clock(&mut self, high: bool) {
        self.wanted.scl = high;
        self.ddc.set_lines(self.wanted);
    }

    fn write_data(&mut self, high: bool) {
        self.wanted.sda = high;
        self.ddc.set_lines(self.wanted);
    }

    fn read_clock(&mut self) -> bool {
        self.ddc.lines().scl
    }

    fn read_data(&mut self) -> bool {
        self.ddc.lines().sda
    }
}

impl LumenportMiniport {
    /// The lines to the monitor, for `VideoPortDDCMonitorHelper` and the I2C service; `None` before the card was found.
    pub fn ddc_lines<'p, 'a, P: Platform>(
        &self,
        port: &'p VideoPort<'a, P>,
    ) -> Option<DdcLines<'p, 'a, P>> {
        self.bus(port).map(DdcLines::new)
    }
}

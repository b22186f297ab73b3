//! Display data channel (DDC): the I2C bus to the monitor, and hot-plug detection.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// I2C master towards the monitor, one byte a command, and the hot-plug input.
    ///
    /// A command is any of start condition, one byte, stop condition, in this order; between commands without a stop the
    /// card holds the clock line low. Each command ends in bounded time, with INTR_STATE.DONE and, when something went wrong,
    /// with a second bit that stays until it is cleared. After ARBITRATION_LOST and TIMEOUT both lines are released.
    block "ddc" at card::DDC, type 0x0008, version 1;
    interrupts {
        /// A command ended, well or badly.
        0 DONE;
        /// The debounced hot-plug level changed; STATUS.HOTPLUG tells to what.
        1 HOTPLUG;
        /// A written byte was not acknowledged; a stop asked for in the same command was still sent.
        2 NACK;
        /// The data line was low where this master had released it: another master, or a target that holds it.
        3 ARBITRATION_LOST;
        /// The clock line was held low for longer than STRETCH_LIMIT in one command.
        4 TIMEOUT;
        /// A command was written while another ran, or a byte or stop without a start before it. Nothing happened.
        5 REJECTED;
    }
    status {
        /// A command runs.
        0:0 BUSY ro hw=wo = 0;
        /// A start was sent and no stop since: the card holds the bus.
        1:1 ACTIVE ro hw=wo = 0;
        /// A monitor is there, debounced. Right after reset the level is taken as it is.
        2:2 HOTPLUG ro hw=wo = 0;
        /// The hot-plug input as it is now.
        3:3 HOTPLUG_RAW ro hw=wo = 0;
    }
    registers {
        /// Starts a command; writing no flag does nothing.
        0x14 => Command / COMMAND {
            /// Byte to write.
            7:0 DATA wo hw=ro = 0;
            /// Send a start condition first, a repeated one when the bus is held.
            8:8 START wo hw=ro = 0;
            /// Write DATA and take the acknowledge bit. Wins over READ.
            9:9 WRITE wo hw=ro = 0;
            /// Read a byte to RESULT and answer with an acknowledge bit.
            10:10 READ wo hw=ro = 0;
            /// Answer a read byte with "not acknowledged": it was the last one.
            11:11 LAST wo hw=ro = 0;
            /// Send a stop condition at the end.
            12:12 STOP wo hw=ro = 0;
            /// Free a bus whose data line a target holds: up to nine clocks until it lets go, then a stop. Other flags are
            /// ignored. ARBITRATION_LOST when the line is still low after that.
            13:13 RECOVER wo hw=ro = 0;
        }
        /// What the last command brought. Valid when STATUS.BUSY is zero.
        0x18 => Reply / RESULT {
            /// Byte read.
            7:0 DATA ro hw=wo = 0;
            /// The last written byte was acknowledged.
            8:8 ACK ro hw=wo = 0;
        }
        /// Speed: a bit takes four quarters and seven clocks.
        0x1C => Quarter / QUARTER {
            /// System clocks in a quarter bit, at least 4 (less counts as 4). Reset: 100 kHz from 62.5 MHz. Effect: from the
            /// next quarter on.
            15:0 VALUE rw hw=ro = 155;
        }
        /// How long targets may hold the clock line low in one command.
        0x20 => StretchLimit / STRETCH_LIMIT {
            /// System clocks. Reset: 25 ms at 62.5 MHz.
            31:0 VALUE rw hw=ro = 1_562_500;
        }
        /// How long the hot-plug input must be steady to count.
        0x24 => Debounce / DEBOUNCE {
            /// System clocks. Reset: 10 ms at 62.5 MHz.
            31:0 VALUE rw hw=ro = 625_000;
        }
        /// The two lines, for software that makes the waveform itself. Leave both pulls zero for commands.
        0x28 => Lines / LINES {
            /// Pull the clock line low.
            0:0 SCL_LOW rw hw=ro = 0;
            /// Pull the data line low.
            1:1 SDA_LOW rw hw=ro = 0;
            /// Level of the clock line.
            8:8 SCL ro hw=wo = 0;
            /// Level of the data line.
            9:9 SDA ro hw=wo = 0;
        }
    }
    windows {}
}

//! Timing generator (CRTC): one raster, its sync pulses, its interrupts.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Timing generator. Counts pixels and lines from the first active one, which is 0; sync START and END are counts from
    /// there, END exclusive. Vertical sync changes at the horizontal count H_SYNC.START.
    ///
    /// CONTROL, H_SIZE, H_SYNC, V_SIZE, V_SYNC and POLARITY are prepared by writes and taken over as one by COMMIT, at the
    /// next frame start, or at once while the generator is off.
    block "crtc" at card::CRTC, type 0x0006, version 1;
    interrupts {
        /// Vertical blanking began.
        0 VBLANK;
        /// Scanout had no pixel when one was due; at most once a frame.
        1 UNDERRUN;
    }
    status {
        /// The generator runs.
        0:0 ENABLED ro hw=wo = 0;
        /// The raster is in vertical blanking.
        1:1 VBLANK ro hw=wo = 0;
        /// A COMMIT waits for the next frame start.
        2:2 COMMIT_PENDING ro hw=wo = 0;
    }
    registers {
        /// What the generator does. Effect: COMMIT.
        0x14 => Control / CONTROL {
            /// Run.
            0:0 ENABLE rw hw=ro = 0;
            /// Show the built-in test pattern instead of the plane.
            1:1 TEST_PATTERN rw hw=ro = 0;
        }
        /// Horizontal size. Effect: COMMIT.
        0x18 => HSize / H_SIZE {
            /// Active pixels of a line.
            12:0 ACTIVE rw hw=ro = 0;
            /// Pixels of a line, blanking included.
            28:16 TOTAL rw hw=ro = 0;
        }
        /// Horizontal sync pulse. Effect: COMMIT.
        0x1C => HSync / H_SYNC {
            /// First pixel of the pulse, counted from the first active one.
            12:0 START rw hw=ro = 0;
            /// First pixel after the pulse.
            28:16 END rw hw=ro = 0;
        }
        /// Vertical size. Effect: COMMIT.
        0x20 => VSize / V_SIZE {
            /// Active lines of a frame.
            12:0 ACTIVE rw hw=ro = 0;
            /// Lines of a frame, blanking included.
            28:16 TOTAL rw hw=ro = 0;
        }
        /// Vertical sync pulse. Effect: COMMIT.
        0x24 => VSync / V_SYNC {
            /// First line of the pulse, counted from the first active one.
            12:0 START rw hw=ro = 0;
            /// First line after the pulse.
            28:16 END rw hw=ro = 0;
        }
        /// Sync polarities. Effect: COMMIT.
        0x28 => Polarity / POLARITY {
            /// Horizontal sync is high during its pulse; else low.
            0:0 HSYNC rw hw=ro = 0;
            /// Vertical sync is high during its pulse; else low.
            1:1 VSYNC rw hw=ro = 0;
        }
        /// Takes the prepared registers over.
        0x2C => Commit / COMMIT {
            /// Write one. STATUS.COMMIT_PENDING falls when the new mode runs.
            0:0 COMMIT wo hw=ro = 0;
        }
        /// Pixel clock of the board. Change it while the generator is off. Effect: at once.
        0x30 => ClockSelect / CLOCK_SELECT strobe {
            /// Clock number, 0..CLOCK_COUNT; its frequency is CLOCK_KHZ of the same number.
            2:0 INDEX rw hw=ro = 0;
        }
        /// Frames started since reset.
        0x34 => FrameCount / FRAME_COUNT {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Frames with an underrun since reset.
        0x38 => UnderrunCount / UNDERRUN_COUNT {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Pixel clocks that the board can make.
        0x3C => ClockCount / CLOCK_COUNT {
            /// Clocks, 1..=8.
            31:0 VALUE ro hw=wo = 0;
        }
    }
    windows {
        /// Frequencies of the board's pixel clocks.
        0x40 => CLOCK_KHZ [8 x 4] {
            /// Frequency of one pixel clock.
            0x0 => ClockKhz / CLOCK_KHZ {
                /// Kilohertz; zero for a clock that does not exist.
                31:0 VALUE ro hw=wo = 0;
            }
        }
    }
}

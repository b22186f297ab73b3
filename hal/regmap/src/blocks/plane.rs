//! Scanout plane: where the picture lies in card memory and how its pixels are stored.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// The scanout plane. CONTROL, BASE and PITCH are prepared by writes and taken over as one by COMMIT at the next start of
    /// vertical blanking.
    block "plane" at card::PLANE, type 0x0007, version 1;
    interrupts {
        /// A COMMIT took effect: the former framebuffer is no longer read.
        0 FLIP_DONE;
    }
    status {
        /// A COMMIT waits for vertical blanking.
        0:0 FLIP_PENDING ro hw=wo = 0;
    }
    registers {
        /// What the plane shows. Effect: COMMIT.
        0x14 => Control / CONTROL {
            /// Read and show the framebuffer; else black.
            0:0 ENABLE rw hw=ro = 0;
            /// How a pixel is stored.
            2:1 FORMAT rw hw=ro = 0 enum Format {
                /// Four bytes: blue, green, red, unused.
                Xrgb8888 = 0,
                /// Two bytes, little endian: red 15:11, green 10:5, blue 4:0.
                Rgb565 = 1,
                /// One byte: index into the palette.
                C8 = 2,
            };
        }
        /// First pixel of the framebuffer. Effect: COMMIT.
        0x18 => Base / BASE {
            /// Bytes from the start of card memory, a multiple of 64.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Distance between lines. Effect: COMMIT.
        0x1C => Pitch / PITCH {
            /// Bytes from one line to the next, a multiple of 8.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Takes the prepared registers over.
        0x20 => Commit / COMMIT {
            /// Write one. STATUS.FLIP_PENDING falls when the new framebuffer is shown.
            0:0 COMMIT wo hw=ro = 0;
        }
        /// Framebuffer that scanout reads now.
        0x24 => BaseActive / BASE_ACTIVE {
            /// Bytes from the start of card memory.
            31:0 VALUE ro hw=wo = 0;
        }
    }
    windows {}
}

//! Hardware pointer: a picture of up to 64 x 64 pixels laid over the plane.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// The hardware pointer. CONTROL, SIZE and POSITION are prepared by writes and taken over as one by COMMIT at the next
    /// start of vertical blanking, the image too when COMMIT says so. Its interrupt is part of `irq`'s source PLANE.
    block "cursor" at card::CURSOR, type 0x0009, version 1;
    interrupts {
        /// A COMMIT took effect: the former image is no longer shown and may be written.
        0 TAKEN;
    }
    status {
        /// A COMMIT waits for vertical blanking. Do not write the image meanwhile.
        0:0 PENDING ro hw=wo = 0;
        /// Which of the two images is shown; the image window writes the other one.
        1:1 BANK ro hw=wo = 0;
    }
    registers {
        /// What the pointer does to the picture. Effect: COMMIT.
        0x14 => Control / CONTROL {
            /// The pointer is shown.
            0:0 ENABLE rw hw=ro = 0;
            /// What a word of the image means.
            1:1 FORMAT rw hw=ro = 0 enum Format {
                /// Alpha 31:24, red 23:16, green 15:8, blue 7:0, colours premultiplied: pointer over picture.
                Argb8888 = 0,
                /// Bit 24 AND, colour 23:0 XOR: keep the picture's pixel if AND is one, else black, then XOR the colour.
                AndXor = 1,
            };
        }
        /// Part of the image that is shown, from its upper left corner. Effect: COMMIT.
        0x18 => Size / SIZE {
            /// Pixels in a row, 0..=64.
            6:0 WIDTH rw hw=ro = 0x40;
            /// Rows, 0..=64.
            22:16 HEIGHT rw hw=ro = 0x40;
        }
        /// Upper left corner of the image on the screen, two's complement: parts outside are cut off. Effect: COMMIT.
        0x1C => Position / POSITION {
            /// Pixels from the left edge.
            15:0 X rw hw=ro = 0;
            /// Lines from the upper edge.
            31:16 Y rw hw=ro = 0;
        }
        /// Takes the prepared registers over.
        0x20 => Commit / COMMIT {
            /// Write one. STATUS.PENDING falls when it has taken effect. At once while the raster is off.
            0:0 COMMIT wo hw=ro = 0;
            /// With COMMIT: show the image that was written, and open the former one for writing.
            1:1 IMAGE wo hw=ro = 0;
        }
    }
    windows {}
}

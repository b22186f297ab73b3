//! Image of the hardware pointer.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Image of the hardware pointer: 64 rows of 64 words. Writes go to the image that is not shown; COMMIT with IMAGE of block
    /// `cursor` shows it. Write whole words only; write every word that SIZE shows, as the image still holds an older one.
    bare "cursor_image" at card::CURSOR_IMAGE;
    windows {
        /// The words; word 64 * row + column.
        0x0000 => PIXEL [4096 x 4] {
            /// One pixel, in the format of `cursor` CONTROL.FORMAT. Reads zero.
            0x0 => Pixel / PIXEL {
                /// The word.
                31:0 VALUE wo hw=ro = 0;
            }
        }
    }
}

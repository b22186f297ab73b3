//! Palette: colours of 8-bit pixels.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Colours of the 8-bit indexed format. Write whole words only.
    bare "palette" at card::PALETTE;
    windows {
        /// The colours.
        0x000 => ENTRY [256 x 4] {
            /// One colour. Effect: next pixel.
            0x0 => Colour / ENTRY {
                /// Blue, 0..=255.
                7:0 B rw hw=rw = 0;
                /// Green, 0..=255.
                15:8 G rw hw=rw = 0;
                /// Red, 0..=255.
                23:16 R rw hw=rw = 0;
            }
        }
    }
}

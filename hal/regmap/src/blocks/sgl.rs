//! Scatter-gather table slots: which parts of host memory the card may touch now.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Slots of locked host memory. A slot names a run of elements in block `elements`, its length in bytes, and rights.
    ///
    /// Lock: fill the elements, TABLE, TOTAL, then CONTROL with VALID, the rights and a generation that differs from the
    /// slot's last one. Unlock: clear VALID, wait until BUSY is clear; a running transfer of this slot fails with
    /// slot_released at its next request. Write whole words only.
    bare "sgl" at card::SGL;
    windows {
        /// The slots.
        0x000 => SLOT [32 x 16] {
            /// The slot's elements. Write while VALID is clear.
            0x0 => Table / TABLE {
                /// First element.
                15:0 FIRST rw hw=rw = 0;
                /// Number of elements, at least 1.
                31:16 COUNT rw hw=rw = 0;
            }
            /// Length of the table. Write while VALID is clear.
            0x4 => Total / TOTAL {
                /// Bytes, the sum of the elements' lengths.
                31:0 VALUE rw hw=rw = 0;
            }
            /// Validity, rights and generation, as one.
            0x8 => Control / CONTROL {
                /// The slot may be used. Clearing it releases.
                0:0 VALID rw hw=rw = 0;
                /// The card may read this host memory.
                1:1 CARD_READ rw hw=rw = 0;
                /// The card may write this host memory.
                2:2 CARD_WRITE rw hw=rw = 0;
                /// Number that a transfer's handle must repeat.
                31:16 GENERATION rw hw=rw = 0;
            }
            /// Use of the slot.
            0xC => State / STATE {
                /// Requests of a transfer through this slot may still be in flight.
                0:0 BUSY ro hw=wo = 0;
            }
        }
    }
}

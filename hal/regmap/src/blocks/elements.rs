//! Scatter-gather elements: runs of host memory.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Element memory of all table slots. An element is a run of bytes that is contiguous on the bus. Write whole words
    /// only, and only elements of no valid slot.
    bare "elements" at card::ELEMENTS;
    windows {
        /// The elements.
        0x0000 => ELEMENT [2048 x 16] {
            /// Bus address, low half.
            0x0 => AddressLo / ADDRESS_LO {
                /// Bits 31:0 of the first byte's bus address; any alignment.
                31:0 VALUE rw hw=rw = 0;
            }
            /// Bus address, high half.
            0x4 => AddressHi / ADDRESS_HI {
                /// Bits 63:32.
                31:0 VALUE rw hw=rw = 0;
            }
            /// Length of the run.
            0x8 => Length / LENGTH {
                /// Bytes, at least 1.
                31:0 VALUE rw hw=rw = 0;
            }
            /// Reserved for later use.
            0xC => Flags / FLAGS {
                /// Write zero; reads zero, and what is written is ignored.
                31:0 VALUE ro hw=none = 0;
            }
        }
    }
}

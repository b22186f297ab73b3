//! Card memory: size, and the latency of the simulated model.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Card memory, shown to the host as BAR0.
    block "mem" at card::MEM, type 0x0004, version 1;
    interrupts {}
    status {}
    registers {
        /// Size of card memory.
        0x14 => SizeBytes / SIZE_BYTES {
            /// Bytes, a power of two.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Extra read latency of the simulated memory; a real controller ignores it.
        0x18 => ModelLatency / MODEL_LATENCY {
            /// System clocks added to each read, 0..=255. Effect: next read.
            7:0 CYCLES rw hw=ro = 4;
        }
    }
    windows {}
}

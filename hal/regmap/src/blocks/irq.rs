//! Interrupt collection: which block wants attention, and the one message-signalled interrupt (MSI).

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Collects the interrupt of every block into one MSI.
    ///
    /// When armed, and MSI is enabled in configuration space, and PENDING & ENABLE is not zero, the card sends one MSI and
    /// disarms. The interrupt routine reads PENDING, serves and clears the blocks, then writes REARM; if something is still
    /// pending the card sends again at once, so that no event is lost. Armed after reset.
    block "irq" at card::IRQ, type 0x0002, version 1;
    interrupts {}
    status {
        /// The next pending and enabled interrupt sends a message.
        0:0 ARMED ro hw=wo = 1;
    }
    registers {
        /// Live interrupt level of each block: INTR_STATE & INTR_ENABLE is not zero. Cleared in the block itself.
        0x14 => Pending / PENDING {
            /// DMA engine.
            0:0 DMA ro hw=wo = 0;
            /// Timing generator.
            1:1 CRTC ro hw=wo = 0;
            /// Scanout plane.
            2:2 PLANE ro hw=wo = 0;
            /// Hardware semaphores.
            3:3 SEM ro hw=wo = 0;
            /// Card memory.
            4:4 MEM ro hw=wo = 0;
        }
        /// Which blocks may send a message. Effect: at once.
        0x18 => Enable / ENABLE {
            /// DMA engine.
            0:0 DMA rw hw=ro = 0;
            /// Timing generator.
            1:1 CRTC rw hw=ro = 0;
            /// Scanout plane.
            2:2 PLANE rw hw=ro = 0;
            /// Hardware semaphores.
            3:3 SEM rw hw=ro = 0;
            /// Card memory.
            4:4 MEM rw hw=ro = 0;
        }
        /// Arms the next message.
        0x1C => Rearm / REARM {
            /// Write one to arm.
            0:0 REARM wo hw=ro = 0;
        }
        /// Messages sent since reset.
        0x20 => MsiCount / MSI_COUNT {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
    }
    windows {}
}

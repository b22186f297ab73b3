//! Interrupt collection: which block wants attention, and the message-signalled interrupts (MSI), one to four vectors.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Collects the interrupt of every block into at most four MSIs.
    ///
    /// VECTOR_MAP gives each block a vector; the one used is that number modulo the number of vectors which software enabled in
    /// configuration space. When a vector is armed, and MSI is enabled, and PENDING & ENABLE is not zero in one of its blocks, the
    /// card sends that vector's MSI and disarms it. The interrupt routine reads PENDING, serves and clears the blocks, then writes
    /// REARM; if something is still pending the card sends again at once, so that no event is lost. All vectors are armed after reset.
    /// Without MSI the level PENDING & ENABLE drives the INTA messages, unless configuration space disables them; arming does not
    /// matter then.
    block "irq" at card::IRQ, type 0x0002, version 2;
    interrupts {}
    status {
        /// Bit v: the next pending and enabled interrupt of vector v sends a message.
        3:0 ARMED ro hw=wo = 0xF;
    }
    registers {
        /// Live interrupt level of each block: INTR_STATE & INTR_ENABLE is not zero. Cleared in the block itself.
        0x14 => Pending / PENDING {
            /// DMA engine.
            0:0 DMA ro hw=wo = 0;
            /// Timing generator.
            1:1 CRTC ro hw=wo = 0;
            /// Scanout plane and hardware pointer.
            2:2 PLANE ro hw=wo = 0;
            /// Hardware semaphores.
            3:3 SEM ro hw=wo = 0;
            /// Card memory.
            4:4 MEM ro hw=wo = 0;
            /// Display data channel.
            5:5 DDC ro hw=wo = 0;
            /// PCI Express endpoint: an error was logged in its configuration space.
            6:6 PCIE ro hw=wo = 0;
        }
        /// Which blocks may send a message. Effect: at once.
        0x18 => Enable / ENABLE {
            /// DMA engine.
            0:0 DMA rw hw=ro = 0;
            /// Timing generator.
            1:1 CRTC rw hw=ro = 0;
            /// Scanout plane and hardware pointer.
            2:2 PLANE rw hw=ro = 0;
            /// Hardware semaphores.
            3:3 SEM rw hw=ro = 0;
            /// Card memory.
            4:4 MEM rw hw=ro = 0;
            /// Display data channel.
            5:5 DDC rw hw=ro = 0;
            /// PCI Express endpoint: an error was logged in its configuration space.
            6:6 PCIE rw hw=ro = 0;
        }
        /// Arms the next message of each vector.
        0x1C => Rearm / REARM {
            /// Bit v: write one to arm vector v.
            3:0 VECTORS wo hw=ro = 0;
        }
        /// Messages sent since reset.
        0x20 => MsiCount / MSI_COUNT {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Which vector each block uses, 0..=3. Effect: at once.
        0x24 => VectorMap / VECTOR_MAP {
            /// DMA engine.
            1:0 DMA rw hw=ro = 0;
            /// Timing generator.
            3:2 CRTC rw hw=ro = 0;
            /// Scanout plane and hardware pointer.
            5:4 PLANE rw hw=ro = 0;
            /// Hardware semaphores.
            7:6 SEM rw hw=ro = 0;
            /// Card memory.
            9:8 MEM rw hw=ro = 0;
            /// Display data channel.
            11:10 DDC rw hw=ro = 0;
            /// PCI Express endpoint.
            13:12 PCIE rw hw=ro = 0;
        }
        /// How interrupts leave the card, as configuration space says.
        0x28 => Mode / MODE {
            /// Messages (MSI) are enabled.
            0:0 MSI_ENABLED ro hw=wo = 0;
            /// INTA may be asserted: MSI is off and INTx not disabled.
            1:1 INTX_ENABLED ro hw=wo = 0;
            /// Vectors enabled, as a power of two: 0, 1 or 2 for one, two or four.
            6:4 VECTORS ro hw=wo = 0;
        }
    }
    windows {}
}

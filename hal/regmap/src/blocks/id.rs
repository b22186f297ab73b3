//! Identity: which card this is, which map it was built from.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Identity of the card. A driver reads MAGIC first (all ones: no card answers), then MAP_DIGEST, and refuses a card
    /// whose digest differs from its own.
    block "id" at card::ID, type 0x0001, version 1;
    interrupts {}
    status {}
    registers {
        /// Constant that marks the card.
        0x14 => Magic / MAGIC {
            /// The letters "LMPT", first letter in the highest byte.
            31:0 VALUE ro hw=none = 0x4C4D_5054;
        }
        /// Digest of the register map that the gateware was built from.
        0x18 => MapDigest / MAP_DIGEST {
            /// The crate constant `MAP_DIGEST` at build time.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Source revision of the gateware.
        0x1C => BuildCommit / BUILD_COMMIT {
            /// First 32 bits of the commit hash; zero when unknown.
            31:0 VALUE ro hw=wo = 0;
        }
        /// How the gateware was built.
        0x20 => BuildFlags / BUILD_FLAGS {
            /// Built from a tree with changes that are in no commit.
            0:0 DIRTY ro hw=wo = 0;
        }
        /// Kind of board.
        0x24 => BoardId / BOARD_ID {
            /// Board number; 0 is the simulated board.
            31:0 VALUE ro hw=wo = 0;
        }
        /// What this card was built with.
        0x28 => Features / FEATURES {
            /// DMA engine, table slots and elements are present.
            0:0 DMA ro hw=wo = 0;
            /// Timing generator and plane are present.
            1:1 CRTC ro hw=wo = 0;
            /// Hardware semaphores are present.
            2:2 SEM ro hw=wo = 0;
            /// The picture leaves as TMDS (transition-minimised differential signalling) symbols.
            3:3 TMDS ro hw=wo = 0;
            /// The picture leaves as parallel 24-bit RGB.
            4:4 RGB ro hw=wo = 0;
        }
        /// Free for software; a test of the bus that disturbs nothing.
        0x2C => Scratch / SCRATCH {
            /// Any value. Effect: none.
            31:0 VALUE rw hw=none = 0;
        }
        /// Size of card memory as BAR0 shows it.
        0x30 => MemoryBytes / MEMORY_BYTES {
            /// Bytes, a power of two.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Frequency of the clock behind HEARTBEAT and all `_CYCLES` registers.
        0x34 => SysClockKhz / SYS_CLOCK_KHZ {
            /// Kilohertz.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Free-running counter of the system clock.
        0x38 => Heartbeat / HEARTBEAT {
            /// Clocks since reset, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
    }
    windows {}
}

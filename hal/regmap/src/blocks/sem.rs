//! Hardware semaphores: locks between the host, the management core and a debugger.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// Hardware semaphores shared by agents: 1 host, 2 management core, 3 debug (0 is none). The hardware knows the agent
    /// from the path the access came by.
    ///
    /// Claim: write a non-zero owner number to SEM, read back; the semaphore is held when owner and agent match. Release:
    /// the holding agent writes zero. Reads have no side effects.
    block "sem" at card::SEM, type 0x0003, version 1;
    interrupts {
        /// A semaphore was broken; BREAK_LOG tells which.
        0 BROKEN;
    }
    status {}
    registers {
        /// How many semaphores there are.
        0x14 => Count / COUNT {
            /// Semaphores, numbered from zero.
            31:0 VALUE ro hw=none = 8;
        }
        /// Time after a claim or refresh from which a semaphore may be broken.
        0x18 => LeaseCycles / LEASE_CYCLES {
            /// System clocks. Effect: at once, for running leases too.
            31:0 VALUE rw hw=ro = 62_500_000;
        }
        /// Frees a semaphore whose holder is gone. Ignored when the key is wrong or the lease still runs.
        0x1C => Break / BREAK {
            /// Semaphore number, 0..=7.
            2:0 INDEX wo hw=ro = 0;
            /// Must be `BreakKey::Break`, so that no stray write frees a lock.
            31:16 KEY wo hw=ro = 0 enum BreakKey {
                /// The one key that works.
                Break = 0xB4EA,
            };
        }
        /// The last broken semaphore, for the report.
        0x20 => BreakLog / BREAK_LOG {
            /// Owner number that held it.
            15:0 OWNER ro hw=wo = 0;
            /// Agent that held it.
            19:18 AGENT ro hw=wo = 0;
            /// Semaphore number.
            22:20 INDEX ro hw=wo = 0;
            /// Semaphores broken since reset, stays at 255.
            31:24 COUNT ro hw=wo = 0;
        }
    }
    windows {
        /// The semaphores.
        0x40 => SEM [8 x 4] {
            /// One semaphore. Writing a non-zero OWNER claims a free one; by the holder it refreshes the lease; otherwise it
            /// counts as contention. Writing zero by the holding agent releases; a foreign release is ignored.
            0x0 => Sem / SEM {
                /// Owner number chosen by software, 0 = free.
                15:0 OWNER rw hw=rw = 0;
                /// Agent that holds it, 0 = free.
                17:16 AGENT ro hw=wo = 0 enum Agent {
                    /// Nobody.
                    None = 0,
                    /// The host, over PCIe.
                    Host = 1,
                    /// The management core on the card.
                    Management = 2,
                    /// A debugger, over JTAG.
                    Debug = 3,
                };
            }
        }
        /// Failed claims of each semaphore.
        0x60 => CONTENTION [8 x 4] {
            /// Failed claims of one semaphore since reset.
            0x0 => Contention / CONTENTION {
                /// Count, stays at the largest value.
                31:0 VALUE ro hw=wo = 0;
            }
        }
    }
}

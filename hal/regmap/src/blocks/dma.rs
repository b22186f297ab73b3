//! DMA engine: moves rows of bytes between host memory named by a scatter-gather table and card memory.

use crate::card;
use crate::macros::{access, hw_access, register, registers, strobe};

registers! {
    /// DMA (direct memory access) engine. One transfer at a time: fill HANDLE to CARD_PITCH, write CONTROL.SUBMIT, wait for
    /// INTR_STATE.DONE or ERROR, read RESULT.
    ///
    /// The registers of a transfer are taken over by SUBMIT as one; writing them while BUSY prepares the next transfer. The
    /// host side is addressed as {table slot, byte offset}: the engine refuses, before anything moves, a stale generation, a
    /// missing right, a range outside the table. It never crosses a 4 KiB host boundary with one request and never exceeds
    /// the configured payload and read-request sizes.
    block "dma" at card::DMA, type 0x0005, version 2;
    interrupts {
        /// A transfer ended with RESULT ok; its last byte is delivered.
        0 DONE;
        /// A transfer ended with any other RESULT.
        1 ERROR;
    }
    status {
        /// A transfer runs.
        0:0 BUSY ro hw=wo = 0;
        /// The transfer failed or was aborted and waits for answers in flight.
        1:1 DRAINING ro hw=wo = 0;
    }
    registers {
        /// What this engine was built with.
        0x14 => Caps / CAPS {
            /// Read requests in flight at most, 1..=32.
            5:0 TAGS ro hw=wo = 0;
            /// Table slots in block `sgl`.
            13:6 SLOTS ro hw=wo = 0;
            /// Table elements in block `elements`.
            31:16 ELEMENTS ro hw=wo = 0;
        }
        /// The scatter-gather table to use.
        0x18 => Handle / HANDLE {
            /// Slot number, 0..CAPS.SLOTS.
            7:0 SLOT rw hw=ro = 0;
            /// Generation the slot must have, else RESULT is stale_handle.
            31:16 GENERATION rw hw=ro = 0;
        }
        /// Start within the table.
        0x1C => Offset / OFFSET {
            /// Bytes from the first byte of the table; any alignment.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Length of one row.
        0x20 => Length / LENGTH {
            /// Bytes, at least 1; any alignment.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Number of rows.
        0x24 => Rows / ROWS {
            /// Rows, 1..=65535.
            15:0 VALUE rw hw=ro = 0;
        }
        /// Distance between rows on the host side.
        0x28 => HostPitch / HOST_PITCH {
            /// Bytes from the start of one row to the next; at least LENGTH when ROWS > 1.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Start in card memory.
        0x2C => CardAddress / CARD_ADDRESS {
            /// Bytes from the start of card memory; any alignment.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Distance between rows on the card side.
        0x30 => CardPitch / CARD_PITCH {
            /// Bytes from the start of one row to the next.
            31:0 VALUE rw hw=ro = 0;
        }
        /// Commands. One write carries SUBMIT with its DIRECTION, or ABORT.
        0x34 => Control / CONTROL {
            /// Starts a transfer. Ignored and counted in SUBMIT_REJECTED while BUSY.
            0:0 SUBMIT wo hw=ro = 0;
            /// Ends the running transfer with RESULT aborted once nothing is in flight.
            1:1 ABORT wo hw=ro = 0;
            /// Direction of the submitted transfer.
            2:2 DIRECTION wo hw=ro = 0 enum Direction {
                /// The card reads host memory and writes card memory.
                HostToCard = 0,
                /// The card reads card memory and writes host memory.
                CardToHost = 1,
            };
        }
        /// How the last transfer ended. Valid from DONE or ERROR to the next SUBMIT.
        0x38 => TransferResult / RESULT {
            /// Result code.
            7:0 CODE ro hw=wo = 0 enum ResultCode {
                /// No transfer ended since reset or since SUBMIT.
                None = 0,
                /// Every byte was delivered.
                Ok = 1,
                /// The slot is not valid or has another generation.
                StaleHandle = 2,
                /// The table does not grant this direction.
                NoRight = 3,
                /// The rows reach beyond the table or beyond card memory.
                Range = 4,
                /// LENGTH or ROWS is zero, or HOST_PITCH is less than LENGTH.
                Parameter = 5,
                /// The host answered Unsupported Request.
                UnsupportedRequest = 6,
                /// The host answered Completer Abort.
                CompleterAbort = 7,
                /// A read was not answered in full within TIMEOUT_CYCLES, or nothing moved for that time.
                Timeout = 8,
                /// CONTROL.ABORT.
                Aborted = 9,
                /// The host sent data marked as poisoned.
                Poisoned = 10,
                /// Bus mastering is off in configuration space.
                BusMasterOff = 11,
                /// A completion did not match its request.
                BadCompletion = 12,
                /// The slot was released while the transfer ran.
                SlotReleased = 13,
                /// Host to card only: every tag within TAG_LIMIT is in QUARANTINE, or TAG_LIMIT is zero. Nothing moved.
                NoTag = 14,
            };
        }
        /// Transfers ended since reset, good or bad.
        0x3C => Completed / COMPLETED {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Progress of the running or last transfer.
        0x40 => BytesDone / BYTES_DONE {
            /// Bytes delivered.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Bus address of the request that failed, low half. Valid together with FAULT_ADDRESS_HI after ERROR.
        0x44 => FaultAddressLo / FAULT_ADDRESS_LO {
            /// Bits 31:0.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Bus address of the request that failed, high half.
        0x48 => FaultAddressHi / FAULT_ADDRESS_HI {
            /// Bits 63:32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Completion timeout: time from the last word of a read request to its last completion. A request that takes
        /// longer fails its transfer and its tag goes into QUARANTINE. Also the longest time without any progress while no
        /// read waits for an answer: a link that takes no request.
        0x4C => TimeoutCycles / TIMEOUT_CYCLES {
            /// System clocks; noticed at most 66 clocks late. Effect: at once.
            31:0 VALUE rw hw=ro = 625_000;
        }
        /// Requests sent since reset, reads and writes.
        0x50 => Requests / REQUESTS {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Completions for a running transfer since reset, good or bad.
        0x54 => Completions / COMPLETIONS {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Completions dropped since reset because no request of ours is outstanding with their requester id and tag.
        0x58 => Unexpected / UNEXPECTED {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Submits ignored since reset because a transfer ran.
        0x5C => SubmitRejected / SUBMIT_REJECTED {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Completions dropped since reset because their request was given up: its transfer had failed or was aborted, or
        /// its tag is in QUARANTINE.
        0x60 => Late / LATE {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Read requests since reset that were not answered within TIMEOUT_CYCLES.
        0x64 => Timeouts / TIMEOUTS {
            /// Count, wraps at 2^32.
            31:0 VALUE ro hw=wo = 0;
        }
        /// Tags that wait for late completions. A tag leaves when its request has been answered in full or with an error
        /// status, or after QUARANTINE_CYCLES. Transfers run with the remaining tags meanwhile.
        0x68 => Quarantine / QUARANTINE {
            /// One bit a tag, tag 0 in bit 0.
            31:0 TAGS ro hw=wo = 0;
        }
        /// Longest time of a tag in QUARANTINE. An answer that is later still could be taken for that of a new request, if it
        /// fits; so make it longer than the host can hold an answer back.
        0x6C => QuarantineCycles / QUARANTINE_CYCLES {
            /// System clocks, counted from the timeout; noticed at most 66 clocks late. Effect: at once.
            31:0 VALUE rw hw=ro = 62_500_000;
        }
        /// Tags that read requests use.
        0x70 => TagLimit / TAG_LIMIT {
            /// Tags 0..VALUE are used; more than CAPS.TAGS means all. Taken over by SUBMIT.
            5:0 VALUE rw hw=ro = 32;
        }
    }
    windows {}
}

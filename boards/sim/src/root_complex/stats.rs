//! Counting what crosses the boundary.

use pcie_tlp::{Header, Tlp};

/// Packets of one direction by kind, and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// MRd.
    pub memory_reads: u64,
    /// MWr (interrupts included).
    pub memory_writes: u64,
    /// CfgRd.
    pub config_reads: u64,
    /// CfgWr.
    pub config_writes: u64,
    /// IORd and IOWr.
    pub io: u64,
    /// Cpl.
    pub completions: u64,
    /// CplD.
    pub completions_with_data: u64,
    /// Msg and MsgD.
    pub messages: u64,
    /// Packets that could not be read.
    pub malformed: u64,
    /// Payload of memory writes. Units: bytes in whole words.
    pub write_payload_bytes: u64,
    /// Payload of completions. Units: bytes in whole words.
    pub completion_payload_bytes: u64,
    /// Everything, headers included. Units: DW.
    pub words_dw: u64,
    /// Clock of the first packet's end.
    pub first_cycle: Option<u64>,
    /// Clock of the last packet's end.
    pub last_cycle: Option<u64>,
}

impl Traffic {
    /// Packets of all kinds.
    pub fn packets(&self) -> u64 {
        self.memory_reads
            + self.memory_writes
            + self.config_reads
            + self.config_writes
            + self.io
            + self.completions
            + self.completions_with_data
            + self.messages
            + self.malformed
    }

    /// Counts one packet that ended at `cycle`; `None` when it could not be read.
    pub(super) fn count(&mut self, cycle: u64, words: usize, tlp: Option<&Tlp<'_>>) {
        self.first_cycle.get_or_insert(cycle);
        self.last_cycle = Some(cycle);
        self.words_dw += words as u64;
        let Some(tlp) = tlp else {
            self.malformed += 1;
            return;
        };
        let payload_bytes = tlp.payload.len() as u64 * 4;
        match tlp.header {
            Header::MemoryRead(_) => self.memory_reads += 1,
            Header::MemoryWrite(_) => {
                self.memory_writes += 1;
                self.write_payload_bytes += payload_bytes;
            }
            Header::ConfigRead(_) => self.config_reads += 1,
            Header::ConfigWrite(_) => self.config_writes += 1,
            Header::IoRead(_) | Header::IoWrite(_) => self.io += 1,
            Header::Completion(_) if tlp.payload.is_empty() => self.completions += 1,
            Header::Completion(_) => {
                self.completions_with_data += 1;
                self.completion_payload_bytes += payload_bytes;
            }
            Header::Message(_) => self.messages += 1,
        }
    }
}

/// What crossed the boundary since the start or the last reset of the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Host to card.
    pub to_card: Traffic,
    /// Card to host.
    pub from_card: Traffic,
    /// Interrupts (MSI) received.
    pub interrupts: u64,
    /// Card reads answered with an error because there was no memory or it refused.
    pub failed_reads: u64,
    /// Card writes dropped because there was no memory or it refused.
    pub dropped_writes: u64,
    /// Card writes dropped because they were poisoned.
    pub poisoned_writes: u64,
    /// Faults injected.
    pub injected_faults: u64,
    /// Requests of the host that got no answer in time.
    pub timeouts: u64,
}

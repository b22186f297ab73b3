//! What crossed the link during one transfer, counted from the packets themselves.

use lumenport_sim::root_complex::TracedPacket;
use pcie_tlp::{Header, Tlp};

/// Bytes that each packet costs on a Gen1 x1 link beside its payload: framing 2, sequence 2, header 12, LCRC 4.
/// Source: PCI Express Base Spec 1.1, 3.5 and 4.2.
const OVERHEAD_BYTES: f64 = 20.0;
/// A DW of the link's stream a clock.
const BYTES_PER_CLOCK: f64 = 4.0;

/// Where interrupt messages go; they are not data.
const MSI_WINDOW: std::ops::Range<u64> = 0xFEE0_0000..0xFEF0_0000;

/// Figures of one transfer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// Memory read requests of the card.
    pub reads: u64,
    /// Packets with data: completions, or the card's writes.
    pub completions: u64,
    /// Bytes in them.
    pub payload_bytes: u64,
    /// Register writes of the host.
    pub register_writes: u64,
    /// From the card's first read request to the last completion, in `sys` clocks.
    pub clocks: u64,
    /// Packets in both directions.
    pub packets: u64,
}

impl Traffic {
    /// Counts a trace.
    pub fn count(trace: &[TracedPacket]) -> Self {
        let mut traffic = Self {
            packets: trace.len() as u64,
            ..Self::default()
        };
        let (mut first, mut last) = (None, 0);
        for packet in trace {
            let Ok(tlp) = Tlp::parse(&packet.words) else {
                continue;
            };
            match (&tlp.header, packet.to_card) {
                (Header::MemoryRead(_), false) => {
                    traffic.reads += 1;
                    first.get_or_insert(packet.cycle);
                }
                (Header::MemoryWrite(_), true) => traffic.register_writes += 1,
                (Header::Completion(_), true) if !tlp.payload.is_empty() && first.is_some() => {
                    traffic.completions += 1;
                    traffic.payload_bytes += 4 * tlp.payload.len() as u64;
                    last = packet.cycle;
                }
                _ => {}
            }
        }
        traffic.clocks = first.map_or(0, |first| last.saturating_sub(first) + 1);
        traffic
    }

    /// Counts the trace of a card-to-host transfer: the card's memory writes are the data.
    pub fn count_writes(trace: &[TracedPacket]) -> Self {
        let mut traffic = Self {
            packets: trace.len() as u64,
            ..Self::default()
        };
        let (mut first, mut last) = (None, 0);
        for packet in trace.iter().filter(|packet| !packet.to_card) {
            let Ok(tlp) = Tlp::parse(&packet.words) else {
                continue;
            };
            let Header::MemoryWrite(request) = &tlp.header else {
                continue;
            };
            if MSI_WINDOW.contains(&request.first_byte_address()) {
                continue;
            }
            traffic.completions += 1;
            traffic.payload_bytes += 4 * tlp.payload.len() as u64;
            // The trace tells the end of a packet; it began a clock a word before.
            first.get_or_insert((packet.cycle + 1).saturating_sub(packet.words.len() as u64));
            last = packet.cycle;
        }
        traffic.clocks = first.map_or(0, |first| last.saturating_sub(first) + 1);
        traffic
    }

    /// Payload bytes a clock.
    pub fn rate(&self) -> f64 {
        self.payload_bytes as f64 / self.clocks.max(1) as f64
    }

    /// The most that packets of this size allow, in bytes a clock.
    pub fn ceiling(&self) -> f64 {
        let payload = self.payload_bytes as f64 / self.completions.max(1) as f64;
        BYTES_PER_CLOCK * payload / (payload + OVERHEAD_BYTES)
    }
}

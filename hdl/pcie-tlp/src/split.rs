//! Cutting transfers into requests, and reads into completions.
//!
//! Source: section 2.2.7 (requests), section 2.3.1.1 (completions of reads: the read completion boundary).

use core::fmt;

use crate::{MemoryRequest, REQUEST_BOUNDARY_BYTES};

/// Parameters that no splitter can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitError {
    /// A limit is not a power of two in its legal range.
    IllegalLimit {
        /// The refused limit. Units: bytes.
        limit_bytes: u32,
    },
    /// The largest completion is shorter than the read completion boundary, so no legal cut may exist.
    PayloadBelowBoundary {
        /// Largest completion payload. Units: bytes.
        max_payload_bytes: u32,
        /// Read completion boundary. Units: bytes.
        boundary_bytes: u32,
    },
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IllegalLimit { limit_bytes } => {
                write!(f, "{limit_bytes} bytes is not a legal power-of-two limit")
            }
            Self::PayloadBelowBoundary {
                max_payload_bytes,
                boundary_bytes,
            } => write!(
                f,
                "completions of {max_payload_bytes} bytes cannot end on a {boundary_bytes}-byte boundary"
            ),
        }
    }
}

impl core::error::Error for SplitError {}

/// One completion of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletionPart {
    /// Where the part's first word lies, counted from the request's first word. Units: DW.
    pub offset_dw: u16,
    /// Payload words. Units: DW. Range: 1..=1024.
    pub length_dw: u16,
    /// The Byte Count field: bytes still to come, this part included. Range: 1..=4096.
    pub byte_count: u16,
    /// The Lower Address field.
    pub lower_address: u8,
    /// Bytes of the request that this part delivers. Units: bytes.
    pub bytes: u16,
}

/// Yields the completions that answer one memory read, in order.
///
/// Every part but the last ends on the read completion boundary, none exceeds the payload limit, and byte counts and lower addresses
/// are as a strict requester expects them.
#[derive(Clone, Debug)]
pub struct CompletionSplit {
    /// Address of the next enabled byte to deliver.
    next: u64,
    /// Bytes not yet delivered.
    remaining: u32,
    /// Word address of the request.
    base: u64,
    boundary: u64,
    max_payload: u64,
}

impl CompletionSplit {
    /// Prepares the answer to `request`.
    ///
    /// Units: bytes; `boundary_bytes` is 64 or 128, `max_payload_bytes` a power of two in 64..=4096 and not below the boundary. With
    /// both equal, each part covers one boundary block.
    ///
    /// # Errors
    /// [`SplitError`] when a limit is illegal.
    pub const fn new(
        request: &MemoryRequest,
        boundary_bytes: u32,
        max_payload_bytes: u32,
    ) -> Result<Self, SplitError> {
        if boundary_bytes != 64 && boundary_bytes != 128 {
            return Err(SplitError::IllegalLimit {
                limit_bytes: boundary_bytes,
            });
        }
        if !max_payload_bytes.is_power_of_two() || max_payload_bytes > 4096 {
            return Err(SplitError::IllegalLimit {
                limit_bytes: max_payload_bytes,
            });
        }
        if max_payload_bytes < boundary_bytes {
            return Err(SplitError::PayloadBelowBoundary {
                max_payload_bytes,
                boundary_bytes,
            });
        }
        Ok(Self {
            next: request.first_byte_address(),
            remaining: request.byte_count() as u32,
            base: request.address,
            boundary: boundary_bytes as u64,
            max_payload: max_payload_bytes as u64,
        })
    }
}

impl Iterator for CompletionSplit {
    type Item = CompletionPart;

    fn next(&mut self) -> Option<CompletionPart> {
        if self.remaining == 0 {
            return None;
        }
        let word = self.next & !3;
        // The furthest boundary within the payload limit, or the end of the data. The address of the last word of the address
        // space must not wrap, hence offsets from `word`.
        let skew = self.next - word;
        let past_boundary = word % self.boundary;
        let limit =
            (past_boundary + self.max_payload) / self.boundary * self.boundary - past_boundary;
        let bytes = (limit - skew).min(u64::from(self.remaining));
        let part = CompletionPart {
            offset_dw: ((word - self.base) / 4) as u16,
            length_dw: ((skew + bytes).div_ceil(4)) as u16,
            byte_count: self.remaining as u16,
            lower_address: (self.next & 0x7F) as u8,
            bytes: bytes as u16,
        };
        self.next = self.next.wrapping_add(bytes);
        self.remaining -= bytes as u32;
        Some(part)
    }
}

/// One request of a longer transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPart {
    /// Byte address of the part.
    pub address: u64,
    /// Where the part lies in the transfer. Units: bytes.
    pub offset_bytes: u64,
    /// Bytes of the part.
    pub len_bytes: usize,
}

/// Cuts a byte range into requests that are legal one by one.
///
/// Cuts lie on multiples of the limit, so no part crosses 4 KiB and inner parts are aligned.
#[derive(Clone, Debug)]
pub struct RequestSplit {
    next: u64,
    offset: u64,
    remaining: u64,
    limit: u64,
}

impl RequestSplit {
    /// Prepares the range `address..address + len_bytes`; an empty one yields nothing.
    ///
    /// Units: bytes; `limit_bytes` is a power of two in 4..=4096: the largest payload or read request.
    ///
    /// # Errors
    /// [`SplitError::IllegalLimit`].
    pub const fn new(address: u64, len_bytes: u64, limit_bytes: u32) -> Result<Self, SplitError> {
        if !limit_bytes.is_power_of_two()
            || limit_bytes < 4
            || limit_bytes as u64 > REQUEST_BOUNDARY_BYTES
        {
            return Err(SplitError::IllegalLimit { limit_bytes });
        }
        Ok(Self {
            next: address,
            offset: 0,
            remaining: len_bytes,
            limit: limit_bytes as u64,
        })
    }
}

impl Iterator for RequestSplit {
    type Item = RequestPart;

    fn next(&mut self) -> Option<RequestPart> {
        if self.remaining == 0 {
            return None;
        }
        let len = (self.limit - self.next % self.limit).min(self.remaining);
        let part = RequestPart {
            address: self.next,
            offset_bytes: self.offset,
            len_bytes: len as usize,
        };
        self.next = self.next.wrapping_add(len);
        self.offset += len;
        self.remaining -= len;
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FunctionId, byte_enable};
    use std::vec::Vec;

    fn parts(address: u64, len: usize, boundary: u32, max: u32) -> Vec<CompletionPart> {
        let request = MemoryRequest::bytes(FunctionId::default(), 0, address, len).unwrap();
        CompletionSplit::new(&request, boundary, max)
            .unwrap()
            .collect()
    }

    #[test]
    fn unaligned_read_is_cut_at_boundaries_only() {
        let got: Vec<(u16, u16, u16, u8)> = parts(0x1033, 0x100, 64, 64)
            .iter()
            .map(|p| (p.length_dw, p.byte_count, p.bytes, p.lower_address))
            .collect();
        assert_eq!(
            got,
            [
                (4, 0x100, 13, 0x33),
                (16, 0xF3, 64, 0x40),
                (16, 0xB3, 64, 0),
                (16, 0x73, 64, 0x40),
                (13, 0x33, 51, 0)
            ]
        );
    }

    #[test]
    fn every_split_obeys_the_rules() {
        for boundary in [64, 128] {
            for max in [128, 256, 512, 4096] {
                for start in (0..260).chain(4000..4096) {
                    for len in [1, 2, 3, 4, 5, 63, 64, 65, 96, 127, 128, 129, 500] {
                        if start % 4096 + len > 4096 {
                            continue;
                        }
                        check_split(start as u64, len, boundary, max);
                    }
                }
            }
        }
    }

    fn check_split(start: u64, len: usize, boundary: u32, max: u32) {
        let mut at = start;
        let mut left = len;
        for part in parts(start, len, boundary, max) {
            assert_eq!(usize::from(part.byte_count), left);
            assert_eq!(u64::from(part.lower_address), at & 0x7F);
            assert_eq!(u64::from(part.offset_dw), at / 4 - start / 4);
            assert!(part.length_dw * 4 <= max as u16);
            let span = byte_enable::span(at, usize::from(part.bytes)).unwrap();
            assert_eq!(part.length_dw, span.length_dw);
            at += u64::from(part.bytes);
            left -= usize::from(part.bytes);
            assert!(left == 0 || at.is_multiple_of(u64::from(boundary)));
        }
        assert_eq!(left, 0);
    }

    #[test]
    fn zero_length_read_gets_one_word() {
        let mut request = MemoryRequest::bytes(FunctionId::default(), 0, 0x1004, 4).unwrap();
        request.first_be = 0;
        let all: Vec<_> = CompletionSplit::new(&request, 64, 128).unwrap().collect();
        let only = CompletionPart {
            offset_dw: 0,
            length_dw: 1,
            byte_count: 1,
            lower_address: 4,
            bytes: 1,
        };
        assert_eq!(all, [only]);
    }

    #[test]
    fn read_at_the_very_top_of_the_address_space_does_not_wrap() {
        let all = parts(u64::MAX - 127, 128, 64, 64);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].byte_count, 64);
    }

    #[test]
    fn requests_tile_the_range_and_stay_inside_their_blocks() {
        for start in 0..200_u64 {
            for len in [1_u64, 63, 64, 65, 1000, 9000] {
                let mut at = start;
                for part in RequestSplit::new(start, len, 128).unwrap() {
                    assert_eq!(part.address, at);
                    assert_eq!(part.offset_bytes, at - start);
                    assert_eq!(
                        part.address / 128,
                        (part.address + part.len_bytes as u64 - 1) / 128
                    );
                    at += part.len_bytes as u64;
                }
                assert_eq!(at, start + len);
            }
        }
    }

    #[test]
    fn illegal_limits_are_refused() {
        let request = MemoryRequest::bytes(FunctionId::default(), 0, 0, 4).unwrap();
        assert!(CompletionSplit::new(&request, 32, 128).is_err());
        assert!(CompletionSplit::new(&request, 128, 64).is_err());
        assert!(CompletionSplit::new(&request, 64, 96).is_err());
        assert!(RequestSplit::new(0, 1, 3).is_err());
        assert!(RequestSplit::new(0, 1, 8192).is_err());
    }
}

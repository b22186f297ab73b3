//! The records that the conformance miniport and this program exchange. Source: `miniport/examples/c/protocol.h`.

/// `IOCTL_LP_RUN_TEST`.
pub const RUN_TEST: u32 = 0x0023_0000 | 0x811 << 2;
/// `IOCTL_LP_TEST_NAME`.
pub const TEST_NAME: u32 = 0x0023_0000 | 0x812 << 2;
/// `IOCTL_LP_UPDATE_RECTANGLE`.
pub const UPDATE_RECTANGLE: u32 = 0x0023_0000 | 0x810 << 2;
/// `LP_CONFORMANCE_GUID` as it lies in memory.
pub const INTERFACE_GUID: [u8; 16] = [
    0x52, 0x3b, 0x8a, 0x6c, 0x4e, 0x2f, 0x57, 0x4d, 0x9b, 0x1a, 0x7c, 0x0d, 0x5e, 0x6f, 0x1a, 0x2b,
];

/// Bytes of a test id.
pub const ID_BYTES: usize = 16;
/// Bytes of `LP_TEST_REQUEST`.
pub const REQUEST_BYTES: usize = 56;
/// Bytes of `LP_TEST_RESULT`.
pub const RESULT_BYTES: usize = 240;
const TEXT_OFFSET: usize = 48;

/// One part of one test.
#[derive(Clone, Copy)]
pub struct Request<'t> {
    /// Id of the contract's list.
    pub id: &'t str,
    /// Part, from 0.
    pub part: u32,
    /// The test's own.
    pub arguments: [u64; 4],
}

impl Request<'_> {
    /// As bytes.
    pub fn emit(&self) -> [u8; REQUEST_BYTES] {
        let mut bytes = [0; REQUEST_BYTES];
        let id = &self.id.as_bytes()[..self.id.len().min(ID_BYTES - 1)];
        bytes[..id.len()].copy_from_slice(id);
        bytes[16..20].copy_from_slice(&self.part.to_ne_bytes());
        for (place, argument) in bytes[24..].chunks_exact_mut(8).zip(self.arguments) {
            place.copy_from_slice(&argument.to_ne_bytes());
        }
        bytes
    }
}

/// How a part ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every check held.
    Pass,
    /// One did not.
    Fail,
    /// It has no meaning in this driver.
    NotApplicable,
}

/// What a part hands back.
#[derive(Clone, Debug)]
pub struct PartResult {
    /// How it ended.
    pub verdict: Verdict,
    /// Checks made.
    pub checks: u32,
    /// Line of the failed one, 0 without.
    pub line: u32,
    /// The test's own.
    pub value: [u64; 4],
    /// Why.
    pub text: String,
}

impl PartResult {
    /// From bytes; an unknown verdict is a failure.
    pub fn parse(bytes: &[u8; RESULT_BYTES]) -> Self {
        let word = |at: usize| {
            bytes[at..]
                .first_chunk()
                .map_or(0, |b| u32::from_ne_bytes(*b))
        };
        let long = |at: usize| {
            bytes[at..]
                .first_chunk()
                .map_or(0, |b| u64::from_ne_bytes(*b))
        };
        let text = &bytes[TEXT_OFFSET..];
        let end = text
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(text.len());
        Self {
            verdict: match word(0) {
                1 => Verdict::Pass,
                3 => Verdict::NotApplicable,
                _ => Verdict::Fail,
            },
            checks: word(4),
            line: word(8),
            value: [long(16), long(24), long(32), long(40)],
            text: String::from_utf8_lossy(&text[..end]).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_has_id_part_and_arguments_at_their_offsets() {
        let bytes = Request {
            id: "DMA-01",
            part: 2,
            arguments: [1, 2, 3, 0x0102_0304_0506_0708],
        }
        .emit();
        assert_eq!(&bytes[..7], b"DMA-01\0");
        assert_eq!(bytes[16..20], 2_u32.to_ne_bytes());
        assert_eq!(bytes[48..], 0x0102_0304_0506_0708_u64.to_ne_bytes());
    }

    #[test]
    fn unknown_verdict_is_a_failure() {
        let mut bytes = [0; RESULT_BYTES];
        assert_eq!(PartResult::parse(&bytes).verdict, Verdict::Fail);
        bytes[0] = 1;
        bytes[TEXT_OFFSET] = b'x';
        let result = PartResult::parse(&bytes);
        assert_eq!((result.verdict, result.text.as_str()), (Verdict::Pass, "x"));
    }
}

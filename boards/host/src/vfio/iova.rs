//! Which addresses the IOMMU can translate, and where our memory goes.

use vfio_bindings::bindings::vfio::{VFIO_IOMMU_INFO_CAPS, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE};

use crate::arena::{PAGE_BYTES, Zones};

/// First and last address of a range.
pub(super) type Range = (u64, u64);

/// What an IOMMU translates when it does not tell: 39 bits, the least that VT-d has, without the window of interrupt messages.
const UNTOLD: [Range; 2] = [(0, 0xFEDF_FFFF), (0xFEF0_0000, (1 << 39) - 1)];
/// Capabilities in a chain; more would be a circle.
const CHAIN_MAX: usize = 16;

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The ranges in a `vfio_iommu_type1_info` with its capabilities. Layout: `linux/vfio.h`.
pub(super) fn ranges(info: &[u8]) -> Vec<Range> {
    told(info)
        .filter(|ranges| !ranges.is_empty())
        .unwrap_or_else(|| UNTOLD.to_vec())
}

fn told(info: &[u8]) -> Option<Vec<Range>> {
    let flags = u32_at(info, 4)?;
    let mut at = u32_at(info, 16)? as usize;
    if flags & VFIO_IOMMU_INFO_CAPS == 0 {
        return None;
    }
    for _ in 0..CHAIN_MAX {
        if at == 0 {
            break;
        }
        // Identity and version, then the offset of the next one.
        let id = u32_at(info, at)? & 0xFFFF;
        if id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE {
            let count = u32_at(info, at + 8)? as usize;
            let range = |index| {
                let start = at + 16 + 16 * index;
                Some((u64_at(info, start)?, u64_at(info, start + 8)?))
            };
            return (0..count).map(range).collect();
        }
        at = u32_at(info, at + 4)? as usize;
    }
    None
}

/// Zones whose pages all lie in translated ranges: the usual ones if they do, else the first place that does.
pub(super) fn place(ranges: &[Range], low_pages: usize, pages: usize) -> Option<Zones> {
    let bytes = |pages: usize| (pages * PAGE_BYTES) as u64;
    let (low_bytes, all_bytes) = (bytes(low_pages), bytes(pages));
    let usual = Zones::default();
    let is_translated = |start: u64, past: u64| {
        ranges
            .iter()
            .any(|(first, last)| *first <= start && past > start && past - 1 <= *last)
    };
    // The first page of the bus stays free: a stray zero must not hit memory.
    let starts = || {
        let page = PAGE_BYTES as u64;
        ranges
            .iter()
            .map(move |(first, _)| first.max(&page).next_multiple_of(page))
    };
    let low = std::iter::once(usual.low).chain(starts()).find(|low| {
        u32::try_from(*low).is_ok() && is_translated(*low, low.saturating_add(low_bytes))
    })?;
    // Pages are numbered through, so the high zone's own part begins `low_bytes` behind its address. Behind the low zone's part it may
    // follow directly: both have the same address then.
    let high = [usual.high, low]
        .into_iter()
        .chain(starts().map(|start| start.saturating_sub(low_bytes)))
        .find(|high| {
            let (start, past) = (high + low_bytes, high.saturating_add(all_bytes));
            let apart = start >= low + low_bytes || past <= low;
            apart && is_translated(start, past)
        })?;
    Some(Zones { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kernel answers: the fixed part, an unrelated capability, then the ranges.
    fn info(ranges: &[Range]) -> Vec<u8> {
        let mut words: Vec<u32> = vec![4096, VFIO_IOMMU_INFO_CAPS, 0, 0, 24, 0];
        words.extend([2 | 1 << 16, 32]); // migration, next at 32
        words.extend([1 | 1 << 16, 0, ranges.len() as u32, 0]);
        for (first, last) in ranges {
            for value in [first, last] {
                words.extend([*value as u32, (*value >> 32) as u32]);
            }
        }
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn ranges_are_found_behind_other_capabilities() {
        let some = [(0, 0xFEDF_FFFF), (0xFEF0_0000, (1 << 48) - 1)];
        assert_eq!(ranges(&info(&some)), some);
        assert_eq!(ranges(&info(&[])), UNTOLD);
        assert_eq!(ranges(&[]), UNTOLD);
        let mut cut = info(&some);
        cut.truncate(60);
        assert_eq!(ranges(&cut), UNTOLD, "a table that ends early");
        let mut circle = info(&some);
        circle[28..32].copy_from_slice(&24_u32.to_ne_bytes());
        assert_eq!(ranges(&circle), UNTOLD, "a chain without an end");
    }

    #[test]
    fn memory_goes_where_the_iommu_translates() {
        assert_eq!(place(&UNTOLD, 256, 8192), Some(Zones::default()));
        let narrow = [(0x1000, 0xFEDF_FFFF)];
        let one = Zones {
            low: 0x4000_0000,
            high: 0x4000_0000,
        };
        assert_eq!(place(&narrow, 256, 8192), Some(one));
        let strange = [
            (0x8000_0000, 0x8FFF_FFFF),
            (0x100_0000_0000, 0x1FF_FFFF_FFFF),
        ];
        let one = Zones {
            low: 0x8000_0000,
            high: 0x8000_0000,
        };
        assert_eq!(place(&strange, 256, 8192), Some(one));
        let two = [(0, 0xF_FFFF), (0x100_0000, 0xFFFF_FFFF)];
        let zones = place(&two, 16, 8192).unwrap();
        assert_eq!((zones.low, zones.high), (0x4000_0000, 0x4000_0000));
        assert_eq!(place(&[(0, 0xFFFF)], 256, 8192), None);
        assert_eq!(place(&[], 256, 8192), None);
    }
}

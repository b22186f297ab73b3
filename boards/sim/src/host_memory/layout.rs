//! Where the pages lie on the bus: scattered on purpose, the same way for the same seed.
//!
//! A driver that adds four kilobytes to a bus address and hopes must fail here. Neighbouring virtual pages therefore get unrelated
//! bus addresses, part of them above 4 GiB, with holes in between, and only now and then two in a row (so that merging is tested).

use super::{HostMemoryConfig, PAGE_SHIFT};
use crate::random::Random;

/// First bus page of the low zone: 1 MiB.
const LOW_BASE: u64 = 0x0010_0000 >> PAGE_SHIFT;
/// End of the low zone: 3 GiB. Above it lie device windows and the interrupt window.
const LOW_END: u64 = 0xC000_0000 >> PAGE_SHIFT;
/// First bus page of the high zone: 4 GiB.
const HIGH_BASE: u64 = 0x1_0000_0000 >> PAGE_SHIFT;

/// Most pages a layout can hold even when all land in the low zone with the widest holes.
pub(super) const MAX_PAGES: usize = ((LOW_END - LOW_BASE) / 4) as usize;

/// Marks a bus page without memory.
const HOLE: u32 = u32::MAX;

/// One zone of the bus: frame number for each bus page, or [`HOLE`].
struct Zone {
    base: u64,
    frames: Vec<u32>,
}

impl Zone {
    fn frame(&self, bus_page: u64) -> Option<usize> {
        let index = usize::try_from(bus_page.checked_sub(self.base)?).ok()?;
        self.frames
            .get(index)
            .filter(|frame| **frame != HOLE)
            .map(|frame| *frame as usize)
    }
}

/// The fixed map between frames (pages of the arena, in virtual order) and bus pages.
pub(super) struct Layout {
    bus_pages: Vec<u64>,
    low: Zone,
    high: Zone,
}

impl Layout {
    /// Lays out `config.pages` scattered frames followed by `config.contiguous_pages` that are contiguous on the bus.
    pub(super) fn new(config: &HostMemoryConfig) -> Self {
        let mut random = Random::new(config.seed);
        let mut low_runs: Vec<Vec<u32>> = Vec::new();
        let mut high_runs: Vec<Vec<u32>> = Vec::new();
        let mut run = Vec::new();
        for frame in 0..config.pages as u32 {
            if !run.is_empty() && !random.percent(config.adjacent_percent) {
                let zone = if random.percent(config.high_percent) {
                    &mut high_runs
                } else {
                    &mut low_runs
                };
                zone.push(std::mem::take(&mut run));
            }
            run.push(frame);
        }
        if !run.is_empty() {
            low_runs.push(run);
        }
        random.shuffle(&mut low_runs);
        random.shuffle(&mut high_runs);
        let first_contiguous = config.pages as u32;
        low_runs
            .push((first_contiguous..first_contiguous + config.contiguous_pages as u32).collect());

        let mut bus_pages = vec![0; config.pages + config.contiguous_pages];
        let low = place(LOW_BASE, &low_runs, &mut random, &mut bus_pages);
        let high = place(HIGH_BASE, &high_runs, &mut random, &mut bus_pages);
        Self {
            bus_pages,
            low,
            high,
        }
    }

    /// Bus page of a frame.
    pub(super) fn bus_page(&self, frame: usize) -> Option<u64> {
        self.bus_pages.get(frame).copied()
    }

    /// Frame behind a bus page.
    pub(super) fn frame(&self, bus_page: u64) -> Option<usize> {
        let zone = if bus_page < HIGH_BASE {
            &self.low
        } else {
            &self.high
        };
        zone.frame(bus_page)
    }
}

/// Places runs one after the other with a hole of one or two pages before each.
fn place(base: u64, runs: &[Vec<u32>], random: &mut Random, bus_pages: &mut [u64]) -> Zone {
    let mut frames = Vec::new();
    for run in runs {
        let hole = 1 + random.below(2) as usize;
        frames.resize(frames.len() + hole, HOLE);
        for frame in run {
            bus_pages[*frame as usize] = base + frames.len() as u64;
            frames.push(*frame);
        }
    }
    Zone { base, frames }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(pages: usize) -> Layout {
        Layout::new(&HostMemoryConfig {
            pages,
            ..HostMemoryConfig::default()
        })
    }

    #[test]
    fn map_is_one_to_one_and_avoids_device_windows() {
        let layout = layout(5000);
        for frame in 0..5000 {
            let page = layout.bus_page(frame).unwrap();
            assert_eq!(layout.frame(page), Some(frame));
            assert!((LOW_BASE..LOW_END).contains(&page) || page >= HIGH_BASE);
        }
        assert_eq!(layout.frame(0), None);
        assert_eq!(layout.frame(0xFEE0_0000 >> PAGE_SHIFT), None);
        assert_eq!(layout.frame(u64::MAX >> PAGE_SHIFT), None);
    }

    #[test]
    fn neighbours_are_seldom_adjacent_yet_sometimes() {
        let layout = layout(5000);
        let adjacent = (1..5000)
            .filter(|frame| {
                layout.bus_page(*frame) == layout.bus_page(frame - 1).map(|page| page + 1)
            })
            .count();
        // 12 % asked for; the exact count is fixed by the seed.
        assert!((300..1200).contains(&adjacent), "{adjacent} adjacent");
    }

    #[test]
    fn part_of_the_pages_lies_above_4_gib_when_asked() {
        let high = |percent| {
            let config = HostMemoryConfig {
                pages: 2000,
                high_percent: percent,
                ..Default::default()
            };
            let layout = Layout::new(&config);
            (0..2000)
                .filter(|frame| layout.bus_page(*frame).unwrap() >= HIGH_BASE)
                .count()
        };
        assert_eq!(high(0), 0);
        assert!(high(50) > 500);
    }

    #[test]
    fn contiguous_zone_is_contiguous() {
        let config = HostMemoryConfig {
            pages: 100,
            contiguous_pages: 20,
            ..Default::default()
        };
        let layout = Layout::new(&config);
        for frame in 101..120 {
            assert_eq!(
                layout.bus_page(frame),
                layout.bus_page(frame - 1).map(|page| page + 1)
            );
        }
    }
}

//! The newest frame as PNG, encoded when somebody wants it and once for all who do.

use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageResult};
use lumenport_sim::monitor::Shown;
use parking_lot::Mutex;

/// A PNG and the number of its frame.
type Encoded = (u64, Arc<[u8]>);

/// See the module's text.
#[derive(Default)]
pub struct Encoder {
    last: Mutex<Option<Encoded>>,
}

impl Encoder {
    /// The frame as PNG: 8 bits a channel, every pixel as the monitor decoded it. Viewers that want the same frame wait for one encoding.
    pub fn png(&self, shown: &Shown) -> ImageResult<Arc<[u8]>> {
        let frame = &shown.frame;
        let mut last = self.last.lock();
        if let Some((_, png)) = last.as_ref().filter(|(number, _)| *number == frame.index) {
            return Ok(Arc::clone(png));
        }
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up).write_image(
            &frame.rgb,
            frame.width as u32,
            frame.height as u32,
            ExtendedColorType::Rgb8,
        )?;
        let png: Arc<[u8]> = png.into();
        *last = Some((frame.index, Arc::clone(&png)));
        Ok(png)
    }
}

//! The page as a person sees it.
//!
//! `LUMENPORT_VIEW_SCREENSHOT=folder` keeps pictures of the page there: `light.png`, `dark.png`, `narrow.png`.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lumenport_flows::Raster;
use serde_json::json;

use crate::browser::Browser;
use crate::served::{Card, Served, picture};

/// The picture of the README.
fn photo() -> Raster {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures/shown.png");
    let rgb = image::open(path).expect("it is there").to_rgb8();
    Raster {
        width_px: rgb.width(),
        height_lines: rgb.height(),
        rgb: rgb.into_raw(),
    }
}

/// Waits until the canvas holds exactly this picture.
fn expect_canvas(browser: &mut Browser, wanted: &Raster) {
    let (width, height) = (wanted.width_px, wanted.height_lines);
    browser.wait(&format!(
        "document.getElementById('picture').width === {width} && document.getElementById('picture').height === {height}"
    ));
    // The frame that was under way when the picture changed may still be shown.
    let mut seen = browser.canvas();
    for _ in 0..100 {
        if seen.2 == wanted.rgb {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
        seen = browser.canvas();
    }
    assert_eq!((seen.0, seen.1), (width, height));
    let wrong = seen
        .2
        .chunks(3)
        .zip(wanted.rgb.chunks(3))
        .position(|(a, b)| a != b);
    assert_eq!(wrong, None, "first pixel that differs");
    assert_eq!(seen.2.len(), wanted.rgb.len());
}

fn contains(id: &str, part: &str) -> String {
    format!("document.getElementById('{id}').textContent.includes('{part}')")
}

/// Keeps a picture of the page when that is asked for.
fn screenshot(browser: &mut Browser, name: &str, scheme: &str, width: u32, height: u32) {
    let Ok(folder) = std::env::var("LUMENPORT_VIEW_SCREENSHOT") else {
        return;
    };
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.ask("Emulation.setDeviceMetricsOverride", &size);
    let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
    browser.ask("Emulation.setEmulatedMedia", &scheme);
    browser.value("new Promise((done) => setTimeout(done, 500))");
    let shot = browser.ask("Page.captureScreenshot", &json!({ "format": "png" }));
    let data = shot["data"].as_str().expect("a picture");
    let bytes = STANDARD.decode(data).expect("it is base64");
    std::fs::write(Path::new(&folder).join(name), bytes).expect("it can be written");
}

#[test]
fn a_browser_shows_exactly_what_the_card_scans_out() {
    let served = Served::start("browser");
    let Some(mut browser) = Browser::open(&served.url, "view-in-browser") else {
        return;
    };
    browser.wait("document.body?.dataset.ready === 'yes'");
    browser.wait(&contains("client", "no client yet"));
    browser.wait(&contains("notice", "no signal"));
    Card::with(&served, |card| {
        let small = picture(64, 48, |x, y| [x as u8 * 4, y as u8 * 5, (x ^ y) as u8]);
        let mode = card.set_mode(64, 48);
        card.upload(&mode, &small);
        expect_canvas(&mut browser, &small);
        browser.wait(&contains("mode", "64 × 48"));

        let photo = photo();
        let mode = card.set_mode(photo.width_px, photo.height_lines);
        card.write_semaphore(2, 0x4C4D);
        card.write_semaphore(2, 0x0BAD);
        card.upload(&mode, &photo);
        expect_canvas(&mut browser, &photo);
        browser.wait(&contains("mode", "640 × 480"));
        browser.wait(&contains("timing", "25."));
        browser.wait(&contains("client", "client 1 connected"));
        browser.wait(&contains("server", "live"));
        browser.wait(&contains("semaphores", "0x4c4d"));
        browser.wait(&contains("dma-to", "MiB"));
        browser.wait(&contains("clock", "card idle: clock stopped"));
        assert_eq!(
            browser.value("document.getElementById('notice').hidden"),
            true
        );
        assert_eq!(
            browser.value("document.getElementById('chart-to').getAttribute('d').length > 0"),
            true
        );
        screenshot(&mut browser, "light.png", "light", 1280, 880);
        screenshot(&mut browser, "dark.png", "dark", 1280, 880);
        screenshot(&mut browser, "narrow.png", "light", 480, 1400);
    });
    browser.wait(&contains("client", "client left"));
    browser.wait(&contains("notice", "this was the last frame"));
    drop(served);
    browser.wait(&contains("server", "server away"));
}

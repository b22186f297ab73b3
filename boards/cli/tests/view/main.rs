//! `lumenport serve --view`: the web page beside a card that a driver in another process works with.
//!
//! | file | what it is |
//! |---|---|
//! | `main.rs` | the page as an HTTP client sees it |
//! | `in_browser.rs` | the page as a person sees it: in a headless browser, pixels compared |
//! | `served.rs` | the command, and a driver at its socket |
//! | `http.rs` | a plain HTTP client |
//! | `browser.rs` | Chromium, driven over its own debugging protocol |

#![cfg(feature = "sim")]

mod browser;
mod http;
mod in_browser;
mod served;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use http::{get, send};
use serde_json::Value;
use served::{Card, Served, picture, refusal};

/// A picture for the smallest modes, no two lines alike.
fn stripes(width_px: u32, height_lines: u32, shade: u8) -> lumenport_flows::Raster {
    picture(width_px, height_lines, |x, y| {
        [x as u8 * 3, y as u8 * 5, shade]
    })
}

/// The frame as the page's address gives it: width, height, pixels.
fn frame(served: &Served) -> Option<(u32, u32, Vec<u8>)> {
    let answer = get(&served.url, "/frame.png");
    if answer.status == 503 {
        return None;
    }
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let number: Option<u64> = answer.header("x-frame-number").and_then(|n| n.parse().ok());
    assert!(number.is_some(), "{answer:?}");
    let decoded = image::load_from_memory(&answer.body).expect("it is a PNG");
    let rgb = decoded.to_rgb8();
    Some((rgb.width(), rgb.height(), rgb.into_raw()))
}

#[test]
fn every_address_answers_and_nonsense_is_refused() {
    let served = Served::start("addresses");
    for (path, kind, part) in [
        ("/", "text/html; charset=utf-8", "<canvas"),
        ("/?whatever=1", "text/html; charset=utf-8", "</html>"),
        (
            "/style.css",
            "text/css; charset=utf-8",
            "prefers-color-scheme",
        ),
        ("/view.js", "text/javascript; charset=utf-8", "EventSource"),
    ] {
        let answer = get(&served.url, path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert!(answer.text().contains(part), "{path}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
    }

    let early = get(&served.url, "/frame.png");
    assert_eq!(early.status, 503);
    assert!(early.text().contains("no frame yet"), "{}", early.text());
    let state = served.state();
    assert_eq!(state["client"]["connected"], false);
    assert_eq!(
        (&state["frame"], &state["mode"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(state["signal"], false);
    assert_eq!(state["semaphores"].as_array().map(Vec::len), Some(8));

    let absent = get(&served.url, "/../../etc/passwd");
    assert_eq!(absent.status, 404);
    assert!(absent.text().contains("/state.json"), "{}", absent.text());
    let host = served.address();
    let request = |line: &str, host: &str| {
        send(
            &served.url,
            &format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        )
    };
    let post = request("POST /state.json", &host);
    assert_eq!(
        (post.status, post.header("allow")),
        (405, Some("GET, HEAD"))
    );
    let head = request("HEAD /", &host);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(request("GET /", "evil.example").status, 421);
    assert_eq!(send(&served.url, "\u{1}\u{2}\u{3}\r\n\r\n").status, 400);
    let long = format!("GET / HTTP/1.1\r\nA: {}", "b".repeat(9000));
    assert_eq!(send(&served.url, &long).status, 431);
}

#[test]
fn a_busy_port_is_one_clear_sentence() {
    let served = Served::start("busy");
    let sentence = refusal("busy-second", &served.address());
    assert!(
        sentence.contains("the view cannot listen at 127.0.0.1:") && sentence.contains("in use"),
        "{sentence}"
    );
}

#[test]
fn the_page_follows_the_card_whatever_other_viewers_do() {
    let served = Served::start("follows");
    // Viewers that hang: half a request, and a stream that nobody reads.
    let mut half = TcpStream::connect(served.address()).expect("it listens");
    half.write_all(b"GET / HT").expect("it is open");
    let mut deaf = TcpStream::connect(served.address()).expect("it listens");
    let request = format!("GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", served.address());
    deaf.write_all(request.as_bytes()).expect("it is open");
    // And two that listen.
    let mut listeners = [Listener::new(&served), Listener::new(&served)];

    Card::with(&served, |card| {
        let mode = card.set_mode(64, 48);
        let shown = stripes(64, 48, 7);
        card.upload(&mode, &shown);
        served.wait("the first picture", || {
            frame(&served) == Some((64, 48, shown.rgb.clone()))
        });
        let state = served.state();
        assert_eq!(state["client"]["connected"], true);
        assert_eq!(state["client"]["count"], 1);
        assert_eq!(state["signal"], true);
        let mode_seen = &state["mode"];
        assert_eq!(
            (&mode_seen["width_px"], &mode_seen["height_lines"]),
            (&64.into(), &48.into())
        );
        assert!(
            mode_seen["pixel_clock_khz"].as_u64() > Some(0),
            "{mode_seen}"
        );
        assert!(mode_seen["refresh_hz"].as_f64() > Some(1.0), "{mode_seen}");
        assert_eq!(state["frame"]["clean"], true);
        let dma = &state["dma"];
        assert!(dma["to_card_bytes"].as_u64() >= Some(64 * 48 * 4), "{dma}");
        assert!(dma["submitted"].as_u64() >= Some(1), "{dma}");
        assert_eq!(
            (&dma["done"], &dma["failed"]),
            (&dma["submitted"], &0.into())
        );
        assert!(state["interrupts"]["msi"].as_u64() >= Some(1), "{state}");
        assert_eq!(state["interrupts"]["last"]["kind"], "MSI");
        assert_eq!(state["link"]["violations"], 0);

        // A semaphore is claimed, another owner tries in vain, it is released.
        card.write_semaphore(3, 0x55);
        card.write_semaphore(3, 0x66);
        let semaphore = |owner: u64, agent: &'static str| {
            served.wait("the semaphore", || {
                let seen = &served.state()["semaphores"][3];
                seen["owner"] == owner && seen["agent"] == agent && seen["contention"] == 1
            });
        };
        semaphore(0x55, "host");
        card.write_semaphore(3, 0);
        semaphore(0, "none");

        // Everybody who listens hears of another picture.
        let before = served.state()["frame"]["number"].as_u64();
        let shown = stripes(64, 48, 200);
        card.upload(&mode, &shown);
        served.wait("the second picture", || {
            frame(&served) == Some((64, 48, shown.rgb.clone()))
        });
        for listener in &mut listeners {
            listener.until(|state| state["frame"]["number"].as_u64() > before);
        }
        served.wait("standing still", || {
            served.state()["clock"]["running"] == false
        });
    });

    for listener in &mut listeners {
        listener.until(|state| state["client"]["connected"] == false);
    }
    let state = served.state();
    assert_eq!(state["signal"], false, "the card was reset");
    assert_eq!(
        frame(&served),
        Some((64, 48, stripes(64, 48, 200).rgb)),
        "the last picture stays to be looked at"
    );
}

#[test]
fn too_many_viewers_are_told_so_and_make_room_when_they_go() {
    let served = Served::start("crowd");
    let crowd: Vec<TcpStream> = (0..40)
        .map(|_| TcpStream::connect(served.address()).expect("it listens"))
        .collect();
    let refused = get(&served.url, "/state.json");
    assert_eq!(
        (refused.status, refused.text().as_str()),
        (503, "too many viewers\n")
    );
    drop(crowd);
    served.wait("room", || get(&served.url, "/state.json").status == 200);
}

/// One viewer of the stream.
struct Listener {
    lines: BufReader<TcpStream>,
}

impl Listener {
    fn new(served: &Served) -> Self {
        let mut stream = TcpStream::connect(served.address()).expect("it listens");
        // For a stream that dies silently, not for a slow one.
        let bound = std::time::Duration::from_mins(2);
        stream.set_read_timeout(Some(bound)).expect("it is open");
        let request = format!("GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", served.address());
        stream.write_all(request.as_bytes()).expect("it is open");
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).expect("an answer comes");
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
        Self { lines }
    }

    /// Reads states until one is as wanted.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) {
        loop {
            let mut line = String::new();
            let count = self.lines.read_line(&mut line).expect("the stream goes on");
            assert_ne!(count, 0, "the stream ended");
            let Some(data) = line.strip_prefix("data: ") else {
                continue;
            };
            if wanted(&serde_json::from_str(data).expect("it is JSON")) {
                return;
            }
        }
    }
}

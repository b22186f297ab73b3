//! A plain HTTP client: one request, the whole answer.

use std::io::{Read, Write};
use std::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// What follows the headers.
    pub body: Vec<u8>,
}

impl Answer {
    /// The header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// `http://127.0.0.1:1234/` without what is around the address.
pub fn address(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

/// Asks for a path.
pub fn get(url: &str, path: &str) -> Answer {
    let host = address(url);
    send(url, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
}

/// Sends any text and reads until the server closes.
pub fn send(url: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address(url)).expect("it listens");
    // A server that has heard enough may close while we still send.
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer comes");
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no head in {bytes:?}"));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let answer = Answer {
        status: status.and_then(|text| text.parse().ok()).expect("a status"),
        headers,
        body: bytes[end + 4..].to_vec(),
    };
    let length = answer
        .header("content-length")
        .and_then(|text| text.parse().ok());
    let head_only = request.starts_with("HEAD");
    assert!(head_only || length == Some(answer.body.len()), "{answer:?}");
    answer
}

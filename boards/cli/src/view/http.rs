//! Connections of the view: HTTP/1.1, one request each, everything bounded.
//!
//! Parsing is `httparse`'s. A thread per connection, at most [`CONNECTIONS_MAX`]; a client that sends its request slowly, or does not take what it
//! is sent, is dropped after a while and hurts nobody before.

use std::io::{Read, Result, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Connections at a time. A page takes two or three.
const CONNECTIONS_MAX: usize = 32;
/// Longest request, headers included.
const REQUEST_BYTES_MAX: usize = 8192;
/// Most header lines.
const HEADERS_MAX: usize = 64;
/// From connecting to the end of the request.
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// Without any progress in sending.
const SEND_TIME: Duration = Duration::from_secs(5);
/// What the client may still send after its answer.
const LEFTOVER_BYTES_MAX: usize = 64 << 10;
const LEFTOVER_TIME: Duration = Duration::from_millis(500);
/// The same for a client that comes in vain; others wait meanwhile.
const REFUSAL_TIME: Duration = Duration::from_millis(50);

/// The page needs its own script, style and pictures, and nothing else in the world.
const SAFETY_HEADERS: &str = "Content-Security-Policy: default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'\r\n\
    X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n";

/// A request that makes sense.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Without the part after a question mark.
    pub path: String,
    /// Only the head of the answer is wanted.
    pub head_only: bool,
}

/// A request that is refused: status and sentence.
type Refusal = (u16, &'static str);

/// Where the answer goes.
pub struct Client {
    stream: TcpStream,
    head_only: bool,
}

impl Client {
    /// Sends a whole answer. `headers`: more header lines, each with its line end.
    pub fn send(&mut self, status: u16, kind: &str, headers: &str, body: &[u8]) -> Result<()> {
        let mut answer = format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{headers}{SAFETY_HEADERS}\r\n",
            reason(status),
            body.len()
        )
        .into_bytes();
        if !self.head_only {
            answer.extend_from_slice(body);
        }
        self.stream.write_all(&answer)
    }

    /// Sends a sentence.
    pub fn say(&mut self, status: u16, headers: &str, sentence: &str) -> Result<()> {
        let body = format!("{sentence}\n");
        self.send(
            status,
            "text/plain; charset=utf-8",
            headers,
            body.as_bytes(),
        )
    }

    /// Begins an answer without end, of which [`Self::push`] sends the pieces.
    pub fn begin(&mut self, kind: &str) -> Result<()> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{SAFETY_HEADERS}\r\n");
        self.stream.write_all(head.as_bytes())
    }

    /// Sends a piece; an error once the client is gone, or takes nothing any more.
    pub fn push(&mut self, piece: &[u8]) -> Result<()> {
        self.stream.write_all(piece)
    }

    /// Closes. What the client still sends is taken for a while: closing over it would destroy the answer on its way.
    fn finish(self, patience: Duration) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = self.stream.set_read_timeout(Some(patience));
        let mut rest = self.stream.take(LEFTOVER_BYTES_MAX as u64);
        let _ = std::io::copy(&mut rest, &mut std::io::sink());
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// Starts to accept connections.
///
/// # Errors
/// The thread cannot be started.
pub fn start(
    listener: TcpListener,
    answer: impl Fn(&Request, &mut Client) + Send + Sync + 'static,
) -> Result<()> {
    let local_only = listener.local_addr()?.ip().is_loopback();
    let answer = Arc::new(answer);
    let open = Arc::new(AtomicUsize::new(0));
    let accept = move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // Out of descriptors, most likely: wait for some to come back.
                std::thread::sleep(Duration::from_millis(100));
                continue;
            };
            let mut client = Client {
                stream,
                head_only: false,
            };
            let place = Place::take(&open);
            let Some(place) = place else {
                // The sentence fits into any socket's buffer: sending it does not wait.
                let _ = client.say(503, "Retry-After: 5\r\n", "too many viewers");
                client.finish(REFUSAL_TIME);
                continue;
            };
            let answer = Arc::clone(&answer);
            let worker = std::thread::Builder::new().name("viewer".to_owned());
            // Without a thread the client sees a closed connection and comes back.
            let _ = worker.spawn(move || {
                serve(client, local_only, &*answer);
                drop(place);
            });
        }
    };
    std::thread::Builder::new()
        .name("view".to_owned())
        .spawn(accept)?;
    Ok(())
}

/// One of the [`CONNECTIONS_MAX`].
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(open));
        (open.fetch_add(1, Ordering::Relaxed) < CONNECTIONS_MAX).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn serve(mut client: Client, local_only: bool, answer: &impl Fn(&Request, &mut Client)) {
    let prepared = client.stream.set_write_timeout(Some(SEND_TIME)).is_ok()
        && client.stream.set_nodelay(true).is_ok();
    if !prepared {
        return; // gone already
    }
    match receive(&mut client.stream, local_only) {
        Ok(request) => {
            client.head_only = request.head_only;
            answer(&request, &mut client);
        }
        Err((status, sentence)) => {
            let allow = if status == 405 {
                "Allow: GET, HEAD\r\n"
            } else {
                ""
            };
            // Whoever sends nonsense may not want to hear it.
            let _ = client.say(status, allow, sentence);
        }
    }
    client.finish(LEFTOVER_TIME);
}

/// Reads a request's head.
fn receive(stream: &mut TcpStream, local_only: bool) -> std::result::Result<Request, Refusal> {
    let end = Instant::now() + REQUEST_TIME;
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = parse(&bytes, local_only)? {
            return Ok(request);
        }
        if bytes.len() >= REQUEST_BYTES_MAX {
            return Err((431, "the request is too long"));
        }
        let slow = (408, "the request takes too long");
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return Err(slow);
        }
        let mut piece = [0; 1024];
        match stream.read(&mut piece) {
            Ok(0) => return Err((400, "the request has no end")),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(_) => return Err(slow),
        }
    }
}

/// The request in these bytes; `None` while its end is missing.
fn parse(bytes: &[u8], local_only: bool) -> std::result::Result<Option<Request>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err((431, "too many header lines")),
        Err(_) => return Err((400, "that is no HTTP request")),
    }
    let head_only = match parsed.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err((405, "this page can only be looked at")),
    };
    let host = parsed
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("host"))
        .and_then(|header| std::str::from_utf8(header.value).ok());
    if local_only && !host.is_some_and(is_this_machine) {
        return Err((
            421,
            "this page is for browsers on this machine: use 127.0.0.1 or localhost",
        ));
    }
    let path = parsed.path.unwrap_or_default();
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Ok(Some(Request {
        path: path.to_owned(),
        head_only,
    }))
}

/// Whether a Host header names this machine. A page elsewhere whose name was made to lead here (DNS rebinding) does not.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(request: &str) -> std::result::Result<Option<String>, u16> {
        let parsed = parse(request.as_bytes(), true);
        parsed
            .map(|request| request.map(|request| request.path))
            .map_err(|(status, _)| status)
    }

    #[test]
    fn requests_are_taken_or_refused() {
        let get = "GET /frame.png?n=3 HTTP/1.1\r\nHost: localhost:8080\r\n\r\n";
        assert_eq!(path(get), Ok(Some("/frame.png".to_owned())));
        assert_eq!(path("GET / HTTP/1.1\r\nHost: loc"), Ok(None));
        assert_eq!(path("POST / HTTP/1.1\r\nHost: [::1]\r\n\r\n"), Err(405));
        assert_eq!(path("GET / HTTP/1.1\r\n\r\n"), Err(421));
        assert_eq!(path("\u{1}\u{2}\u{3} garbage\r\n\r\n"), Err(400));
        let many = "A: b\r\n".repeat(HEADERS_MAX + 1);
        assert_eq!(path(&format!("GET / HTTP/1.1\r\n{many}\r\n")), Err(431));
    }

    #[test]
    fn only_names_of_this_machine_are_let_in() {
        for good in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]:9",
            "[::1]",
        ] {
            assert!(is_this_machine(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "10.0.0.1",
        ] {
            assert!(!is_this_machine(bad), "{bad}");
        }
    }

    #[test]
    fn a_client_that_takes_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = listener.local_addr().expect("it is bound");
        let (given_up, told) = std::sync::mpsc::channel();
        let endless = move |_: &Request, client: &mut Client| {
            let piece = vec![0; 1 << 16];
            // The sockets' buffers take some of it; then nothing moves any more.
            while client.push(&piece).is_ok() {}
            // The test may be over already.
            let _ = given_up.send(());
        };
        start(listener, endless).expect("a thread can be started");
        let mut deaf = TcpStream::connect(address).expect("it listens");
        deaf.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .expect("it is open");
        told.recv_timeout(SEND_TIME * 20).expect("it is given up");
    }

    #[test]
    fn places_come_back() {
        let open = Arc::new(AtomicUsize::new(CONNECTIONS_MAX - 1));
        let last = Place::take(&open).expect("one is left");
        assert!(Place::take(&open).is_none());
        drop(last);
        assert!(Place::take(&open).is_some());
    }
}

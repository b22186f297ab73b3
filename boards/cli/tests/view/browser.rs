//! Chromium without a window, driven over its debugging protocol (Chrome DevTools Protocol, stable version 1.3).
//!
//! Few commands are needed, so they are sent as they are; `tungstenite` carries them.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Names of the program, in the order in which they are tried.
const PROGRAMS: [&str; 5] = [
    "chromium",
    "chromium-headless-shell",
    "chromium-browser",
    "google-chrome",
    "chrome-headless-shell",
];
/// For what never comes, not for what is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser with one page. Ends when dropped.
pub struct Browser {
    process: Child,
    profile: PathBuf,
    socket: WebSocket<TcpStream>,
    session: String,
    last_id: u64,
}

impl Browser {
    /// Opens a page.
    ///
    /// `None` when there is no browser: said as a SKIP line, a failure when `LUMENPORT_REQUIRE_TOOLS` is 1.
    pub fn open(url: &str, test: &str) -> Option<Self> {
        let found = PROGRAMS.into_iter().find(|program| {
            let version = Command::new(program).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        });
        let Some(program) = found else {
            println!("SKIP {test}: no browser (Debian: apt-get install chromium)");
            let required = std::env::var("LUMENPORT_REQUIRE_TOOLS");
            assert_ne!(required.as_deref(), Ok("1"), "{test}: no browser");
            return None;
        };
        let name = format!("lumenport-browser-{}-{test}", std::process::id());
        let profile = std::env::temp_dir().join(name);
        let mut process = Command::new(program)
            .args([
                "--headless",
                // Only our own page is shown, and the sandbox does not work for root.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--force-color-profile=srgb",
                "--force-device-scale-factor=1",
                "--window-size=1440,900",
                "--remote-debugging-port=0",
                "about:blank",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        let mut lines = BufReader::new(process.stderr.take().expect("it is a pipe")).lines();
        let mut told = Vec::new();
        let endpoint = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let found = line
                .strip_prefix("DevTools listening on ")
                .map(str::to_owned);
            told.push(line);
            found
        });
        let endpoint = endpoint.unwrap_or_else(|| panic!("{program} does not listen: {told:#?}"));
        std::thread::spawn(move || lines.for_each(drop));

        let address = endpoint.trim_start_matches("ws://");
        let address = address.split('/').next().unwrap_or_default();
        let stream = TcpStream::connect(address).expect("the browser listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is open");
        let (socket, _) = tungstenite::client(endpoint.as_str(), stream).expect("it answers");
        let mut browser = Self {
            process,
            profile,
            socket,
            session: String::new(),
            last_id: 0,
        };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = browser.ask(
            "Target.attachToTarget",
            &json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let session = attached["sessionId"].as_str().expect("a session");
        browser.session.push_str(session);
        browser.ask("Page.navigate", &json!({ "url": url }));
        Some(browser)
    }

    /// Sends a command and waits for its result.
    pub fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            command["sessionId"] = self.session.as_str().into();
        }
        let sent = self.socket.send(Message::text(command.to_string()));
        sent.expect("the browser takes commands");
        loop {
            let message = self.socket.read().expect("the browser answers");
            let Ok(text) = message.to_text() else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(text).unwrap_or_default();
            if answer["id"] == self.last_id {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
        }
    }

    /// The value of an expression on the page; a promise is awaited.
    pub fn value(&mut self, expression: &str) -> Value {
        let mut result = self.ask(
            "Runtime.evaluate",
            &json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        let exception = &result["exceptionDetails"];
        assert!(exception.is_null(), "{expression}: {exception}");
        result["result"]["value"].take()
    }

    /// Waits until an expression on the page is true.
    pub fn wait(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.value(expression) != true {
            if Instant::now() >= end {
                let page = self.value("document.body.innerText");
                panic!("never true: {expression}; the page shows {page}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the canvas holds: width, height, and its pixels as bytes R, G, B.
    pub fn canvas(&mut self) -> (u32, u32, Vec<u8>) {
        let script = "(() => { const c = document.getElementById('picture'); \
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; \
            let hex = ''; for (let i = 0; i < d.length; i += 4) \
            hex += (0x1000000 + (d[i] << 16 | d[i + 1] << 8 | d[i + 2])).toString(16).slice(1); \
            return [c.width, c.height, hex]; })()";
        let value = self.value(script);
        let number = |index: usize| value[index].as_u64().expect("a number") as u32;
        let hex = value[2].as_str().expect("text").as_bytes();
        let nibble = |byte: u8| (byte as char).to_digit(16).expect("a digit") as u8;
        let bytes = hex
            .chunks_exact(2)
            .map(|two| nibble(two[0]) << 4 | nibble(two[1]));
        (number(0), number(1), bytes.collect())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

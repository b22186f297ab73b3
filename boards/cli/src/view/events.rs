//! The stream of states: server-sent events (WHATWG HTML, section "Server-sent events").

use std::io::Result;
use std::time::Duration;

use super::http::Client;
use super::sampler::Published;

/// After this long without news the state is sent all the same, which also finds out whether the viewer is still there.
const REPEAT_AFTER: Duration = Duration::from_secs(2);

/// Sends states until the viewer is gone.
pub fn stream(published: &Published, client: &mut Client, head_only: bool) -> Result<()> {
    client.begin("text/event-stream")?;
    if head_only {
        return Ok(());
    }
    // How soon a browser comes back when the server went away. Units: ms.
    client.push(b"retry: 1000\n\n")?;
    let mut newest = published.newest();
    loop {
        let event = format!(
            "event: state\nid: {}\ndata: {}\n\n",
            newest.number, newest.json
        );
        client.push(event.as_bytes())?;
        newest = published.wait(newest.number, REPEAT_AFTER);
    }
}

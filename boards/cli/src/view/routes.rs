//! Which address gives what.

use super::http::{Client, Request};
use super::{Shared, events};

const PAGE: &str = include_str!("assets/index.html");
const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/view.js");

/// Answers one request. A client that goes away in the middle is no concern of anybody.
pub fn answer(shared: &Shared, request: &Request, client: &mut Client) {
    let _ = match request.path.as_str() {
        "/" => client.send(200, "text/html; charset=utf-8", "", PAGE.as_bytes()),
        "/style.css" => client.send(200, "text/css; charset=utf-8", "", STYLE.as_bytes()),
        "/view.js" => client.send(200, "text/javascript; charset=utf-8", "", SCRIPT.as_bytes()),
        "/frame.png" => frame(shared, client),
        "/state.json" => {
            let json = &shared.published.newest().json;
            client.send(200, "application/json", "", json.as_bytes())
        }
        "/events" => events::stream(&shared.published, client, request.head_only),
        _ => client.say(
            404,
            "",
            "there are /, /frame.png, /state.json and /events here",
        ),
    };
}

fn frame(shared: &Shared, client: &mut Client) -> std::io::Result<()> {
    let Some(shown) = shared.published.newest().frame.clone() else {
        let sentence = "no frame yet: the card has not sent a whole one since it was started";
        return client.say(503, "Retry-After: 1\r\n", sentence);
    };
    match shared.encoder.png(&shown) {
        Ok(png) => {
            let header = format!("X-Frame-Number: {}\r\n", shown.frame.index);
            client.send(200, "image/png", &header, &png)
        }
        Err(error) => client.say(500, "", &format!("the frame cannot be encoded: {error}")),
    }
}

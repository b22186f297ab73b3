//! The bench around the card, asked over a byte stream.
//!
//! A driver on another machine (a guest, say) does not see what the card's connector shows and cannot plug a monitor or spoil the link.
//! The process that simulates the card can. The driver's side sends one JSON object a line, the bench answers each with one line:
//!
//! ```text
//! {"id":1,"ask":{"prepare":{"monitor":null}}}        {"id":1,"reply":"done"}
//! {"id":2,"ask":"capture"}                           {"id":2,"reply":{"picture":{"width_px":64,"height_lines":48,"rgb":"AAEC…","timing":{…}}}}
//! {"id":3,"ask":{"inject":{"fault":"unplugged"}}}    {"id":3,"reply":"done"}
//! {"id":4,"ask":"violations"}                        {"id":4,"reply":{"violations":[]}}
//! ```
//!
//! An answer repeats the request's number: what an earlier, killed client left in a serial line is passed over.

mod client;
mod protocol;
#[cfg(feature = "sim")]
mod server;

pub use client::BenchLink;
#[cfg(feature = "sim")]
pub use server::BenchServer;

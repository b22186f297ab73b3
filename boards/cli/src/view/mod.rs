//! A web page that shows the simulated monitor, and what goes on around it, while it goes on.
//!
//! The page, its style and its script are part of the program; nothing comes from anywhere else. Addresses: `/` the page, `/frame.png` the
//! newest frame, `/state.json` everything else ([`state::State`]), `/events` the same as server-sent events.
//!
//! | file | what it does |
//! |---|---|
//! | `mod.rs` | puts the parts together |
//! | `http.rs` | connections: one request each, with bounds on everything a client can do |
//! | `routes.rs` | which address gives what |
//! | `events.rs` | the stream of states |
//! | `sampler.rs` | looks at the board ten times a second |
//! | `state.rs` | what is told, with units |
//! | `frame.rs` | the newest frame as PNG, encoded once for all |
//! | `assets/` | page, style, script |
//!
//! # Who waits for whom
//! One thread, the sampler, takes the board's lock, for as long as it takes to copy some numbers and one reference. What it finds is published
//! behind a lock of its own. Clients only ever see that; encoding and sending happen without any lock. So a
//! viewer, however slow, slows nothing but itself.
//!
//! # Not supported
//! Anything but looking: the page has no button that touches the card. Encryption and passwords: the listener is for this machine unless its
//! address says otherwise.

mod events;
mod frame;
mod http;
mod routes;
mod sampler;
mod state;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use lumenport_sim::Board;
use lumenport_sim::serve::Activity;
use parking_lot::FairMutex;
use thiserror::Error;

use frame::Encoder;
use sampler::Published;

/// Why there is no page.
#[derive(Debug, Error)]
pub enum ViewError {
    /// The address is taken, not ours, or not allowed.
    #[error("the view cannot listen at {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A thread cannot be started.
    #[error("the view's thread cannot be started")]
    Thread(#[source] std::io::Error),
}

/// What every connection looks at.
struct Shared {
    published: Published,
    encoder: Encoder,
}

/// Opens the page and says where it is. It lives until the process ends.
///
/// From now on the board's connector is decoded all the time, which takes a part of the simulation's speed.
///
/// # Errors
/// [`ViewError`].
pub fn start(
    address: SocketAddr,
    board: &Arc<FairMutex<Board>>,
    activity: &Arc<Activity>,
) -> Result<String, ViewError> {
    let failed = |source| ViewError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    board.lock().keep_newest_frame();
    let shared = Arc::new(Shared {
        published: Published::default(),
        encoder: Encoder::default(),
    });
    sampler::start(Arc::clone(&shared), Arc::clone(board), Arc::clone(activity))
        .map_err(ViewError::Thread)?;
    http::start(listener, move |request, client| {
        routes::answer(&shared, request, client);
    })
    .map_err(ViewError::Thread)?;
    Ok(format!("http://{bound}/"))
}

//! What can go wrong between this process and the card.

use thiserror::Error;

/// Why something with a PCI function did not work.
#[derive(Debug, Error)]
pub enum HostError {
    /// The other end of the socket.
    #[error("{what}: the process that serves the card does not do it")]
    Socket {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: vfio_user::Error,
    },
    /// A system call.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// Not an address of a PCI function.
    #[error("{0:?} is not the address of a PCI function, like 0000:01:00.0")]
    Address(String),
    /// The function does not have it.
    #[error("the card has no {0}")]
    Missing(&'static str),
}

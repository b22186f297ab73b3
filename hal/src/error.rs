//! The small error classification that every module's error maps to.

/// What sort of failure an error is: enough to choose a reaction without knowing the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ErrorKind {
    /// The card left the bus: registers read as all ones.
    Gone,
    /// A bounded wait ran out.
    Timeout,
    /// The resource is in use: try again later.
    Busy,
    /// Every slot, element or entry of a fixed-size resource is taken.
    NoResource,
    /// An argument is outside what the hardware takes; nothing was changed.
    InvalidArgument,
    /// A handle that was valid once and is not any more.
    Stale,
    /// Software and card do not belong together.
    Mismatch,
    /// The card has no such capability.
    Unsupported,
    /// The card reported a fault of the transfer or of the bus.
    Hardware,
}

/// An error that can be classified.
pub trait Kind {
    /// Maps the error to the crate's small classification.
    fn kind(&self) -> ErrorKind;
}

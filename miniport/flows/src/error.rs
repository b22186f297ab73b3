//! How a flow ends early.

use lumenport_videoport::VpStatus;

use crate::target::NotSupported;

/// Why a flow did not pass.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FlowError {
    /// Something was not as it should be.
    #[error("{0}")]
    Failed(String),
    /// The target cannot do what the flow needs.
    #[error("{0}")]
    Skipped(String),
}

impl FlowError {
    /// A failure with this sentence.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// The same error with what was being done in front.
    #[must_use]
    pub fn during(self, what: &str) -> Self {
        match self {
            Self::Failed(message) => Self::Failed(format!("{what}: {message}")),
            Self::Skipped(message) => Self::Skipped(message),
        }
    }
}

impl From<NotSupported> for FlowError {
    fn from(error: NotSupported) -> Self {
        Self::Skipped(error.to_string())
    }
}

impl From<VpStatus> for FlowError {
    fn from(status: VpStatus) -> Self {
        Self::Failed(status.to_string())
    }
}

/// What a flow returns: a note for the report (may be empty), or why it did not pass.
pub type FlowOutcome = Result<String, FlowError>;

/// Fails the flow with a formatted sentence unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::error::FlowError::Failed(format!($($message)+)));
        }
    };
}

/// Fails the flow unless both values are equal; the sentence names both.
macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $($message:tt)+) => {{
        let (found, expected) = (&$found, &$expected);
        if found != expected {
            let what = format!($($message)+);
            return Err($crate::error::FlowError::Failed(format!("{what}: expected {expected:?}, found {found:?}")));
        }
    }};
}

pub(crate) use {ensure, ensure_eq};

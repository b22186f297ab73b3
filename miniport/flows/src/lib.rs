//! The flow suite: the same flows on every target.

//! Where the workspace lies.

use std::path::{Path, PathBuf};

/// Root folder of the workspace: the parent of this package's folder, as it was when the tool was built.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

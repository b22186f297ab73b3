//! Where the workspace lies, and where results go.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Root folder of the workspace: the parent of this package's folder, as it was when the tool was built.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// Folder for logs and results, below cargo's target folder; made when it is missing.
///
/// # Errors
/// When it cannot be made.
pub fn output_folder() -> Result<PathBuf> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = root().join(target).join("lumenport");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

//! Tells whether a step must run again: a hash over everything it reads.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The hash of some inputs, kept in a file beside the outputs they made.
pub(crate) struct Stamp {
    file: PathBuf,
    value: String,
}

impl Stamp {
    /// Hashes the `wanted` files among `inputs`, files and folders below `root`. What is missing counts as empty.
    pub(crate) fn of(
        file: PathBuf,
        root: &Path,
        inputs: &[&str],
        wanted: impl Fn(&Path) -> bool,
    ) -> Result<Self> {
        let mut files = Vec::new();
        for input in inputs {
            collect(&root.join(input), &mut files)?;
        }
        files.retain(|path| wanted(path));
        files.sort();
        let mut hasher = DefaultHasher::new();
        for path in files {
            path.strip_prefix(root).unwrap_or(&path).hash(&mut hasher);
            std::fs::read(&path)
                .with_context(|| path.display().to_string())?
                .hash(&mut hasher);
        }
        Ok(Self {
            file,
            value: format!("{:016x}\n", hasher.finish()),
        })
    }

    /// Whether the outputs on disk were made from these inputs.
    pub(crate) fn is_current(&self) -> bool {
        std::fs::read_to_string(&self.file).is_ok_and(|old| old == self.value)
    }

    /// Forgets the old outputs: to be called before the first of them is written.
    pub(crate) fn clear(&self) {
        // Nothing to remove is as good as removed.
        let _ = std::fs::remove_file(&self.file);
    }

    /// Records that the outputs now belong to these inputs.
    pub(crate) fn write(&self) -> Result<()> {
        std::fs::write(&self.file, &self.value).with_context(|| self.file.display().to_string())
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    }
    Ok(())
}

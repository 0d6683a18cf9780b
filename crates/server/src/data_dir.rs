//! A data directory: the database, the lock that keeps a second process out, and the note of
//! what was acknowledged.

pub mod kind;

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use engine::Position;
use store::StoreError;

/// A directory that this process alone writes to.
pub struct DataDir {
    path: PathBuf,
    /// Held for the life of the process; the system lets go of it even after a crash.
    _lock: File,
}

impl DataDir {
    /// Opens a directory, making it if need be; refuses when another process has it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(path)
            .with_context(|| format!("failed to make the data directory {}", path.display()))?;
        let name = path.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
        let lock = lock.with_context(|| format!("failed to open {}", name.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "the data directory {} is in use by another process; stop that one first, or \
                 name another directory with --data-dir",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("failed to lock {}", name.display()))
            }
        }
    }

    /// The file that notes how far answers have gone out.
    pub fn acknowledged(&self) -> anyhow::Result<Acknowledged> {
        Acknowledged::open(&self.path)
    }

    /// A journal that ends before what was acknowledged has lost entries, however whole it looks.
    pub fn check_acknowledged(&self, head: Position) -> anyhow::Result<()> {
        let acknowledged = read_acknowledged(&self.path)?;
        if acknowledged > head {
            let why = format!(
                "it ends at position {}, but position {} was acknowledged; restore the newest \
                 backup, or remove the file `{ACKNOWLEDGED}` to go on without what is lost",
                head.0, acknowledged.0
            );
            return Err(StoreError::damaged("its end", why).into());
        }
        Ok(())
    }
}

/// Where webhook endpoints and their deliveries are kept in a directory.
pub fn webhooks(path: &Path) -> PathBuf {
    path.join("webhooks.db")
}

/// The database of provisioning commands in a directory.
pub fn provisioning(path: &Path) -> PathBuf {
    path.join("provisioning.db")
}

pub fn database(path: &Path) -> PathBuf {
    path.join("sporran.db")
}

pub fn access(path: &Path) -> PathBuf {
    path.join("access.db")
}

const ACKNOWLEDGED: &str = "acknowledged";

/// The newest position whose answer has left, noted outside the database.
///
/// It is not synced: after a power cut it may be behind, never ahead. It is there to tell a
/// journal that was cut off or put back from one that is whole.
pub struct Acknowledged(File);

impl Acknowledged {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.join(ACKNOWLEDGED);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
        Ok(Self(file.with_context(|| format!("failed to open {}", name.display()))?))
    }

    pub fn note(&self, position: Position) {
        // A full disk must not stop what the database has taken: the note is behind then.
        let _ = self.0.write_all_at(format!("{:020}\n", position.0).as_bytes(), 0);
    }
}

/// The start of the journal when nothing was noted.
pub fn read_acknowledged(path: &Path) -> anyhow::Result<Position> {
    let name = path.join(ACKNOWLEDGED);
    match std::fs::read_to_string(&name) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Position::START),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", name.display())),
        Ok(text) if text.trim().is_empty() => Ok(Position::START),
        Ok(text) => match text.trim().parse() {
            Ok(position) => Ok(Position(position)),
            Err(_) => bail!("{} holds no position; remove it to go on", name.display()),
        },
    }
}

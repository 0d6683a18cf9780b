//! Where a demo's data lives: a directory for as long as it runs, or one that is kept.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::data_dir::database;
use crate::data_dir::kind::Kind;
use crate::storage::Storage;

/// The fact about the database that says how many accounts its demo has.
const ACCOUNTS: &str = "demo-accounts";

pub struct Place {
    pub path: PathBuf,
    temporary: bool,
}

/// What a directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// A demo, with so many accounts of its own.
    Demo {
        accounts: usize,
    },
}

impl Place {
    /// The directory that was named, or a fresh one that goes when this is dropped.
    pub fn open(named: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = named {
            return Ok(Self { path: path.to_owned(), temporary: false });
        }
        let mut random = [0_u8; 6];
        getrandom::fill(&mut random)
            .map_err(|error| anyhow::anyhow!("failed to draw random bytes: {error}"))?;
        let digits: String = random.iter().map(|it| format!("{it:02x}")).collect();
        let path = std::env::temp_dir().join(format!("sporran-demo-{digits}"));
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).with_context(|| format!("failed to make {}", path.display()))?;
        Ok(Self { path, temporary: true })
    }

    pub fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// What is there already. Anything but a demo is refused.
    pub fn look(&self) -> anyhow::Result<Found> {
        let shown = self.path.display();
        if !database(&self.path).exists() {
            let empty = match std::fs::read_dir(&self.path) {
                Ok(mut entries) => entries.next().is_none(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
                Err(error) => return Err(error).context(format!("failed to read {shown}")),
            };
            anyhow::ensure!(
                empty,
                "{shown} is not empty and holds no demo; name another directory"
            );
            return Ok(Found::Nothing);
        }
        let reader = Storage::from(&self.path).database()?.reader()?;
        match Kind::read(reader.as_ref())? {
            Kind::Demo => {
                let accounts = reader.meta(ACCOUNTS)?.and_then(|it| it.parse().ok());
                let accounts =
                    accounts.with_context(|| format!("{shown} lost its account count"))?;
                Ok(Found::Demo { accounts })
            }
            Kind::UnfinishedDemo => bail!(
                "{shown} holds a demo whose history was not finished; remove it and start again"
            ),
            Kind::Provider | Kind::Test => bail!(
                "{shown} holds a provider's data and no demo; name another directory, or use \
                 `sporran serve --data-dir {shown}`"
            ),
        }
    }

    /// Notes that a demo's history is being made here.
    pub fn begin(&self, accounts: usize) -> anyhow::Result<()> {
        let taken = Storage::from(&self.path).take()?;
        taken.database.set_meta(ACCOUNTS, &accounts.to_string())?;
        Ok(Kind::UnfinishedDemo.note(taken.database.as_ref())?)
    }

    /// Notes that the history is whole.
    pub fn finish(&self) -> anyhow::Result<()> {
        let taken = Storage::from(&self.path).take()?;
        Ok(Kind::Demo.note(taken.database.as_ref())?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "{} was not removed", self.path.display());
        }
    }
}

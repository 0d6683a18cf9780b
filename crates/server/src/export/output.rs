//! Where an export goes: a file that is there when it is whole, or standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;

pub struct Output {
    writer: BufWriter<Box<dyn Write>>,
    file: Option<Partial>,
}

/// A file under a name of its own until it is whole.
struct Partial {
    partial: PathBuf,
    path: PathBuf,
    file: File,
}

impl Output {
    /// To the file at `path`, which is replaced; to standard output without one.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            let writer: Box<dyn Write> = Box::new(io::stdout().lock());
            return Ok(Self { writer: BufWriter::with_capacity(BUFFER, writer), file: None });
        };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let doing = || format!("failed to write {}", partial.display());
        let file = File::create(&partial).with_context(doing)?;
        let writer: Box<dyn Write> = Box::new(file.try_clone().with_context(doing)?);
        let writer = BufWriter::with_capacity(BUFFER, writer);
        Ok(Self { writer, file: Some(Partial { partial, path: path.to_owned(), file }) })
    }

    /// Makes what was written durable, and gives the file its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.writer.flush().context("failed to write the export")?;
        let Some(Partial { partial, path, file }) = self.file.take() else {
            return Ok(());
        };
        file.sync_all().with_context(|| format!("failed to write {}", partial.display()))?;
        std::fs::rename(&partial, &path)
            .with_context(|| format!("failed to give the export its name {}", path.display()))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

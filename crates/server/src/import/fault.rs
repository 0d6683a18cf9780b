//! What is wrong in a file, line by line, in a file of its own.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cells::guard;

/// What is wrong in one row, and what would make it right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub field: String,
    pub value: String,
    pub problem: String,
    pub remedy: String,
}

/// Characters of a wrong value that are shown.
const VALUE_MAX: usize = 60;

/// Faults that are also said at once; the file has all of them.
const SHOWN_MAX: usize = 10;

/// The error file: made by the first fault, taken away when there is none.
pub struct Faults {
    path: PathBuf,
    file: Option<csv::Writer<BufWriter<File>>>,
    pub count: u64,
    pub first: Vec<Fault>,
}

impl Faults {
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None, count: 0, first: Vec::new() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn add(&mut self, fault: Fault) -> anyhow::Result<()> {
        let failed = || format!("failed to write {}", self.path.display());
        if self.file.is_none() {
            let file = File::create(&self.path).with_context(failed)?;
            let mut file = csv::Writer::from_writer(BufWriter::new(file));
            let header = ["line", "field", "value", "problem", "remedy"];
            file.write_record(header).with_context(failed)?;
            self.file = Some(file);
        }
        let value: String = fault.value.chars().take(VALUE_MAX).collect();
        let line = fault.line.to_string();
        let Fault { field, problem, remedy, .. } = &fault;
        if let Some(file) = &mut self.file {
            let record = [line.as_str(), field, &guard(&value), problem, remedy];
            file.write_record(record).with_context(failed)?;
        }
        self.count += 1;
        if self.first.len() < SHOWN_MAX {
            self.first.push(Fault { value, ..fault });
        }
        Ok(())
    }

    /// Everything that was found is in the file.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        match &mut self.file {
            Some(file) => {
                file.flush().with_context(|| format!("failed to write {}", self.path.display()))
            }
            None => match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("failed to remove {}", self.path.display()))
                }
                _ => Ok(()),
            },
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        if !self.value.is_empty() {
            write!(f, " {:?}", self.value)?;
        }
        write!(f, ": {}", self.problem)?;
        if !self.remedy.is_empty() {
            write!(f, " ({})", self.remedy)?;
        }
        Ok(())
    }
}

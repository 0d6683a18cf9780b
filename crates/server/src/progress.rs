//! Progress of long work, for people at a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use store::Progress;

/// A bar that appears only when recovery takes longer than a moment.
pub struct RecoveryBar {
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Default for RecoveryBar {
    fn default() -> Self {
        Self { started: Instant::now(), bar: None }
    }
}

impl RecoveryBar {
    pub fn show(&mut self, progress: Progress) {
        if self.started.elapsed() < Duration::from_millis(500) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| bar(0, "recovering"));
        match progress {
            Progress::Pages { loaded, of } => {
                bar.set_message("loading accounts");
                bar.set_length(of as u64);
                bar.set_position(loaded as u64);
            }
            Progress::Replay { at, head } => {
                bar.set_message("replaying the journal");
                bar.set_length(head.0);
                bar.set_position(at.0);
            }
        }
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar over `length` things.
pub fn bar(length: u64, message: &'static str) -> ProgressBar {
    let style = "{msg} [{bar:30}] {human_pos} of {human_len} ({per_sec}, {eta} left)";
    let style = ProgressStyle::with_template(style).expect("a fixed template");
    ProgressBar::new(length).with_style(style.progress_chars("=> ")).with_message(message)
}

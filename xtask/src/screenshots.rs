//! Pictures of a demo's best pages for the README, taken anew.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::chromium;
use crate::steps::cargo;

const DIRECTORY: &str = "docs/images";

/// A page that takes longer to load than to read is no help.
const BYTES_MAX: u64 = 300_000;

/// Builds the program, and has an example of its crate take the pictures: it knows the tests' way
/// of driving a browser.
pub fn take(root: &Path) -> Result<bool> {
    if let Err(why) = chromium::provide() {
        bail!("no pictures can be taken: {why}");
    }
    let build = ["build", "--package", "sporran", "--bin", "sporran"];
    let run = ["run", "--package", "sporran", "--example", "screenshots", "--", DIRECTORY];
    for arguments in [build.as_slice(), &run] {
        let status = cargo().args(arguments).current_dir(root).status();
        if !status.context("failed to start cargo")?.success() {
            return Ok(false);
        }
    }
    let mut are_small = true;
    for entry in std::fs::read_dir(root.join(DIRECTORY)).context("failed to read the pictures")? {
        let entry = entry.context("failed to read the pictures")?;
        let bytes = entry.metadata().context("failed to read the pictures")?.len();
        println!("{:>7}  {}", bytes, entry.path().display());
        are_small &= bytes < BYTES_MAX;
    }
    if !are_small {
        println!("at least one is of {BYTES_MAX} bytes or more");
    }
    Ok(are_small)
}

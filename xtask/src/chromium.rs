//! Chromium and its driver, with which pages are looked at.

use std::process::Command;

use crate::apt::{install, may_install, succeeds};

/// Debian's packages, each with the program in it.
const PACKAGES: [(&str, &str); 2] = [("chromium", "chromium"), ("chromium-driver", "chromedriver")];

/// Installs what is missing, where that is allowed; else says why not.
pub fn provide() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" and ");
    if !may_install() {
        return Err(format!("{names} is not installed"));
    }
    println!("installing for tests of the pages: apt-get install {}", missing.join(" "));
    match install(&missing) && self::missing().is_empty() {
        true => Ok(()),
        false => Err(format!("{names} was not installed")),
    }
}

fn missing() -> Vec<&'static str> {
    let lacks = |program: &str| !succeeds(Command::new(program).arg("--version"));
    PACKAGES.iter().filter(|(_, program)| lacks(program)).map(|(package, _)| *package).collect()
}

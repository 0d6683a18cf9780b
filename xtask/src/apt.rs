//! Debian's packages that tests use: installed where that is allowed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether we are root on a machine with Debian's packages.
pub fn may_install() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0);
    is_root && Path::new("/usr/bin/apt-get").exists()
}

/// Whether it has come about.
pub fn install(packages: &[&str]) -> bool {
    let run = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet").args(arguments);
        apt.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    let wanted = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    run(&["update"]) && run(&wanted)
}

/// Whether a program is there and content; what it says is not shown.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|it| it.success())
}

//! A full disk: writes are refused, reads go on, and room is all it takes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::harness::{Client, Server, cents, make_key, verify, wait_for};

/// A file system of a few megabytes, gone with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this user may not mount one.
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "none"]).arg(at).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|it| it.success());
        mounted.then(|| Self(at.to_owned()))
    }

    /// Writes zeros into `name` until nothing more fits.
    fn fill(&self, name: &str) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join(name)).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever is still there keeps it until it ends.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_writes_and_room_is_all_it_takes() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&directory.path().join("disk")) else {
        eprintln!("left out: a small file system cannot be mounted here, that takes root");
        return;
    };
    let data_dir = disk.0.join("data");
    let key = make_key(&data_dir);
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let mut server = Server::start(&data_dir, &key);
    let mut client = server.client();
    let accounts = client.open_accounts(1);
    let account = accounts[0].as_str();
    let mut paid = 0;
    let refused = loop {
        let answer = client.pay(account, &format!("R{paid}"), 100).unwrap();
        match answer.status {
            201 => paid += 1,
            _ => break answer,
        }
        assert!(paid < 100_000, "the disk is never full");
        if paid == 20 {
            disk.fill("filler");
        }
    };
    assert!(paid >= 20, "{refused:?}");
    assert!(refused.status == 503 && refused.retry_after, "{refused:?}");
    assert_eq!(refused.body["code"], "unavailable");
    disk.fill("filler-2");
    wait_for("not ready", || (client.get("/health/ready").status == 503).then_some(()));
    assert_eq!(client.get("/health/live").status, 200);
    for number in 0..20 {
        let refused = client.pay(account, &format!("R{}", paid + number), 100).unwrap();
        assert!(refused.status == 503 && refused.retry_after, "{refused:?}");
        assert_eq!(balance(&mut client, account), paid * 100);
        let statement = client.get(&format!("/v1/accounts/{account}/entries"));
        assert_eq!(statement.status, 200, "{statement:?}");
    }
    assert_eq!(server.ended(), None);
    for name in ["ballast", "filler", "filler-2"] {
        std::fs::remove_file(disk.0.join(name)).unwrap();
    }
    wait_for("a write that is taken", || {
        let answer = client.pay(account, &format!("R{paid}"), 100).unwrap();
        (answer.status == 201).then_some(())
    });
    assert_eq!(client.get("/health/ready").status, 200);
    // Everything that was paid is there once, whoever asks again.
    for number in 0..=paid {
        assert_eq!(client.pay(account, &format!("R{number}"), 100).unwrap().status, 201);
    }
    assert_eq!(balance(&mut client, account), (paid + 1) * 100);
    server.kill();
    verify(&data_dir);
}

fn balance(client: &mut Client, account: &str) -> i64 {
    cents(&client.get(&format!("/v1/accounts/{account}")).body["balance"])
}

//! `sporran user`, beside a running server.

use std::io::Write;
use std::process::Stdio;

use super::harness::{Server, make_key, run, sporran, text};

/// Runs a command that reads a line; answers its exit code and what it said.
fn run_with(input: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = sporran(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    (done.status.code().unwrap_or(-1), said.concat())
}

#[test]
fn users_are_made_and_changed_while_the_server_runs() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let place = ["--data-dir", text(&data_dir)];
    let server = Server::start(&data_dir, &make_key(&data_dir));
    let user = |rest: &[&str]| run(&[&["user"], rest, &place].concat());
    let create = ["create", "--name", "ann", "--role", "agent", "--display-name", "Ann Bäcker"];
    let (code, said) = run_with(
        "tiare+lagoon\nand more\n",
        &[&["user"], &create[..], &["--password-stdin"], &place].concat(),
    );
    assert_eq!((code, said.as_str()), (0, "the user ann signs in as agent\n"));
    let (code, said) = user(&create);
    assert!(code == 1 && said.contains("there is a user ann already"), "{code} {said}");
    let (code, said) = user(&["create", "--name", "ben", "--role", "finance"]);
    let drawn = said.split_whitespace().last().unwrap();
    assert!(code == 0 && drawn.len() == 17 && drawn.matches('-').count() == 2, "{said}");
    for (wrong, why) in [
        (&["create", "--name", "Ben Coe", "--role", "agent"][..], "must be 1 to 48"),
        (&["create", "--name", "eve", "--role", "gateway"], "none of admin, finance, agent"),
        (&["disable", "eve"], "there is no user eve"),
        (&["password", "eve"], "there is no user eve"),
    ] {
        let (code, said) = user(wrong);
        assert!(code == 1 && said.contains(why), "{wrong:?}: {code} {said}");
    }
    let short = [&["user", "password", "ann", "--password-stdin"], &place[..]].concat();
    let (code, said) = run_with("short\n", &short);
    assert!(code == 1 && said.contains("has fewer than 10 characters"), "{code} {said}");
    assert_eq!(user(&["change", "ann", "--role", "admin"]).0, 0);
    assert_eq!(user(&["disable", "ben"]).0, 0);
    assert_eq!(user(&["change", "ann", "--openid", "ann@example.com"]).0, 0);
    let (code, said) = user(&["change", "ben", "--openid", "ann@example.com"]);
    assert!(code == 1 && said.contains("calls somebody else so already"), "{code} {said}");
    let (_, said) = user(&["list"]);
    let line = |name: &str| said.lines().find(|it| it.starts_with(name)).unwrap().to_owned();
    assert!(line("ann").contains("admin") && line("ann").contains("Ann Bäcker"), "{said}");
    assert!(line("ann").contains(" ann@example.com "), "{said}");
    assert_eq!(line("ann").matches('Z').count(), 1, "{said}");
    assert_eq!(line("ben").matches("Z").count(), 2, "{said}");
    // The running server sees it all.
    let trail = server.client().get("/v1/sign-ins").body;
    let events: Vec<&str> = trail["sign_ins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            assert_eq!(it["by"], "command-line");
            it["event"].as_str().unwrap()
        })
        .collect();
    let all = ["user_changed", "user_disabled", "user_changed", "user_created", "user_created"];
    assert_eq!(events, all);
    assert_eq!(user(&["enable", "ben"]).0, 0);
}

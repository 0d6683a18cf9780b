//! A demo: a provider with everything to look at, and what it prints for whoever comes in.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

pub struct Demo {
    child: Child,
    greeting: String,
    _directory: TempDir,
    _stdout: BufReader<ChildStdout>,
}

impl Demo {
    /// `sporran` is the program, without a command; `rate` is what goes on by itself, in operations
    /// a second.
    pub fn start(mut sporran: Command, accounts: u32, rate: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = directory.path().join("data");
        sporran.args(["demo", "--port", "0", "--data-dir"]).arg(&data_dir);
        sporran.args(["--accounts", &accounts.to_string(), "--rate", &rate.to_string()]);
        let mut child = sporran.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("Ctrl-C stops it") {
            assert_ne!(stdout.read_line(&mut greeting).unwrap(), 0, "it has ended: {greeting}");
        }
        Self { child, greeting, _directory: directory, _stdout: stdout }
    }

    pub fn address(&self) -> &str {
        self.word_after("Listening on http://")
    }

    /// Of the user with this name.
    pub fn password(&self, user: &str) -> &str {
        let (_, users) = self.greeting.split_once("Passwords of the console's users").unwrap();
        let mut words = users.split_whitespace().skip_while(|it| *it != user).skip(1);
        words.next().expect("a password")
    }

    /// Of an account with a service that is on, with its customer's password.
    pub fn customer(&self) -> (&str, &str) {
        let number = self.word_after("with an account number such as ");
        (number.trim_end_matches(':'), self.word_after(&format!("such as {number}\n")))
    }

    fn word_after(&self, words: &str) -> &str {
        let (_, rest) = self.greeting.split_once(words).expect("what a demo says");
        rest.split_whitespace().next().expect("a word")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It is there, or has ended by itself; either is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

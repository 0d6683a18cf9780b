//! Chromium, driven by a chromedriver that lives as long as a story.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

use super::person::Person;

/// Nothing that Chromium does by itself: it talks to nobody but us.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    // In a container it may be small.
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1280,800",
];

pub struct Chromium {
    driver: Child,
    address: String,
    /// The browsers that were opened, and what they keep.
    opened: RefCell<Vec<(WebDriver, TempDir)>>,
    _said: BufReader<ChildStdout>,
}

/// Tells a story with browsers, which are closed whatever comes of it. Answers whether it could be
/// told: not where there is no Chromium, and that is said.
pub fn tell(story: impl AsyncFnOnce(&Chromium)) -> bool {
    let Some(chromium) = Chromium::start() else {
        println!("skipped: chromium or chromedriver is not installed, so no page was looked at");
        return false;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = catch_unwind(AssertUnwindSafe(|| runtime.block_on(story(&chromium))));
    let closed = runtime.block_on(chromium.close());
    drop(chromium);
    told.unwrap_or_else(|panic| resume_unwind(panic));
    closed.expect("the browsers end");
    true
}

impl Chromium {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let version = Command::new("chromium").arg("--version").stderr(Stdio::null()).output();
        version.ok().filter(|it| it.status.success())?;
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            driver => driver.expect("chromedriver starts"),
        };
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "chromedriver says its port");
            if let Some((_, port)) = line.trim_end().rsplit_once("successfully on port ") {
                break port.trim_end_matches('.');
            }
        };
        let address = format!("http://127.0.0.1:{port}");
        Some(Self { driver, address, opened: RefCell::default(), _said: said })
    }

    /// A browser that knows nothing, in front of the server at `address`.
    pub async fn open(&self, address: &str) -> Person {
        let profile = tempfile::tempdir().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let driver = WebDriver::new(&self.address, wanted).await.expect("Chromium starts");
        self.opened.borrow_mut().push((driver.clone(), profile));
        Person::new(driver, address)
    }

    async fn close(&self) -> WebDriverResult<()> {
        let opened = self.opened.take();
        let mut closed = Ok(());
        for (driver, _profile) in opened {
            closed = closed.and(driver.quit().await);
        }
        closed
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Ended by its id; it may have ended by itself, and that is as good.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

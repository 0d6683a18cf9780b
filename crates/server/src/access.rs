//! Who may come in: users of the console, customers of self-care.
//!
//! ```text
//!   name, password or code ──▶ sign_in ──▶ session: a token in a cookie, its digest in the store
//!   cookie ──▶ Staff or Customer ──▶ a handler's Origin: who, and through which channel
//! ```
//!
//! **Invariant:** no password, token or code is in a log, in the store or in an answer other than
//! the one that hands it out. What a name or an address has tried counts before it is looked at,
//! so that many attempts at once are as many.

mod codes;
pub mod config;
pub mod cookies;
mod find;
mod guard;
mod limits;
mod manage;
pub mod openid;
mod opening;
mod passwords;
pub mod senders;
mod session;
mod sign_in;
pub(crate) mod tokens;
pub mod users;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use engine::Timestamp;
use store::StoreError;
use store::access::{AccessEvent, AccessStore, Means, Note, Person};
use tokio::sync::{Semaphore, watch};

use crate::beside::Beside;
use crate::clock::Clock;
use crate::lent::{Lent, SharedStore, shared};
use crate::storage::apart;

pub use codes::{Asked, CODE_MINUTES, request_code, sign_in_with_code};
pub use find::bearers;
pub use guard::{guarded, policy_leading_to, tell};
pub use manage::{
    NewUserForm, NotDone, change_user, create_user, disable_user, enable_user, end_user_sessions,
    has_password, list_users, password_of, set_user_password,
};
pub use openid::{ErrandCookie, OpenIdError, begin_openid, finish_openid};
pub use opening::{SignInError, SignedIn};
pub use passwords::{CUSTOMER_LENGTH_MIN, NotSet, PasswordFault, change_password, set_password};
pub use session::{
    Customer, Rejected, SignedOut, Staff, end_session, lately, remember_language, sessions_of,
    sign_out, sign_out_everywhere,
};
pub use sign_in::{sign_in_customer, sign_in_staff};
pub use visit::{Area, Form, Visit};

use config::AccessOptions;
use openid::OpenId;
use passwords::Passwords;
use tokens::Seal;

/// How long notes about sign-ins are kept.
const NOTES_KEPT: i64 = 400 * 86_400_000_000;

/// Codes that may be on their way together.
const SENDING_MAX: usize = 16;

/// How often what is over is deleted, and how much at once: nobody waits for it long.
const TIDY_EVERY: Duration = Duration::from_secs(60);
const TIDY_ROWS: usize = 500;

/// Who may come in, as handlers share it.
pub struct Access {
    lent: Lent<dyn AccessStore>,
    /// Every page looks for its session: beside those who wait for the disk.
    reading: Lent<dyn AccessStore>,
    seal: Seal,
    passwords: Passwords,
    options: AccessOptions,
    /// Codes that are on their way; each waits for somebody else's server.
    sending: Semaphore,
    /// The machine's: whoever sits before a browser knows nothing of a clock that was set forward.
    clock: Clock,
}

/// Two connections to the same place.
pub struct Opened {
    writing: SharedStore<dyn AccessStore>,
    reading: SharedStore<dyn AccessStore>,
}

pub fn open(beside: &Beside) -> anyhow::Result<Opened> {
    let (writing, reading) = (Box::new(beside.access()?), Box::new(beside.access()?));
    Ok(Opened { writing: shared(writing), reading: shared(reading) })
}

impl Access {
    pub fn new(opened: &Opened, options: AccessOptions, clock: &Clock) -> anyhow::Result<Self> {
        let drawn = tokens::draw().context("failed to draw random bytes")?;
        let (writing, reading) = (Arc::clone(&opened.writing), Arc::clone(&opened.reading));
        let read = || writing.lock().expect("nobody panics with this lock").secret(drawn);
        let secret = apart(read)?;
        Ok(Self {
            lent: Lent::new(writing),
            reading: Lent::new(reading),
            seal: Seal::new(&secret),
            passwords: Passwords::default(),
            options,
            sending: Semaphore::new(SENDING_MAX),
            clock: clock.machine(),
        })
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn AccessStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.lent.store(|store| work(store)).await
    }

    /// As [`Self::store`], for what only looks: it does not wait for those who write.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&dyn AccessStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.reading.store(|store| look(store)).await
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether customers can be sent one-time codes.
    pub fn sends_codes(&self) -> bool {
        !matches!(self.options.codes, senders::Delivery::Off)
    }

    /// Who says who somebody of the staff is, where that is configured.
    pub fn openid(&self) -> Option<&OpenId> {
        self.options.openid.as_ref()
    }

    /// Whether staff come in by password.
    pub fn takes_passwords(&self) -> bool {
        self.options.passwords
    }

    fn note(
        &self,
        event: AccessEvent,
        person: Option<Person>,
        means: Option<Means>,
        visit: &Visit,
    ) -> Note {
        Note {
            at: self.now(),
            event,
            person,
            means,
            by: None,
            address: visit.address.map(|it| it.to_string()),
            agent: visit.agent.clone(),
        }
    }

    /// Deletes what is over, now and again, until the server stops.
    pub async fn keep_tidy(&self, mut stopping: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(%error, "old sessions and sign-ins were not deleted");
            }
            let stopped = stopping.wait_for(|stopping| *stopping);
            if tokio::time::timeout(TIDY_EVERY, stopped).await.is_ok() {
                return;
            }
        }
    }

    /// Deletes what is over, in small steps; answers how many rows are gone.
    pub async fn tidy(&self) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let now = self.now();
            let kept_since = now.plus(-NOTES_KEPT);
            let step = self.store(move |it| it.prune(now, kept_since, TIDY_ROWS)).await?;
            gone += step;
            if step == 0 {
                return Ok(gone);
            }
        }
    }
}

//! Passwords: argon2id, a few at a time, and the rule for new ones.
//!
//! **Invariant:** however many sign in at once, hashing takes half of the cores at most. Where
//! there is no password, another one is verified, so that it takes as long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use engine::CustomerId;
use store::access::{AccessEvent, Note, Person, SessionId};
use store::{Reader, StoreError};
use tokio::sync::Semaphore;

use super::opening::SignInError;
use super::{Visit, limits, sign_in};
use crate::http::app::App;
use crate::http::error::Problem;

/// What OWASP asks for at least: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Nobody's: verified where there is no password. It costs what a real one does.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                     $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whoever comes when so many wait already is asked to come again.
const WAITING_MAX: usize = 64;

pub const LENGTH_MAX: usize = 256;
/// Characters that a password has at least.
const STAFF_LENGTH_MIN: usize = 10;
pub const CUSTOMER_LENGTH_MIN: usize = 8;

/// Different characters that a password has at least.
const DIFFERENT_MIN: usize = 4;

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    TooShort {
        characters_min: usize,
    },
    TooLong {
        characters_max: usize,
    },
    /// It is the name, or another thing that everybody knows of the person.
    IsName,
    /// A row of digits or letters, or the same few over and over.
    TooPlain,
}

impl std::fmt::Display for PasswordFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooShort { characters_min } => {
                write!(f, "has fewer than {characters_min} characters")
            }
            Self::TooLong { characters_max } => {
                write!(f, "has more than {characters_max} characters")
            }
            Self::IsName => f.write_str("is the name"),
            Self::TooPlain => f.write_str("is too easily guessed"),
        }
    }
}

/// Why a password was not set.
#[derive(Debug)]
pub enum NotSet {
    Fault(PasswordFault),
    /// The present password was wrong, or has to wait.
    SignIn(SignInError),
}

impl From<SignInError> for NotSet {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

impl From<Problem> for NotSet {
    fn from(problem: Problem) -> Self {
        Self::SignIn(problem.into())
    }
}

impl From<StoreError> for NotSet {
    fn from(error: StoreError) -> Self {
        Self::SignIn(error.into())
    }
}

/// Too many are being verified.
pub struct Busy;

pub enum Verdict {
    Wrong,
    Right,
    /// Right, and hashed with less than is asked for now: another hash of it.
    Old(String),
}

/// Hashes and verifies, on threads that may take long.
pub struct Passwords {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores: Arc::new(Semaphore::new((cores / 2).max(1))), waiting: AtomicUsize::new(0) }
    }
}

impl Passwords {
    pub async fn hash(&self, password: String) -> Result<String, Busy> {
        self.run(move || hash(&password)).await
    }

    pub async fn verify(&self, kept: Option<String>, offered: String) -> Result<Verdict, Busy> {
        self.run(move || verify(kept.as_deref(), &offered)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let waiting = Waiting::enter(&self.waiting)?;
        let cores = Arc::clone(&self.cores);
        let core = cores.acquire_owned().await.expect("nobody closes it");
        drop(waiting);
        // It is held as long as the work takes: whoever asked may have gone.
        let work = move || {
            let done = work();
            drop(core);
            done
        };
        let done = tokio::task::spawn_blocking(work).await;
        // It panics only where the machine has no memory left for it.
        done.map_err(|_| Busy)
    }
}

/// One of those who wait; leaves also when the one who asked has gone.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Result<Self, Busy> {
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        let entered = Self(waiting);
        if before < WAITING_MAX { Ok(entered) } else { Err(Busy) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A PHC string with a salt of its own. Takes long.
pub fn hash(password: &str) -> String {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).expect("the machine has random bytes");
    let hashed = hasher().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.expect("the parameters are sound, and there is memory").to_string()
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
}

fn params() -> Params {
    Params::new(MEMORY_KIB, PASSES, LANES, None).expect("sound parameters")
}

fn verify(kept: Option<&str>, offered: &str) -> Verdict {
    let decoy = || PasswordHash::new(DECOY).expect("a PHC string");
    let found = kept.and_then(|it| PasswordHash::new(it).ok());
    let is_known = found.is_some();
    let against = found.unwrap_or_else(decoy);
    let right = hasher().verify_password(offered.as_bytes(), &against).is_ok();
    match right && is_known {
        false => Verdict::Wrong,
        true if is_weaker(&against) => Verdict::Old(hash(offered)),
        true => Verdict::Right,
    }
}

/// Whether a hash costs less than a new one would.
fn is_weaker(kept: &PasswordHash) -> bool {
    let Ok(kept_params) = Params::try_from(kept) else { return true };
    let costs = |it: &Params| (it.m_cost(), it.t_cost());
    let (kept_cost, cost) = (costs(&kept_params), costs(&params()));
    kept.algorithm != Algorithm::Argon2id.ident() || kept_cost.0 < cost.0 || kept_cost.1 < cost.1
}

/// What is wrong with a new password of somebody whom these words name.
fn fault(password: &str, words: &[&str], characters_min: usize) -> Option<PasswordFault> {
    let characters: Vec<char> = password.chars().collect();
    if characters.len() < characters_min {
        return Some(PasswordFault::TooShort { characters_min });
    }
    if characters.len() > LENGTH_MAX {
        return Some(PasswordFault::TooLong { characters_max: LENGTH_MAX });
    }
    let plain = |it: &str| -> String {
        it.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let written = plain(password);
    if words.iter().map(|it| plain(it)).any(|it| !it.is_empty() && it == written) {
        return Some(PasswordFault::IsName);
    }
    let mut different = characters.clone();
    different.sort_unstable();
    different.dedup();
    let is_row = |step: i64| {
        let code = |it: char| i64::from(u32::from(it));
        let follows = |pair: &&[char]| code(pair[1]) == code(pair[0]) + step;
        // But for one place: 1234567890 has a zero at its end.
        characters.windows(2).filter(follows).count() + 2 >= characters.len()
    };
    let is_plain = different.len() < DIFFERENT_MIN || is_row(1) || is_row(-1);
    is_plain.then_some(PasswordFault::TooPlain)
}

/// What is wrong with a new password for staff.
pub fn fault_of_user(password: &str, words: &[&str]) -> Option<PasswordFault> {
    fault(password, words, STAFF_LENGTH_MIN)
}

/// Sets somebody's password and ends their sessions but `keep`. `by` is who does it, where it is
/// not the person.
pub async fn set_password(
    app: &App,
    of: &Person,
    password: &str,
    keep: Option<SessionId>,
    by: Option<String>,
    visit: &Visit,
) -> Result<(), NotSet> {
    let fault = match of {
        Person::User(name) => {
            let name = name.clone();
            let user = app.access.read(move |it| it.user(&name)).await?;
            let user = user.ok_or_else(|| Problem::not_found("such user"))?;
            fault_of_user(password, &[&user.name, &user.display_name])
        }
        Person::Customer(id) => fault_of_customer(app, *id, password).await?,
    };
    if let Some(fault) = fault {
        return Err(NotSet::Fault(fault));
    }
    let hash =
        app.access.passwords.hash(password.to_owned()).await.map_err(|_| SignInError::Busy)?;
    let note = app.access.note(AccessEvent::PasswordSet, Some(of.clone()), None, visit);
    let note = Note { by, ..note };
    let person = of.clone();
    let set = app.access.store(move |it| it.set_password(&person, &hash, keep, &note)).await?;
    match (set, keep) {
        (true, _) => Ok(()),
        // Whoever is in that session was shut out of it while the password was hashed.
        (false, Some(_)) => Err(SignInError::Wrong.into()),
        (false, None) => Err(Problem::not_found("such user").into()),
    }
}

/// As [`set_password`], for a person who knows the present one. Wrong ones are slowed down as at
/// the sign-in.
pub async fn change_password(
    app: &App,
    of: &Person,
    (present, new): (&str, &str),
    keep: SessionId,
    visit: &Visit,
) -> Result<(), NotSet> {
    let access = &app.access;
    let (area, name) = match of {
        Person::User(name) => ("console", name.clone()),
        Person::Customer(id) => ("self-care", crate::http::wire::customer_id(*id)),
    };
    let counted = limits::sign_in(&access.seal, area, &name, visit.address);
    access.count(&counted).await?;
    let known = Some(of.clone());
    sign_in::check(access, known, present, &counted, visit).await?;
    access.forgive(&counted).await?;
    set_password(app, of, new, Some(keep), None, visit).await
}

async fn fault_of_customer(
    app: &App,
    id: CustomerId,
    password: &str,
) -> Result<Option<PasswordFault>, Problem> {
    let read = move |it: &dyn Reader| it.customer_and_accounts(id);
    let found = app.shards.read(id.shard(), read).await?;
    let (customer, accounts) = found.ok_or_else(|| Problem::not_found("such customer"))?;
    let fields = &customer.fields;
    let mut words: Vec<&str> = accounts.iter().map(|it| it.number.as_str()).collect();
    words.push(&fields.name);
    words.extend(fields.email.as_deref());
    words.extend(fields.phone.as_deref());
    Ok(fault(password, &words, CUSTOMER_LENGTH_MIN))
}

#[cfg(test)]
mod tests;

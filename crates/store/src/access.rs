//! Who may come in: users of the console, customers of self-care, their sessions and attempts.
//!
//! **Invariant:** no password and no token in here lets anybody in: they are kept as slow hashes
//! and as digests. A one-time code has few digits, and whoever reads the file can find one that
//! still holds. What changes who may come in is noted in the same transaction.

pub mod conformance;
mod sql;

use engine::{CustomerId, Timestamp};

use crate::StoreError;

pub use sql::SqlAccess;

pub type SessionId = u64;
pub type SignInId = u64;
pub type Digest = [u8; 32];

/// Sessions that one person has at the same time, at most: a new one ends the oldest.
pub const SESSIONS_MAX: usize = 50;

/// Sign-ins that are kept, at most: who floods the list pushes out its oldest rows.
pub const SIGN_INS_MAX: u64 = 2_000_000;

/// Everything the server asks of a place that knows who may come in. A new backend implements all
/// of it and passes [`conformance`].
pub trait AccessStore: UserStore + PersonStore + SessionStore + AttemptStore + Send {
    /// The secret of this place: `drawn`, when it has none yet.
    fn secret(&mut self, drawn: Digest) -> Result<Digest, StoreError>;

    /// Notes something that changed nothing else.
    fn note(&mut self, note: &Note) -> Result<(), StoreError>;

    /// Up to `limit` notes before `query.before`, newest first.
    fn sign_ins(
        &self,
        query: &SignInQuery,
        limit: usize,
    ) -> Result<Vec<(SignInId, Note)>, StoreError>;

    /// Deletes up to `limit` rows of each kind that are over by `now`, and notes from before
    /// `kept_since` or beyond [`SIGN_INS_MAX`]; answers how many rows are gone.
    fn prune(
        &mut self,
        now: Timestamp,
        kept_since: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError>;
}

/// Staff.
pub trait UserStore {
    /// `false` when the name is taken, also by a user who is disabled, or the identity is.
    fn create_user(&mut self, user: &NewUser, note: &Note) -> Result<bool, StoreError>;

    fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError>;

    /// All of them, by name.
    fn users(&self) -> Result<Vec<UserRecord>, StoreError>;

    /// All of them, by name, with what their browsers say at `now`.
    fn users_seen(&self, now: Timestamp) -> Result<Vec<UserSeen>, StoreError>;

    /// The user whose identity it is.
    fn user_of(&self, identity: &Identity) -> Result<Option<UserRecord>, StoreError>;

    /// Gives a user an identity, from now on theirs alone. `false` when they have another one of
    /// this issuer, are disabled or not there, or when it is somebody else's.
    fn set_identity(
        &mut self,
        name: &str,
        identity: &Identity,
        note: &Note,
    ) -> Result<bool, StoreError>;

    /// Says what the issuer calls a user, forgets the identity they had, and ends their sessions.
    /// `false` when there is no such user, or it is said of somebody else.
    fn set_openid(
        &mut self,
        name: &str,
        openid: Option<&str>,
        note: &Note,
    ) -> Result<bool, StoreError>;

    /// Changes name and role; `false` when there is no such user.
    fn change_user(
        &mut self,
        name: &str,
        display_name: &str,
        role: &str,
        note: &Note,
    ) -> Result<bool, StoreError>;

    /// Lets a user in again, or no more: then their sessions end at once. `false` when there is no
    /// such user.
    fn switch_user(
        &mut self,
        name: &str,
        disabled_at: Option<Timestamp>,
        note: &Note,
    ) -> Result<bool, StoreError>;
}

/// What users and customers have in common.
pub trait PersonStore {
    /// The hash of a person's password, and their language.
    fn credential(&self, of: &Person) -> Result<Credential, StoreError>;

    /// Sets a password and ends the person's sessions but `keep`, and a customer's code. `false`
    /// when there is no such user, or `keep` is no session of theirs any more: whoever set the
    /// password in that session has been shut out of it meanwhile.
    fn set_password(
        &mut self,
        of: &Person,
        password: &str,
        keep: Option<SessionId>,
        note: &Note,
    ) -> Result<bool, StoreError>;

    /// Gives many customers the same password, which no note tells of: for a demo.
    fn set_passwords(
        &mut self,
        customers: &[CustomerId],
        password: &str,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Puts another hash of the same password in place of `hash`, if that is still there.
    fn rehash(&mut self, of: &Person, hash: &str, new: &str) -> Result<bool, StoreError>;

    fn set_language(&mut self, of: &Person, language: &str) -> Result<(), StoreError>;

    /// The one code that a customer can sign in with from now on.
    fn keep_code(
        &mut self,
        customer: CustomerId,
        digest: &Digest,
        expires_at: Timestamp,
        tries: u32,
    ) -> Result<(), StoreError>;

    /// Uses a try of the customer's code, and the code itself when it is the right one; else notes
    /// that it was wrong. Whether there is a code at all makes no difference that can be measured.
    fn try_code(
        &mut self,
        customer: CustomerId,
        digest: &Digest,
        wrong: &Note,
    ) -> Result<bool, StoreError>;
}

pub trait SessionStore {
    /// Opens a session while what let the person in still does: they have the password and the
    /// identity that `session` names, and are not disabled. `None` where that has changed
    /// meanwhile; nothing is written then.
    fn open_session(
        &mut self,
        session: &NewSession,
        note: &Note,
    ) -> Result<Option<SessionId>, StoreError>;

    /// The running session with this token; none of a user who is disabled.
    fn session(&self, digest: &Digest, now: Timestamp) -> Result<Option<Found>, StoreError>;

    /// Moves on until when a session runs.
    fn touch_session(
        &mut self,
        session: SessionId,
        seen_at: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError>;

    /// A person's running sessions, the last seen first.
    fn sessions_of(&self, of: &Person, now: Timestamp) -> Result<Vec<SessionRecord>, StoreError>;

    /// `false` when the person has no such session.
    fn end_session(
        &mut self,
        of: &Person,
        session: SessionId,
        note: &Note,
    ) -> Result<bool, StoreError>;

    /// Ends all sessions of a person but `keep`; answers how many.
    fn end_sessions(
        &mut self,
        of: &Person,
        keep: Option<SessionId>,
        note: &Note,
    ) -> Result<u64, StoreError>;
}

pub trait AttemptStore {
    /// Counts an attempt under each allowance; or counts nothing, and answers until when, if one
    /// of them has to wait.
    fn attempt(
        &mut self,
        allowances: &[Allowance],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// After a success: forgets every attempt under `forgotten`, and one under each of `fewer`.
    fn forgive(&mut self, forgotten: &[Digest], fewer: &[Digest]) -> Result<(), StoreError>;
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    User(String),
    Customer(CustomerId),
}

impl Person {
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User(name) => Some(name),
            Self::Customer(_) => None,
        }
    }

    pub fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::User(_) => None,
            Self::Customer(id) => Some(*id),
        }
    }
}

/// Whom an issuer of OpenID Connect says that somebody is: an issuer never gives a subject to
/// another person, whatever becomes of names and addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
}

#[derive(Clone)]
pub struct NewUser {
    pub name: String,
    pub display_name: String,
    pub role: String,
    /// A PHC string; `None` comes in by their identity alone.
    pub password: Option<String>,
    pub identity: Option<Identity>,
    pub language: Option<String>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    pub name: String,
    pub display_name: String,
    pub role: String,
    pub language: Option<String>,
    pub created_at: Timestamp,
    /// `None` has no password.
    pub password_at: Option<Timestamp>,
    /// `None` may sign in.
    pub disabled_at: Option<Timestamp>,
    /// What the issuer calls them, where that is not their name.
    pub openid: Option<String>,
    pub identity: Option<Identity>,
}

/// A user, and where they are signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSeen {
    pub user: UserRecord,
    /// Running sessions.
    pub sessions: u64,
    /// Their last visit or sign-in; `None` when they never came, or longer ago than is kept.
    pub seen_at: Option<Timestamp>,
}

/// Not to be shown: it has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credential {
    /// A PHC string; `None` when there is no password, or no such person.
    pub password: Option<String>,
    pub language: Option<String>,
}

/// Not to be shown: it has no `Debug`.
#[derive(Clone)]
pub struct NewSession {
    pub digest: Digest,
    pub person: Person,
    /// The hash that the person had when they were let in, by whatever means.
    pub password: Option<String>,
    /// The identity that let them in, if it was one.
    pub identity: Option<Identity>,
    pub at: Timestamp,
    pub until: Timestamp,
    /// The moment that `until` never passes.
    pub ends_at: Timestamp,
    pub agent: Option<String>,
    pub address: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    pub id: SessionId,
    pub person: Person,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub until: Timestamp,
    pub ends_at: Timestamp,
    /// The browser's own name for itself.
    pub agent: Option<String>,
    pub address: Option<String>,
}

/// A running session and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub session: SessionRecord,
    /// Of a user's session.
    pub user: Option<UserRecord>,
    /// The person's, where it is remembered.
    pub language: Option<String>,
}

/// How often something may be tried.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub key: Digest,
    /// Attempts before any waiting.
    pub free: u32,
    /// The first wait, in microseconds; each further attempt doubles it.
    pub wait: i64,
    pub wait_max: i64,
    /// Microseconds after which the attempts are forgotten, counted from the last one.
    pub memory: i64,
}

impl Allowance {
    /// How long to wait after so many attempts, in microseconds.
    pub fn wait_after(&self, count: u32) -> i64 {
        match count.checked_sub(self.free) {
            None => 0,
            Some(beyond) => {
                let factor = 1_i64.checked_shl(beyond.min(40)).unwrap_or(i64::MAX);
                self.wait.saturating_mul(factor).min(self.wait_max)
            }
        }
    }
}

/// What happened about somebody's coming in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessEvent {
    SignedIn,
    SignInFailed,
    SignedOut,
    /// One session, or all others, by whom they belong to.
    SessionsEnded,
    CodeSent,
    CodeNotSent,
    PasswordSet,
    UserCreated,
    UserChanged,
    UserDisabled,
    UserEnabled,
}

impl AccessEvent {
    pub const ALL: [Self; 11] = [
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::SessionsEnded,
        Self::CodeSent,
        Self::CodeNotSent,
        Self::PasswordSet,
        Self::UserCreated,
        Self::UserChanged,
        Self::UserDisabled,
        Self::UserEnabled,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::CodeSent => "code_sent",
            Self::CodeNotSent => "code_not_sent",
            Self::PasswordSet => "password_set",
            Self::UserCreated => "user_created",
            Self::UserChanged => "user_changed",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    Password,
    Code,
    /// An issuer of OpenID Connect said who it is.
    OpenId,
}

impl Means {
    pub const ALL: [Self; 3] = [Self::Password, Self::Code, Self::OpenId];

    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::OpenId => "openid",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A line of the list of sign-ins. What was typed as a name is never in it: people type their
/// passwords there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Timestamp,
    pub event: AccessEvent,
    /// `None` when nobody has the name that was given.
    pub person: Option<Person>,
    pub means: Option<Means>,
    /// Who did it, where it was not the person.
    pub by: Option<String>,
    pub address: Option<String>,
    pub agent: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct SignInQuery {
    pub person: Option<Person>,
    pub event: Option<AccessEvent>,
    pub from: Option<Timestamp>,
    /// The moment before which.
    pub to: Option<Timestamp>,
    pub before: Option<SignInId>,
}

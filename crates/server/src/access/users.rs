//! Staff, as they are made and changed: on the command line and in the console.

use std::sync::Mutex;

use anyhow::{Context, bail, ensure};
use engine::Name;
use store::StoreError;
use store::access::{AccessEvent, AccessStore, Digest, NewUser, Note, Person, UserRecord};

use super::passwords::{self, fault_of_user};
use super::tokens;
use crate::clock::Clock;
use crate::http::auth::Role;
use crate::http::text;
use crate::storage::{Storage, apart};

/// How entries name a user: not as they name an API key.
pub const ACTOR_PREFIX: &str = store::STAFF_PREFIX;

/// Roles that people have. A gateway is a machine, and calls with a key.
pub const ROLES: [Role; 4] = [Role::Admin, Role::Finance, Role::Agent, Role::ReadOnly];

/// Characters of the name that is shown.
pub const DISPLAY_NAME_MAX: usize = 80;

/// Characters of what an issuer calls somebody.
const OPENID_MAX: usize = 255;

/// The actor of what a user does.
pub fn actor(user: &str) -> Result<Name, engine::NameError> {
    Name::new(&format!("{ACTOR_PREFIX}{user}"))
}

/// Refuses a name that nobody could sign in with; it becomes part of an actor.
pub fn check_name(name: &str) -> anyhow::Result<()> {
    let made = Name::new(name).and_then(|_| actor(name));
    made.map(drop).map_err(|error| anyhow::anyhow!("the name {name:?} {error}"))
}

pub fn check_display_name(name: &str) -> anyhow::Result<()> {
    let checked = text::check("the name that is shown", name, DISPLAY_NAME_MAX);
    checked.map_err(|problem| anyhow::anyhow!(problem.title))
}

/// A role that people may have.
pub fn role(name: &str) -> anyhow::Result<Role> {
    let found = Role::from_name(name).filter(|it| ROLES.contains(it));
    found.with_context(|| {
        let names: Vec<&str> = ROLES.into_iter().map(Role::name).collect();
        format!("{name:?} is none of {}", names.join(", "))
    })
}

/// The users of a provider, whether a server is running or not.
pub struct Users {
    store: Mutex<Box<dyn AccessStore>>,
}

impl Users {
    pub fn open(storage: impl Into<Storage>) -> anyhow::Result<Self> {
        let storage = storage.into();
        let store = apart(|| storage.beside()?.access())?;
        Ok(Self { store: Mutex::new(Box::new(store)) })
    }

    fn store<T: Send>(
        &self,
        work: impl FnOnce(&mut dyn AccessStore) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        apart(|| work(self.store.lock().expect("nobody panics with this lock").as_mut()))
    }

    pub fn create(
        &mut self,
        name: &str,
        display_name: &str,
        role: Role,
        password: &str,
    ) -> anyhow::Result<()> {
        check_name(name)?;
        check_display_name(display_name)?;
        check_password(password, &[name, display_name])?;
        let note = note(AccessEvent::UserCreated, name);
        let user = NewUser {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            role: role.name().to_owned(),
            password: Some(passwords::hash(password)),
            identity: None,
            language: None,
            at: note.at,
        };
        ensure!(self.store(|it| it.create_user(&user, &note))?, "there is a user {name} already");
        Ok(())
    }

    pub fn list(&self) -> anyhow::Result<Vec<UserRecord>> {
        Ok(self.store(|it| it.users())?)
    }

    pub fn find(&self, name: &str) -> anyhow::Result<UserRecord> {
        let user = self.store(|it| it.user(name))?;
        user.with_context(|| format!("there is no user {name}; `sporran user list` says which are"))
    }

    /// Their sessions end, in a running server too.
    pub fn set_password(&mut self, name: &str, password: &str) -> anyhow::Result<()> {
        let user = self.find(name)?;
        check_password(password, &[name, &user.display_name])?;
        let note = note(AccessEvent::PasswordSet, name);
        let (person, hash) = (Person::User(name.to_owned()), passwords::hash(password));
        self.store(|it| it.set_password(&person, &hash, None, &note))?;
        Ok(())
    }

    pub fn disable(&mut self, name: &str) -> anyhow::Result<()> {
        let note = note(AccessEvent::UserDisabled, name);
        self.find(name)?;
        self.store(|it| it.switch_user(name, Some(note.at), &note))?;
        Ok(())
    }

    pub fn enable(&mut self, name: &str) -> anyhow::Result<()> {
        self.find(name)?;
        self.store(|it| it.switch_user(name, None, &note(AccessEvent::UserEnabled, name)))?;
        Ok(())
    }

    pub fn change(&mut self, name: &str, display_name: &str, role: Role) -> anyhow::Result<()> {
        check_display_name(display_name)?;
        self.find(name)?;
        let note = note(AccessEvent::UserChanged, name);
        self.store(|it| it.change_user(name, display_name, role.name(), &note))?;
        Ok(())
    }

    /// Says what the issuer of OpenID Connect calls a user; whoever came in by it does so anew.
    pub fn set_openid(&mut self, name: &str, openid: Option<&str>) -> anyhow::Result<()> {
        if let Some(openid) = openid {
            text::check("what the issuer calls them", openid, OPENID_MAX)
                .map_err(|problem| anyhow::anyhow!(problem.title))?;
        }
        self.find(name)?;
        let note = note(AccessEvent::UserChanged, name);
        let set = self.store(|it| it.set_openid(name, openid, &note))?;
        ensure!(set, "the issuer calls somebody else so already");
        Ok(())
    }

    /// Gives every customer up to `last` the same password: for a demo.
    pub fn give_customers(&mut self, last: u32, password: &str) -> anyhow::Result<()> {
        let customers: Vec<_> = (1..=last).map(engine::CustomerId).collect();
        let hash = passwords::hash(password);
        Ok(self.store(|it| it.set_passwords(&customers, &hash, Clock::System.now()))?)
    }
}

fn check_password(password: &str, words: &[&str]) -> anyhow::Result<()> {
    if let Some(fault) = fault_of_user(password, words) {
        bail!("the password {fault}");
    }
    Ok(())
}

/// Whoever has the machine did it.
fn note(event: AccessEvent, name: &str) -> Note {
    Note {
        at: Clock::System.now(),
        event,
        person: Some(Person::User(name.to_owned())),
        means: None,
        by: Some("command-line".to_owned()),
        address: None,
        agent: None,
    }
}

/// A password that nobody chose.
pub fn draw_password() -> anyhow::Result<String> {
    let drawn = tokens::draw();
    let drawn = drawn.map_err(|error| anyhow::anyhow!("failed to draw random bytes: {error}"))?;
    Ok(spell(&drawn))
}

/// Random bytes as a password: 75 bits of them, in groups that can be read out.
pub fn spell(random: &Digest) -> String {
    // Without letters that look like digits or like one another.
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    const LENGTH: usize = 15;
    let letters = random.iter().take(LENGTH);
    let letters: Vec<char> = letters.map(|it| char::from(LETTERS[usize::from(it % 32)])).collect();
    let groups: Vec<String> = letters.chunks(5).map(|it| it.iter().collect()).collect();
    groups.join("-")
}

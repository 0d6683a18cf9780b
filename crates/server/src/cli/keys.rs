//! `sporran key create`, `list` and `revoke`

use clap::Subcommand;

use super::Place;
use crate::clock::Clock;
use crate::http::auth::Role;
use crate::http::wire;
use crate::serve::make_key;

#[derive(Subcommand)]
pub enum Keys {
    /// Make a key, and print it as the last word. It is shown only once.
    Create {
        /// admin, agent, finance, gateway or read-only.
        #[arg(long)]
        role: String,
        /// Who uses it: the actor of every entry that it causes.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Say which keys there are, without showing them.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take a key away: a running server stops taking it within five seconds.
    Revoke {
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(command: Keys) -> anyhow::Result<()> {
    match command {
        Keys::Create { role, name, place } => create(&role, name, &place),
        Keys::List { place } => list(&place),
        Keys::Revoke { name, place } => revoke(&name, &place),
    }
}

fn create(role: &str, name: Option<String>, place: &Place) -> anyhow::Result<()> {
    let config = place.load()?;
    let Some(role) = Role::from_name(role) else {
        let names: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
        anyhow::bail!("--role: {role:?} is none of {}", names.join(", "));
    };
    std::fs::create_dir_all(&config.data_dir)?;
    let name = name.unwrap_or_else(|| format!("{}-{}", role.name(), Clock::System.now().0));
    let storage = config.storage();
    let key = make_key(&storage, &name, role)?;
    println!("{} key {name} for {}: {key}", role.name(), storage.shown());
    Ok(())
}

fn list(place: &Place) -> anyhow::Result<()> {
    let config = place.load()?;
    println!("{:<24} {:<10} {:<28} revoked", "name", "role", "made");
    for key in config.storage().existing()?.reader()?.api_keys()? {
        let made = wire::time(key.created_at);
        let revoked = key.revoked_at.map(wire::time).unwrap_or_default();
        println!("{:<24} {:<10} {made:<28} {revoked}", key.name, key.role);
    }
    Ok(())
}

fn revoke(name: &str, place: &Place) -> anyhow::Result<()> {
    let config = place.load()?;
    let revoked = config.storage().existing()?.revoke_api_key(name, Clock::System.now())?;
    anyhow::ensure!(revoked, "no key in use is named {name:?}; `sporran key list` says which are");
    println!("the key {name} opens nothing any more");
    Ok(())
}

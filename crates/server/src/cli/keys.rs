//! `sporran key create`

use clap::Subcommand;

use super::Place;
use crate::clock::Clock;
use crate::data_dir::database;
use crate::http::auth::Role;
use crate::serve::make_key;

#[derive(Subcommand)]
pub enum Keys {
    /// Make a key, and print it as the last word. It is shown only once.
    Create {
        /// admin, agent, gateway or read-only.
        #[arg(long)]
        role: String,
        /// Who uses it: the actor of every entry that it causes.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(command: Keys) -> anyhow::Result<()> {
    let Keys::Create { role, name, place } = command;
    let config = place.load()?;
    let Some(role) = Role::from_name(&role) else {
        let names: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
        anyhow::bail!("--role: {role:?} is none of {}", names.join(", "));
    };
    std::fs::create_dir_all(&config.data_dir)?;
    let name = name.unwrap_or_else(|| format!("{}-{}", role.name(), Clock::System.now().0));
    let key = make_key(&config.data_dir, &name, role)?;
    println!("{} key {name} for {}: {key}", role.name(), database(&config.data_dir).display());
    Ok(())
}

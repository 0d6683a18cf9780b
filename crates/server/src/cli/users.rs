//! `sporran user create`, `list`, `change`, `password`, `disable` and `enable`

use std::io::BufRead;

use anyhow::Context;
use clap::Subcommand;

use super::Place;
use crate::access::users::{Users, draw_password, role};
use crate::http::auth::Role;
use crate::http::wire;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Make a user of the console.
    Create {
        /// What they sign in with, and part of the actor of every entry that they cause.
        #[arg(long)]
        name: String,
        /// admin, finance, agent or read-only.
        #[arg(long)]
        role: String,
        /// As colleagues read it.
        #[arg(long)]
        display_name: Option<String>,
        /// Take the password from the first line of standard input; else one is drawn, and printed
        /// as the last word.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Say which users there are.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Give a user another role or another name to be read, or say what the issuer of OpenID
    /// Connect calls them.
    Change {
        name: String,
        #[arg(long)]
        role: Option<String>,
        #[arg(long)]
        display_name: Option<String>,
        /// What the configured claim says of them; "" is their own name. Whoever came in as them
        /// by OpenID Connect is forgotten, and their sessions end.
        #[arg(long)]
        openid: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Give a user another password, and end their sessions.
    Password {
        name: String,
        /// Take it from the first line of standard input; else one is drawn, and printed as the
        /// last word.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Let a user in no more, and end their sessions at once.
    Disable {
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a user in again.
    Enable {
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

pub fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create { name, role: of, display_name, password_stdin, place } => {
            let mut users = open(&place)?;
            let of = role(&of).context("--role")?;
            let password = new_password(password_stdin)?;
            let display_name = display_name.unwrap_or_else(|| name.clone());
            users.create(&name, &display_name, of, password.text())?;
            password.tell(&format!("the user {name} signs in as {}", of.name()));
        }
        UserCommand::List { place } => list(&place)?,
        UserCommand::Change { name, role: to, display_name, openid, place } => {
            let mut users = open(&place)?;
            let user = users.find(&name)?;
            let is_said = to.is_some() || display_name.is_some() || openid.is_none();
            let to = role(&to.unwrap_or(user.role)).context("--role")?;
            if is_said {
                users.change(&name, &display_name.unwrap_or(user.display_name), to)?;
            }
            if let Some(openid) = &openid {
                users.set_openid(&name, Some(openid.trim()).filter(|it| !it.is_empty()))?;
            }
            println!("the user {name} is {} from now on", to.name());
        }
        UserCommand::Password { name, password_stdin, place } => {
            let mut users = open(&place)?;
            users.find(&name)?;
            let password = new_password(password_stdin)?;
            users.set_password(&name, password.text())?;
            password.tell(&format!("the user {name} has another password"));
        }
        UserCommand::Disable { name, place } => {
            open(&place)?.disable(&name)?;
            println!("the user {name} comes in no more");
        }
        UserCommand::Enable { name, place } => {
            open(&place)?.enable(&name)?;
            println!("the user {name} may come in again");
        }
    }
    Ok(())
}

fn open(place: &Place) -> anyhow::Result<Users> {
    let config = place.load()?;
    std::fs::create_dir_all(&config.data_dir)?;
    Users::open(config.storage())
}

fn list(place: &Place) -> anyhow::Result<()> {
    println!(
        "{:<20} {:<10} {:<24} {:<28} {:<28} disabled",
        "name", "role", "display name", "made", "openid"
    );
    for user in open(place)?.list()? {
        let made = wire::time(user.created_at);
        let disabled = user.disabled_at.map(wire::time).unwrap_or_default();
        let known = Role::from_name(&user.role).map_or("(unknown)", Role::name);
        let called = user.openid.as_deref().unwrap_or("-");
        let has_come = user.identity.map_or("", |_| " (has come)");
        let (name, shown, openid) = (user.name, user.display_name, format!("{called}{has_come}"));
        println!("{name:<20} {known:<10} {shown:<24} {made:<28} {openid:<28} {disabled}");
    }
    Ok(())
}

enum NewPassword {
    Given(String),
    Drawn(String),
}

fn new_password(from_input: bool) -> anyhow::Result<NewPassword> {
    if !from_input {
        return draw_password().map(NewPassword::Drawn);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("failed to read the password")?;
    Ok(NewPassword::Given(line.trim_end_matches(['\r', '\n']).to_owned()))
}

impl NewPassword {
    fn text(&self) -> &str {
        match self {
            Self::Given(text) | Self::Drawn(text) => text,
        }
    }

    /// Only what was drawn is shown, this once.
    fn tell(&self, what: &str) {
        match self {
            Self::Given(_) => println!("{what}"),
            Self::Drawn(text) => println!("{what}, with the password {text}"),
        }
    }
}

//! What the demo says when it is ready: what was made, the keys, and what to try.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

use engine::State;
use store::Reader;

use super::DAYS;
use super::history::Made;
use super::place::Place;
use crate::access::users::{Users, draw_password};
use crate::http::auth::Role;
use crate::serve::{Running, make_key};
use crate::storage::Storage;

/// Everything worth saying, ready to be printed.
pub async fn text(
    running: &Running,
    place: &Place,
    address: SocketAddr,
    made: Option<&Made>,
) -> anyhow::Result<String> {
    let keys = make_keys(place)?;
    let picked = running.shard.read(None, |state, _| pick(state)).await;
    let picked = picked.map_err(|_| anyhow::anyhow!("the shard ended at its start"))?;
    let reader = Storage::from(&place.path).database()?.reader()?;
    let mut text = String::new();
    writeln!(text, "A telecom provider with {}", counted(&picked, made))?;
    match place.is_temporary() {
        true => writeln!(text, "It is gone when you stop it; --data-dir DIR keeps it.")?,
        false => writeln!(text, "It is kept in {}.", place.path.display())?,
    }
    writeln!(text, "\nListening on http://{address}")?;
    writeln!(text, "The console for staff: http://{address}/console")?;
    writeln!(text, "Self-care for customers: http://{address}/my")?;
    writeln!(text, "Every address of the API, to read and to try: http://{address}/docs")?;
    writeln!(text, "\nKeys, shown only now:")?;
    for (role, key) in &keys {
        writeln!(text, "  {:<10} {key}", role.name())?;
    }
    let people = People::let_in(place, &picked)?;
    people.tell(&mut text)?;
    let key = |role| keys.iter().find(|it| it.0 == role).map_or("", |it| it.1.as_str());
    let look = key(Role::ReadOnly);
    let word = searchable(reader.as_ref())?;
    writeln!(text, "\nFind a customer:")?;
    writeln!(text, "  curl -s -H 'Authorization: Bearer {look}' \\")?;
    writeln!(text, "    'http://{address}/v1/customers?q={word}'")?;
    if let Some((number, currency)) = &picked.payer {
        let gateway = key(Role::Gateway);
        writeln!(text, "\nMay account {number} spend a little on a call, for the next minute?")?;
        writeln!(text, "  curl -s -H 'Authorization: Bearer {gateway}' \\")?;
        writeln!(text, "    -H 'Content-Type: application/json' \\")?;
        writeln!(text, "    'http://{address}/v1/authorisations' \\")?;
        writeln!(
            text,
            "    -d '{{\"account\":\"{number}\",\"session\":\"my-first-call\",\"request\":1,\
             \"service\":\"telephony\",\"amount\":\"1\",\"currency\":\"{currency}\",\
             \"expires_in\":60}}'"
        )?;
    }
    writeln!(text, "\nWatch everything as it happens:")?;
    writeln!(text, "  curl -N -H 'Authorization: Bearer {look}' \\")?;
    writeln!(text, "    'http://{address}/v1/events?after={}'", picked.head.saturating_sub(3))?;
    if let Some(account) = &picked.served {
        writeln!(text, "\nUntil when do the services of {account} stay on, and what to pay then?")?;
        writeln!(text, "  curl -s -H 'Authorization: Bearer {look}' \\")?;
        writeln!(text, "    'http://{address}/v1/accounts/{account}/forecast'")?;
    }
    writeln!(text, "\nWhat the network is told stands in network.jsonl of the data directory.")?;
    writeln!(text, "\nLet a week go by:")?;
    writeln!(text, "  curl -s -H 'Authorization: Bearer {}' \\", key(Role::Admin))?;
    writeln!(text, "    -H 'Content-Type: application/json' \\")?;
    writeln!(text, "    'http://{address}/v1/clock' -d '{{\"forward_seconds\":604800}}'")?;
    write!(text, "\nCtrl-C stops it.")?;
    Ok(text)
}

/// A key for each role. A demo that was kept gets new ones: the old ones were shown only then.
fn make_keys(place: &Place) -> anyhow::Result<Vec<(Role, String)>> {
    let before = Storage::from(&place.path).database()?.reader()?.api_keys()?;
    let roles = Role::ALL;
    let key = |role: Role| {
        let mut name = role.name().to_owned();
        let mut number = 1;
        while before.iter().any(|it| it.name == name) {
            number += 1;
            name = format!("{}-{number}", role.name());
        }
        make_key(&place.path, &name, role).map(|key| (role, key))
    };
    roles.into_iter().map(key).collect()
}

/// Who can sign in, and with what.
struct People {
    users: Vec<(&'static str, String)>,
    customers: String,
    /// An account number to sign in with.
    example: Option<String>,
}

impl People {
    /// Gives users and customers new passwords: those of a demo that was kept were shown then.
    fn let_in(place: &Place, picked: &Picked) -> anyhow::Result<Self> {
        let mut users = Users::open(&place.path)?;
        let known = users.list()?;
        let mut passwords = Vec::new();
        for role in [Role::Admin, Role::Agent, Role::Finance] {
            let (name, password) = (role.name(), draw_password()?);
            if known.iter().any(|it| it.name == name) {
                users.set_password(name, &password)?;
            } else {
                users.create(name, DISPLAY_NAMES[passwords.len()], role, &password)?;
            }
            passwords.push((name, password));
        }
        let customers = draw_password()?;
        users.give_customers(picked.customers, &customers)?;
        Ok(Self { users: passwords, customers, example: picked.served.clone() })
    }

    fn tell(&self, text: &mut String) -> anyhow::Result<()> {
        writeln!(text, "\nPasswords of the console's users, shown only now:")?;
        for (name, password) in &self.users {
            writeln!(text, "  {name:<10} {password}")?;
        }
        let example = self.example.as_deref().unwrap_or("any number");
        writeln!(text, "Every customer's password, with an account number such as {example}:")?;
        writeln!(text, "  {}", self.customers)?;
        Ok(())
    }
}

/// Of the users, in their order.
const DISPLAY_NAMES: [&str; 3] = ["Ada Maro", "Agnès Teva", "Filip Novak"];

/// What the state has to tell.
struct Picked {
    head: u64,
    customers: u32,
    accounts: usize,
    currencies: BTreeMap<String, usize>,
    /// Number and currency of an account that can pay for a call.
    payer: Option<(String, String)>,
    /// Number of an account with a service that is on.
    served: Option<String>,
}

fn pick(state: &State) -> Picked {
    let mut currencies = BTreeMap::new();
    for account in state.accounts() {
        *currencies.entry(account.currency.to_string()).or_default() += 1;
    }
    let payer = state.accounts().find(|it| {
        let ample = engine::Amount::parse("5.00", 2, engine::Precision::MinorUnits);
        let ample = ample.map_or(0, engine::Amount::units);
        let enough = it.available().is_some_and(|left| left.units() > ample);
        !it.closed && it.currency == engine::Currency::EUR && enough
    });
    let on = |it: &engine::Subscription| it.on && it.period.is_some();
    let served = state.accounts().find(|it| it.subscriptions().iter().any(on));
    Picked {
        served: served.map(|it| it.number.to_string()),
        head: state.shared.head.0,
        customers: state.shared.customers_count,
        accounts: state.accounts_count(),
        currencies,
        payer: payer.map(|it| (it.number.to_string(), it.currency.to_string())),
    }
}

fn counted(picked: &Picked, made: Option<&Made>) -> String {
    let currencies: Vec<String> =
        picked.currencies.iter().map(|(code, count)| format!("{count} {code}")).collect();
    let mut text = format!(
        "{} customers and {} accounts ({})",
        picked.customers,
        picked.accounts,
        currencies.join(", ")
    );
    let Some(made) = made else {
        return format!("{text}\nand {} entries goes on where it stopped.", picked.head);
    };
    let count = |kind| made.kinds.get(kind).copied().unwrap_or(0);
    text += &format!(
        "\nand {DAYS} days of history: {} entries, among them {} payments, {} charges,\n\
         {} months of services, {} switches, {} sessions with {} settlements,\n\
         {} refusals, {} adjustments and {} transfers.",
        made.entries,
        count("payment"),
        count("charge"),
        count("period_started"),
        count("switched"),
        count("authorised"),
        count("settled") + count("settled_final"),
        count("refused"),
        count("adjustment"),
        count("transfer_out"),
    );
    text
}

/// The first customer's word that needs no encoding in an address.
fn searchable(reader: &dyn Reader) -> anyhow::Result<String> {
    let found = reader.search_customers("", engine::CustomerId(0), 100)?;
    let words = found.iter().flat_map(|it| it.fields.name.split(' ').rev());
    let plain = |it: &&str| it.len() > 4 && it.bytes().all(|it| it.is_ascii_alphabetic());
    Ok(words.filter(|it| plain(it)).map(str::to_lowercase).next().unwrap_or_default())
}

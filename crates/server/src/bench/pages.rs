//! `pages`: the pages that people wait for, over so many customers with a service and a history.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{
    AccountId, AccountNumber, AccountRef, Amount, Anchor, Command, Currency, CustomerFields,
    CustomerId, Limit, Money, OpenAccount, OpenSubscription, PeriodLength, PeriodUnit,
    ReceivePayment, Recurring, Service, ShardId,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::BenchOptions;
use super::caller::Visitor;
use super::prepare::{Directory, charge, operation, submit};
use super::result::{Measured, latencies};
use super::server::Server;
use super::sessions::{credit, name, plain, price};
use crate::access::users::{Users, draw_password};
use crate::demo::{people, random::Random};
use crate::http::auth::Role;
use crate::shard::{Operation, Shard};

/// Charges of each customer.
const CHARGES: u32 = 3;

/// Invented people, of whom the customers are made.
const PEOPLE: usize = 2_000;

/// Customers who can sign in.
const WITH_PASSWORD: u32 = 10;

/// The name of a page, and its address for an account of whom, which a name or number leads to.
type Page = (&'static str, fn(u32) -> String);

const CONSOLE: [Page; 15] = [
    ("find-name", |of| format!("/console/find?q={}", typed(&person(of).name, of))),
    ("find-phone", |of| format!("/console/find?q={}", digits(&person(of)))),
    ("find-login", |of| format!("/console/find?q=s{of}")),
    ("find-number", |of| format!("/console/find?q={}", number(of))),
    ("customer", |of| format!("/console/customers/cus_{of}")),
    ("account", |of| format!("/console/accounts/acc_{of}")),
    ("dashboard", |_| "/console/dashboard".into()),
    ("receivables", |_| "/console/receivables".into()),
    ("unallocated", |_| "/console/unallocated".into()),
    ("provisioning", |_| "/console/provisioning".into()),
    ("rates", |_| "/console/rates".into()),
    ("catalogue", |_| "/console/catalogue".into()),
    ("promises", |_| "/console/promises".into()),
    ("webhooks", |_| "/console/webhooks".into()),
    ("audit", |_| "/console/audit".into()),
];

const SELF_CARE: [Page; 5] = [
    ("my-home", |_| "/my".into()),
    ("my-services", |_| "/my/services".into()),
    ("my-statement", |_| "/my/statement".into()),
    ("my-pay", |_| "/my/pay".into()),
    ("my-sign-ins", |_| "/my/sign-ins".into()),
];

/// Asks for each page again and again, one after the other, as somebody who is signed in.
pub fn run(options: &BenchOptions) -> anyhow::Result<Vec<Measured>> {
    let directory = Directory::of(options)?;
    let entries = directory.fill(|shard| prepare(shard, options.accounts))?;
    let mut users = Users::open(directory.path())?;
    let password = draw_password()?;
    let user = format!("bench-{}", crate::clock::Clock::System.now().0);
    users.create(&user, "Bench", Role::Admin, &password)?;
    users.give_customers(WITH_PASSWORD.min(options.accounts), &password)?;
    drop(users);
    let server = Server::start(directory.path())?;
    let mut all = Vec::new();
    let mut visitor = Visitor::connect(&server.address)?;
    visitor.sign_in("/console/sign-in", ("login", &user), &password)?;
    for page in CONSOLE {
        all.push(measure(page, &mut visitor, options)?);
    }
    let mut visitor = Visitor::connect(&server.address)?;
    let number = number(WITH_PASSWORD.min(options.accounts));
    visitor.sign_in("/my/sign-in", ("name", &number), &password)?;
    for page in SELF_CARE {
        all.push(measure(page, &mut visitor, options)?);
    }
    server.kill()?;
    all.iter_mut().for_each(|it| it.entries_before = entries);
    Ok(all)
}

fn measure(
    (name, address): Page,
    visitor: &mut Visitor,
    options: &BenchOptions,
) -> anyhow::Result<Measured> {
    let mut random = super::client::Random::new(11);
    let mut times = latencies();
    let (mut count, began) = (0, Instant::now());
    while began.elapsed() < Duration::from_secs(options.seconds.into()) {
        let address = address(random.below(options.accounts) + 1);
        let asked = Instant::now();
        visitor.get(&address)?;
        times.saturating_record(asked.elapsed().as_micros() as u64);
        count += 1;
    }
    let mut measured = Measured::new(name, count, began.elapsed().as_secs_f64(), &times);
    measured.connections = 1;
    measured.accounts = options.accounts;
    Ok(measured)
}

/// A customer with an account, the internet by the month, a payment and some calls, as often as
/// there are to be accounts.
fn prepare(shard: &Shard, accounts: u32) -> anyhow::Result<()> {
    let every = PeriodLength { count: 1, unit: PeriodUnit::Month };
    let recurring =
        Recurring { price: price("19.90"), every, anchor: Anchor::Start, pro_rata: false };
    let internet = Service {
        recurring: Some(recurring),
        title: "Internet 100".into(),
        ..plain("internet-100")
    };
    let mut operations = vec![operation(Command::SetService(Arc::new(internet)))];
    let bar = crate::progress::bar(accounts.into(), "opening accounts");
    for of in 1..=accounts {
        open(of, &mut operations);
        submit(shard, &mut operations, of == accounts)?;
        bar.set_position(of.into());
    }
    bar.finish_and_clear();
    Ok(())
}

fn open(of: u32, operations: &mut Vec<Operation>) {
    let account = AccountRef::Id(AccountId(of));
    let commands = [
        Command::CreateCustomer(Arc::new(person(of))),
        Command::OpenAccount(Box::new(OpenAccount {
            customer: CustomerId(of),
            currency: Currency::EUR,
            name: "".into(),
            number: None,
            limit: if owes(of) { credit() } else { Limit::NONE },
            ceiling: None,
        })),
        Command::ReceivePayment(Box::new(ReceivePayment {
            account: Some(account.clone()),
            source: name("cash"),
            reference: format!("p{of}").into(),
            // The month, and something for calls.
            money: euros(if owes(of) { 1_000_000 } else { 25_000_000 }),
            paid_at: None,
            note: None,
        })),
        Command::OpenSubscription(Box::new(OpenSubscription {
            account,
            service: name("internet-100"),
            priority: 1,
            own_price: None,
            subjects: vec![format!("s{of}").into()],
            base: None,
        })),
    ];
    operations.extend(commands.map(operation));
    operations.extend((0..CHARGES).map(|_| operation(charge(AccountId(of)))));
}

/// Every tenth goes into debt.
fn owes(of: u32) -> bool {
    of.is_multiple_of(10)
}

fn euros(units: i64) -> Money {
    Money { amount: Amount::from_units(units).expect("in bounds"), currency: Currency::EUR }
}

/// Who the customer of this number is.
fn person(of: u32) -> CustomerFields {
    static PEOPLE_KNOWN: std::sync::OnceLock<Vec<CustomerFields>> = std::sync::OnceLock::new();
    let known = PEOPLE_KNOWN.get_or_init(|| {
        let (mut crowd, mut random) = (people::Crowd::default(), Random::new(3));
        (0..PEOPLE).map(|_| crowd.person(&mut random).0).collect()
    });
    let mut fields = known[of as usize % PEOPLE].clone();
    fields.phone = Some(format!("+689 87 {:03} {:03} {of:07}", of % 997, of % 991));
    fields.email = Some(format!("c{of}@example.com"));
    fields
}

/// What somebody has typed when they look at what was found: two letters or more of each word.
fn typed(name: &str, of: u32) -> String {
    let letters = 2 + of as usize % 5;
    let words = name.split_whitespace().map(|it| it.chars().take(letters).collect::<String>());
    let query = words.collect::<Vec<_>>().join(" ");
    utf8_percent_encode(&query, NON_ALPHANUMERIC).to_string()
}

fn digits(of: &CustomerFields) -> String {
    of.phone.iter().flat_map(|it| it.chars()).filter(char::is_ascii_digit).collect()
}

fn number(of: u32) -> String {
    AccountNumber::own(ShardId::FIRST, of.into()).to_string()
}

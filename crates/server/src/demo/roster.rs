//! Who the demo's customers are and what they have: drawn from the seed alone, so that a kept
//! demo knows its accounts again.

use engine::{AccountNumber, Amount, Currency, CustomerFields, Limit};

use super::catalogue::{self, Fee, INTERNET, OFFICE, TELEVISION};
use super::people::{Country, Crowd};
use super::random::Random;

pub struct Roster {
    pub customers: Vec<Customer>,
    /// Account n + 1 is line n: they are opened in this order.
    pub lines: Vec<Line>,
}

pub struct Customer {
    pub fields: CustomerFields,
    pub country: &'static Country,
    /// The customer's lines, from the first to the one before the last.
    pub first_line: usize,
    pub end_line: usize,
}

/// An account and how it is used.
pub struct Line {
    pub customer: usize,
    pub name: &'static str,
    pub currency: Currency,
    pub plan: Plan,
    pub habit: Habit,
    pub limit: Limit,
    pub ceiling: Option<Amount>,
    /// Taken over from an older system.
    pub number: Option<AccountNumber>,
}

#[derive(Clone, Copy, Debug)]
pub enum Plan {
    /// Topped up, and used up by calls and data.
    Mobile,
    Internet(Fee),
    Television(Fee),
    /// An organisation that is billed afterwards.
    Office,
}

/// How bills are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    Prompt,
    Late,
    Never,
}

impl Plan {
    /// What is charged every month.
    pub fn fee(self) -> Option<Fee> {
        match self {
            Self::Mobile => None,
            Self::Internet(fee) | Self::Television(fee) => Some(fee),
            Self::Office => Some(OFFICE),
        }
    }
}

impl Roster {
    pub fn draw(seed: u64, accounts: usize) -> Self {
        let random = &mut Random::new(seed);
        let mut crowd = Crowd::default();
        let mut roster = Self { customers: Vec::new(), lines: Vec::with_capacity(accounts) };
        while roster.lines.len() < accounts {
            let organisation = roster.customers.len() % 14 == 3;
            let (fields, country) = match organisation {
                true => crowd.organisation(random),
                false => crowd.person(random),
            };
            let customer = roster.customers.len();
            let first_line = roster.lines.len();
            for (name, plan) in plans(random, organisation) {
                if roster.lines.len() < accounts {
                    let sequence = roster.lines.len();
                    let line = Line::draw(random, (customer, country), name, plan, sequence);
                    roster.lines.push(line);
                }
            }
            let end_line = roster.lines.len();
            roster.customers.push(Customer { fields, country, first_line, end_line });
        }
        roster
    }

    pub fn country(&self, line: usize) -> &'static Country {
        self.customers[self.lines[line].customer].country
    }
}

/// The accounts that one customer has: Internet and television apart.
fn plans(random: &mut Random, organisation: bool) -> Vec<(&'static str, Plan)> {
    let internet = ("Internet", Plan::Internet(random.pick(&INTERNET)));
    let television = ("TV", Plan::Television(random.pick(&TELEVISION)));
    let mobile = ("Mobile", Plan::Mobile);
    match (organisation, random.below(10)) {
        (true, _) => vec![("Office", Plan::Office)],
        (_, 0..=2) => vec![mobile],
        (_, 3) => vec![mobile, ("Mobile, child", Plan::Mobile)],
        (_, 4) => vec![internet],
        (_, 5..=7) => vec![internet, television],
        (_, _) => vec![internet, television, mobile],
    }
}

impl Line {
    fn draw(
        random: &mut Random,
        (customer, country): (usize, &'static Country),
        name: &'static str,
        plan: Plan,
        sequence: usize,
    ) -> Self {
        // A few live in one currency and are paid in another.
        let abroad = random.chance(4);
        let code = if abroad { random.pick(&catalogue::CURRENCIES) } else { country.currency };
        let currency = catalogue::currency(code);
        let habit = match (plan, random.below(100)) {
            (Plan::Office, _) | (_, 0..=71) => Habit::Prompt,
            (_, 72..=93) => Habit::Late,
            _ => Habit::Never,
        };
        let fee = plan.fee().map(|it| it.price(currency).amount);
        let limit = match (plan, fee) {
            (Plan::Office, _) => Limit::Unlimited,
            // Billed afterwards: a month may be owed.
            (Plan::Internet(_), Some(fee)) if random.chance(35) => Limit::Limited(fee),
            _ => Limit::NONE,
        };
        let ceiling = fee.filter(|_| !matches!(plan, Plan::Office) && random.chance(15));
        let ceiling = ceiling.and_then(|it| it.checked_add(it));
        let number = random.chance(8).then(|| {
            let text = match country.code {
                "PF" => format!("OPT-{:06}", 4_100 + sequence * 7),
                "MX" => format!("55-{}/{}", 20_480 + sequence * 3, plan_letter(plan)),
                _ => format!("{}{:05}.{}", country.code, 310 + sequence, plan_letter(plan)),
            };
            AccountNumber::parse(&text).expect("a number of an older system")
        });
        Self { customer, name, currency, plan, habit, limit, ceiling, number }
    }
}

fn plan_letter(plan: Plan) -> char {
    match plan {
        Plan::Mobile => 'M',
        Plan::Internet(_) => 'I',
        Plan::Television(_) => 'T',
        Plan::Office => 'O',
    }
}

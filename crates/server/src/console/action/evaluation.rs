//! What the evaluator of promised payments says, in the reader's words.

use engine::{
    Account, AccountId, Failing, Figure, Name, PromiseAsk, PromiseRule, Remedy, State,
    evaluate as judge,
};
use pages::console::action::{Evaluation, Offer, Rule};
use pages::{Console, Message};

use crate::access::Area;
use crate::faces::Looks;
use crate::faces::words::{self, Titles};

/// The dry run, as of now; `None` where no policy is in force.
pub fn evaluate(
    state: &State,
    account: AccountId,
    ask: PromiseAsk,
    looks: &Looks,
) -> Option<Evaluation> {
    let account = state.account(account)?;
    let (policy, rules) = state.promise_rules(account).ok()?;
    let since = state.customer_since(account.customer);
    let channel = Name::new(Area::Console.channel()).ok()?;
    let now = looks.now.max(state.shared.last_at);
    let offer = judge(account, since, rules, ask, channel, now);
    let is_granted = offer.failing.is_empty();
    let titles = Titles::of(state);
    Some(Evaluation {
        offer: is_granted.then(|| Offer {
            amount: words::amount(account, offer.amount),
            until: looks.moment(offer.until),
            fee: (!offer.fee.is_zero()).then(|| words::amount(account, offer.fee)),
        }),
        rules: offer.failing.iter().map(|it| rule(it, account, &titles, looks)).collect(),
        policy: policy.group.map(|it| it.to_string()).unwrap_or_default(),
        policy_version: policy.version,
    })
}

fn rule(failing: &Failing, account: &Account, titles: &Titles, looks: &Looks) -> Rule {
    let figure = |it: &Figure| match (failing.rule, it) {
        (PromiseRule::Plan, Figure::Names(names)) => {
            let plans = names.iter().map(|it| titles.service(*it));
            plans.collect::<Vec<_>>().join(", ")
        }
        _ => words::figure(it, account, looks.say()),
    };
    Rule {
        code: failing.rule.code().to_owned(),
        is_met: false,
        limit: figure(&failing.limit),
        actual: figure(&failing.actual),
        remedy: remedy(&failing.remedy, account, looks),
    }
}

fn remedy(remedy: &Remedy, account: &Account, looks: &Looks) -> String {
    let say = looks.say();
    let form = |name| Console::of(say.language).named("remedy", name).unwrap_or_default();
    let money = |it| say.money_text(&words::amount(account, it));
    let lasts = |it: u32| say.lasts(&(i64::from(it) * 60));
    match remedy {
        Remedy::Nothing => String::new(),
        Remedy::PossibleFrom(at) => form("from").with("at", say.moment_text(&looks.moment(*at))),
        Remedy::Pay(amount) => form("pay").with("money", money(*amount)),
        Remedy::AskBetween { min, max } => {
            form("between").with("least", money(*min)).with("most", money(*max))
        }
        Remedy::AskHours { choices, up_to } => {
            let named = choices.iter().map(|it| lasts(*it));
            let up_to = up_to.map(|it| form("up_to").with("duration", lasts(it)));
            let durations = named.chain(up_to).collect::<Vec<_>>().join(", ");
            form("hours").with("durations", durations)
        }
        Remedy::AcceptTerms => form("terms").to_owned(),
        Remedy::UseChannel(names) => {
            let channels = names.iter().map(|it| words::channel(*it, say.language));
            form("channel").with("channels", channels.collect::<Vec<_>>().join(", "))
        }
    }
}

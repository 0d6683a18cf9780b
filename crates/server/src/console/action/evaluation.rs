//! What the evaluator of promised payments says, in the reader's words.

use engine::{Account, AccountId, Failing, Name, PromiseAsk, Remedy, State, evaluate as judge};
use pages::Console;
use pages::console::action::{Evaluation, Offer, Rule};

use crate::access::Area;
use crate::faces::{Looks, words};

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
    Some(Evaluation {
        offer: is_granted.then(|| Offer {
            amount: words::amount(account, offer.amount),
            until: looks.moment(offer.until),
            fee: (!offer.fee.is_zero()).then(|| words::amount(account, offer.fee)),
        }),
        rules: offer.failing.iter().map(|it| rule(it, account, looks)).collect(),
        policy: policy.group.map(|it| it.to_string()).unwrap_or_default(),
        policy_version: policy.version,
    })
}

fn rule(failing: &Failing, account: &Account, looks: &Looks) -> Rule {
    let say = looks.say();
    Rule {
        code: failing.rule.code().to_owned(),
        is_met: false,
        limit: words::figure(&failing.limit, account, say),
        actual: words::figure(&failing.actual, account, say),
        remedy: remedy(&failing.remedy, account, looks),
    }
}

fn remedy(remedy: &Remedy, account: &Account, looks: &Looks) -> String {
    let say = looks.say();
    let console = Console::of(say.language);
    let money = |it| say.money_text(&words::amount(account, it));
    let hours = |it: u32| say.lasts(&(i64::from(it) * 60));
    match remedy {
        Remedy::Nothing => String::new(),
        Remedy::PossibleFrom(at) => {
            format!("{} {}", console.begins_at, say.moment_text(&looks.moment(*at)))
        }
        Remedy::Pay(amount) => {
            let title = pages::console::action::ActionKind::TakePayment.title(say.language);
            format!("{title}: {}", money(*amount))
        }
        Remedy::AskBetween { min, max } => format!("{} – {}", money(*min), money(*max)),
        Remedy::AskHours { choices, up_to } => {
            let named = choices.iter().map(|it| hours(*it));
            let up_to = up_to.map(|it| format!("≤ {}", hours(it)));
            named.chain(up_to).collect::<Vec<_>>().join(", ")
        }
        Remedy::AcceptTerms => {
            console.named("field", "accept_terms").unwrap_or_default().to_owned()
        }
        Remedy::UseChannel(names) => words::joined(names),
    }
}

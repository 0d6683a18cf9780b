//! What the runs of services have to have met.

use engine::Command;

use crate::Coverage;
use crate::coverage::OF_SERVICES;

const COMMANDS: [&str; 10] = [
    "set_service",
    "open_subscription",
    "change_subscription",
    "suspend_subscription",
    "resume_subscription",
    "close_subscription",
    "change_plan",
    "purchase",
    "authorise_use",
    "settle_use",
];

const FACTS: [&str; 16] = [
    "service_set",
    "subscription_opened",
    "subscription_changed",
    "subscription_suspended",
    "subscription_resumed",
    "subscription_closed",
    "plan_changed",
    "purchased",
    "period_started",
    "period_ended",
    "period_credited",
    "bill_overdue",
    "switched",
    "authorised",
    "settled",
    "refused",
];

const CAUSES: [&str; 11] = [
    "activated",
    "restored",
    "changed",
    "funds_low",
    "period_unpaid",
    "overdue",
    "suspended_by_customer",
    "suspended_by_staff",
    "base_off",
    "ended",
    "closed",
];

/// Refusals of money that services meet as well.
const REFUSALS: [&str; 6] = [
    "insufficient_funds",
    "no_exchange_rate",
    "session_ended",
    "plan_held",
    "account_closed",
    "reservation_not_found",
];

const MUST_HAPPEN: [&str; 46] = [
    "every Hour",
    "every Day",
    "every Week",
    "every Month",
    "every Year",
    "clocks change in a period",
    "anchored to a day of the month",
    "fee in another currency",
    "own price",
    "short period",
    "renewal",
    "begins again after waiting",
    "begins by a rate",
    "begins by a version",
    "begins by itself",
    "new version with a new period",
    "allowance of a period",
    "allowance used",
    "refund of what was not used",
    "charge at closing",
    "bought for good",
    "bought for a time",
    "bought for longer",
    "bill",
    "last bill",
    "resumed by itself",
    "grant",
    "last grant",
    "next grant",
    "used some more",
    "used nothing more",
    "next refused subscription_off",
    "next refused insufficient_funds",
    "session of two bands",
    "session of two steps",
    "sessions in parallel short of money",
    "repeat",
    "earlier repeat",
    "closed with what it modified",
    "handed over to another adapter",
    "clock back",
    "slices as a long pause",
    "forecast of a service that goes off",
    "forecast of none",
    "recommended payment",
    "payment brings back",
];

/// Everything that ought to have happened and did not.
pub fn missing_of_services(coverage: &Coverage) -> Vec<String> {
    let mut expected: Vec<String> = COMMANDS.iter().map(|it| format!("command {it}")).collect();
    expected.extend(FACTS.iter().map(|it| format!("fact {it}")));
    expected.extend(CAUSES.iter().map(|it| format!("switched {it}")));
    expected.extend(OF_SERVICES.iter().chain(&REFUSALS).map(|it| format!("refusal {it}")));
    for mode in ["Prepaid", "Postpaid"] {
        for policy in ["RunsOn", "Pauses", "Credited"] {
            let states = ["period", "on", "off"];
            expected.extend(states.map(|it| format!("{mode} {policy} {it}")));
        }
    }
    expected.extend(MUST_HAPPEN.iter().map(|it| (*it).to_owned()));
    expected.retain(|it| !coverage.has(it));
    expected
}

/// The name of a command about services.
pub fn command_name(command: &Command) -> Option<&'static str> {
    let place = match command {
        Command::SetService(_) => 0,
        Command::OpenSubscription(_) => 1,
        Command::ChangeSubscription { .. } => 2,
        Command::SuspendSubscription { .. } => 3,
        Command::ResumeSubscription { .. } => 4,
        Command::CloseSubscription { .. } => 5,
        Command::ChangePlan(_) => 6,
        Command::Purchase(_) => 7,
        Command::AuthoriseUse(_) => 8,
        Command::SettleUse(_) => 9,
        _ => return None,
    };
    Some(COMMANDS[place])
}

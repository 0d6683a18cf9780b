//! How the day goes, at a glance and live.

use axum::response::Response;
use engine::{Position, Timestamp};
use pages::console::dashboard::{Dashboard, MoneyToday, RefusalCount, Waiting};
use pages::{Console, Place};
use serde::{Deserialize, Serialize};
use store::{Matter, Reader, StoreError, Which};

use super::desk::page;
use super::{Desk, Today};
use crate::faces::Failed;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::shard::AnswerTimes;
use crate::shards::Question;

/// Matters that are counted; beyond that it is many.
const COUNTED_MAX: usize = 1_000;

/// Refusals that are listed.
const REFUSALS_MAX: usize = 8;

/// `GET /console/dashboard`
pub async fn show_dashboard(desk: Desk) -> Result<Response, Failed> {
    let day = desk.app.ask_for_sum(AskDay { now: desk.looks.now }, Day::with).await?;
    let Day { unallocated, refunds, commands, deliveries, .. } = day;
    let count = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let waiting = [
        (unallocated, Waiting::UnallocatedPayments(count(unallocated))),
        (refunds, Waiting::Refunds(count(refunds))),
        (commands, Waiting::Commands(count(commands))),
        (deliveries, Waiting::Deliveries(count(deliveries))),
    ];
    let waiting = waiting.into_iter().filter(|(count, _)| *count > 0).map(|(_, it)| it).collect();
    let view = view(&desk, &day, waiting);
    let head = *desk.app.shard.durable().borrow();
    Ok(page(view.to_html(&desk.live_shell(Some(Place::Dashboard), None, head))))
}

/// Asks a shard how its day goes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AskDay {
    now: Timestamp,
}

/// How the day of one shard goes, or of all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Day {
    today: Today,
    answered: AnswerTimes,
    /// Matters that wait for somebody.
    unallocated: u64,
    refunds: u64,
    commands: u64,
    deliveries: u64,
}

impl Question for AskDay {
    const NAME: &'static str = "day";

    type Answer = Day;

    async fn answer(self, app: &App) -> Result<Day, Problem> {
        let (readers, zone) = (&app.readers, &app.options.time_zone);
        let today = app.day_count.look(readers, zone, self.now).await?;
        let open = move |reader: &dyn Reader| {
            let start = Position::START;
            let count = |kind| {
                let found = reader.matters(kind, Which::Open, start, COUNTED_MAX)?;
                Ok::<_, StoreError>(u64::try_from(found.len()).unwrap_or(u64::MAX))
            };
            Ok((count(Matter::UnallocatedPayment)?, count(Matter::RefundRequest)?))
        };
        let (unallocated, refunds) = readers.read(open).await?;
        let queues = app.provisioning.store(|it| it.queues()).await?;
        Ok(Day {
            today,
            answered: app.shard.gauges().answered(),
            unallocated,
            refunds,
            commands: queues.iter().map(store::provisioning::Queue::waiting).sum(),
            deliveries: app.webhooks.store(|it| it.figures()).await?.pending,
        })
    }
}

impl Day {
    fn with(self, other: Self) -> Self {
        Self {
            today: self.today.with(other.today),
            answered: self.answered.with(&other.answered),
            unallocated: self.unallocated + other.unallocated,
            refunds: self.refunds + other.refunds,
            commands: self.commands + other.commands,
            deliveries: self.deliveries + other.deliveries,
        }
    }
}

fn refused(code: &str, desk: &Desk) -> String {
    let word = Console::of(desk.language).named("refused", code);
    word.map_or_else(|| code.replace('_', " "), str::to_owned)
}

fn view(desk: &Desk, day: &Day, waiting: Vec<Waiting>) -> Dashboard {
    let (say, today) = (desk.say(), &day.today);
    let within = |percent: u64| {
        let micros = day.answered.within(percent);
        let tenths = micros.map(|it| it.div_ceil(100));
        tenths.map_or_else(
            || "–".to_owned(),
            |it| say.decimal(&format!("{}.{}", it / 10, it % 10)) + "\u{A0}ms",
        )
    };
    let money = today.money.iter().map(|(currency, moved)| MoneyToday {
        currency: currency.to_string(),
        exponent: currency.exponent(),
        money_in: moved.money_in,
        money_out: moved.money_out,
        charged: moved.charged,
    });
    let mut refusals: Vec<RefusalCount> = today
        .refusals
        .iter()
        .map(|(code, count)| RefusalCount { text: refused(code, desk), count: *count })
        .collect();
    refusals.sort_by_key(|it| std::cmp::Reverse(it.count));
    refusals.truncate(REFUSALS_MAX);
    let tenths = today.tenths_a_second(desk.looks.now);
    Dashboard {
        is_counting: today.is_behind,
        money: money.collect(),
        switched_on: today.switched_on,
        switched_off: today.switched_off,
        per_second: say.decimal(&format!("{}.{}", tenths / 10, tenths % 10)),
        latency_half: within(50),
        latency_most: within(99),
        refusals,
        waiting,
    }
}

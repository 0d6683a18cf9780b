//! How the day goes, at a glance and live.

use axum::response::Response;
use pages::console::dashboard::{Dashboard, MoneyToday, RefusalCount, Waiting};
use pages::{Console, Place};
use store::{Matter, Reader, Which};

use super::desk::page;
use super::{Desk, Today};
use crate::faces::Failed;

/// Matters that are counted; beyond that it is many.
const COUNTED_MAX: usize = 1_000;

/// Refusals that are listed.
const REFUSALS_MAX: usize = 8;

/// `GET /console/dashboard`
pub async fn show_dashboard(desk: Desk) -> Result<Response, Failed> {
    let readers = &desk.app.readers;
    let today = desk.app.day_count.look(readers, &desk.zone, desk.looks.now).await?;
    let open = move |reader: &dyn Reader| {
        let start = engine::Position::START;
        let count = |kind| reader.matters(kind, Which::Open, start, COUNTED_MAX).map(|it| it.len());
        Ok((count(Matter::UnallocatedPayment)?, count(Matter::RefundRequest)?))
    };
    let (unallocated, refunds) = readers.read(open).await?;
    let deliveries = desk.app.webhooks.store(|it| it.figures()).await?.pending;
    let queues = desk.app.provisioning.store(|it| it.queues()).await?;
    let commands = queues.iter().map(store::provisioning::Queue::waiting).sum::<u64>();
    let count = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let waiting = [
        (unallocated, Waiting::UnallocatedPayments(unallocated)),
        (refunds, Waiting::Refunds(refunds)),
        (count(commands), Waiting::Commands(count(commands))),
        (count(deliveries), Waiting::Deliveries(count(deliveries))),
    ];
    let waiting = waiting.into_iter().filter(|(count, _)| *count > 0).map(|(_, it)| it).collect();
    let view = view(&desk, &today, waiting);
    let head = *desk.app.shard.durable().borrow();
    Ok(page(view.to_html(&desk.live_shell(Some(Place::Dashboard), None, head))))
}

fn refused(code: &str, desk: &Desk) -> String {
    let word = Console::of(desk.language).named("refused", code);
    word.map_or_else(|| code.replace('_', " "), str::to_owned)
}

fn view(desk: &Desk, today: &Today, waiting: Vec<Waiting>) -> Dashboard {
    let say = desk.say();
    let gauges = desk.app.shard.gauges();
    let within = |percent: u64| {
        let micros = gauges.answered_within(percent);
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

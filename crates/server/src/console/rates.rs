//! Exchange rates: the newest of each pair, its history drawn, and setting one.

use axum::response::Response;
use engine::{AddExchangeRates, Command, Name, Order, Rate, State, Timestamp};
use jiff::civil::DateTime;
use pages::chart::{RatePoint, RatesChart};
use pages::console::rates::{RateForm, RateLine, Rates};
use pages::{Field, FieldKind, Notice, Place, Tone};
use serde::Deserialize;

use super::Desk;
use super::desk::page;
use crate::faces::typed::plain;
use crate::faces::{Failed, Looks, Typed, notice, refused};
use crate::http::auth::Permission;
use crate::http::error::{Fault, Problem};
use crate::http::query::Query;
use crate::http::wire;
use crate::shard::Operation;

const PLACE: &str = "/console/rates";

/// Points of a history that are drawn, the newest.
const POINTS_MAX: usize = 200;

#[derive(Clone, Default, Deserialize)]
pub struct Looking {
    #[serde(default)]
    base: String,
    #[serde(default)]
    quote: String,
}

/// `GET /console/rates`
pub async fn show_rates(desk: Desk, Query(looking): Query<Looking>) -> Result<Response, Failed> {
    show(&desk, looking, &Typed::new([])?, None).await
}

async fn show(
    desk: &Desk,
    looking: Looking,
    typed: &Typed,
    problem: Option<Problem>,
) -> Result<Response, Failed> {
    let looks = desk.looks.clone();
    let look = move |state: &State, now: Timestamp| {
        let pairs: Vec<RateLine> =
            state.exchange.all_at(now).map(|it| line(state, &it, now, &looks)).collect();
        let first = pairs.first().map(|it| (it.base.clone(), it.quote.clone()));
        let asked = Some((looking.base, looking.quote)).filter(|it| !it.0.is_empty()).or(first);
        let chart = asked.map(|(base, quote)| chart(state, base, quote, &looks));
        (pairs, chart, state.shared.head)
    };
    let (pairs, chart, head) = desk.app.shard.read(None, look).await?;
    let shell = desk.live_shell(Some(Place::Rates), None, head);
    let form = desk.may(Permission::Configure).then(|| {
        let mut fields = RateForm::fields(&shell);
        typed.fill(&mut fields);
        fields.push(Field::new("key", "", FieldKind::Hidden).with_value(typed.get("key")));
        if let Some(problem) = &problem {
            refused::place(problem, &mut fields, desk);
        }
        RateForm { path: PLACE.to_owned(), fields }
    });
    Ok(page(Rates { pairs, chart, form }.to_html(&shell)))
}

fn line(state: &State, rate: &engine::ExchangeRate, now: Timestamp, looks: &Looks) -> RateLine {
    let (base, quote) = (rate.base.to_string(), rate.quote.to_string());
    RateLine {
        href: format!("{PLACE}?base={base}&quote={quote}"),
        base,
        quote,
        rate: rate.rate.into(),
        valid_from: looks.moment(rate.valid_from),
        source: rate.source.to_string(),
        is_old: state.exchange.newest(rate.base, rate.quote, now).is_none(),
    }
}

fn chart(state: &State, base: String, quote: String, looks: &Looks) -> RatesChart {
    let pair = wire::currency("base", &base).ok().zip(wire::currency("quote", &quote).ok());
    let history = pair.map(|(base, quote)| state.exchange.history(base, quote)).unwrap_or_default();
    let newest = history.get(history.len().saturating_sub(POINTS_MAX)..).unwrap_or_default();
    let point = |it: &engine::ExchangeRate| RatePoint {
        at: looks.moment(it.valid_from),
        rate: it.rate.into(),
        source: it.source.to_string(),
    };
    RatesChart { id: "rates-chart".into(), base, quote, points: newest.iter().map(point).collect() }
}

/// `POST /console/rates`: a form that is sent twice sets one rate.
pub async fn set_rate(desk: Desk, typed: Typed) -> Result<Response, Failed> {
    let command = match command(&desk, &typed) {
        Ok(command) => command,
        Err(problem) => return show(&desk, Looking::default(), &typed, Some(problem)).await,
    };
    let origin = desk.staff.origin(None)?;
    let order = Order { origin, command: Command::AddExchangeRates(command.into()) };
    let mut operation = Operation::new(order);
    operation.idempotency_key = Some(typed.once("console", &desk.staff.name, "rate"));
    match desk.app.execute(operation).await {
        Ok(_) => {}
        Err(problem) if (400..500).contains(&problem.status) => {
            let typed = typed.after(&problem)?;
            return show(&desk, Looking::default(), &typed, Some(problem)).await;
        }
        Err(problem) => return Err(problem.into()),
    }
    let (base, rate, quote) = (typed.get("base"), typed.get("rate"), typed.get("quote"));
    let text = format!("1 {base} = {rate} {quote}");
    Ok(notice::go_on(PLACE, &Notice::new(Tone::On, text)))
}

fn command(desk: &Desk, typed: &Typed) -> Result<AddExchangeRates, Problem> {
    let base = wire::currency("base", typed.get("base"))?;
    let quote = wire::currency("quote", typed.get("quote"))?;
    if base == quote {
        return Err(Problem::faulty("quote", Fault::Same, "is the base itself"));
    }
    let rate = Rate::try_from(plain(typed.get("rate"), desk.language));
    let rate = rate.map_err(|error| Problem::faulty("rate", Fault::Rate, error))?;
    let valid_from = match typed.get("valid_from") {
        "" => desk.app.shard.now(),
        text => {
            let civil: Option<DateTime> = text.parse().ok();
            let at = civil.and_then(|it| it.to_zoned(desk.zone.clone()).ok());
            let why = "is not a moment such as 2026-12-03T00:00";
            let at = at.ok_or_else(|| Problem::faulty("valid_from", Fault::Moment, why))?;
            Timestamp(at.timestamp().as_microsecond())
        }
    };
    let source = Name::new("console").map_err(|_| Problem::internal())?;
    Ok(AddExchangeRates { base, source, valid_from, rates: vec![(quote, rate)] })
}

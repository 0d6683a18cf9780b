//! Money between a customer's own accounts.

use std::collections::BTreeMap;

use axum::response::Response;
use engine::{AccountRef, Command, Transfer};
use pages::care::task::{Choices, TaskKind};
use pages::{Field, Link};

use super::Pocket;
use super::house::House;
use super::task::{Doing, is_answer, refused, try_out};
use crate::faces::{self, Failed, Typed};
use crate::http::error::Problem;
use crate::http::query::Query;

const PATH: &str = "/my/transfer";

fn doing(pocket: &Pocket) -> Doing {
    Doing {
        kind: TaskKind::Transfer,
        about: String::new(),
        path: PATH.to_owned(),
        back: Link::new(pocket.care().home, "/my"),
    }
}

fn fields(pocket: &Pocket, house: &House) -> Vec<Field> {
    let mut currencies: Vec<String> =
        house.picture.open().map(|it| it.account.currency.to_string()).collect();
    currencies.sort();
    currencies.dedup();
    let accounts = house.picture.open().map(|it| house.choice(it, pocket)).collect();
    let choices = Choices { accounts, currencies, services: Vec::new() };
    TaskKind::Transfer.fields(&choices, pocket.language)
}

/// `GET /my/transfer`
pub async fn fill(
    pocket: Pocket,
    Query(typed): Query<BTreeMap<String, String>>,
) -> Result<Response, Failed> {
    let typed = Typed::fresh(typed)?;
    let house = pocket.house().await?;
    Ok(doing(&pocket).fill(&pocket, fields(&pocket, &house), &typed, None))
}

/// A field that is wrong, and why.
type Wrong = (&'static str, String);

fn command(pocket: &Pocket, house: &House, typed: &Typed) -> Result<Command, Wrong> {
    let wrong = |field, word| {
        let text = pocket.care().named("wrong", word).unwrap_or_default();
        (field, text.to_owned())
    };
    let from = house.named(typed.get("from")).ok_or_else(|| wrong("from", "account"))?;
    let to = house.named(typed.get("to")).ok_or_else(|| wrong("to", "account"))?;
    if from.account.id == to.account.id {
        return Err(wrong("to", "same"));
    }
    let own = from.account.currency;
    let code = typed.said("amount_currency").unwrap_or(own.code());
    let money = typed.money(code, pocket.language);
    let money = money.map_err(|it| ("amount", faces::refused::sentence(&it, pocket)))?;
    let (from, to) = (AccountRef::Id(from.account.id), AccountRef::Id(to.account.id));
    Ok(Command::Transfer(Box::new(Transfer { from, to, money, note: None })))
}

/// `POST /my/transfer`
pub async fn send(pocket: Pocket, typed: Typed) -> Result<Response, Failed> {
    let house = pocket.house().await?;
    let mut fields = fields(&pocket, &house);
    let doing = doing(&pocket);
    if typed.get("step") == "change" {
        return Ok(doing.fill(&pocket, fields, &typed, None));
    }
    let command = match command(&pocket, &house, &typed) {
        Ok(command) => command,
        Err((name, wrong)) => {
            if let Some(field) = fields.iter_mut().find(|it| it.name == name) {
                field.error = wrong;
            }
            return Ok(doing.fill(&pocket, fields, &typed, None));
        }
    };
    let titles = &house.picture.titles;
    let problem = if typed.get("step") == "do" {
        match pocket.execute(command, pocket.once(&typed, "transfer")).await {
            Ok(entries) => return Ok(doing.done(&pocket, entries.as_slice(), titles)),
            Err(problem) if is_answer(&problem) => problem,
            Err(problem) => return Err(problem.into()),
        }
    } else {
        match try_out(&pocket, vec![command], titles).await? {
            Ok(comes) => return Ok(doing.review(&pocket, &typed, comes, true)),
            Err(refusal) => Problem::refused(&refusal),
        }
    };
    let notice = refused(&pocket, &problem);
    Ok(doing.fill(&pocket, fields, &typed.again()?, Some(notice)))
}

//! A customer's fields, as they are typed, shown again and compared.

use engine::{CustomerFields, CustomerKind, Timestamp};
use pages::console::action::{ActionKind, Choices, Outcome};
use pages::{Console, Field, Language, Tone};

use crate::faces::Typed;
use crate::http::error::Problem;
use crate::http::resources::customers::CustomerRequest;

/// What was typed, as the API takes it. `since` is what nobody types: it stays.
pub fn read(typed: &Typed, since: Option<Timestamp>) -> Result<CustomerFields, Problem> {
    let said = |name: &str| typed.said(name).map(str::to_owned);
    let request = CustomerRequest {
        name: typed.get("name").to_owned(),
        kind: Some(match typed.get("organisation") {
            "yes" => CustomerKind::Organisation,
            _ => CustomerKind::Person,
        }),
        phone: said("phone"),
        email: said("email"),
        group: said("group"),
        language: said("language"),
        country: said("country").map(|it| it.to_uppercase()),
        time_zone: said("time_zone"),
        external_id: said("external_id"),
        since: None,
    };
    Ok(CustomerFields { since, ..request.fields()? })
}

/// A customer's fields, by the names of those of the form.
fn values(fields: &CustomerFields) -> [(&'static str, &str); 9] {
    [
        ("name", &fields.name),
        ("organisation", if fields.kind == CustomerKind::Organisation { "yes" } else { "" }),
        ("phone", optional(&fields.phone)),
        ("email", optional(&fields.email)),
        ("language", optional(&fields.language)),
        ("country", optional(&fields.country)),
        ("time_zone", fields.time_zone.map_or("", engine::Zone::as_str)),
        ("group", fields.group.map_or("", engine::Name::as_str)),
        ("external_id", optional(&fields.external_id)),
    ]
}

fn optional(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// Puts what is known of a customer into the fields of their form.
pub fn show(known: &CustomerFields, form: &mut [Field]) {
    let values = values(known);
    for field in form {
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == field.name) {
            field.value = (*value).to_owned();
        }
    }
}

/// What would be different of a customer, a line each.
pub fn differences(was: &CustomerFields, is: &CustomerFields, language: Language) -> Vec<Outcome> {
    let console = Console::of(language);
    let form = ActionKind::EditCustomer.fields(&Choices::default(), language);
    let label = |name: &str| form.iter().find(|it| it.name == name).map(|it| it.label.clone());
    let word = |name: &str, value: &str| match (name, value) {
        ("organisation", "yes") => console.organisation.to_owned(),
        ("organisation", _) => console.person.to_owned(),
        (_, "") => "–".to_owned(),
        (_, value) => value.to_owned(),
    };
    let pairs = values(was).into_iter().zip(values(is));
    let different = pairs.filter(|((_, was), (_, is))| was != is);
    let line = |((name, was), (_, is)): ((&str, &str), (&str, &str))| {
        let change = format!("{} → {}", word(name, was), word(name, is));
        let text = match label(name).filter(|_| name != "organisation") {
            Some(label) => format!("{label}: {change}"),
            None => change,
        };
        Outcome::new(Tone::Calm, text)
    };
    let lines: Vec<Outcome> = different.map(line).collect();
    match lines.as_slice() {
        [] => vec![Outcome::new(Tone::Calm, console.nothing_differs)],
        _ => lines,
    }
}

//! Where a customer is signed in, and ending it.

use axum::response::{IntoResponse, Redirect, Response};
use pages::care::sign_ins::{BrowserSession, SignInLine, SignIns};
use pages::{CareTab, Tone};
use store::access::{AccessEvent, Means, Note, SessionRecord};

use super::Pocket;
use super::pocket::page;
use crate::access::{self, Visit};
use crate::faces::Failed;
use crate::http::path::Path;

const PATH: &str = "/my/sign-ins";

/// Lines of what happened lately.
const LATELY: usize = 20;

/// `GET /my/sign-ins`
pub async fn show_sign_ins(pocket: Pocket) -> Result<Response, Failed> {
    let mut sessions = access::sessions_of(&pocket.app, &pocket.customer.person()).await?;
    let this = pocket.customer.session.id;
    sessions.sort_by_key(|it| it.id != this);
    let sessions = sessions.iter().map(|it| session(it, it.id == this, &pocket)).collect();
    let lately = access::lately(&pocket.app, &pocket.customer.person(), LATELY).await?;
    let attempts = lately.iter().filter_map(|it| attempt(it, &pocket)).collect();
    let view = SignIns { sessions, end_all_path: format!("{PATH}/end-all"), attempts };
    Ok(page(view.to_html(&pocket.shell(CareTab::More, ""))))
}

fn session(it: &SessionRecord, is_this: bool, pocket: &Pocket) -> BrowserSession {
    BrowserSession {
        browser: it.agent.as_deref().map(browser).unwrap_or_default(),
        address: it.address.clone().unwrap_or_default(),
        since: pocket.moment(it.created_at),
        seen: pocket.moment(it.seen_at),
        is_this,
        end_path: format!("{PATH}/{}/end", it.id),
    }
}

/// Somebody came in, or tried to; what only staff can cause of themselves is in no such list.
fn attempt(note: &Note, pocket: &Pocket) -> Option<SignInLine> {
    let is_code = note.means == Some(Means::Code);
    let (word, tone) = match note.event {
        AccessEvent::SignedIn if is_code => ("signed_in_code", Tone::On),
        AccessEvent::SignedIn => ("signed_in_password", Tone::On),
        AccessEvent::SignInFailed if is_code => ("refused_code", Tone::Off),
        AccessEvent::SignInFailed => ("refused_password", Tone::Off),
        AccessEvent::SignedOut => ("signed_out", Tone::Calm),
        AccessEvent::SessionsEnded => ("ended", Tone::Calm),
        AccessEvent::CodeSent => ("code_sent", Tone::Calm),
        AccessEvent::CodeNotSent => ("code_not_sent", Tone::Soon),
        AccessEvent::PasswordSet if note.by.is_some() => ("password_by_us", Tone::Soon),
        AccessEvent::PasswordSet => ("password_set", Tone::Calm),
        AccessEvent::UserCreated
        | AccessEvent::UserChanged
        | AccessEvent::UserDisabled
        | AccessEvent::UserEnabled => return None,
    };
    // Where staff sat when they did it is nothing of the customer's.
    let seen =
        note.by.is_none().then(|| [note.agent.as_deref().map(browser), note.address.clone()]);
    let from: Vec<String> = seen.into_iter().flatten().flatten().collect();
    Some(SignInLine {
        at: pocket.moment(note.at),
        text: pocket.care().named("lately", word).unwrap_or_default().to_owned(),
        tone,
        from: from.join(", "),
    })
}

/// `Firefox · Android`, of what a browser calls itself; the first word where it is none of these.
fn browser(agent: &str) -> String {
    // Each of them names those that stand behind it here as well.
    let browsers =
        [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox")];
    let others = [("CriOS", "Chrome"), ("Chrom", "Chrome"), ("Safari", "Safari")];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|it| agent.contains(it.0)).map(|it| it.1)
    };
    let name = find(&browsers).or_else(|| find(&others));
    match (name, find(&systems)) {
        (Some(name), Some(system)) => format!("{name} · {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => agent.split('/').next().unwrap_or_default().to_owned(),
    }
}

/// `POST /my/sign-ins/{session}/end`
pub async fn end(
    pocket: Pocket,
    visit: Visit,
    Path(session): Path<String>,
) -> Result<Response, Failed> {
    let session = session.parse().map_err(|_| Failed::not_found())?;
    let person = pocket.customer.person();
    match access::end_session(&pocket.app, &person, session, &visit).await? {
        true => Ok(Redirect::to(PATH).into_response()),
        false => Err(Failed::not_found()),
    }
}

/// `POST /my/sign-ins/end-all`
pub async fn end_all(pocket: Pocket, visit: Visit) -> Result<Response, Failed> {
    let person = pocket.customer.person();
    let out = access::sign_out_everywhere(&pocket.app, &person, &visit).await?;
    Ok((out, Redirect::to("/my/sign-in?out=1")).into_response())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_browser_is_called_by_its_name_and_system() {
        let firefox = "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0";
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/131.0.0.0 Safari/537.36";
        let cases =
            [(firefox, "Firefox · Android"), (chrome, "Chrome · Linux"), ("Test/1", "Test")];
        for (agent, name) in cases {
            assert_eq!(super::browser(agent), name);
        }
    }
}

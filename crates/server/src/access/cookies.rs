//! Cookies, as browsers send and keep them.
//!
//! Every one begins with `__Host-`: the browser then takes it only with `Secure`, for this very
//! host and for all of it, so neither another host of the domain nor plain HTTP can put one there.
//! Chromium and Firefox count `http://localhost` and `http://127.0.0.1` as secure, so a demo works
//! without TLS; Safari does not.

use axum::http::{HeaderMap, HeaderValue, header};

use super::tokens::Token;

/// What the browser is to do with a cookie.
pub enum Keep {
    /// Until it is closed.
    UntilClosed,
    Seconds(i64),
    Gone,
}

/// The token in the cookie of this name.
pub fn read(headers: &HeaderMap, name: &str) -> Option<Token> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = lines.flat_map(|it| it.split(';'));
    pairs.find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        if found == name { Token::read(value) } else { None }
    })
}

/// The value of `Set-Cookie`.
pub fn write(name: &str, token: &str, keep: &Keep) -> HeaderValue {
    let age = match keep {
        Keep::UntilClosed => String::new(),
        Keep::Seconds(seconds) => format!("; Max-Age={seconds}"),
        Keep::Gone => "; Max-Age=0".to_owned(),
    };
    let text = format!("{name}={token}; Path=/; HttpOnly; Secure; SameSite=Lax{age}");
    let mut value = HeaderValue::try_from(text).expect("a name, Base64 and numbers");
    // Neither a log nor an index of compressed headers is to have it.
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let token = Token::draw().unwrap();
        let text = token.to_text();
        let find = |lines: &[String]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            read(&headers, "__Host-a").map(|it| it.to_text())
        };
        assert_eq!(find(&[format!("__Host-a={text}")]), Some(text.clone()));
        assert_eq!(find(&[format!("b=1; x__Host-a=1;__Host-a={text} ; c")]), Some(text.clone()));
        assert_eq!(find(&["b=1".into(), format!("__Host-a={text}")]), Some(text.clone()));
        assert_eq!(find(&[format!("__Host-a=none; __Host-a={text}")]), Some(text.clone()));
        assert_eq!(find(&[format!("__Host-b={text}"), "__host-a=1".into()]), None);
        assert_eq!(find(&[]), None);
    }

    #[test]
    fn a_cookie_says_how_it_is_kept() {
        let plain = "a=T; Path=/; HttpOnly; Secure; SameSite=Lax";
        assert_eq!(write("a", "T", &Keep::UntilClosed), plain);
        assert_eq!(write("a", "T", &Keep::Seconds(60)), format!("{plain}; Max-Age=60"));
        let gone = "a=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0";
        assert_eq!(write("a", "", &Keep::Gone), gone);
        assert!(write("a", "T", &Keep::UntilClosed).is_sensitive());
    }
}

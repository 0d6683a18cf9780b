//! Cookies, as browsers send and keep them.
//!
//! Every one begins with `__Host-`: the browser then takes it only with `Secure`, for this very
//! host and for all of it, so neither another host of the domain nor plain HTTP can put one there.
//! Chromium and Firefox count `http://localhost` and `http://127.0.0.1` as secure, so a demo works
//! without TLS; Safari does not.

use axum::http::{HeaderMap, HeaderValue, header};
use engine::ShardId;

use super::tokens::Token;

/// What the browser is to do with a cookie.
pub enum Keep {
    /// Until it is closed.
    UntilClosed,
    Seconds(i64),
    Gone,
}

/// What parts a token from the number of the shard that its bearer is in, where that is not the
/// first: the way in has to know it before anybody knows whose the token is.
const OF_SHARD: char = '.';

/// The token in the cookie of this name.
pub fn read(headers: &HeaderMap, name: &str) -> Option<Token> {
    values(headers, name).find_map(|it| Token::read(parts(it).0))
}

/// The shard that the bearer of the cookie of this name is in, as far as the cookie says so.
pub fn shard(headers: &HeaderMap, name: &str) -> Option<ShardId> {
    let (_, shard) = values(headers, name).map(parts).find(|it| Token::read(it.0).is_some())?;
    shard.map_or(Some(ShardId::FIRST), |it| ShardId::new(it.parse().ok()?))
}

/// The token with the shard that its bearer is in.
pub fn of_shard(token: &Token, shard: ShardId) -> String {
    let token = token.to_text();
    match shard {
        ShardId::FIRST => token,
        other => format!("{token}{OF_SHARD}{}", other.number()),
    }
}

fn parts(value: &str) -> (&str, Option<&str>) {
    value.split_once(OF_SHARD).map_or((value, None), |(token, shard)| (token, Some(shard)))
}

/// What the cookies of this name say, as the browser sent them. What others of this host have put
/// beside them may be anything at all.
pub fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.flat_map(|it| it.as_bytes().split(|it| *it == b';'));
    pairs.filter_map(move |it| {
        let value = it.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok()
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
    fn a_cookie_says_which_shard_its_bearer_is_in() {
        let token = Token::draw().unwrap();
        let look = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, format!("__Host-a={value}").parse().unwrap());
            let found = read(&headers, "__Host-a").map(|it| it.to_text());
            (found == Some(token.to_text()), shard(&headers, "__Host-a").map(ShardId::number))
        };
        for number in [0, 5, 63] {
            let value = of_shard(&token, ShardId::new(number).unwrap());
            assert_eq!(look(&value), (true, Some(number)));
        }
        let text = token.to_text();
        assert_eq!(look(&text), (true, Some(0)));
        // What is no shard leads nowhere in particular, and opens what the token opens.
        assert_eq!(look(&format!("{text}.64")), (true, None));
        assert_eq!(look(&format!("{text}.x")), (true, None));
        assert_eq!(look("none.5"), (false, None));
    }

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
        let mut headers = HeaderMap::new();
        let line = [b"c=\xe9\xff; __Host-a=".as_slice(), text.as_bytes()].concat();
        headers.insert(header::COOKIE, HeaderValue::from_bytes(&line).unwrap());
        assert_eq!(read(&headers, "__Host-a").map(|it| it.to_text()), Some(text));
        assert_eq!(values(&headers, "__Host-").count(), 0);
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

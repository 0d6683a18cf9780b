//! Files that are written while they are sent, however long they are.

use std::future::Future;
use std::io;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::{once, try_unfold};

use super::Failed;
use crate::cells::guard;
use crate::http::error::Problem;

/// A piece of a file, and what comes after it.
pub type Piece<const N: usize, T> = Option<(Vec<[String; N]>, T)>;

/// Comma-separated values by RFC 4180 under a heading, a piece at a time until there is none.
///
/// What fails before anything was sent is an answer of its own; later the connection breaks off,
/// so that nobody takes a part for the whole.
pub async fn csv<const N: usize, T, F, P>(
    name: &'static str,
    head: [&str; N],
    start: T,
    next: F,
) -> Result<Response, Failed>
where
    T: Send + 'static,
    F: Fn(T) -> P + Send + Sync + 'static,
    P: Future<Output = Result<Piece<N, T>, Problem>> + Send + 'static,
{
    let mut first = lines([head.map(str::to_owned)].as_slice())?;
    let rest = match next(start).await? {
        Some((rows, rest)) => {
            first.extend(lines(&rows)?);
            Some(rest)
        }
        None => None,
    };
    let go_on = move |rest: Option<T>| {
        let piece = rest.map(&next);
        async move {
            let Some(piece) = piece else { return Ok(None) };
            let Some((rows, rest)) = piece.await.map_err(broken)? else { return Ok(None) };
            Ok(Some((lines(&rows).map_err(broken)?, Some(rest))))
        }
    };
    let first = once(ready(Ok::<_, io::Error>(first)));
    let mut response = Response::new(Body::from_stream(first.chain(try_unfold(rest, go_on))));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    let name = format!("attachment; filename=\"{name}\"");
    let name = HeaderValue::try_from(name).map_err(|_| Problem::internal())?;
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn broken(problem: Problem) -> io::Error {
    tracing::error!(code = problem.code, title = problem.title, "an export broke off");
    io::Error::other(problem.title)
}

fn lines<const N: usize>(rows: &[[String; N]]) -> Result<Vec<u8>, Problem> {
    let terminator = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    let written = rows.iter().try_for_each(|row| writer.write_record(row));
    written.map_err(|_| Problem::internal())?;
    writer.into_inner().map_err(|_| Problem::internal())
}

/// What people wrote, as it may stand in a spreadsheet.
pub fn text(text: &str) -> String {
    guard(text).into_owned()
}

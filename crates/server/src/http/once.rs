//! Writes whose effect is not in the journal, done at most once under their Idempotency-Key.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::{AnswerStore, KeptAnswer};
use tokio::sync::Mutex;

use super::app::{App, idempotency_key};
use super::auth::Caller;
use super::call::Call;
use super::error::Problem;
use crate::lent::Lent;

/// Does what a request asks for, at most once under its Idempotency-Key, and wakes the
/// dispatcher of the database that the answer is kept in.
pub async fn once<T: Serialize, S: AnswerStore + Send + ?Sized + 'static>(
    app: &App,
    lent: &Lent<S>,
    call: &Call,
    caller: Caller,
    status: StatusCode,
    work: impl AsyncFnOnce() -> Result<T, Problem>,
) -> Result<Response, Problem> {
    let work = async || {
        let view = work().await?;
        lent.wake();
        Ok(view)
    };
    do_once(app, call, caller, status, (lent, &lent.answering), work).await
}

/// Does what a request asks for, or gives the first answer again. A problem is not kept.
///
/// The lock is held from looking for an answer until it is kept, so that the same key is not used
/// twice at once.
pub async fn do_once<T: Serialize, S: AnswerStore + Send + ?Sized + 'static>(
    app: &App,
    call: &Call,
    caller: Caller,
    status: StatusCode,
    (lent, answering): (&Lent<S>, &Mutex<()>),
    work: impl AsyncFnOnce() -> Result<T, Problem>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&call.writing(caller))?;
    let _answering = answering.lock().await;
    if let Some(key) = key {
        let kept = lent.store(move |store| store.answer(key.key)).await?;
        match kept {
            Some(kept) if kept.fingerprint != key.fingerprint => {
                return Err(Problem::idempotency_key_reused());
            }
            Some(kept) => {
                let status = StatusCode::from_u16(kept.status).map_err(|_| Problem::internal())?;
                let mut response = json(status, kept.body);
                let name = header::HeaderName::from_static("idempotent-replayed");
                response.headers_mut().insert(name, HeaderValue::from_static("true"));
                return Ok(response);
            }
            None => {}
        }
    }
    let body = serde_json::to_string(&work().await?).map_err(|_| Problem::internal())?;
    if let Some(key) = key {
        let at = app.shard.machine_now();
        let kept = KeptAnswer {
            fingerprint: key.fingerprint,
            at,
            status: status.as_u16(),
            body: body.clone(),
        };
        lent.store(move |store| store.keep_answer(key.key, &kept)).await?;
    }
    Ok(json(status, body))
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

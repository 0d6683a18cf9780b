//! At most once under an Idempotency-Key, for requests that write no entry: their first answers
//! are kept beside the deliveries of webhooks.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::webhooks::KeptAnswer;
use tokio::sync::Mutex;

use super::app::{App, idempotency_key};
use super::auth::Caller;
use super::call::Call;
use super::error::Problem;

/// Does what a request asks for, or gives the first answer again. A problem is not kept.
///
/// The lock is held from looking for an answer until it is kept, so that the same key is not used
/// twice at once.
pub async fn do_once<T: Serialize>(
    app: &App,
    call: &Call,
    caller: Caller,
    (status, answering): (StatusCode, &Mutex<()>),
    work: impl AsyncFnOnce() -> Result<T, Problem>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&call.writing(caller))?;
    let _answering = answering.lock().await;
    if let Some(key) = key {
        let kept = app.webhooks.store(move |store| store.answer(key.key)).await?;
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
        let kept = KeptAnswer {
            fingerprint: key.fingerprint,
            at: app.shard.machine_now(),
            status: status.as_u16(),
            body: body.clone(),
        };
        app.webhooks.store(move |store| store.keep_answer(key.key, &kept)).await?;
    }
    Ok(json(status, body))
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

//! How a one-time code reaches a customer.

mod smtp;
mod webhook;

use std::future::Future;
use std::pin::Pin;

use engine::{CustomerId, Timestamp};
use pages::Language;

pub use smtp::Smtp;
pub use webhook::Webhook;

/// A code for a customer, and where that one can be reached. It has no `Debug`.
pub struct CodeMessage {
    pub customer: CustomerId,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub language: Language,
    pub code: String,
    /// How long it opens something.
    pub minutes: u32,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// Sends codes, each once: a customer who got none asks again.
pub trait CodeSender: Send + Sync {
    /// What went wrong is said in words that may be logged: without the code.
    fn send<'a>(&'a self, message: &'a CodeMessage) -> Sending<'a>;
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// What becomes of codes.
pub enum Delivery {
    /// Nobody can ask for one.
    Off,
    /// They are shown to whoever asks: in a demo.
    Screen,
    Sender(Box<dyn CodeSender>),
}

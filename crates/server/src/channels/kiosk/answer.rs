//! The answer to a terminal, as XML.

use std::io;

use engine::{Amount, Position};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::No;

/// The codes that terminals know. After [`Code::Temporary`] and [`Code::NotFinished`] they ask
/// again; every other one but [`Code::Done`] ends the payment on their side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Done = 0,
    /// Nothing is wrong with what was asked; it has to be asked again.
    Temporary = 1,
    AccountFormat = 4,
    AccountNotFound = 5,
    /// The account takes no payments.
    Prohibited = 7,
    /// Access, or a rate that is missing.
    Technical = 8,
    AccountInactive = 79,
    /// There is no such payment, or not yet.
    NotFinished = 90,
    SumTooSmall = 241,
    SumTooLarge = 242,
    Other = 300,
}

impl Code {
    pub fn number(self) -> u16 {
        self as u16
    }
}

/// What a terminal hears. Absent is what makes no sense for the command.
#[derive(Clone, Debug)]
pub struct Answer {
    pub txn_id: Option<Box<str>>,
    pub payment: Option<Position>,
    /// With its decimal places.
    pub sum: Option<(Amount, u8)>,
    pub code: Code,
    pub comment: String,
    /// `paid`, `cancelled` and so on; in the answer to `status` only.
    pub state: Option<&'static str>,
    /// For the person at the terminal, by name.
    pub fields: Vec<(&'static str, String)>,
}

impl Answer {
    pub fn new(code: Code) -> Self {
        Self {
            txn_id: None,
            payment: None,
            sum: None,
            code,
            comment: String::new(),
            state: None,
            fields: Vec::new(),
        }
    }

    pub fn no(no: No) -> Self {
        Self { comment: no.why, ..Self::new(no.code) }
    }

    pub fn xml(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::with_capacity(256));
        self.write(&mut writer).expect("memory takes everything that is written to it");
        writer.into_inner()
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        writer.create_element("response").write_inner_content(|writer| {
            let mut line = |name: &str, text: &str| {
                let text = BytesText::new(text);
                writer.create_element(name).write_text_content(text).map(drop)
            };
            if let Some(txn_id) = &self.txn_id {
                line("osmp_txn_id", txn_id)?;
            }
            if let Some(payment) = self.payment {
                line("prv_txn", &payment.0.to_string())?;
            }
            if let Some((sum, exponent)) = self.sum {
                line("sum", &sum.display(exponent).to_string())?;
            }
            line("result", &self.code.number().to_string())?;
            line("comment", &self.comment)?;
            if let Some(state) = self.state {
                line("state", state)?;
            }
            if self.fields.is_empty() {
                return Ok(());
            }
            let fields = writer.create_element("fields");
            fields.write_inner_content(|writer| self.write_fields(writer)).map(drop)
        })?;
        Ok(())
    }

    fn write_fields(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        for (place, (name, text)) in self.fields.iter().enumerate() {
            let element = writer.create_element(format!("field{}", place + 1));
            let element = element.with_attribute(("name", *name));
            element.write_text_content(BytesText::new(text))?;
        }
        Ok(())
    }
}

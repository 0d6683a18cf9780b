//! Puts statements together from the values of a file.

mod field;

use engine::Currency;
use jiff::ToSpan;
use jiff::civil::Date;

use self::field::{Field, Money, booked, date, flag, moment, money, side};
use super::walk::{Value, Visitor, Wrong};
use super::{Balances, CamtError, Entry, Side, Signed, Statement, Transaction, at};

pub struct Builder<'t> {
    text: &'t str,
    /// The last day that a booking may be of: today, and where the day is over sooner.
    last_day: Date,
    message: Field<String>,
    statements: Vec<Statement>,
    statement: StatementDraft,
    balance: BalanceDraft,
    entry: EntryDraft,
    transaction: TransactionDraft,
    lines: Lines,
}

/// Counts lines as the file is read, so that a long file is not counted through for each entry.
#[derive(Default)]
struct Lines {
    place: usize,
    line: u64,
}

#[derive(Default)]
struct StatementDraft {
    place: usize,
    line: u64,
    id: Field<String>,
    sequence: Field<String>,
    account: Field<String>,
    currency: Field<Currency>,
    balances: Vec<Balance>,
    entries: Vec<Entry>,
    sum: i128,
    unbooked: u64,
}

struct Balance {
    code: String,
    money: Signed,
    place: usize,
}

#[derive(Default)]
struct BalanceDraft {
    place: usize,
    code: Field<String>,
    money: Field<Money>,
    side: Field<Side>,
}

#[derive(Default)]
struct EntryDraft {
    place: usize,
    line: u64,
    money: Field<Money>,
    side: Field<Side>,
    is_reversal: Field<bool>,
    is_booked: Field<bool>,
    booked_on: Field<Date>,
    booked_place: usize,
    value_on: Field<Date>,
    reference: Field<String>,
    servicer_reference: Field<String>,
    /// The bank's own words about the booking, where there are no details.
    note: Field<String>,
    has_charges: bool,
    transactions: Vec<TransactionDraft>,
}

#[derive(Default)]
struct TransactionDraft {
    place: usize,
    line: u64,
    /// Its amount in the account's currency is one of these, in the order of preference.
    own: Field<Money>,
    before_charges: Field<Money>,
    counter_value: Field<Money>,
    side: Field<Side>,
    has_charges: bool,
    debtor: Party,
    creditor: Party,
    done: Transaction,
}

#[derive(Default)]
struct Party {
    name: Option<String>,
    account: Option<String>,
}

impl<'t> Builder<'t> {
    pub fn new(text: &'t str, today: Date) -> Self {
        Self {
            text,
            last_day: today.saturating_add(1.day()),
            message: Field::default(),
            statements: Vec::new(),
            statement: StatementDraft::default(),
            balance: BalanceDraft::default(),
            entry: EntryDraft::default(),
            transaction: TransactionDraft::default(),
            lines: Lines::default(),
        }
    }

    /// The message's own identifier, and its statements.
    pub fn finish(self) -> Result<(String, Vec<Statement>), CamtError> {
        if self.statements.is_empty() {
            let why = "the file holds no statement (Stmt); ask the bank for one that does";
            return Err(at(self.text, 0, "", why));
        }
        Ok((self.message.get().unwrap_or_default(), self.statements))
    }

    fn line(&mut self, place: usize) -> u64 {
        let passed = self.text.as_bytes().get(self.lines.place..place).unwrap_or_default();
        self.lines.line += passed.iter().filter(|it| **it == b'\n').count() as u64;
        self.lines.place = self.lines.place.max(place);
        self.lines.line + 1
    }
}

impl Visitor for Builder<'_> {
    fn open(&mut self, path: &str, place: usize) -> Result<(), Wrong> {
        match path.strip_prefix("Document/") {
            Some("BkToCstmrStmt/Stmt") => {
                let line = self.line(place);
                self.statement = StatementDraft { place, line, ..Default::default() };
            }
            Some("BkToCstmrStmt/Stmt/Bal") => {
                self.balance = BalanceDraft { place, ..Default::default() };
            }
            Some("BkToCstmrStmt/Stmt/Ntry") => {
                let line = self.line(place);
                self.entry = EntryDraft { place, line, ..Default::default() };
            }
            Some("BkToCstmrStmt/Stmt/Ntry/NtryDtls/TxDtls") => {
                let line = self.line(place);
                self.transaction = TransactionDraft { place, line, ..Default::default() };
            }
            Some(other) if !other.starts_with("BkToCstmrStmt") => {
                return Err("has no place in a camt.053 file".into());
            }
            _ => {}
        }
        Ok(())
    }

    fn value(&mut self, path: &str, value: Value<'_>) -> Result<(), Wrong> {
        let Some(path) = path.strip_prefix("Document/BkToCstmrStmt/") else {
            return Ok(());
        };
        let Some(path) = path.strip_prefix("Stmt/") else {
            return match path {
                "GrpHdr/MsgId" => self.message.put(value.text.to_owned()),
                "Stmt" => Err("is empty".into()),
                _ => Ok(()),
            };
        };
        if let Some(path) = path.strip_prefix("Ntry/NtryDtls/TxDtls/") {
            return self.transaction.value(path, value);
        }
        if let Some(path) = path.strip_prefix("Ntry/") {
            return self.entry.value(path, value);
        }
        match path {
            "Ntry" | "Bal" => Err("is empty".into()),
            "Id" => self.statement.id.put(filled(value.text)?),
            "ElctrncSeqNb" => self.statement.sequence.put(filled(value.text)?),
            "Acct/Id/IBAN" | "Acct/Id/Othr/Id" => {
                self.statement.account.put(filled(value.text)?.replace(' ', ""))
            }
            "Acct/Ccy" => self.statement.currency.put(field::currency(value.text)?),
            "Bal/Tp/CdOrPrtry/Cd" | "Bal/Tp/CdOrPrtry/Prtry" => {
                self.balance.code.put(value.text.to_owned())
            }
            "Bal/Amt" => self.balance.money.put(Money::new(value)),
            "Bal/CdtDbtInd" => self.balance.side.put(side(value.text)?),
            _ => Ok(()),
        }
    }

    fn close(&mut self, path: &str) -> Result<(), Wrong> {
        match path.strip_prefix("Document/BkToCstmrStmt/") {
            Some("Stmt/Bal") => self.statement.add_balance(std::mem::take(&mut self.balance)),
            Some("Stmt/Ntry/NtryDtls/TxDtls") => {
                self.entry.transactions.push(std::mem::take(&mut self.transaction));
                Ok(())
            }
            Some("Stmt/Ntry") => {
                let entry = std::mem::take(&mut self.entry);
                self.statement.add_entry(entry, self.last_day)
            }
            Some("Stmt") => {
                let statement = std::mem::take(&mut self.statement);
                let place = statement.place;
                let statement = statement.finish();
                let statement = statement
                    .map_err(|wrong| Wrong { place: wrong.place.or(Some(place)), ..wrong })?;
                self.statements.push(statement);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl StatementDraft {
    fn add_balance(&mut self, draft: BalanceDraft) -> Result<(), Wrong> {
        let place = draft.place;
        let code = draft.code.need("Tp", place)?;
        // Available and forward balances count what is not booked: they are not for us.
        if !matches!(code.as_str(), "OPBD" | "CLBD" | "PRCD" | "ITBD") {
            return Ok(());
        }
        let found = draft.money.need("Amt", place)?;
        let side = draft.side.need("CdtDbtInd", place)?;
        let amount = money(&found, self.currency(&found)?)?;
        self.balances.push(Balance { code, money: Signed { amount, side }, place });
        Ok(())
    }

    /// The account's currency; that of the first amount where the account names none.
    fn currency(&mut self, money: &Money) -> Result<Currency, Wrong> {
        if let Some(currency) = self.currency.peek() {
            return Ok(*currency);
        }
        let currency = field::currency(&money.currency);
        let currency = currency.map_err(|it| Wrong { place: Some(money.place), ..it })?;
        self.currency.put(currency)?;
        Ok(currency)
    }

    fn add_entry(&mut self, draft: EntryDraft, last_day: Date) -> Result<(), Wrong> {
        if !*draft.is_booked.peek().ok_or_else(|| field::missing("Sts", draft.place))? {
            self.unbooked += 1;
            return Ok(());
        }
        if let Some(day) = draft.booked_on.peek().filter(|it| **it > last_day) {
            let why = format!("was booked on {day}, which is still to come; check the clock here");
            return Err(Wrong::at(draft.booked_place, why));
        }
        let found = draft.money.peek().ok_or_else(|| field::missing("Amt", draft.place))?;
        let currency = self.currency(found)?;
        let entry = draft.finish(currency)?;
        self.sum += entry.money.units();
        self.entries.push(entry);
        Ok(())
    }

    fn finish(self) -> Result<Statement, Wrong> {
        let balances = self.check_balances()?;
        let currency = self.currency.get().ok_or("names no currency (Acct/Ccy)")?;
        Ok(Statement {
            line: self.line,
            id: self.id.get().ok_or("has no Id")?,
            sequence: self.sequence.get(),
            account: self.account.get().ok_or("names no account (Acct/Id)")?,
            currency,
            balances,
            entries: self.entries,
            unbooked: self.unbooked,
        })
    }

    /// Holds the entries against the balances; without two of those there is nothing to hold.
    fn check_balances(&self) -> Result<Option<Balances>, Wrong> {
        let of = |code: &str| self.balances.iter().position(|it| it.code == code);
        let interim_last = self.balances.iter().rposition(|it| it.code == "ITBD");
        let opening = of("OPBD").or_else(|| of("PRCD")).or_else(|| of("ITBD"));
        let closing = of("CLBD").or(interim_last);
        let (Some(opening), Some(closing)) = (opening, closing) else { return Ok(None) };
        if opening == closing {
            return Ok(None);
        }
        let (opening, closing) = (&self.balances[opening], &self.balances[closing]);
        let expected = opening.money.units() + self.sum;
        if expected != closing.money.units() {
            let exponent = self.currency.peek().map_or(0, |it| it.exponent());
            let show = |units| engine::SumDecimals { units, exponent };
            let why = format!(
                "the booked entries lead from {} to {}, and the closing balance is {}; an entry \
                 is missing or was changed: ask the bank for the statement again",
                show(opening.money.units()),
                show(expected),
                show(closing.money.units()),
            );
            return Err(Wrong::at(closing.place, why));
        }
        Ok(Some(Balances { opening: opening.money, closing: closing.money }))
    }
}

impl EntryDraft {
    fn value(&mut self, path: &str, value: Value<'_>) -> Result<(), Wrong> {
        match path {
            "Amt" => self.money.put(Money::new(value)),
            "CdtDbtInd" => self.side.put(side(value.text)?),
            "RvslInd" => self.is_reversal.put(flag(value.text)?),
            "Sts" | "Sts/Cd" | "Sts/Prtry" => self.is_booked.put(booked(value.text)?),
            "BookgDt/Dt" | "BookgDt/DtTm" => {
                self.booked_place = value.place;
                self.booked_on.put(day(path, value.text)?)
            }
            "ValDt/Dt" | "ValDt/DtTm" => self.value_on.put(day(path, value.text)?),
            "NtryRef" => self.reference.put(filled(value.text)?),
            "AcctSvcrRef" => self.servicer_reference.put(filled(value.text)?),
            "AddtlNtryInf" => self.note.put(value.text.to_owned()),
            _ => {
                self.has_charges |= path.starts_with("Chrgs/");
                Ok(())
            }
        }
    }

    fn finish(self, currency: Currency) -> Result<Entry, Wrong> {
        let place = self.place;
        let found = self.money.need("Amt", place)?;
        let amount = money(&found, currency)?;
        let side = self.side.need("CdtDbtInd", place)?;
        let whole = Signed { amount, side };
        let mut transactions = Vec::with_capacity(self.transactions.len().max(1));
        let count = self.transactions.len();
        for draft in self.transactions {
            let whole = (count == 1).then_some((whole, self.has_charges));
            transactions.push(draft.finish(currency, side, whole)?);
        }
        if transactions.is_empty() {
            let unstructured = self.note.get().into_iter().collect();
            let line = self.line;
            transactions.push(Transaction {
                line,
                money: whole,
                unstructured,
                ..Default::default()
            });
        }
        let sum: i128 = transactions.iter().map(|it| it.money.units()).sum();
        if sum != whole.units() {
            let exponent = currency.exponent();
            let show = |units| engine::SumDecimals { units, exponent };
            let why = format!(
                "its details come to {} and the entry to {}; ask the bank for the statement again",
                show(sum),
                show(whole.units()),
            );
            return Err(Wrong::at(place, why));
        }
        Ok(Entry {
            line: self.line,
            money: whole,
            is_reversal: self.is_reversal.get().unwrap_or(false),
            booked_on: self.booked_on.get(),
            value_on: self.value_on.get(),
            reference: self.reference.get().and_then(reference),
            servicer_reference: self.servicer_reference.get().and_then(reference),
            transactions,
        })
    }
}

impl TransactionDraft {
    fn value(&mut self, path: &str, value: Value<'_>) -> Result<(), Wrong> {
        let text = || value.text.to_owned();
        match path {
            "Amt" => return self.own.put(Money::new(value)),
            "AmtDtls/TxAmt/Amt" => return self.before_charges.put(Money::new(value)),
            "AmtDtls/CntrValAmt/Amt" => return self.counter_value.put(Money::new(value)),
            "CdtDbtInd" => return self.side.put(side(value.text)?),
            "Refs/AcctSvcrRef" => self.done.servicer_reference = reference(text()),
            "Refs/EndToEndId" => self.done.end_to_end = reference(text()),
            "RltdPties/Dbtr/Nm" | "RltdPties/Dbtr/Pty/Nm" => self.debtor.name = Some(text()),
            "RltdPties/Cdtr/Nm" | "RltdPties/Cdtr/Pty/Nm" => self.creditor.name = Some(text()),
            "RltdPties/DbtrAcct/Id/IBAN" | "RltdPties/DbtrAcct/Id/Othr/Id" => {
                self.debtor.account = Some(text());
            }
            "RltdPties/CdtrAcct/Id/IBAN" | "RltdPties/CdtrAcct/Id/Othr/Id" => {
                self.creditor.account = Some(text());
            }
            "RmtInf/Ustrd" => self.done.unstructured.push(text()),
            "RmtInf/Strd/AddtlRmtInf" => self.done.unstructured.push(text()),
            "RmtInf/Strd/CdtrRefInf/Ref" => self.done.structured.push(text()),
            _ => self.has_charges |= path.starts_with("Chrgs/"),
        }
        Ok(())
    }

    /// The transaction in `currency`. `whole` is the entry, when this is all that is in it, and
    /// whether charges were taken off that.
    fn finish(
        self,
        currency: Currency,
        entry_side: Side,
        whole: Option<(Signed, bool)>,
    ) -> Result<Transaction, Wrong> {
        let side = self.side.get().unwrap_or(entry_side);
        let mut found = None;
        for (field, counts_charges) in
            [(self.own, false), (self.before_charges, true), (self.counter_value, true)]
        {
            let Some(it) = field.get() else { continue };
            if found.is_none() && it.currency == currency.code() {
                found = Some((money(&it, currency)?, counts_charges));
            }
        }
        let amount = match (found, whole) {
            // What arrived is what is left after the charges.
            (Some((_, true)), Some((whole, charges))) if charges || self.has_charges => {
                whole.amount
            }
            (Some((amount, _)), _) => amount,
            (None, Some((whole, _))) => whole.amount,
            (None, None) => {
                let why = format!("has no amount in {currency}, and stands beside others");
                return Err(Wrong::at(self.place, why));
            }
        };
        let party = match side {
            Side::Credit => self.debtor,
            Side::Debit => self.creditor,
        };
        let (line, money) = (self.line, Signed { amount, side });
        let (party, party_account) = (party.name, party.account);
        Ok(Transaction { line, money, party, party_account, ..self.done })
    }
}

fn day(path: &str, text: &str) -> Result<Date, Wrong> {
    if path.ends_with("/Dt") { date(text) } else { moment(text) }
}

fn filled(text: &str) -> Result<String, Wrong> {
    if text.is_empty() { Err("is empty".into()) } else { Ok(text.to_owned()) }
}

/// A reference, unless it is one of the words by which banks say that there is none.
fn reference(text: String) -> Option<String> {
    let none = ["NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE", "NOTAVAILABLE", ""];
    let is_none = none.iter().any(|it| text.eq_ignore_ascii_case(it));
    (!is_none).then_some(text)
}

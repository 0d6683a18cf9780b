//! Whether an account of another shard takes money, before it is sent there.

use engine::{
    AccountId, AccountNumber, AccountRef, Command, Fact, FarAccount, ForwardPayment, Money, Name,
    Order, Origin, ReceiveTransit, Refusal, SendTransfer, Sent, ShardId, State, Timestamp, Unfit,
};
use serde::{Deserialize, Serialize};

use crate::claims::Value;
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::wire;
use crate::shards::Question;

/// Asks the shard of an account whether it would take money now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskPayee {
    /// Id or number.
    account: String,
    amount: engine::Amount,
    currency: engine::Currency,
    /// Who pays by a transfer; without it is asked for a payment.
    from: Option<AccountId>,
}

impl Question for AskPayee {
    const NAME: &'static str = "payee";

    type Answer = Result<FarAccount, Box<Refusal>>;

    async fn answer(self, app: &App) -> Result<Self::Answer, Problem> {
        let account = wire::parse_account("account", &self.account)?;
        let look = move |state: &State, now| self.look(state, &account, now).map_err(Box::new);
        Ok(app.shard.read(None, look).await?)
    }
}

impl AskPayee {
    /// What would come of the money is tried; nothing is written.
    fn look(
        &self,
        state: &State,
        account: &AccountRef,
        now: Timestamp,
    ) -> Result<FarAccount, Refusal> {
        let found = state.resolve(account)?;
        let (id, currency) = (found.id, found.currency);
        let name = |it| Name::new(it).expect("well formed");
        let sent = match self.from {
            Some(from) => {
                let number = found.number.clone();
                Sent::Transfer { from, number, note: None }
            }
            None => Sent::Payment {
                payment: state.shard().start(),
                source: name("transfer"),
                reference: "".into(),
                paid_at: None,
                note: None,
            },
        };
        let money = Money { amount: self.amount, currency: self.currency };
        let transit = ReceiveTransit { original: state.shard().start(), account: id, money, sent };
        let origin = Origin { actor: name("trial"), channel: name("trial"), reason: None };
        let command = Command::ReceiveTransit(Box::new(transit));
        let trial = state.trial(&Order { origin, command }, now).transpose()?;
        let entries = trial.map(|it| it.entries).unwrap_or_default();
        match entries.last().map(|it| &it.fact) {
            Some(Fact::PaymentUnallocated(fact)) => Err(self.refused(fact.why, found, now)),
            _ => Ok(FarAccount { id, number: found.number.clone(), currency }),
        }
    }

    fn refused(&self, why: Unfit, account: &engine::Account, at: Timestamp) -> Refusal {
        let (id, currency, exponent) = (account.id, account.currency, account.exponent);
        match why {
            Unfit::AccountClosed => Refusal::AccountClosed { account: id },
            Unfit::PaymentsLocked => Refusal::PaymentsLocked { account: id },
            Unfit::NoExchangeRate => {
                Refusal::NoExchangeRate { from: self.currency, to: currency, at }
            }
            Unfit::AmountOutOfRange | Unfit::AccountMissing | Unfit::AccountUnknown => {
                Refusal::AmountOutOfRange { currency, exponent }
            }
        }
    }
}

impl App {
    /// The shard that has an account, when that is another one.
    pub async fn elsewhere(&self, account: &AccountRef) -> Result<Option<ShardId>, Problem> {
        let shard = match account {
            AccountRef::Id(id) => self.shards.all().find(|it| *it == id.shard()),
            AccountRef::Number(number) => {
                let found = self.shards_of_numbers(vec![number.clone()]).await?;
                found.into_iter().next().map(|it| it.1)
            }
        };
        Ok(shard.filter(|it| *it != self.shards.own()))
    }

    /// The shards that give numbers out, or have claimed them; nothing where there is one shard.
    pub async fn shards_of_numbers(
        &self,
        numbers: Vec<AccountNumber>,
    ) -> Result<Vec<(AccountNumber, ShardId)>, Problem> {
        let Some(claims) = self.shards.claims() else { return Ok(Vec::new()) };
        let (mut found, mut sought) = (Vec::new(), Vec::new());
        for number in numbers {
            let giver = number.given_out_by();
            match giver.filter(|it| self.shards.all().any(|shard| shard == *it)) {
                Some(shard) => found.push((number, shard)),
                None => sought.push(number),
            }
        }
        let values: Vec<Value> = sought.iter().cloned().map(Value::Number).collect();
        if !values.is_empty() {
            let shards = claims.find_all(&values).await?;
            found.extend(
                sought.into_iter().zip(shards).filter_map(|(it, shard)| Some((it, shard?))),
            );
        }
        Ok(found)
    }

    /// A command that moves money to an account, as it is for one of another shard: that one is
    /// asked whether it takes the money.
    pub async fn towards(&self, command: Command) -> Result<Command, Problem> {
        match command {
            Command::Transfer(transfer) => {
                let (to, money) = (&transfer.to, transfer.money);
                let Some(shard) = self.elsewhere(to).await? else {
                    return Ok(Command::Transfer(transfer));
                };
                // Who pays and is nobody here is refused as such, before anything else.
                let Some(from) = self.own_account(&transfer.from).await? else {
                    return Ok(Command::Transfer(transfer));
                };
                let to = self.ask_payee(shard, to, money, Some(from)).await?;
                let (from, note) = (transfer.from, transfer.note);
                Ok(Command::SendTransfer(Box::new(SendTransfer { from, to, money, note })))
            }
            Command::AllocatePayment(allocate) => {
                let received = &allocate.received;
                let money = Money { amount: received.amount, currency: received.currency };
                let Some(shard) = self.elsewhere(&allocate.account).await? else {
                    return Ok(Command::AllocatePayment(allocate));
                };
                let payee = self.ask_payee(shard, &allocate.account, money, None).await?;
                Ok(Command::ForwardPayment(Box::new(ForwardPayment {
                    payment: allocate.payment,
                    received: allocate.received,
                    account: payee.id,
                    note: allocate.note,
                })))
            }
            other => Ok(other),
        }
    }

    /// The id of an account, when it is of this shard.
    async fn own_account(&self, account: &AccountRef) -> Result<Option<AccountId>, Problem> {
        let account = account.clone();
        let find = move |state: &State, _| state.resolve(&account).ok().map(|it| it.id);
        Ok(self.shard.read(None, find).await?)
    }

    /// An account of another shard that takes the money.
    async fn ask_payee(
        &self,
        shard: ShardId,
        account: &AccountRef,
        money: Money,
        from: Option<AccountId>,
    ) -> Result<FarAccount, Problem> {
        let account = wire::account_ref(account);
        let question = AskPayee { account, amount: money.amount, currency: money.currency, from };
        self.ask(shard, question).await?.map_err(|refusal| Problem::refused(&refusal))
    }
}

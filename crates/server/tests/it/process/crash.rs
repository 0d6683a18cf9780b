//! Killed at any moment, the server has everything after it that it ever acknowledged, once.

use std::collections::BTreeMap;
use std::sync::mpsc;

use super::harness::{
    Answer, Client, Server, cents, decimal, make_key, payment_body, verify, wait_for,
};

const CALLERS: u64 = 4;

/// One request that may be sent again as it is.
#[derive(Clone, Debug)]
struct Request {
    path: String,
    key: Option<String>,
    body: String,
    effect: Effect,
}

/// What a yes to it means to the caller's own books.
#[derive(Clone, Debug)]
enum Effect {
    Paid { account: String, cents: i64 },
    Charged { account: String, cents: i64 },
    Held { account: String, cents: i64, lasts: bool },
    Settled { reservation: String, cents: i64, is_final: bool },
    Released { reservation: String },
}

/// What the callers believe, from the answers alone.
#[derive(Default)]
struct Books {
    balances: BTreeMap<String, i64>,
    /// Reservations that last beyond the test, with their account and what is held.
    holds: BTreeMap<String, (String, i64)>,
    answered: Vec<(Request, Answer)>,
}

impl Books {
    fn note(&mut self, request: Request, answer: Answer) {
        let yes = answer.status < 300 && answer.body["granted"] != false;
        let no = answer.status == 422 || answer.body["granted"] == false;
        assert!(yes || no, "{request:?} got {answer:?}");
        if yes {
            self.add(&request.effect, &answer);
        }
        self.answered.push((request, answer));
    }

    fn add(&mut self, effect: &Effect, answer: &Answer) {
        let mut change = |account: &String, cents| {
            *self.balances.entry(account.clone()).or_default() += cents;
        };
        match effect {
            Effect::Paid { account, cents } => change(account, *cents),
            Effect::Charged { account, cents } => change(account, -cents),
            Effect::Held { account, cents, lasts: true } => {
                let reservation = answer.body["reservation"].as_str().unwrap().to_owned();
                self.holds.insert(reservation, (account.clone(), *cents));
            }
            Effect::Held { .. } => {}
            Effect::Settled { reservation, cents, is_final } => {
                let (account, held) = self.holds.get_mut(reservation).unwrap();
                *held -= cents;
                change(&account.clone(), -cents);
                if *is_final {
                    self.holds.remove(reservation);
                }
            }
            Effect::Released { reservation } => drop(self.holds.remove(reservation)),
        }
    }

    /// The server's figures are the callers' own, once what was held for a moment is free again.
    fn check(&self, client: &mut Client, accounts: &[String]) {
        for account in accounts {
            let balance = self.balances.get(account).copied().unwrap_or(0);
            let holds = self.holds.values().filter(|it| it.0 == *account);
            let held = holds.map(|it| it.1).sum::<i64>();
            let path = format!("/v1/accounts/{account}");
            let view = wait_for(&format!("{account} with {held} held"), || {
                let view = client.get(&path).body;
                (cents(&view["held"]) == held).then_some(view)
            });
            assert_eq!(cents(&view["balance"]), balance, "{account}: {view}");
        }
    }
}

/// One caller: what it knows of its own sessions, and a random number.
struct Caller {
    name: String,
    random: u64,
    made: u64,
    /// Reservation, number of the last request, held cents.
    sessions: Vec<(String, u64, i64)>,
}

impl Caller {
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn next(&mut self, accounts: &[String]) -> Request {
        self.made += 1;
        let name = format!("{}-{}", self.name, self.made);
        let account = accounts[self.below(accounts.len() as u64) as usize].clone();
        match self.below(10) {
            0..=2 => {
                let cents = 1 + self.below(900) as i64;
                let path = format!("/v1/accounts/{account}/payments");
                let key = (self.below(2) == 0).then(|| name.clone());
                let body = payment_body(&name, cents);
                Request { path, key, body, effect: Effect::Paid { account, cents } }
            }
            3 | 4 => {
                let cents = 1 + self.below(900) as i64;
                let (path, amount) = (format!("/v1/accounts/{account}/charges"), decimal(cents));
                let after_use = self.below(2) == 0;
                let body =
                    format!(r#"{{"amount":"{amount}","currency":"EUR","after_use":{after_use}}}"#);
                let effect = Effect::Charged { account, cents };
                Request { path, key: Some(name), body, effect }
            }
            5..=8 if !self.sessions.is_empty() => self.settle(),
            _ => {
                let lasts = self.below(3) > 0;
                let seconds = if lasts { 3_600 } else { 1 };
                let body = format!(
                    r#"{{"account":"{account}","session":"{name}","request":1,"amount":"3.00",
                        "currency":"EUR","expires_in":{seconds}}}"#
                );
                let effect = Effect::Held { account, cents: 300, lasts };
                Request { path: "/v1/authorisations".into(), key: None, body, effect }
            }
        }
    }

    fn settle(&mut self) -> Request {
        let place = self.below(self.sessions.len() as u64) as usize;
        let (reservation, request, held) = &mut self.sessions[place];
        *request += 1;
        let (reservation, request) = (reservation.clone(), *request);
        let cents = 50.min(*held);
        *held -= cents;
        let is_final = *held == 0;
        let path = format!("/v1/reservations/{reservation}/settle");
        if is_final {
            self.sessions.swap_remove(place);
        } else if self.below(5) == 0 {
            self.sessions.swap_remove(place);
            let path = format!("/v1/reservations/{reservation}/release");
            let body = format!(r#"{{"request":{request}}}"#);
            return Request { path, key: None, body, effect: Effect::Released { reservation } };
        }
        let amount = decimal(cents);
        let body = format!(
            r#"{{"amount":"{amount}","currency":"EUR","final":{is_final},"request":{request}}}"#
        );
        let effect = Effect::Settled { reservation, cents, is_final };
        Request { path, key: None, body, effect }
    }

    /// Takes note of a session that was granted.
    fn learn(&mut self, request: &Request, answer: &Answer) {
        if let (Effect::Held { cents, lasts: true, .. }, Some(true)) =
            (&request.effect, answer.body["granted"].as_bool())
        {
            let reservation = answer.body["reservation"].as_str().unwrap().to_owned();
            self.sessions.push((reservation, 1, *cents));
        }
    }

    /// Sends until the connection breaks; the last one sent is left without an answer.
    fn work(
        &mut self,
        client: &mut Client,
        accounts: &[String],
        tell: &mpsc::Sender<(Request, Answer)>,
    ) -> Request {
        loop {
            let request = self.next(accounts);
            match send(client, &request) {
                Ok(answer) => {
                    self.learn(&request, &answer);
                    tell.send((request, answer)).expect("the test listens");
                }
                Err(_) => return request,
            }
        }
    }
}

fn send(client: &mut Client, request: &Request) -> std::io::Result<Answer> {
    client.call("POST", &request.path, request.key.as_deref(), &request.body)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |it| it.parse().expect("a number"))
}

#[test]
fn everything_acknowledged_before_a_kill_is_there_after_it_once() {
    let seed = number("TEST_SEED", u64::from(std::process::id()));
    eprintln!("again with TEST_SEED={seed}");
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let key = make_key(&data_dir);
    let mut server = Server::start(&data_dir, &key);
    let accounts = server.client().open_accounts(3);
    let mut books = Books::default();
    let caller = |it: u64| Caller {
        name: format!("caller{it}"),
        random: seed.wrapping_mul(31).wrapping_add(it),
        made: 0,
        sessions: Vec::new(),
    };
    let mut callers: Vec<Caller> = (0..CALLERS).map(caller).collect();
    let rounds = number("TEST_CRASH_ROUNDS", 6);
    for _ in 0..rounds {
        // Killed after so many answers, in the middle of whatever comes then.
        let answers = 20 + callers[0].below(200);
        let unanswered = round(server, &mut callers, &accounts, answers, &mut books);
        verify(&data_dir);
        server = Server::start(&data_dir, &key);
        let mut client = server.client();
        for (caller, request) in unanswered {
            // It was done or it was not: sent again, it is done once.
            let answer = send(&mut client, &request).unwrap();
            callers[caller].learn(&request, &answer);
            books.note(request, answer);
        }
        for (request, answer) in &books.answered {
            assert_eq!(send(&mut client, request).unwrap(), *answer, "{request:?}");
        }
        books.check(&mut client, &accounts);
    }
    let held = books.answered.iter().filter(|it| it.0.path.ends_with("settle")).count();
    assert!(held > 5, "nearly nothing was settled");
    server.kill();
    verify(&data_dir);
}

/// Lets the callers work until there were so many answers, kills the server, and answers with
/// the requests that it left open.
fn round(
    server: Server,
    callers: &mut [Caller],
    accounts: &[String],
    answers: u64,
    books: &mut Books,
) -> Vec<(usize, Request)> {
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        let mut working = Vec::new();
        for caller in callers {
            let (mut client, tell) = (server.client(), tell.clone());
            working.push(scope.spawn(move || caller.work(&mut client, accounts, &tell)));
        }
        drop(tell);
        let mut told = told.into_iter();
        for (request, answer) in told.by_ref().take(answers as usize) {
            books.note(request, answer);
        }
        server.kill();
        let left = working.into_iter().map(|it| it.join().unwrap()).enumerate().collect();
        told.for_each(|(request, answer)| books.note(request, answer));
        left
    })
}

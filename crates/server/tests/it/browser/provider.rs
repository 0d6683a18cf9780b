//! A provider on a server of its own, whose clock can be set forward.

use std::path::Path;

use serde_json::{Value, json};
use server::access::users::Users;
use server::http::auth::Role;
use tempfile::TempDir;

use super::person::Person;
use crate::process::harness::{self, Server, make_key};

pub const PASSWORD: &str = "tiare+lagoon";

pub struct Provider {
    pub server: Server,
    api: harness::Client,
    _directory: TempDir,
}

/// A customer who can sign in, with an account of a service that is not paid.
pub struct Customer {
    /// `acc_1`
    pub account: String,
    /// Of the account.
    pub number: String,
}

impl Provider {
    pub fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = directory.path().join("data");
        let key = make_key(&data_dir);
        let server = Server::start_with_test_clock(&data_dir, &key);
        let mut api = server.client();
        let service = json!({
            "title": "Internet 100", "currency": "EUR", "mode": "prepaid",
            "recurring": {
                "price": "19.90", "every": {"count": 1, "unit": "month"}, "anchor": "start",
            },
        });
        let put = |api: &mut harness::Client, path: &str, body: &Value| {
            let answer = api.call("PUT", path, None, &body.to_string()).expect("an answer");
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        };
        put(&mut api, "/v1/services/internet-100", &service);
        let rules = json!({
            "amount": {"fixed": "20.00"}, "duration": {"hours": 72}, "open_max": 1,
        });
        let policy = json!({"currency": "EUR", "rules": rules});
        put(&mut api, "/v1/promised-payment-policies", &policy);
        let mut provider = Self { server, api, _directory: directory };
        let rate = json!({"quote": "XPF", "rate": "119.33"});
        provider
            .post("/v1/exchange-rates", &json!({"base": "EUR", "source": "ecb", "rates": [rate]}));
        provider.let_in(&data_dir);
        provider
    }

    /// An agent, and whoever will be the first customer.
    fn let_in(&mut self, data_dir: &Path) {
        let mut users = Users::open(data_dir).expect("the server's own directory");
        users.create("ann", "Ann Bäcker", Role::Agent, PASSWORD).expect("a user");
        users.give_customers(1, PASSWORD).expect("a password");
    }

    /// Amélie, who has one account, with the internet on it.
    pub fn amelie(&mut self, currency: &str) -> Customer {
        let fields = json!({"name": "Amélie Tetuanui", "phone": "+689 87 12 34 56"});
        let customer = self.post("/v1/customers", &fields);
        assert_eq!(customer["id"], "cus_1", "nobody else has a password");
        let body = json!({"currency": currency, "name": "Home"});
        let opened = self.post("/v1/customers/cus_1/accounts", &body);
        let text = |it: &Value| it.as_str().expect("a text").to_owned();
        let (account, number) = (text(&opened["id"]), text(&opened["number"]));
        let body = json!({"account": account, "service": "internet-100", "subjects": ["amelie.t"]});
        self.post("/v1/subscriptions", &body);
        Customer { account, number }
    }

    pub fn sets_the_clock_forward(&mut self, hours: i64) {
        let body = json!({"forward_seconds": hours * 3_600});
        let answer = self.api.post("/v1/clock", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.api.post(path, body);
        assert_eq!(answer.status, 201, "{path}: {answer:?}");
        answer.body
    }
}

pub async fn sign_in_to_the_console(person: &Person, name: &str, password: &str) {
    person.goes_to("/console/sign-in").await;
    person.fills("Login", name).await;
    person.fills("Password", password).await;
    person.presses("Sign in").await;
}

pub async fn sign_in_to_self_care(person: &Person, number: &str, password: &str) {
    person.goes_to("/my/sign-in").await;
    person.fills("Account number, telephone or email", number).await;
    person.fills("Password", password).await;
    person.presses("Sign in").await;
}

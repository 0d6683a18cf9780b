use engine::{Currency, Position};
use jiff::tz::TimeZone;

use super::*;

/// 2026-11-02T10:00:00Z
const NOW: Timestamp = Timestamp(1_793_613_600_000_000);

fn terms(currency: Currency) -> Terms {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    Terms { currency, minimum: None, maximum: None, zone }
}

fn read(text: &str) -> Result<Request, No> {
    let parameters = Parameters::parse(text, None);
    let command = Command::read(&parameters)?;
    Request::read(command, &parameters, &terms(Currency::EUR), NOW)
}

#[test]
fn a_request_is_read_whatever_else_is_sent_with_it() {
    let request = "command=pay&txn_id=00012345678901234567&txn_date=20261102110000\
        &account=1000+0000%208&sum=10.50&prv_id=7&data1=%CF%F0&trm_id=%&ccy=EUR&&x";
    let Request::Pay { txn_id, account, sum, paid_at } = read(request).unwrap() else {
        panic!("not a payment")
    };
    assert_eq!((&*txn_id, account.to_string().as_str()), ("00012345678901234567", "100000008"));
    assert_eq!(sum.units(), 10_500_000);
    // 11 o'clock in Paris is 10 o'clock in UTC, in winter.
    assert_eq!(paid_at, Some(NOW));
}

#[test]
fn a_sum_may_have_more_decimals_than_the_currency_when_they_are_zero() {
    let xpf = terms(Currency::from_code("XPF").unwrap());
    let units = |terms: &Terms, text| terms.read_sum(text).map(Amount::units);
    assert_eq!(units(&xpf, "100.00"), Ok(1_000_000));
    assert_eq!(units(&xpf, "100"), Ok(1_000_000));
    assert_eq!(units(&xpf, "100.50"), Err(MoneyError::TooManyDecimals { allowed: 0 }));
    let eur = terms(Currency::EUR);
    assert_eq!(units(&eur, "0.1000"), Ok(100_000));
    assert_eq!(units(&eur, "0.5"), Ok(500_000));
    assert_eq!(units(&eur, "0.00"), Err(MoneyError::Zero));
    assert_eq!(units(&eur, "1.001"), Err(MoneyError::TooManyDecimals { allowed: 2 }));
    for text in ["", ".", "1.", ".5", "1,50", "1e2", "+1", " 1", "1.0é", "0x1", "NaN", "٣"] {
        assert_eq!(units(&eur, text), Err(MoneyError::NotADecimal), "{text:?}");
    }
    assert_eq!(units(&eur, "9999999999999999999"), Err(MoneyError::OutOfRange));
    assert_eq!(units(&eur, "-1.00"), Err(MoneyError::Negative));
}

#[test]
fn a_date_is_on_their_clocks_and_not_in_the_future() {
    let date = |text: &str| {
        let request = format!("command=pay&txn_id=1&account=1&sum=1&txn_date={text}");
        match read(&request) {
            Ok(Request::Pay { paid_at, .. }) => Ok(paid_at.map(|it| it.since(NOW) / 1_000_000)),
            Ok(other) => panic!("{other:?}"),
            Err(no) => Err(no.why),
        }
    };
    assert_eq!(date(""), Ok(None));
    // Their clocks may be an hour ahead, and no more.
    assert_eq!(date("20261102120000"), Ok(Some(3_600)));
    assert_eq!(date("20261102120001"), Err("txn_date is in the future".into()));
    // This night an hour comes twice; either moment would do, one is taken.
    assert!(date("20261025023000").is_ok());
    for text in ["2026110211000", "202611021100000", "20261302110000", "2026-11-02T11:", "00"] {
        let why = "txn_date is not a moment as yyyymmddhhmmss";
        assert_eq!(date(text), Err(why.into()), "{text}");
    }
}

#[test]
fn a_secret_is_taken_from_its_parameter_when_it_is_there_once() {
    let secret = |text| Parameters::parse(text, Some("password")).secret().map(str::to_owned);
    assert_eq!(secret("command=check&password=open+se%73ame"), Some("open sesame".into()));
    for text in ["", "password", "Password=x", "password=a&password=a", "password=%FF"] {
        assert_eq!(secret(text).filter(|it| !it.is_empty()), None, "{text}");
    }
    let unasked = Parameters::parse("password=open", None);
    assert_eq!(unasked.secret(), None);
    let shown = format!("{:?}", read("command=check&txn_id=1&account=1&password=open"));
    assert!(!shown.contains("open"), "{shown}");
}

#[test]
fn an_answer_is_xml_whatever_stands_in_it() {
    let answer = Answer {
        txn_id: Some("12".into()),
        payment: Some(Position(7)),
        sum: Some((Amount::from_units(10_500_000).unwrap(), 2)),
        comment: "a < b & \"c\"".into(),
        state: Some("paid"),
        fields: vec![("name", "<Ж>*".into()), ("balance", "-1.00".into())],
        ..Answer::new(Code::SumTooSmall)
    };
    let xml = String::from_utf8(answer.xml()).unwrap();
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><response>\
        <osmp_txn_id>12</osmp_txn_id><prv_txn>7</prv_txn><sum>10.50</sum><result>241</result>\
        <comment>a &lt; b &amp; &quot;c&quot;</comment><state>paid</state><fields>\
        <field1 name=\"name\">&lt;Ж&gt;*</field1><field2 name=\"balance\">-1.00</field2>\
        </fields></response>";
    assert_eq!(xml, expected);
}

use expect_test::expect;

use super::check;
use super::refusals::OF_SERVICES;
use super::scenario::Scenario;

const BEFORE: &str = "
    customer Ann
    service net month 29.00
    service net month 31.00
    service old month 1.00 withdrawn
    service web use byte to 1=0.01
    service film once 4.00
    open A EUR
    open B EUR
    subscribe A net known ann
    subscribe A web
    suspend A/2 staff
    subscribe A web priority 1
    authorise-use A/3 S1 5 #1 to 1
    pay A 1.00
    authorise-use A/3 S1 5 #2 to 1
    settle-use S1 total 5 #3
    ";

/// One line for each refusal of services and their use.
const EVERY_REFUSAL: &str = "
    subscribe A nothing
    suspend A/9
    close A
    service odd use byte 0.01 increment 0
    subscribe A old
    purchase A net
    subscribe A web known ann
    suspend A/2 staff
    resume A/2
    suspend A/1 until 00:00
    settle-use S1 total 4 #4
    authorise-use A/3 S2 1 to 2
    authorise-use A/2 S2 1 to 1
    ";

#[test]
fn every_refusal_of_services_in_the_order_of_precedence() {
    check(
        &[BEFORE, EVERY_REFUSAL].concat(),
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 29.00              service_set net v1
            service net month 31.00              service_set net v2
            service old month 1.00 withdrawn     service_set old v1
            service web use byte to 1=0.01       service_set web v1
            service film once 4.00               service_set film v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v2 known as ann | 0.00 = 0.00
            subscribe A web
                subscription_opened sub_1-2 web v1 | 0.00 = 0.00
                switched sub_1-2 web v1 on activated | 0.00 = 0.00
            suspend A/2 staff
                subscription_suspended sub_1-2 by staff | 0.00 = 0.00
                switched sub_1-2 web v1 off suspended_by_staff | 0.00 = 0.00
            subscribe A web priority 1
                subscription_opened sub_1-3 web v1 | 0.00 = 0.00
                switched sub_1-3 web v1 on activated | 0.00 = 0.00
            authorise-use A/3 S1 5 #1 to 1
                refused #1 insufficient_funds available 0.00 requested 0.01 | 0.00 = 0.00
            pay A 1.00                           payment +1.00 | 1.00 = 1.00
            authorise-use A/3 S1 5 #2 to 1
                authorised #1 0.05 until 01:00 5 of 5 | 1.00 - 0.05 = 0.95
            settle-use S1 total 5 #3
                settled -0.05 #1 kept 0.00 used 5 billed 5 0.0:5 | 0.95 = 0.95
            subscribe A nothing                  service_not_found service nothing
            suspend A/9                          subscription_not_found subscription sub_1-9
            close A                              account_has_subscriptions subscription sub_1-1
            service odd use byte 0.01 increment 0
                service_invalid place usage.increment remedy give a number from 1 to
                  9223372036854775807 what is 0
            subscribe A old                      service_withdrawn service old
            purchase A net                       service_unfit needed one_time service net
            subscribe A web known ann            subject_taken subject ann subscription sub_1-1
            suspend A/2 staff
                subscription_suspended subscription sub_1-2 suspended true
            resume A/2                           suspended_by_staff subscription sub_1-2
            suspend A/1 until 00:00              suspension_ends_in_past now 00:00 until 00:00
            settle-use S1 total 4 #4             use_went_back before 5 reported 4
            authorise-use A/3 S2 1 to 2          destination_not_served destination 2
            authorise-use A/2 S2 1 to 1
                subscription_off subscription sub_1-2 why suspended_by_staff
        "#]],
    );
}

#[test]
fn no_refusal_of_services_is_left_out() {
    let mut scenario = Scenario::default();
    let lines = |it: &'static str| it.lines().map(str::trim).filter(|it| !it.is_empty());
    lines(BEFORE).for_each(|it| scenario.line(it));
    assert!(scenario.codes.iter().all(Option::is_none), "{:?}", scenario.codes);
    scenario.codes.clear();
    lines(EVERY_REFUSAL).for_each(|it| scenario.line(it));
    let codes: Vec<_> = scenario.codes.iter().map(|it| it.expect("each is refused")).collect();
    assert_eq!(codes, OF_SERVICES);
}

#[test]
fn of_several_refusals_of_services_the_first_of_the_order_is_given() {
    check(
        "
        customer Ann
        service old month 1.00 withdrawn
        service web use byte 0.01
        service film once 4.00 withdrawn
        service usd month 1.00 USD
        open A EUR
        open C EUR
        close C
        subscribe C nothing base 9
        subscribe C old base 9
        subscribe C old
        subscribe A old base 9
        subscribe A film
        purchase A film base 9
        subscribe A web known x,x
        subscribe A usd known x,x
        subscribe A usd known x
        purchase A web
        change-plan A/1 nothing
        subscribe A web
        change-plan A/1 nothing
        change-plan A/1 film
        suspend A/1 staff until 00:00
        authorise-use C S1 1 of web
        authorise-use A S1 1 #1
        authorise-use A S1 1 #1 of web to x
        authorise-use A S1 1 #1 of usd
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service old month 1.00 withdrawn     service_set old v1
            service web use byte 0.01            service_set web v1
            service film once 4.00 withdrawn     service_set film v1
            service usd month 1.00 USD           service_set usd v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open C EUR                           account_opened 100000025 | 0.00 = 0.00
            close C                              account_closed | 0.00 = 0.00
            subscribe C nothing base 9           service_not_found service nothing
            subscribe C old base 9               subscription_not_found subscription sub_2-9
            subscribe C old                      account_closed account 2
            subscribe A old base 9               subscription_not_found subscription sub_1-9
            subscribe A film                     service_withdrawn service film
            purchase A film base 9               subscription_not_found subscription sub_1-9
            subscribe A web known x,x            subject_taken subject x subscription this one
            subscribe A usd known x,x            subject_taken subject x subscription this one
            subscribe A usd known x              no_exchange_rate at 00:00 from USD to EUR
            purchase A web                       service_unfit needed one_time service web
            change-plan A/1 nothing              subscription_not_found subscription sub_1-1
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.00 = 0.00
                switched sub_1-1 web v1 on activated | 0.00 = 0.00
            change-plan A/1 nothing              service_not_found service nothing
            change-plan A/1 film                 service_withdrawn service film
            suspend A/1 staff until 00:00        suspension_ends_in_past now 00:00 until 00:00
            authorise-use C S1 1 of web          subscription_not_found subscription web of acc_2
            authorise-use A S1 1 #1
                subscription_not_found subscription acc_1 without a service
            authorise-use A S1 1 #1 of web to x
                refused #1 insufficient_funds available 0.00 requested 0.01 | 0.00 = 0.00
            authorise-use A S1 1 #1 of usd
                as before: refused #1 insufficient_funds available 0.00 requested 0.01 | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn a_service_that_cannot_be_charged_is_refused_with_its_place() {
    check(
        "
        customer Ann
        service a title x
        service a once 1.00 lasts 0s
        service a once 1.00 lasts 367d
        service a once 1.00 month 2.00
        service a month 1.00 count 0
        service a month 1.00 anchor 29
        service a month 1.00 anchor 0
        service a day 1.00 anchor 1
        service a use byte 0.01 free 5
        service a month 1.00 due 1/1
        service a once 1.00 postpaid due 1/1
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service a title x
                service_invalid place service remedy give it recurring, usage or one_time what has
                  no price
            service a once 1.00 lasts 0s
                service_invalid place one_time.duration_seconds remedy give 1 to 31622400, a year
                  what is nothing or too long
            service a once 1.00 lasts 367d
                service_invalid place one_time.duration_seconds remedy give 1 to 31622400, a year
                  what is nothing or too long
            service a once 1.00 month 2.00
                service_invalid place one_time remedy make recurring and usage another service what
                  stands beside other prices
            service a month 1.00 count 0
                service_invalid place recurring.every remedy give 1 or more of its units what a
                  period is at least one unit long
            service a month 1.00 anchor 29
                service_invalid place recurring.anchor remedy give a day from 1 to 28 what is not in
                  every month
            service a month 1.00 anchor 0
                service_invalid place recurring.anchor remedy give a day from 1 to 28 what is not in
                  every month
            service a day 1.00 anchor 1
                service_invalid place recurring.anchor remedy make every months or years, or anchor
                  to start what is a day of the month, and periods are not months
            service a use byte 0.01 free 5
                service_invalid place usage.allowance remedy give the service recurring what is for
                  each period, and there is none
            service a month 1.00 due 1/1
                service_invalid place due remedy set mode to postpaid and give it recurring what is
                  for postpaid periods
            service a once 1.00 postpaid due 1/1
                service_invalid place due remedy set mode to postpaid and give it recurring what is
                  for postpaid periods
        "#]],
    );
}

#[test]
fn usage_and_the_next_version_are_checked_as_well() {
    check(
        "
        customer Ann
        service a month 1.00 postpaid due 368/1
        service a month 1.00 sets =1
        service a month 1.00 use second 0.01 increment 0
        service a month 1.00 use second steps 1:0.01
        service a month 1.00 use second 0.01 free 5 per 0
        service a month 1.00
        service a month 1.00 use second 0.01
        service a use second 0.01
        service a once 1.00
        service a year 1.00 postpaid withdrawn
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service a month 1.00 postpaid due 368/1
                service_invalid place due remedy give 367 days at most what is more than a year
            service a month 1.00 sets =1
                service_invalid place profile. remedy give 1 to 200 bytes what has a name or a value
                  that is empty or too long
            service a month 1.00 use second 0.01 increment 0
                service_invalid place usage.increment remedy give a number from 1 to
                  9223372036854775807 what is 0
            service a month 1.00 use second steps 1:0.01
                service_invalid place usage.rates[0].price[0].from remedy let the first step be from
                  0 what is 1
            service a month 1.00 use second 0.01 free 5 per 0
                service_invalid place usage.per remedy give a number from 1 to 1099511627776 what is
                  0
            service a month 1.00                 service_set a v1
            service a month 1.00 use second 0.01
                service_invalid place usage remedy make it another service what comes or goes
                  between two versions
            service a use second 0.01
                service_invalid place recurring remedy make it another service what comes or goes
                  between two versions
            service a once 1.00
                service_invalid place recurring remedy make it another service what comes or goes
                  between two versions
            service a year 1.00 postpaid withdrawn service_set a v2
        "#]],
    );
}

#[test]
fn what_may_not_be_modified_is_no_base() {
    check(
        "
        customer Ann
        service net month 1.00
        service turbo once 2.00 lasts 2h
        open A EUR
        pay A 10.00
        subscribe A net
        purchase A turbo base 1
        purchase A turbo base 2
        subscribe A net base 1
        subscribe A net base 2
        subscribe A net base 3
        change-plan A/2 net
        change-plan A/1 turbo
        settle-use @1/9 total 5
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 1.00               service_set net v1
            service turbo once 2.00 lasts 2h     service_set turbo v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 10.00                          payment +10.00 | 10.00 = 10.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 10.00 = 10.00
                period_started -1.00 sub_1-1 v1 00:00 to 31d 00:00 | 9.00 = 9.00
                switched sub_1-1 net v1 on activated | 9.00 = 9.00
            purchase A turbo base 1
                purchased -2.00 turbo v1 sub_1-2 until 02:00 on sub_1-1 | 7.00 = 7.00
                switched sub_1-2 turbo v1 on activated | 7.00 = 7.00
            purchase A turbo base 2              service_unfit needed base service turbo
            subscribe A net base 1
                subscription_opened sub_1-3 net v1 on sub_1-1 | 7.00 = 7.00
                period_started -1.00 sub_1-3 v1 00:00 to 31d 00:00 | 6.00 = 6.00
                switched sub_1-3 net v1 on activated | 6.00 = 6.00
            subscribe A net base 2               service_unfit needed base service turbo
            subscribe A net base 3               service_unfit needed base service net
            change-plan A/2 net                  service_unfit needed subscribable service turbo
            change-plan A/1 turbo                service_unfit needed subscribable service turbo
            settle-use @1/9 total 5              reservation_not_found reservation res_1-9
        "#]],
    );
}

#[test]
fn a_purchase_says_what_is_missing() {
    check(
        "
        customer Ann
        service turbo once 2.00 lasts 2h
        service film once 3.00 USD
        open A EUR
        pay A 1.99 ref R1
        purchase A turbo
        purchase A film
        rate EUR USD 1.20
        purchase A film
        pay A 0.51 ref R2
        purchase A film item 4711
        totals
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service turbo once 2.00 lasts 2h     service_set turbo v1
            service film once 3.00 USD           service_set film v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 1.99 ref R1                    payment +1.99 | 1.99 = 1.99
            purchase A turbo                     insufficient_funds available 1.99 requested 2.00
            purchase A film                      no_exchange_rate at 00:00 from USD to EUR
            rate EUR USD 1.20                    exchange_rates_added
            purchase A film                      insufficient_funds available 1.99 requested 2.50
            pay A 0.51 ref R2                    payment +0.51 | 2.50 = 2.50
            purchase A film item 4711
                purchased -2.50 film v1 4711 for 3.00 USD by EUR/USD 1.2 | 0.00 = 0.00
            totals
              EUR exchange:USD         2.50
              EUR payments:cash        -2.50
              USD exchange:EUR         -3.00
              USD revenue:film         3.00
        "#]],
    );
}

use expect_test::expect;

use super::check;

#[test]
fn what_modifies_a_service_is_on_only_while_that_is() {
    check(
        "
        customer Ann
        service net month 29.00 adapter edge
        service antivirus month 3.00 adapter edge
        open A EUR
        subscribe A net known ann
        subscribe A antivirus base 1 priority 1
        pay A 32.00 ref R1
        suspend A/1
        resume A/1
        change A/1 known bob
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 29.00 adapter edge service_set net v1
            service antivirus month 3.00 adapter edge service_set antivirus v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann | 0.00 = 0.00
            subscribe A antivirus base 1 priority 1
                subscription_opened sub_1-2 antivirus v1 on sub_1-1 | 0.00 = 0.00
            pay A 32.00 ref R1
                payment +32.00 | 32.00 = 32.00
                period_started -29.00 sub_1-1 v1 00:00 to 31d 00:00 | 3.00 = 3.00
                period_started -3.00 sub_1-2 v1 00:00 to 31d 00:00 | 0.00 = 0.00
                switched sub_1-1 net v1 on activated by edge known as ann | 0.00 = 0.00
                switched sub_1-2 antivirus v1 on activated by edge known as ann | 0.00 = 0.00
            suspend A/1
                subscription_suspended sub_1-1 by the customer
                  | 0.00 = 0.00
                switched sub_1-2 antivirus v1 off base_off by edge known as ann
                  | 0.00 = 0.00
                switched sub_1-1 net v1 off suspended_by_customer by edge known as ann
                  | 0.00 = 0.00
            resume A/1
                subscription_resumed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 net v1 on restored by edge known as ann | 0.00 = 0.00
                switched sub_1-2 antivirus v1 on restored by edge known as ann | 0.00 = 0.00
            change A/1 known bob
                subscription_changed sub_1-1 known as bob | 0.00 = 0.00
                switched sub_1-1 net v1 on changed by edge known as bob | 0.00 = 0.00
                switched sub_1-2 antivirus v1 on changed by edge known as bob | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn what_modifies_a_service_is_closed_with_it() {
    check(
        "
        customer Ann
        service net month 29.00 adapter edge
        service turbo once 2.00 lasts 24h adapter edge refunds
        service antivirus month 3.10 refunds
        open A EUR
        pay A 40.00 ref R1
        subscribe A net known ann
        subscribe A antivirus base 1
        purchase A turbo base 1
        at 12:00
        unsubscribe A/1
        at 31d 00:00
        fire
        subscribe A net
        suspend A/4
        subscribe A antivirus base 4
        unsubscribe A/4
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 29.00 adapter edge service_set net v1
            service turbo once 2.00 lasts 24h adapter edge refunds service_set turbo v1
            service antivirus month 3.10 refunds service_set antivirus v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 40.00 ref R1                   payment +40.00 | 40.00 = 40.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann | 40.00 = 40.00
                period_started -29.00 sub_1-1 v1 00:00 to 31d 00:00 | 11.00 = 11.00
                switched sub_1-1 net v1 on activated by edge known as ann | 11.00 = 11.00
            subscribe A antivirus base 1
                subscription_opened sub_1-2 antivirus v1 on sub_1-1 | 11.00 = 11.00
                period_started -3.10 sub_1-2 v1 00:00 to 31d 00:00 | 7.90 = 7.90
                switched sub_1-2 antivirus v1 on activated known as ann | 7.90 = 7.90
            purchase A turbo base 1
                purchased -2.00 turbo v1 sub_1-3 until 1d 00:00 on sub_1-1 | 5.90 = 5.90
                switched sub_1-3 turbo v1 on activated by edge known as ann | 5.90 = 5.90
            at 12:00
            unsubscribe A/1
                subscription_closed sub_1-1 | 5.90 = 5.90
                subscription_closed +3.05 sub_1-2 with its base | 8.95 = 8.95
                subscription_closed +1.00 sub_1-3 with its base | 9.95 = 9.95
                switched sub_1-2 antivirus v1 off closed known as ann | 9.95 = 9.95
                switched sub_1-3 turbo v1 off closed by edge known as ann | 9.95 = 9.95
                switched sub_1-1 net v1 off closed by edge known as ann | 9.95 = 9.95
            at 31d 00:00
            fire
            subscribe A net                      subscription_opened sub_1-4 net v1 | 9.95 = 9.95
            suspend A/4
                subscription_suspended sub_1-4 by the customer | 9.95 = 9.95
            subscribe A antivirus base 4
                subscription_opened sub_1-5 antivirus v1 on sub_1-4 | 9.95 = 9.95
            unsubscribe A/4
                subscription_closed sub_1-4 | 9.95 = 9.95
                subscription_closed sub_1-5 with its base | 9.95 = 9.95
        "#]],
    );
}

#[test]
fn an_account_is_closed_after_its_subscriptions() {
    check(
        "
        customer Ann
        service web use byte 0.01
        service net month 29.00
        open A EUR
        subscribe A web known ann
        subscribe A net
        close A
        unsubscribe A/2
        unsubscribe A/1
        authorise-use ~ann S1 1
        close A
        subscribe A web
        purchase A web
        change A/1 priority 2
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte 0.01            service_set web v1
            service net month 29.00              service_set net v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A web known ann
                subscription_opened sub_1-1 web v1 known as ann | 0.00 = 0.00
                switched sub_1-1 web v1 on activated known as ann | 0.00 = 0.00
            subscribe A net                      subscription_opened sub_1-2 net v1 | 0.00 = 0.00
            close A                              account_has_subscriptions subscription sub_1-1
            unsubscribe A/2                      subscription_closed sub_1-2 | 0.00 = 0.00
            unsubscribe A/1
                subscription_closed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 web v1 off closed known as ann | 0.00 = 0.00
            authorise-use ~ann S1 1              subscription_not_found subscription ann
            close A                              account_closed | 0.00 = 0.00
            subscribe A web                      account_closed account 1
            purchase A web                       account_closed account 1
            change A/1 priority 2                subscription_not_found subscription sub_1-1
        "#]],
    );
}

#[test]
fn a_name_of_the_network_is_free_again_when_its_subscription_is_closed() {
    check(
        "
        customer Ann
        service web use byte 0.00 adapter edge
        open A EUR
        open B EUR
        subscribe A web known ann,+4930
        subscribe B web known ann
        change A/1 known +4930,+4931
        subscribe B web known ann
        authorise-use ~ann S1 5
        authorise-use ~+4931 S1 5
        change A/1 known ann
        unsubscribe A/1
        change B/1 known ann,+4930
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte 0.00 adapter edge service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            open B EUR                           account_opened 100000025 | 0.00 = 0.00
            subscribe A web known ann,+4930
                subscription_opened sub_1-1 web v1 known as ann,+4930 | 0.00 = 0.00
                switched sub_1-1 web v1 on activated by edge known as ann,+4930 | 0.00 = 0.00
            subscribe B web known ann            subject_taken subject ann subscription sub_1-1
            change A/1 known +4930,+4931
                subscription_changed sub_1-1 known as +4930,+4931 | 0.00 = 0.00
                switched sub_1-1 web v1 on changed by edge known as +4930,+4931 | 0.00 = 0.00
            subscribe B web known ann
                subscription_opened sub_2-1 web v1 known as ann | 0.00 = 0.00
                switched sub_2-1 web v1 on activated by edge known as ann | 0.00 = 0.00
            authorise-use ~ann S1 5              authorised #1 0.00 until 01:00 5 of 5 | 0.00 = 0.00
            authorise-use ~+4931 S1 5            authorised #1 0.00 until 01:00 5 of 5 | 0.00 = 0.00
            change A/1 known ann                 subject_taken subject ann subscription sub_2-1
            unsubscribe A/1
                subscription_closed sub_1-1 | 0.00 = 0.00
                switched sub_1-1 web v1 off closed by edge known as +4930,+4931 | 0.00 = 0.00
            change B/1 known ann,+4930
                subscription_changed sub_2-1 known as ann,+4930 | 0.00 = 0.00
                switched sub_2-1 web v1 on changed by edge known as ann,+4930 | 0.00 = 0.00
        "#]],
    );
}

#[test]
fn staff_may_take_over_what_the_customer_suspended_and_only_staff_ends_it() {
    check(
        "
        customer Ann
        service web use byte 0.00
        open A EUR
        subscribe A web
        suspend A/1
        suspend A/1
        suspend A/1 staff until 2d 00:00
        resume A/1
        suspend A/1
        at 2d 00:00
        fire
        resume A/1
        suspend A/1 until 2d 06:00
        at 2d 06:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service web use byte 0.00            service_set web v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            subscribe A web
                subscription_opened sub_1-1 web v1 | 0.00 = 0.00
                switched sub_1-1 web v1 on activated | 0.00 = 0.00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 = 0.00
                switched sub_1-1 web v1 off suspended_by_customer | 0.00 = 0.00
            suspend A/1
                subscription_suspended subscription sub_1-1 suspended true
            suspend A/1 staff until 2d 00:00
                subscription_suspended sub_1-1 by staff until 2d 00:00 | 0.00 = 0.00
            resume A/1                           suspended_by_staff subscription sub_1-1
            suspend A/1
                subscription_suspended subscription sub_1-1 suspended true
            at 2d 00:00
              2d 00:00 subscription_resumed sub_1-1 | 0.00 = 0.00
              2d 00:00 switched sub_1-1 web v1 on restored | 0.00 = 0.00
            fire
            resume A/1
                subscription_suspended subscription sub_1-1 suspended false
            suspend A/1 until 2d 06:00
                subscription_suspended sub_1-1 by the customer until 2d 06:00 | 0.00 = 0.00
                switched sub_1-1 web v1 off suspended_by_customer | 0.00 = 0.00
            at 2d 06:00
              2d 06:00 subscription_resumed sub_1-1 | 0.00 = 0.00
              2d 06:00 switched sub_1-1 web v1 on restored | 0.00 = 0.00
            fire
        "#]],
    );
}

#[test]
fn what_was_bought_for_a_time_ends_by_itself() {
    check(
        "
        customer Ann
        service net month 29.00
        service turbo once 2.00 lasts 2h adapter edge sets down=1000
        service film once 4.50
        open A EUR
        pay A 40.00
        subscribe A net known ann
        purchase A turbo base 1
        at 01:00
        purchase A turbo base 1
        purchase A film item alien
        at 04:00
        fire
        show A
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net month 29.00              service_set net v1
            service turbo once 2.00 lasts 2h adapter edge sets down=1000 service_set turbo v1
            service film once 4.50               service_set film v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 40.00                          payment +40.00 | 40.00 = 40.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann | 40.00 = 40.00
                period_started -29.00 sub_1-1 v1 00:00 to 31d 00:00 | 11.00 = 11.00
                switched sub_1-1 net v1 on activated known as ann | 11.00 = 11.00
            purchase A turbo base 1
                purchased -2.00 turbo v1 sub_1-2 until 02:00 on sub_1-1
                  | 9.00 = 9.00
                switched sub_1-2 turbo v1 on activated by edge down=1000 known as ann
                  | 9.00 = 9.00
            at 01:00
            purchase A turbo base 1
                purchased -2.00 turbo v1 sub_1-2 until 04:00 longer on sub_1-1 | 7.00 = 7.00
            purchase A film item alien           purchased -4.50 film v1 alien | 2.50 = 2.50
            at 04:00
              04:00 subscription_closed sub_1-2 at its end | 2.50 = 2.50
              04:00 switched sub_1-2 turbo v1 off ended by edge down=1000 known as ann
                  | 2.50 = 2.50
            fire
            show A                               | 2.50 = 2.50
        "#]],
    );
}

#[test]
fn what_modifies_a_service_is_not_paid_for_while_that_is_off() {
    check(
        "
        customer Ann
        service net day 10.00 count 10
        service extra day 1.00 count 5
        open A EUR
        pay A 11.00 ref R1
        subscribe A net
        subscribe A extra base 1 priority 1
        at 4d 00:00
        suspend A/1
        pay A 10.00 ref R2
        at 5d 00:00
        fire
        at 6d 00:00
        resume A/1
        at 10d 00:00
        fire
        pay A 1.50 ref R3
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10       service_set net v1
            service extra day 1.00 count 5       service_set extra v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 11.00 ref R1                   payment +11.00 | 11.00 = 11.00
            subscribe A net
                subscription_opened sub_1-1 net v1 | 11.00 = 11.00
                period_started -10.00 sub_1-1 v1 00:00 to 10d 00:00 | 1.00 = 1.00
                switched sub_1-1 net v1 on activated | 1.00 = 1.00
            subscribe A extra base 1 priority 1
                subscription_opened sub_1-2 extra v1 on sub_1-1 | 1.00 = 1.00
                period_started -1.00 sub_1-2 v1 00:00 to 5d 00:00 | 0.00 = 0.00
                switched sub_1-2 extra v1 on activated | 0.00 = 0.00
            at 4d 00:00
            suspend A/1
                subscription_suspended sub_1-1 by the customer | 0.00 = 0.00
                switched sub_1-2 extra v1 off base_off | 0.00 = 0.00
                switched sub_1-1 net v1 off suspended_by_customer | 0.00 = 0.00
            pay A 10.00 ref R2                   payment +10.00 | 10.00 = 10.00
            at 5d 00:00
              5d 00:00 period_ended sub_1-2 | 10.00 = 10.00
            fire
            at 6d 00:00
            resume A/1
                subscription_resumed sub_1-1 | 10.00 = 10.00
                period_started -1.00 sub_1-2 v1 5d 00:00 to 10d 00:00 | 9.00 = 9.00
                switched sub_1-1 net v1 on restored | 9.00 = 9.00
                switched sub_1-2 extra v1 on restored | 9.00 = 9.00
            at 10d 00:00
              10d 00:00 period_ended sub_1-1 | 9.00 = 9.00
              10d 00:00 period_ended sub_1-2 | 9.00 = 9.00
              10d 00:00 switched sub_1-2 extra v1 off period_unpaid | 9.00 = 9.00
              10d 00:00 switched sub_1-1 net v1 off period_unpaid | 9.00 = 9.00
            fire
            pay A 1.50 ref R3
                payment +1.50 | 10.50 = 10.50
                period_started -10.00 sub_1-1 v1 10d 00:00 to 20d 00:00 | 0.50 = 0.50
                switched sub_1-1 net v1 on restored | 0.50 = 0.50
        "#]],
    );
}

#[test]
fn a_subscription_keeps_what_modifies_it_through_a_change_of_plan() {
    check(
        "
        customer Ann
        service net day 10.00 count 10 adapter edge
        service fast day 20.00 count 10 adapter edge
        service turbo once 2.00 lasts 48h adapter edge
        open A EUR
        pay A 40.00
        subscribe A net known ann
        purchase A turbo base 1
        at 1d 00:00
        change-plan A/1 fast
        at 2d 00:00
        fire
        ",
        expect![[r#"
            customer Ann                         customer_created cus_1
            service net day 10.00 count 10 adapter edge service_set net v1
            service fast day 20.00 count 10 adapter edge service_set fast v1
            service turbo once 2.00 lasts 48h adapter edge service_set turbo v1
            open A EUR                           account_opened 100000017 | 0.00 = 0.00
            pay A 40.00                          payment +40.00 | 40.00 = 40.00
            subscribe A net known ann
                subscription_opened sub_1-1 net v1 known as ann | 40.00 = 40.00
                period_started -10.00 sub_1-1 v1 00:00 to 10d 00:00 | 30.00 = 30.00
                switched sub_1-1 net v1 on activated by edge known as ann | 30.00 = 30.00
            purchase A turbo base 1
                purchased -2.00 turbo v1 sub_1-2 until 2d 00:00 on sub_1-1 | 28.00 = 28.00
                switched sub_1-2 turbo v1 on activated by edge known as ann | 28.00 = 28.00
            at 1d 00:00
            change-plan A/1 fast
                plan_changed +9.00 sub_1-1 net to fast | 37.00 = 37.00
                period_started -20.00 sub_1-1 v1 1d 00:00 to 11d 00:00 | 17.00 = 17.00
                switched sub_1-1 fast v1 on changed by edge known as ann | 17.00 = 17.00
            at 2d 00:00
              2d 00:00 subscription_closed sub_1-2 at its end | 17.00 = 17.00
              2d 00:00 switched sub_1-2 turbo v1 off ended by edge known as ann | 17.00 = 17.00
            fire
        "#]],
    );
}

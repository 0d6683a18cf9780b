//! Users, as an administrator makes and changes them.

use axum::extract::FromRequestParts;
use axum::http::Request;
use server::access::{self, NewUserForm, NotDone, NotSet, SignInError, Staff, Visit};
use server::http::auth::Role;
use server::http::error::Problem;

use super::browser::{Browser, PASSWORD, provider, users};
use crate::api::world::World;

/// A user's request, as a handler has it, and where it comes from.
async fn come(world: &World, name: &str) -> (Staff, Visit) {
    let mut browser = Browser::new(world, "192.0.2.7");
    browser.staff(name, PASSWORD).await.says(200, "hello stranger");
    let cookie = format!("__Host-sporran={}", browser.cookies["__Host-sporran"]);
    let request = Request::get("/console/users").header("cookie", cookie).body(()).unwrap();
    let mut parts = request.into_parts().0;
    let visit = Visit::from_request_parts(&mut parts, world.app()).await.unwrap();
    match Staff::from_request_parts(&mut parts, world.app()).await {
        Ok(staff) => (staff, visit),
        Err(_) => panic!("{name} is signed in"),
    }
}

fn ben(role: Role) -> NewUserForm<'static> {
    NewUserForm { name: " ben ", display_name: "Ben Coe", role, password: "reef+and+sky" }
}

#[tokio::test]
async fn an_administrator_makes_changes_and_disables_users() {
    let world = provider(|_| {});
    users(&world).create("boss", "Boss", Role::Admin, PASSWORD).unwrap();
    let (boss, visit) = come(&world, "boss").await;
    let app = world.app();
    access::create_user(app, &ben(Role::Agent), &boss, &visit).await.unwrap();
    let again = access::create_user(app, &ben(Role::Agent), &boss, &visit).await;
    assert!(matches!(&again, Err(NotDone::Field { field: "name", .. })), "{again:?}");
    let mut browser = Browser::new(&world, "192.0.2.8");
    browser.staff("ben", "reef+and+sky").await.says(200, "hello stranger");
    let seen = access::list_users(app, &boss).await.unwrap();
    let lines: Vec<_> = seen.iter().map(|it| (it.user.name.as_str(), it.sessions)).collect();
    assert_eq!(lines, [("ann", 0), ("ben", 1), ("boss", 1)]);
    let changed = ("Ben C.", Role::Finance);
    access::change_user(app, "ben", changed, &boss, &visit).await.unwrap();
    let page = browser.get("/console").await.text;
    assert!(page.ends_with(" ben finance Ben C."), "{page}");
    access::set_user_password(app, "ben", PASSWORD, &boss, &visit).await.unwrap();
    assert_eq!(browser.get("/console").await.status, 303);
    browser.staff("ben", PASSWORD).await.says(200, "hello stranger");
    access::disable_user(app, "ben", &boss, &visit).await.unwrap();
    assert_eq!(browser.get("/console").await.status, 303);
    access::enable_user(app, "ben", &boss, &visit).await.unwrap();
    browser.staff("ben", PASSWORD).await.says(200, "hello stranger");
    let trail = world.get("/v1/sign-ins?user=ben").await.json(200);
    let by: Vec<_> = trail["sign_ins"].as_array().unwrap().iter().map(|it| &it["by"]).collect();
    let boss = serde_json::json!("user.boss");
    assert_eq!(by.iter().filter(|it| ***it == boss).count(), 5, "{trail}");
}

#[tokio::test]
async fn nobody_locks_themselves_out() {
    let world = provider(|_| {});
    users(&world).create("boss", "Boss", Role::Admin, PASSWORD).unwrap();
    let (boss, visit) = come(&world, "boss").await;
    let app = world.app();
    let disabled = access::disable_user(app, "boss", &boss, &visit).await;
    assert!(matches!(disabled, Err(NotDone::Yourself)), "{disabled:?}");
    let changed = access::change_user(app, "boss", ("B.", Role::Agent), &boss, &visit).await;
    assert!(matches!(changed, Err(NotDone::Yourself)), "{changed:?}");
    access::change_user(app, "boss", ("B.", Role::Admin), &boss, &visit).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_said_by_field() {
    let world = provider(|_| {});
    users(&world).create("boss", "Boss", Role::Admin, PASSWORD).unwrap();
    let (boss, visit) = come(&world, "boss").await;
    let wrong = [
        (NewUserForm { name: "Ben Coe", ..ben(Role::Agent) }, "name"),
        (NewUserForm { display_name: " ", ..ben(Role::Agent) }, "display_name"),
        (ben(Role::Gateway), "role"),
        (NewUserForm { password: "short", ..ben(Role::Agent) }, "password"),
    ];
    for (form, expected) in wrong {
        let field = match access::create_user(world.app(), &form, &boss, &visit).await {
            Err(NotDone::Field { field, .. }) => field,
            Err(NotDone::Password(_)) => "password",
            other => panic!("{expected}: {other:?}"),
        };
        assert_eq!(field, expected);
    }
    let nobody = access::enable_user(world.app(), "eve", &boss, &visit).await;
    assert!(matches!(&nobody, Err(NotDone::Failed(it)) if it.status == 404), "{nobody:?}");
}

#[tokio::test]
async fn who_may_not_configure_changes_no_user() {
    let world = provider(|_| {});
    users(&world).create("fin", "Fin", Role::Finance, PASSWORD).unwrap();
    let app = world.app();
    for (name, may_list) in [("ann", false), ("fin", true)] {
        let (staff, visit) = come(&world, name).await;
        assert_eq!(access::list_users(app, &staff).await.is_ok(), may_list, "{name}");
        let refused = [
            access::create_user(app, &ben(Role::Agent), &staff, &visit).await,
            access::change_user(app, "ann", ("A.", Role::Admin), &staff, &visit).await,
            access::disable_user(app, "fin", &staff, &visit).await,
            access::enable_user(app, "fin", &staff, &visit).await,
            access::set_user_password(app, "ann", "reef+and+sky", &staff, &visit).await,
        ];
        for it in refused {
            let is_forbidden = |it: &Problem| it.status == 403;
            assert!(matches!(&it, Err(NotDone::Failed(it)) if is_forbidden(it)), "{name}: {it:?}");
        }
    }
}

#[tokio::test]
async fn a_language_is_kept_for_a_user() {
    let world = provider(|_| {});
    let (ann, _) = come(&world, "ann").await;
    let spanish = pages::Language::Spanish;
    access::remember_language(world.app(), &ann.person(), spanish).await.unwrap();
    let mut browser = Browser::new(&world, "192.0.2.7");
    browser.staff("ann", PASSWORD).await.says(200, "hello es");
}

#[tokio::test]
async fn who_was_shut_out_sets_no_password_on_the_way() {
    let world = provider(|_| {});
    users(&world).create("boss", "Boss", Role::Admin, PASSWORD).unwrap();
    let app = world.app();
    let (ann, visit) = come(&world, "ann").await;
    let change = |present: &'static str| {
        let (person, session) = (ann.person(), ann.session.id);
        let visit = &visit;
        async move {
            let words = (present, "heather+and+hills");
            access::change_password(app, &person, words, session, visit).await
        }
    };
    let (boss, by) = come(&world, "boss").await;
    access::set_user_password(app, "ann", "reef+and+sky", &boss, &by).await.unwrap();
    // The session that the form was sent in has ended, whatever is known of the new password.
    let set = change("reef+and+sky").await;
    assert!(matches!(&set, Err(NotSet::SignIn(SignInError::Wrong))), "{set:?}");
    let mut browser = Browser::new(&world, "192.0.2.8");
    browser.staff("ann", "reef+and+sky").await.says(200, "hello stranger");
}

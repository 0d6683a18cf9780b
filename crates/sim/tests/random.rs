//! Random commands against the oracle.

use sim::{
    Coverage, Happened, ServiceWorld, ShardsWorld, Subject, World, missing_of_services,
    seed_from_environment, worlds_from_environment,
};

const WORLDS: u64 = 60;
const STEPS: u64 = 4_000;

#[test]
fn the_engine_answers_as_the_oracle_says() {
    let seed = seed_from_environment(20_260_101);
    let mut coverage = Coverage::default();
    for world in 0..WORLDS {
        let mut world = World::new(seed.wrapping_add(world), Subject::Engine);
        if let Err(mismatch) = world.run(STEPS) {
            panic!("{mismatch}");
        }
        coverage.add(&world.coverage);
    }
    let missing = coverage.missing();
    let lines: Vec<_> = coverage.lines().map(|it| format!("{}: {}", it.0, it.1)).collect();
    assert!(missing.is_empty(), "never happened: {missing:#?}\nhappened: {lines:#?}");
}

#[test]
fn the_oracle_notices_when_holds_are_not_counted() {
    for seed in 0..5 {
        let found = World::new(seed, Subject::ForgetsHolds).run(STEPS);
        let mismatch = found.expect_err("the same money was held twice and nobody noticed");
        assert!(mismatch.told.contains("Authorise("), "{mismatch}");
    }
}

#[test]
fn the_oracle_notices_when_an_adjustment_keeps_a_promise() {
    // A correction has to meet an open promise: that does not happen in every world.
    let run = |seed| World::new(seed, Subject::KeepsPromisesByAdjustments).run(STEPS).err();
    let found: Vec<_> = (0..8).filter_map(run).collect();
    assert!(found.len() > 3, "promises were kept without money and hardly anybody noticed");
    for mismatch in found {
        assert!(mismatch.told.contains("Adjust {"), "{mismatch}");
    }
}

/// Of services: whole worlds and the steps of each, unless the environment asks for more worlds.
const SERVICE_WORLDS: u64 = 16;
const SERVICE_STEPS: u64 = 1_200;

#[test]
fn services_are_on_and_charged_as_the_ledger_says() {
    let seed = seed_from_environment(20_260_201);
    let mut coverage = Coverage::default();
    for world in 0..worlds_from_environment(SERVICE_WORLDS) {
        let mut world = ServiceWorld::new(seed.wrapping_add(world), Subject::Engine);
        if let Err(mismatch) = world.run(SERVICE_STEPS) {
            panic!("{mismatch}");
        }
        coverage.add(&world.coverage);
    }
    let missing = missing_of_services(&coverage);
    let lines: Vec<_> = coverage.lines().map(|it| format!("{}: {}", it.0, it.1)).collect();
    assert!(missing.is_empty(), "never happened: {missing:#?}\nhappened: {lines:#?}");
}

#[test]
fn the_ledger_notices_when_the_least_important_service_comes_back_first() {
    let subject = Subject::StartsTheLeastImportantFirst;
    let run = |seed| ServiceWorld::new(seed, subject).run(SERVICE_STEPS).err();
    let found: Vec<_> = (0..6).filter_map(run).collect();
    assert!(found.len() > 3, "the least important came first and hardly anybody noticed");
    for mismatch in found {
        assert!(mismatch.told.contains("ReceivePayment"), "{mismatch}");
    }
}

#[test]
fn money_between_shards_is_always_somewhere_once() {
    let seed = seed_from_environment(20_260_301);
    let mut happened = Happened::new();
    for world in 0..20 {
        let mut world = ShardsWorld::new(seed.wrapping_add(world));
        world.run(800);
        for (what, count) in world.happened {
            *happened.entry(what).or_default() += count;
        }
    }
    for what in [
        "transfer_in",
        "payment_allocated",
        "converted here",
        "converted there",
        "insufficient_funds",
        "no_exchange_rate",
        "amount_out_of_range",
        "account_closed",
        "payments_locked",
        "closed",
    ] {
        assert!(happened.contains_key(what), "{what} never happened: {happened:#?}");
    }
}

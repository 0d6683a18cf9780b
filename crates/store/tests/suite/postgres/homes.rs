//! Shards of a business in several databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::throwaway::Schema;
use store::{Database, Durability, PostgresDatabase, PostgresShard, Reader};

use super::{made, shard};

#[test]
fn a_database_is_known_by_the_same_wherever_it_is_opened() {
    let (Some((schema, one)), Some((_other, two))) = (made(), made()) else { return };
    let again = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    let [one, two, again] = [one, two, again].map(|it| it.identity().unwrap());
    assert_eq!(one, again);
    assert_ne!(one.own.id, two.own.id);
    assert_eq!(one.business, None);
    let shown = one.own.to_string();
    assert!(shown.contains("/postgres (") && !shown.contains("sporran@"), "{shown}");
}

#[test]
fn shards_are_made_together_with_their_homes() {
    let (Some((_schema, first)), Some((_other, second))) = (made(), made()) else { return };
    let first_place = first.identity().unwrap().own;
    let joined = second.join(&first_place).unwrap();
    assert_eq!(joined.business.as_ref(), Some(&first_place));
    let homes = |shards: &[u32]| -> BTreeMap<_, _> {
        shards.iter().map(|it| (shard(*it), joined.own.clone())).collect()
    };
    assert_eq!(first.made_for().unwrap(), None);
    assert_eq!(first.make_shards(4, &homes(&[2, 3])).unwrap(), 4);
    assert_eq!(first.homes().unwrap(), homes(&[2, 3]));
    // Whoever comes later, and would have them elsewhere, changes nothing.
    assert_eq!(first.make_shards(4, &homes(&[1])).unwrap(), 4);
    assert_eq!(first.homes().unwrap(), homes(&[2, 3]));
    first.add_shards(6, &homes(&[5])).unwrap();
    assert_eq!((first.made_for().unwrap(), first.shards().unwrap()), (Some(6), 6));
    assert_eq!(first.homes().unwrap(), homes(&[2, 3, 5]));
    // A home is not changed: neither is the number then.
    first.add_shards(8, &homes(&[5, 6])).unwrap_err();
    assert_eq!(first.shards().unwrap(), 6);
    // How many there are is said in the first database alone.
    assert_eq!((second.shards().unwrap(), second.homes().unwrap().len()), (1, 0));
}

#[test]
fn a_database_with_anything_in_it_is_given_to_no_other_business() {
    let (Some((_one, first)), Some((_two, other))) = (made(), made()) else { return };
    let [first, other] = [first, other].map(|it| it.identity().unwrap().own);
    let Some((_schema, joined)) = made() else { return };
    assert_eq!(joined.join(&first).unwrap().business.as_ref(), Some(&first));
    assert_eq!(joined.join(&other).unwrap().business, Some(first.clone()));
    let occupied = |occupy: fn(&Arc<PostgresDatabase>)| {
        let Some((_schema, database)) = made() else { return };
        occupy(&database);
        assert_eq!(database.join(&first).unwrap().business, None);
    };
    occupied(|it| it.add_api_key("ann", "admin", b"digest", engine::Timestamp(7)).unwrap());
    occupied(|it| drop(it.store(shard(0)).unwrap()));
    occupied(|it| assert_eq!(it.make_shards(2, &BTreeMap::new()).unwrap(), 2));
}

#[test]
fn what_is_of_all_shards_is_in_the_first_database() {
    let (Some(schema), Some((_other, second))) = (Schema::make(), made()) else { return };
    let first = PostgresDatabase::open(&schema.url, Durability::Demo).unwrap();
    first.make_shards(3, &BTreeMap::new()).unwrap();
    let it = PostgresShard { database: Arc::clone(&second), first, shard: shard(2) };
    it.add_api_key("ann", "admin", b"digest", engine::Timestamp(7)).unwrap();
    assert_eq!(it.reader().unwrap().api_keys().unwrap()[0].name, "ann");
    assert_eq!(second.reader(shard(2)).api_keys().unwrap().len(), 0);
    assert_eq!(it.shards().unwrap(), 3);
    assert!(it.revoke_api_key("ann", engine::Timestamp(8)).unwrap());
    // The shard itself is at home.
    let opened = it.open().unwrap();
    assert!(it.is_in_use().unwrap() && second.has_shard(shard(2)).unwrap());
    assert!(!second.has_shard(shard(1)).unwrap());
    assert_eq!(schema.rows("SELECT count(*) FROM shards"), [[Some("0".to_owned())]]);
    drop(opened);
}

//! Rules about several who write to the same place at the same moment.

use engine::Position;

use super::super::{Delivery, Then, WebhookStore};
use super::{Open, at, due, event, filled, outcome};

/// What `work` answers in each of several who have the place open and do it at once.
fn at_once<T: Send>(
    open: Open<'_>,
    work: impl Fn(usize, &mut dyn WebhookStore) -> T + Sync,
) -> Vec<T> {
    let stores: Vec<_> = (0..4).map(|number| (number, open("a"))).collect();
    std::thread::scope(|scope| {
        let begin = |(number, mut store): (usize, Box<dyn WebhookStore>)| {
            let work = &work;
            scope.spawn(move || work(number, store.as_mut()))
        };
        let begun: Vec<_> = stores.into_iter().map(begin).collect();
        begun.into_iter().map(|it| it.join().expect("it does not panic")).collect()
    })
}

pub fn events_are_taken_once_however_many_take_them(open: Open<'_>) {
    let id = filled(open("a").as_mut(), &["acc_1"]);
    let taken = at_once(open, |_, store| {
        let take = |position: u64| {
            let (after, to) = (Position(position - 1), Position(position));
            store.enqueue(id, after, to, &[event(position, "acc_1")], at(0)).unwrap()
        };
        // Who comes too late goes on all the same.
        (2..=20).map(take).filter(|it| *it).count()
    });
    assert_eq!(taken.iter().sum::<usize>(), 19, "{taken:?}");
    let store = open("a");
    let mut numbers: Vec<(u64, u64)> = store
        .deliveries(id, None, None, 100)
        .unwrap()
        .iter()
        .map(|it| (it.sequence, it.event.position.unwrap().0))
        .collect();
    numbers.reverse();
    assert_eq!(numbers, (1..=20).map(|it| (it, it)).collect::<Vec<_>>());
    assert_eq!(due(store.as_ref(), id, 9), [1]);
}

pub fn a_subject_goes_on_whoever_notes_what_came_of_it(open: Open<'_>) {
    let id = filled(open("a").as_mut(), &["a", "b", "c", "d", "a", "b", "c", "d"]);
    let first: Vec<Delivery> = open("a").due(id, at(0), 100).unwrap();
    at_once(open, |number, store| {
        store.record(&[outcome(&first[number], 1, Then::Delivered)]).unwrap();
        let extra = event(9 + number as u64, "a");
        store.enqueue_extra(id, &extra, at(1)).unwrap();
        // The first of a subject again, while others note that it was delivered.
        assert!(store.retry(first[0].id, at(2)).unwrap());
    });
    let mut due = due(open("a").as_ref(), id, 9);
    due.sort_unstable();
    assert_eq!(due, [1, 6, 7, 8]);
}

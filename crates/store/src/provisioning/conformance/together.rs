//! Rules about several who write to the same place at the same moment.

use engine::Position;

use super::super::ProvisioningStore;
use super::{Open, add, at, claim, command, events, positions, state};
use crate::provisioning::CommandState;

/// What `work` answers in each of several who have the place open and do it at once.
fn at_once<T: Send>(
    open: Open<'_>,
    work: impl Fn(&mut dyn ProvisioningStore) -> T + Sync,
) -> Vec<T> {
    let stores: Vec<_> = (0..4).map(|_| open("a")).collect();
    std::thread::scope(|scope| {
        let begin = |mut store: Box<dyn ProvisioningStore>| {
            let work = &work;
            scope.spawn(move || work(store.as_mut()))
        };
        let begun: Vec<_> = stores.into_iter().map(begin).collect();
        begun.into_iter().map(|it| it.join().expect("it does not panic")).collect()
    })
}

pub fn a_command_is_made_and_claimed_once_however_many_do_it(open: Open<'_>) {
    drop(open("a"));
    let made = at_once(open, |store| {
        let make = |position: u64| {
            let (after, to) = (Position(position - 1), Position(position));
            let commands = [command(position, u32::try_from(position).unwrap(), true)];
            store.enqueue(after, to, &commands, at(0)).unwrap()
        };
        (1..=20).map(make).filter(|it| *it).count()
    });
    assert_eq!(made.iter().sum::<usize>(), 20, "{made:?}");
    let claimed = at_once(open, |store| {
        let mut claimed = Vec::new();
        loop {
            let some = store.claim("router", at(1), 3).unwrap();
            if some.is_empty() {
                return claimed;
            }
            claimed.extend(positions(&some));
        }
    });
    let mut claimed = claimed.concat();
    claimed.sort_unstable();
    assert_eq!(claimed, (1..=20).collect::<Vec<_>>());
    let queue = &open("a").queues().unwrap()[0];
    assert_eq!((queue.queued, queue.sending), (0, 20));
}

pub fn what_is_under_way_is_not_taken_for_broken_off(open: Open<'_>) {
    let mut store = open("a");
    add(store.as_mut(), &[command(1, 1, true), command(2, 2, true)], 0);
    assert_eq!(claim(store.as_mut(), 0).len(), 2);
    assert_eq!(store.resume(&[Position(2)], at(10)).unwrap(), 1);
    assert_eq!(state(store.as_ref(), 2), CommandState::Sending);
    assert_eq!(events(store.as_ref(), 2), [""; 0]);
    assert_eq!(positions(&claim(store.as_mut(), 10)), [1]);
}

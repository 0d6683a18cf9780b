//! What is under way here, so that nothing happens to a value twice at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use std::collections::HashSet;
use tokio::sync::Notify;

/// The digests of values about which something is under way.
#[derive(Clone, Default)]
pub struct Held(Arc<Inner>);

#[derive(Default)]
struct Inner {
    values: Mutex<HashSet<u128>>,
    freed: Notify,
}

/// Has values alone until it goes.
pub struct Holding {
    held: Held,
    values: Vec<u128>,
}

impl Held {
    /// Waits until nobody else has any of the values. Whoever waits has none.
    pub async fn hold(&self, mut values: Vec<u128>) -> Holding {
        values.sort_unstable();
        values.dedup();
        loop {
            // Hears of what is freed from here on, also before it is waited for.
            let freed = self.0.freed.notified();
            if self.take(&values) {
                return Holding { held: self.clone(), values };
            }
            freed.await;
        }
    }

    fn take(&self, values: &[u128]) -> bool {
        let mut held = self.values();
        let is_free = values.iter().all(|it| !held.contains(it));
        if is_free {
            held.extend(values);
        }
        is_free
    }

    fn values(&self) -> MutexGuard<'_, HashSet<u128>> {
        self.0.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut held = self.held.values();
        for value in &self.values {
            held.remove(value);
        }
        drop(held);
        self.held.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn a_value_is_had_by_one_at_a_time() {
        let held = Held::default();
        let first = held.hold(vec![1, 2, 1]).await;
        let _other = held.hold(vec![3]).await;
        assert!(held.hold(vec![4, 2]).now_or_never().is_none());
        // Whoever waited in vain has nothing.
        drop(held.hold(vec![4]).now_or_never().expect("it is free"));
        let waiting = tokio::spawn({
            let held = held.clone();
            async move { held.hold(vec![2]).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        drop(waiting.await.unwrap());
        assert!(held.hold(vec![1, 2, 4]).now_or_never().is_some());
    }
}

//! A store that fails on purpose: for tests of everything that stands on one.

use std::sync::{Arc, Condvar, Mutex};

use crate::{Batch, Reader, Store, StoreError};

/// When a [`FaultyStore`] fails. Shared with the test, which can change its mind meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<(Mutex<Plan>, Condvar)>);

#[derive(Debug, Default)]
struct Plan {
    appends: u64,
    fail_at: Option<(u64, When)>,
    probes_to_fail: u64,
    failed: u64,
    probed: u64,
    slow: bool,
}

/// Where in an append the fault lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Nothing was written.
    BeforeCommit,
    /// Everything is durable, and only the word of it is lost.
    AfterCommit,
}

impl Faults {
    /// The `append`-th append from now on fails, and the `probes` probes after it.
    pub fn fail(&self, append: u64, when: When, probes: u64) {
        let mut plan = self.plan();
        plan.fail_at = Some((plan.appends + append, when));
        plan.probes_to_fail = probes;
    }

    /// Appends and probes that have failed so far.
    pub fn failed(&self) -> u64 {
        self.plan().failed
    }

    pub fn probed(&self) -> u64 {
        self.plan().probed
    }

    /// Fails every probe, or none from now on.
    pub fn fail_probes(&self, probes: u64) {
        self.plan().probes_to_fail = probes;
    }

    /// Lets every append wait until it is said that the disk is quick again.
    pub fn be_slow(&self, slow: bool) {
        self.plan().slow = slow;
        self.0.1.notify_all();
    }

    fn wait_while_slow(&self) {
        let waited = self.0.1.wait_while(self.plan(), |it| it.slow);
        drop(waited.expect("nobody panics with this lock"));
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.0.lock().expect("nobody panics with this lock")
    }
}

/// Passes everything on to another store, but for what [`Faults`] say.
pub struct FaultyStore {
    pub inner: Box<dyn Store>,
    pub faults: Faults,
}

impl Store for FaultyStore {
    fn append(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.faults.wait_while_slow();
        let fault = {
            let mut plan = self.faults.plan();
            plan.appends += 1;
            let appends = plan.appends;
            plan.fail_at.take_if(|it| it.0 == appends).map(|it| it.1)
        };
        if fault != Some(When::BeforeCommit) {
            self.inner.append(batch)?;
        }
        match fault {
            None => Ok(()),
            Some(_) => {
                self.faults.plan().failed += 1;
                Err(fault_of("commit a batch"))
            }
        }
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        let mut plan = self.faults.plan();
        plan.probed += 1;
        if plan.probes_to_fail > 0 {
            plan.probes_to_fail -= 1;
            plan.failed += 1;
            return Err(fault_of("probe"));
        }
        drop(plan);
        self.inner.probe()
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.inner.reader()
    }
}

fn fault_of(doing: &'static str) -> StoreError {
    StoreError::Failed { doing, source: Box::new(std::io::Error::other("a fault on purpose")) }
}

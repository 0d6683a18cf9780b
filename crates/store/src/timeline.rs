//! The newest entries of several accounts, as far as a page of a timeline goes, in one query
//! however many accounts there are.
//!
//! Each account's chain is walked back inside of the database, which counts the lines as it goes.
//! So what a line is stands here twice, in SQL and in [`Show::takes`], which has the last word.
//!
//! **Invariant:** each row is held against the one before it on its chain, so that neither a hole
//! nor a circle is taken for an answer.

use engine::{Entry, Fact, Position};
use serde::{Deserialize, Serialize};

use crate::row::{self, Columns};
use crate::{StoreError, chain};

/// What the names of actors begin with who are users of the console.
pub const STAFF_PREFIX: &str = "user.";

/// Which entries are lines of a timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    #[default]
    All,
    Money,
    Services,
    Staff,
}

impl Show {
    pub const ALL: [Self; 4] = [Self::All, Self::Money, Self::Services, Self::Staff];

    /// The many small steps of a session are told by its money alone.
    pub fn takes(self, entry: &Entry) -> bool {
        let moved = entry.posting.is_some_and(|it| it.amount.units() != 0);
        let is_step = matches!(
            entry.fact,
            Fact::Authorised { .. } | Fact::Settled { .. } | Fact::Released { .. }
        );
        match self {
            Self::All => moved || !is_step,
            Self::Money => moved,
            Self::Services => entry.fact.subscription().is_some() && !is_step,
            Self::Staff => entry.origin.actor.as_str().starts_with(STAFF_PREFIX),
        }
    }

    /// The same of a row of the journal.
    fn condition(self) -> String {
        let moved = "coalesce(journal.amount, 0) <> 0";
        let is_step = "journal.kind IN ('authorised', 'settled', 'settled_final', 'released')";
        match self {
            Self::All => format!("({moved} OR NOT {is_step})"),
            Self::Money => moved.into(),
            Self::Services => format!("(journal.subscription IS NOT NULL AND NOT {is_step})"),
            Self::Staff => {
                format!("substr(journal.actor, 1, {}) = '{STAFF_PREFIX}'", STAFF_PREFIX.len())
            }
        }
    }
}

/// A page of a timeline.
#[derive(Clone, Debug)]
pub struct TimelineQuery {
    pub accounts: Vec<TimelineAccount>,
    pub show: Show,
    /// Lines are entries before this one.
    pub before: Position,
    /// Lines of one account, and entries of it that are looked at for them.
    pub lines_max: usize,
    pub looked_at_max: usize,
    /// Entries after the last line: what a line knows by a number alone is mostly named near it.
    pub beyond: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct TimelineAccount {
    /// Its newest entry.
    pub head: Position,
    /// Its oldest session that is open: the walk goes on until the session began.
    pub session: Option<u32>,
}

impl TimelineQuery {
    /// Those of [`Dialect::walk`].
    pub(crate) fn values(&self) -> [i64; 4] {
        let bounded = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        let before = i64::try_from(self.before.0).unwrap_or(i64::MAX);
        [before, bounded(self.lines_max), bounded(self.looked_at_max), bounded(self.beyond)]
    }
}

/// How an engine says it.
pub struct Dialect {
    /// What the number of a value stands after.
    pub mark: char,
    /// A query for the number, head and session of each account.
    pub accounts: &'static str,
    /// Joins to `walk` the row of the journal at `walk.prev`, and maybe that at `walk.place`.
    pub before: String,
    pub at: String,
}

impl Dialect {
    /// The walk, with the values `before`, `lines_max`, `looked_at_max` and `beyond`, and after
    /// them whatever this dialect needs. A row begins with [`row::COLUMNS`], empty where the entry
    /// is not wanted; then come [`Step`]'s columns.
    pub fn walk(&self, show: Show) -> String {
        let Self { mark, accounts, before, at } = self;
        let (columns, line) = (row::columns_of("journal"), show.condition());
        let goes_on = format!(
            "walk.prev > 0 AND (walk.place IS NULL OR walk.prev < walk.place) \
             AND walk.looked_at < {mark}3 AND (walk.beyond < {mark}4 OR walk.session IS NOT NULL)"
        );
        format!(
            "WITH RECURSIVE walk (chain, place, prev, looked_at, lines, beyond, session) AS (\
                 {accounts} UNION ALL SELECT walk.chain, journal.position, journal.prev, \
                 walk.looked_at + CASE WHEN journal.position < {mark}1 THEN 1 ELSE 0 END, \
                 walk.lines + CASE WHEN journal.position < {mark}1 AND {line} THEN 1 ELSE 0 END, \
                 walk.beyond + CASE WHEN walk.lines >= {mark}2 THEN 1 ELSE 0 END, \
                 CASE WHEN journal.kind = 'authorised' AND journal.reservation <= walk.session \
                 THEN NULL ELSE walk.session END FROM walk {before} WHERE {goes_on}\
             ) SELECT {columns}, walk.chain, walk.place, walk.prev, \
             CAST(CASE WHEN {goes_on} THEN 1 ELSE 0 END AS BIGINT) FROM walk {at} \
             AND (walk.place < {mark}1 OR journal.kind = 'authorised') \
             WHERE walk.place IS NOT NULL ORDER BY walk.chain, walk.place DESC"
        )
    }
}

/// A step of the walk.
struct Step {
    chain: usize,
    at: Position,
    prev: Position,
    goes_on: bool,
}

impl Step {
    fn read<R: Columns>(row: &R) -> Result<Self, String> {
        let number = |column| {
            let number = row.integer(row::COUNT + column)?.unwrap_or_default();
            u64::try_from(number).map_err(|_| "it is negative".to_owned())
        };
        let chain = usize::try_from(number(0)?).map_err(|error| error.to_string())?;
        let (at, prev) = (Position(number(1)?), Position(number(2)?));
        Ok(Self { chain, at, prev, goes_on: number(3)? != 0 })
    }
}

/// Makes entries of the walk's rows.
pub struct Chains {
    found: Vec<Vec<Entry>>,
    /// Where the next row of each has to be, if there is to be one.
    next: Vec<Option<Position>>,
}

impl Chains {
    pub fn new(query: &TimelineQuery) -> Self {
        let first = |it: &TimelineAccount| (it.head > Position::START).then_some(it.head);
        Self {
            found: vec![Vec::new(); query.accounts.len()],
            next: query.accounts.iter().map(first).collect(),
        }
    }

    pub fn take<R: Columns>(&mut self, row: &R) -> Result<(), StoreError> {
        let step = Step::read(row).map_err(|why| StoreError::damaged("an account's chain", why))?;
        let Step { chain, at, prev, goes_on } = step;
        let expected = self.next[chain].unwrap_or(Position::START);
        let before = chain::step(expected, Some((at, prev)))?;
        self.next[chain] = goes_on.then_some(before);
        // What was passed over on the way to the page has no columns.
        if row.integer(0).is_ok_and(|it| it.is_some()) {
            self.found[chain].push(row::read_entry(row)?);
        }
        Ok(())
    }

    /// The entries of each account, newest first.
    pub fn into_entries(self) -> Result<Vec<Vec<Entry>>, StoreError> {
        for missing in self.next.into_iter().flatten() {
            chain::step(missing, None)?;
        }
        Ok(self.found)
    }
}

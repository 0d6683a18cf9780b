//! What is asked of a database, in the log at the level `trace`: the statements that read, and
//! those for what is beside the journal. Their text alone, no value.

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

/// Notes a statement that is on its way to a server.
pub fn note(sql: &str) {
    tracing::trace!(target: "store::asked", sql);
}

/// Has every statement of a connection noted when it begins to run.
pub fn note_all(connection: &mut Connection) -> rusqlite::Result<()> {
    let begun = |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(_, sql) = event {
            note(sql);
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(begun))
}

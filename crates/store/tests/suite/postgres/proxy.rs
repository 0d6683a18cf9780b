//! What stands between a store and its server, and breaks the connection at a chosen place.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// What is to happen next; once, then everything is passed on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Pass,
    /// The server's word that it committed is not passed on, and the connection ends.
    LoseCommit,
    /// The client's next batch is kept here, and its connection ends; the server's does not.
    HoldBatch,
    /// Half of the next batch is passed on, and the rest waits.
    StopInside,
}

struct State {
    next: Next,
    lost: u32,
    is_stopped: bool,
    /// The server's side of a connection that the client has lost, and what is to come on it.
    held: Option<(UnixStream, Vec<u8>)>,
    /// What the server said on a connection that the client had lost, when it has ended.
    late: Option<Vec<u8>>,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

pub struct Proxy {
    /// The server's address, by way of here.
    pub url: String,
    shared: Shared,
    _directory: tempfile::TempDir,
}

impl Proxy {
    pub fn before(url: &str) -> Self {
        let after = url.split_once("host=").unwrap().1;
        let host = after.split('&').next().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let near = UnixListener::bind(directory.path().join(".s.PGSQL.5432")).unwrap();
        let far = PathBuf::from(host).join(".s.PGSQL.5432");
        let state = State { next: Next::Pass, lost: 0, is_stopped: false, held: None, late: None };
        let shared: Shared = Arc::new((Mutex::new(state), Condvar::new()));
        let url = url.replace(host, directory.path().to_str().unwrap());
        let passing = Arc::clone(&shared);
        std::thread::spawn(move || {
            while let Ok((client, _)) = near.accept() {
                let server = UnixStream::connect(&far).unwrap();
                pass(client, server, &passing);
            }
        });
        Self { url, shared, _directory: directory }
    }

    pub fn lose_the_next_commit(&self) {
        self.state().next = Next::LoseCommit;
    }

    /// Commits whose word was lost so far.
    pub fn lost(&self) -> u32 {
        self.state().lost
    }

    pub fn hold_the_next_batch(&self) {
        self.state().next = Next::HoldBatch;
    }

    /// Passes on what was held, and answers what the server says to it.
    pub fn deliver_what_was_held(&self) -> String {
        let (mut server, batch) = self.state().held.take().expect("a batch was held");
        server.write_all(&batch).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut state = self.shared.1.wait_while(self.state(), |it| it.late.is_none()).unwrap();
        String::from_utf8_lossy(&state.late.take().unwrap()).into_owned()
    }

    pub fn stop_in_the_middle_of_the_next_batch(&self) {
        self.state().next = Next::StopInside;
    }

    pub fn wait_until_it_stopped(&self) {
        drop(self.shared.1.wait_while(self.state(), |it| !it.is_stopped).unwrap());
    }

    pub fn go_on(&self) {
        self.state().is_stopped = false;
        self.shared.1.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap()
    }
}

fn pass(client: UnixStream, server: UnixStream, shared: &Shared) {
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let upstream = Arc::clone(shared);
    std::thread::spawn(move || pass_up(from_client, to_server, &upstream));
    let downstream = Arc::clone(shared);
    std::thread::spawn(move || pass_down(server, client, &downstream));
}

/// A batch comes in one piece or several, of which the first has its beginning.
fn pass_up(mut client: UnixStream, mut server: UnixStream, shared: &Shared) {
    let mut piece = vec![0; 1 << 16];
    while let Ok(size @ 1..) = client.read(&mut piece) {
        let piece = &piece[..size];
        let begins = find(piece, b"BEGIN\0");
        let next = match begins {
            Some(_) => std::mem::replace(&mut shared.0.lock().unwrap().next, Next::Pass),
            None => Next::Pass,
        };
        match next {
            Next::HoldBatch => {
                let held = server.try_clone().unwrap();
                shared.0.lock().unwrap().held = Some((held, piece.to_vec()));
                let _ = client.shutdown(Shutdown::Both);
                return;
            }
            Next::StopInside => {
                let half = find(piece, b"COMMIT\0").unwrap() - 5;
                server.write_all(&piece[..half]).unwrap();
                let mut state = shared.0.lock().unwrap();
                state.is_stopped = true;
                shared.1.notify_all();
                drop(shared.1.wait_while(state, |it| it.is_stopped).unwrap());
                if server.write_all(&piece[half..]).is_err() {
                    break;
                }
            }
            next => {
                if next == Next::LoseCommit {
                    shared.0.lock().unwrap().next = next;
                }
                if server.write_all(piece).is_err() {
                    break;
                }
            }
        }
    }
    let _ = server.shutdown(Shutdown::Write);
}

fn pass_down(mut server: UnixStream, mut client: UnixStream, shared: &Shared) {
    let mut piece = vec![0; 1 << 16];
    let mut late = Vec::new();
    while let Ok(size @ 1..) = server.read(&mut piece) {
        let piece = &piece[..size];
        // Whoever is stopped hears nothing either, not even that its connection was ended.
        let state = shared.0.lock().unwrap();
        let mut state = shared.1.wait_while(state, |it| it.is_stopped).unwrap();
        if state.next == Next::LoseCommit && find(piece, b"COMMIT\0").is_some() {
            state.next = Next::Pass;
            state.lost += 1;
            let _ = server.shutdown(Shutdown::Both);
            break;
        }
        drop(state);
        if client.write_all(piece).is_err() {
            late.extend_from_slice(piece);
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    if !late.is_empty() {
        shared.0.lock().unwrap().late = Some(late);
        shared.1.notify_all();
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|it| it == part)
}

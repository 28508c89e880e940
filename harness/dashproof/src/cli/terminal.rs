//! Keys from a terminal as they are typed, and the terminal as it was afterwards, however the process ends.
//!
//! Only echo and line editing are turned off: Ctrl-C is a signal as ever, and output is not touched.

use std::{
    io::{self, IsTerminal as _, Read as _},
    sync::{Mutex, PoisonError},
    thread,
};

use nix::{
    sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr},
    unistd::{getpgrp, tcgetpgrp},
};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The terminal as it was, while it differs.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The keys of standard input. Dropped, the terminal is as it was.
#[derive(Debug)]
pub(super) struct Keys {
    typed: UnboundedReceiver<u8>,
}

impl Keys {
    /// Reads keys from now on; none where standard input is no terminal, or another program has it.
    pub(super) fn listen() -> Option<Keys> {
        let input = io::stdin();
        // Whoever touches a terminal from the background is stopped.
        let in_front = tcgetpgrp(&input).is_ok_and(|group| group == getpgrp());
        if !input.is_terminal() || !in_front {
            return None;
        }
        let before = tcgetattr(&input).ok()?;
        let mut typing = before.clone();
        typing.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        tcsetattr(&input, SetArg::TCSANOW, &typing).ok()?;
        let (tell, typed) = unbounded_channel();
        // A thread of its own, since reading a terminal cannot be cancelled; it ends with the process.
        thread::spawn(move || {
            for byte in io::stdin().lock().bytes().map_while(Result::ok) {
                if tell.send(byte).is_err() {
                    break;
                }
            }
        });
        Some(Keys { typed })
    }

    /// The next key; none once there will be no more.
    pub(super) async fn next(&mut self) -> Option<char> {
        self.typed.recv().await.map(char::from)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal what it was before keys were listened to. Also for whoever ends the process at once.
pub(super) fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &before);
    }
}

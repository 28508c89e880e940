//! Whether this machine kept up while a story went on.
//!
//! Two witnesses wake up at absolute deadlines and tell how late they are: a plain thread, which only the machine can
//! delay, and a task beside those that serve the modules. Prometheus is a third: it is asked again and again anyway, and
//! answers within milliseconds unless it cannot. What a stall may excuse is decided elsewhere.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use modules::clock::Clock;
use sim::time::Nanos;
use tokio::task::JoinHandle;

use super::wiring::ON_THE_WAY_MS;

/// How often each witness wakes up.
const EVERY: Nanos = Nanos(50 * Nanos::MILLISECOND.0);

/// What can be done about a machine that stalls.
pub const REMEDY: &str =
    "play fewer stories at the same time (--jobs N), or use a machine that is less busy";

/// The lateness from which on a story may suffer, in milliseconds, where Prometheus waits so long for an answer: two
/// who are that late one after the other use up its timeout. However patient Prometheus is, what is judged allows an
/// answer no more than 300 ms on its way.
#[must_use]
pub(crate) fn limit_ms(timeout_ms: i64) -> i64 {
    (timeout_ms / 2).min(ON_THE_WAY_MS)
}

/// Who was late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A thread that does nothing but wake up.
    Machine,
    /// A task beside those that serve the modules.
    Tasks,
    /// Prometheus, with an answer about its targets.
    Prometheus,
    /// The wall clock, which went otherwise than time passed: it was set, or the machine was suspended.
    Clock,
}

/// Somebody was late, for once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Who.
    pub who: Who,
    /// When it was due, in Unix milliseconds of the story's clock.
    pub at_ms: i64,
    /// How late it was, in milliseconds.
    pub late_ms: i64,
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.late_ms as f64 / 1000.0;
        match self.who {
            Who::Machine => write!(f, "this machine stalled for {seconds:.1} s")?,
            Who::Tasks => write!(f, "what serves the modules stalled for {seconds:.1} s")?,
            Who::Prometheus => write!(f, "Prometheus took {seconds:.1} s to answer")?,
            Who::Clock => write!(f, "the clock of this machine jumped by {seconds:.1} s")?,
        }
        match jiff::Timestamp::from_millisecond(self.at_ms) {
            Ok(at) => write!(f, " at {} UTC", at.strftime("%H:%M:%S")),
            Err(_) => Ok(()),
        }
    }
}

/// How late somebody was, at worst, and each time that was beyond the limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// In milliseconds.
    pub worst_ms: i64,
    /// Beyond the limit, in the order in which it was noticed.
    pub stalls: Vec<Stall>,
}

impl Lateness {
    /// Somebody was so late.
    fn note(&mut self, stall: Stall, limit_ms: i64) {
        self.worst_ms = self.worst_ms.max(stall.late_ms);
        if limit_ms <= stall.late_ms {
            self.stalls.push(stall);
        }
    }

    /// The longest stall beyond the limit. A machine that stalls delays everybody by about as much, so it is the one
    /// that is named then.
    #[must_use]
    pub fn longest(&self) -> Option<Stall> {
        let longest = |of: fn(&Stall) -> bool| {
            self.stalls.iter().copied().filter(of).max_by_key(|stall| stall.late_ms)
        };
        let anybody = longest(|_| true)?;
        let machine = longest(|stall| stall.who == Who::Machine);
        machine.filter(|machine| anybody.late_ms <= 2 * machine.late_ms).or(Some(anybody))
    }
}

/// What all witnesses share.
#[derive(Clone, Debug)]
struct Book {
    clock: Clock,
    limit_ms: i64,
    lateness: Arc<Mutex<Lateness>>,
}

impl Book {
    /// `who` was due at an instant of the story and is there now.
    fn woke(&self, who: Who, due: Nanos, now: Nanos) {
        let at_ms = self.clock.epoch_unix_ms() + due.as_millis() as i64;
        let late_ms = Nanos(now.0.saturating_sub(due.0)).as_millis() as i64;
        let mut lateness = self.lateness.lock().unwrap_or_else(PoisonError::into_inner);
        lateness.note(Stall { who, at_ms, late_ms }, self.limit_ms);
    }
}

/// The witnesses at work. Dropped, they go home.
#[derive(Debug)]
pub struct Watchdog {
    book: Book,
    task: JoinHandle<()>,
    /// The thread ends when this goes.
    _thread: mpsc::Sender<()>,
}

impl Watchdog {
    /// Begins to watch; lateness of `limit_ms` or more is a stall. Must be called within the runtime that serves the
    /// modules.
    #[must_use]
    pub fn start(clock: Clock, limit_ms: i64) -> Watchdog {
        let book = Book { clock, limit_ms, lateness: Arc::default() };
        let (alive, ended) = mpsc::channel();
        let of_thread = book.clone();
        thread::spawn(move || watch(&of_thread, &ended));
        let of_task = book.clone();
        let task = tokio::spawn(async move {
            loop {
                let due = next(clock.now());
                clock.tick(EVERY).await;
                of_task.woke(Who::Tasks, due, clock.now());
            }
        });
        Watchdog { book, task, _thread: alive }
    }

    /// Prometheus was asked at an instant of the story and has answered now.
    pub fn answered(&self, asked: Nanos) {
        self.book.woke(Who::Prometheus, asked, self.book.clock.now());
    }

    /// Ends the watch: what was noticed.
    #[must_use]
    pub fn end(self) -> Lateness {
        self.book.lateness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The thread's watch: over itself, and over the wall clock, which a suspended machine finds to have gone on.
fn watch(book: &Book, ended: &mpsc::Receiver<()>) {
    let mut aside_ms = aside_ms(&book.clock);
    loop {
        let now = book.clock.now();
        let due = next(now);
        let wait = Duration::from_nanos(due.0.saturating_sub(now.0));
        if ended.recv_timeout(wait) != Err(mpsc::RecvTimeoutError::Timeout) {
            return;
        }
        book.woke(Who::Machine, due, book.clock.now());
        let before_ms = std::mem::replace(&mut aside_ms, self::aside_ms(&book.clock));
        let jump = Nanos::from_millis(aside_ms.abs_diff(before_ms));
        book.woke(Who::Clock, due, Nanos(due.0.saturating_add(jump.0)));
    }
}

/// The deadline that is next after an instant.
fn next(now: Nanos) -> Nanos {
    Nanos((now.0 / EVERY.0 + 1) * EVERY.0)
}

/// How much more has passed by the wall clock than by the story's, in milliseconds.
fn aside_ms(clock: &Clock) -> i64 {
    let wall_ms = Clock::starting_now().epoch_unix_ms();
    wall_ms - clock.epoch_unix_ms() - clock.now().as_millis() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT_MS: i64 = 200;

    #[test]
    fn the_limit_follows_the_timeout_as_far_as_an_answer_is_allowed_to_take() {
        assert_eq!([100, 400, 10_000].map(limit_ms), [50, 200, ON_THE_WAY_MS]);
    }

    #[test]
    fn what_is_within_the_limit_is_no_stall() {
        let mut lateness = Lateness::default();
        for (at_ms, late_ms) in [(1_000, 3), (2_000, 199), (3_000, 700), (4_000, 200)] {
            lateness.note(Stall { who: Who::Machine, at_ms, late_ms }, LIMIT_MS);
        }
        assert_eq!((lateness.worst_ms, lateness.stalls.len()), (700, 2));
        let longest = lateness.longest().map(|stall| stall.to_string());
        let expected = "this machine stalled for 0.7 s at 00:00:03 UTC";
        assert_eq!(longest.as_deref(), Some(expected));
    }

    #[test]
    fn the_machine_is_named_where_it_explains_what_others_were_late() {
        let longest = |who, late_ms| {
            let of = |(who, late_ms)| Stall { who, at_ms: 0, late_ms };
            let stalls = [(Who::Machine, 700), (who, late_ms)].map(of).into();
            Lateness { worst_ms: late_ms, stalls }.longest().map(|stall| stall.who)
        };
        assert_eq!(longest(Who::Tasks, 740), Some(Who::Machine));
        assert_eq!(longest(Who::Prometheus, 3_500), Some(Who::Prometheus));
    }

    /// The planted stall: nothing else runs on a runtime of one thread while somebody blocks it.
    #[test]
    fn a_blocked_runtime_is_noticed_by_its_task() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lateness = runtime.block_on(async {
            let clock = Clock::starting_now();
            let watchdog = Watchdog::start(clock, LIMIT_MS);
            clock.tick(EVERY).await;
            let (_alive, never) = mpsc::channel::<()>();
            assert!(never.recv_timeout(Duration::from_millis(600)).is_err());
            clock.tick(EVERY).await;
            watchdog.end()
        });
        let task = lateness.stalls.iter().find(|stall| stall.who == Who::Tasks).unwrap();
        assert!((400..10_000).contains(&task.late_ms), "{lateness:?}");
        let said = task.to_string();
        assert!(said.starts_with("what serves the modules stalled for "), "{said}");
    }

    #[test]
    fn an_answer_that_takes_long_is_a_stall() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let clock = Clock::starting_at(Clock::starting_now().epoch_unix_ms() - 60_000);
            let watchdog = Watchdog::start(clock, LIMIT_MS);
            watchdog.answered(clock.now());
            watchdog.answered(Nanos(30 * Nanos::SECOND.0));
            let slow = |stall: &&Stall| stall.who == Who::Prometheus;
            let lateness = watchdog.end();
            let stalls: Vec<&Stall> = lateness.stalls.iter().filter(slow).collect();
            assert!(stalls.len() == 1 && 29_000 < stalls[0].late_ms, "{lateness:?}");
        });
    }
}

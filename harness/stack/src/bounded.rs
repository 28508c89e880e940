//! Many questions to one server, a few of them under way at once.
//!
//! Which questions they are, it must not know.

use tokio::task::JoinSet;

/// Questions under way at once: more gain nothing on two cores.
const AT_ONCE: usize = 4;

/// Does all of `work`, some at once; what comes of it is in the order of `work`. Each piece is taken from the iterator
/// when it is due and not before. `done` hears how many are done so far.
///
/// # Errors
/// The first error that arises; what is still under way is then given up.
pub async fn all<Work, T, E>(
    work: impl IntoIterator<Item = Work>,
    mut done: impl FnMut(usize),
) -> Result<Vec<T>, E>
where
    Work: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut waiting = work.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    let mut found = Vec::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some((nth, work)) = waiting.next()
        {
            under_way.spawn(async move { (nth, work.await) });
        }
        let Some(joined) = under_way.join_next().await else { break };
        match joined {
            Ok((nth, result)) => found.push((nth, result?)),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        done(found.len());
    }
    found.sort_by_key(|(nth, _)| *nth);
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_ends_in_another_order_comes_back_in_its_own_and_never_too_much_at_once() {
        let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // Each waits for the one after it, but for the last of every four.
        let (mut ends, mut waits): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
        for _ in 0..12 {
            let (end, wait) = oneshot::channel::<()>();
            ends.push(Some(end));
            waits.push(Some(wait));
        }
        let work = (0..12).map(|nth: usize| {
            let end = nth.checked_sub(1).and_then(|before| ends[before].take());
            let wait = waits[nth].take().filter(|_| nth % 4 != 3);
            let (under_way, most) = (Arc::clone(&under_way), Arc::clone(&most));
            async move {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                if let Some(wait) = wait {
                    let _ = wait.await;
                }
                drop(end);
                under_way.fetch_sub(1, Ordering::SeqCst);
                Ok::<usize, ()>(nth)
            }
        });
        let mut told = Vec::new();
        let found = all(work, |done| told.push(done)).await.unwrap();
        assert_eq!(found, (0..12).collect::<Vec<_>>());
        assert_eq!(told, (1..=12).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    }

    #[tokio::test]
    async fn the_first_error_ends_it() {
        let taken = AtomicUsize::new(0);
        let work = (0..100).map(|nth| {
            taken.fetch_add(1, Ordering::SeqCst);
            async move { if nth == 0 { Err("broken") } else { Ok(nth) } }
        });
        assert_eq!(all(work, |_| ()).await, Err("broken"));
        assert!(taken.load(Ordering::SeqCst) < 100, "the rest is not begun");
    }
}

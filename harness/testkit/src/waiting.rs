//! Waiting in tests for what another process does: asked again and again, with a ceiling, and told in vain.

use std::time::Duration;

use stack::poll::{self, Pending};

/// Long: a slow machine is no failure.
pub const CEILING: Duration = Duration::from_secs(120);
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks again until there is a value; what was seen instead is told in vain.
pub async fn until<T, F: Future<Output = Result<T, String>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let check = || {
        let asked = ask();
        async move { asked.await.map_err(|status| Pending::<()>::NotYet { status }) }
    };
    let found = poll::until(CEILING, INTERVAL, check).await;
    found.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

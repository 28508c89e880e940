//! The oracle against real engines: random streams and histograms, asked of Prometheus and computed here.
//!
//! Each engine gets the same streams by remote write and answers for all series at once. Seeds are fixed; the number
//! of comparisons and the worst relative error are printed (`-- --nocapture`).

mod comparison;
mod engine;
mod histograms;
mod streams;

use engine::Engine;

/// Engines whose eras differ: both must be at hand, neither may be skipped.
async fn engines() -> [Engine; 2] {
    [Engine::start(0).await, Engine::start(1).await]
}

#[tokio::test]
async fn rate_increase_and_windows_agree_with_both_engines() {
    for engine in engines().await {
        streams::compare(&engine).await;
    }
}

#[tokio::test]
async fn quantiles_agree_with_both_engines() {
    for engine in engines().await {
        histograms::compare(&engine).await;
    }
}

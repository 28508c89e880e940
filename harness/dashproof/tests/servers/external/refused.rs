//! What cannot be used is refused in one error with a remedy, before anything is written.

use std::net::TcpListener;

use libtest_mimic::{Failed, Trial};
use prom::remote_write::{EncodedLabels, SeriesRef};
use proof::verify::{EngineChoice, axis};
use stack::client::{endpoint::Endpoint, prometheus::Prometheus, remote_write::RemoteWriter};

use crate::external::bench::{
    chain, dashproof, expect, external, fresh, monitoring, on_victoria, prometheus, run, scenario,
    short, verifier, victoria,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        on_victoria("a database with such series is refused and not touched", occupied),
        on_victoria("samples beyond the retention are missed", forgotten),
        Trial::test("refused::nobody listens", nobody),
        Trial::test("refused::no Prometheus, or none that takes samples", foreign),
        Trial::test("refused::old samples", old),
        Trial::test("refused::settings that contradict each other", settings),
        Trial::test("refused::commands that start an engine of their own say so", own),
    ]
}

const VERIFY: [&str; 4] = ["verify", "burst", "--duration", "10m"];

fn occupied() -> Result<(), Failed> {
    run(async {
        let database = victoria("100y").await?;
        let endpoint = Endpoint::new(database.url());
        let foreign = EncodedLabels::new(&[("__name__", "up"), ("job", "somebody else's")]);
        let scenario = scenario("burst");
        let at = scenario.epoch.as_millisecond() + 1_000_000;
        let choice = external(database.url()).await?;
        let EngineChoice::External(found) = &choice else { unreachable!("it is external") };
        let writer = RemoteWriter::at(&found.endpoint);
        let mut session = writer.session();
        session.push(&[SeriesRef { labels: &foreign, samples: &[(at, 1.0)] }]).await?;
        session.finish().await?;
        let url = database.url().to_owned();
        let said = tokio::task::spawn_blocking(move || {
            dashproof(&[&VERIFY[..], &["--prometheus-url", &url]].concat(), &[])
        });
        let said = said.await?;
        expect(
            &said,
            2,
            &[
                "already holds 1 series such as",
                "somebody else's",
                "hint: use an empty database",
                "--earlier",
            ],
        );
        let client = Prometheus::at(&endpoint);
        let names = client.label_values("__name__", &[], 0, at * 2).await?;
        assert_eq!(names, ["up"], "nothing else was written");
        // Another time of the same database is free.
        let verifier = verifier(monitoring(), &prometheus()?, choice.clone());
        let mut moved = vec![scenario];
        let gap_ms = axis::gap_ms(&verifier.files.monitoring, &moved);
        axis::lay(&mut moved, gap_ms, 365 * 86_400_000);
        axis::is_free(&verifier.files.monitoring, found, &moved)
            .await
            .map_err(|error| chain(&error))?;
        database.stop().await;
        Ok(())
    })
}

fn forgotten() -> Result<(), Failed> {
    run(async {
        // Months.
        let database = victoria("1").await?;
        let mut verifier = verifier(monitoring(), &prometheus()?, external(database.url()).await?);
        verifier.files.only = Some("overview".to_owned());
        let mut scenario = short("burst", 10);
        scenario.epoch = "2020-01-06T00:00:00Z".parse()?;
        let error = verifier
            .verify(&scenario, &mut |_| ())
            .await
            .map(|_| ())
            .expect_err("nothing is shown");
        let error = chain(&error);
        assert!(error.contains("older than its retention"), "{error}");
        assert!(error.contains(database.url()), "{error}");
        database.stop().await;
        Ok(())
    })
}

fn nobody() -> Result<(), Failed> {
    let free = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", free.local_addr()?);
    drop(free);
    let said = dashproof(&[&VERIFY[..], &["--prometheus-url", &url]].concat(), &[]);
    expect(
        &said,
        2,
        &[&format!("no answer from {url}"), "refused", "hint: start it, or correct the URL"],
    );
    Ok(())
}

fn foreign() -> Result<(), Failed> {
    run(async {
        let database = fresh(&prometheus()?, 2).await?;
        let (url, wrong) = (database.url().to_owned(), format!("{}/nothing/here", database.url()));
        let nowhere = format!("{url}/-/healthy");
        let said = tokio::task::spawn_blocking(move || {
            let at = |flags: &[&str]| dashproof(&[&VERIFY[..], flags].concat(), &[]);
            let no_api = at(&["--prometheus-url", &wrong]);
            let no_write = at(&["--prometheus-url", &url, "--remote-write-url", &nowhere]);
            (no_api, no_write)
        });
        let (no_api, no_write) = said.await?;
        expect(&no_api, 2, &["/nothing/here/api/v1/query", "hint: give the base URL"]);
        expect(&no_write, 2, &["takes no samples by remote write", "--remote-write-url URL"]);
        database.stop().await;
        Ok(())
    })
}

fn old() -> Result<(), Failed> {
    run(async {
        let database = fresh(&prometheus()?, 1).await?;
        let foreign = EncodedLabels::new(&[("__name__", "something")]);
        let scenario = short("burst", 10);
        let later = scenario.epoch.as_millisecond() + 90 * 86_400_000;
        let writer = RemoteWriter::new(database.url());
        writer.write(&[SeriesRef { labels: &foreign, samples: &[(later, 1.0)] }]).await?;
        let url = database.url().to_owned();
        let said = tokio::task::spawn_blocking(move || {
            dashproof(&[&VERIFY[..], &["--prometheus-url", &url]].concat(), &[])
        });
        expect(
            &said.await?,
            2,
            &["refuses samples with HTTP 400", "out of bounds", "min-block-duration"],
        );
        database.stop().await;
        Ok(())
    })
}

fn settings() -> Result<(), Failed> {
    let said = dashproof(
        &[&VERIFY[..], &["--stack", "external", "--bearer-token-file", "/nonexistent"]].concat(),
        &[("DASHPROOF_BASIC_USER", "ada"), ("DASHPROOF_REMOTE_WRITE_URL", "https://db")],
    );
    expect(
        &said,
        2,
        &[
            "an external stack needs its URL",
            "hint: --prometheus-url http://HOST:PORT",
            "DASHPROOF_REMOTE_WRITE_URL is an https URL",
            "--bearer-token-file (/nonexistent) cannot be read",
            "--bearer-token-file and DASHPROOF_BASIC_USER are both given",
        ],
    );
    Ok(())
}

fn own() -> Result<(), Failed> {
    let said = dashproof(&["bracket"], &[("DASHPROOF_STACK", "external")]);
    expect(&said, 2, &["DASHPROOF_STACK", "starts a Prometheus of its own"]);
    Ok(())
}

//! Faults of one service: stopped, killed, frozen, and well again.

use std::net::TcpListener;
use std::time::Duration;

use containers::Network;
use libtest_mimic::Failed;

use crate::Body;
use crate::site::{Site, get_json, get_text};
use crate::world::{block_on, engine, ensure, until};

pub(crate) const TRIALS: &[(&str, Body)] = &[
    ("a_service_that_is_stopped_and_started_has_a_new_address_and_its_data", stopped),
    ("a_killed_service_can_be_started_again", killed),
    ("a_frozen_service_answers_nobody_until_it_is_resumed", frozen),
];

fn stopped() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let running = site.boot(&engine).await?;
        let address = running.address("prometheus", 9090).await?;
        let sample = until("a sample", async || {
            let answer = get_json(&format!("http://{address}/api/v1/query?query=up")).await?;
            let time = answer["data"]["result"][0]["value"][0].as_f64();
            time.ok_or_else(|| answer.to_string())
        })
        .await?;
        running.stop("prometheus", Duration::from_secs(30)).await?;
        let error = running.address("prometheus", 9090).await.err().ok_or("no address is left")?;
        ensure(error.to_string().contains("prometheus does not run"), error.to_string())?;
        let logs = running.logs("prometheus", 5).await?.join("\n");
        ensure(logs.contains("See you next time"), logs)?;
        running.start("prometheus").await?;
        let again = running.address("prometheus", 9090).await?;
        let ready = get_text(&format!("http://{again}/-/ready")).await?;
        ensure(ready.contains("Ready"), ready)?;
        let url = format!("http://{again}/api/v1/query?query=up&time={sample}");
        let kept = get_json(&url).await?;
        ensure(kept["data"]["result"][0]["value"][0].as_f64() == Some(sample), kept.to_string())?;
        Ok(running.remove().await?)
    })
}

fn killed() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let plan = site.plan(&engine).await?.host_port("alertmanager", 9093, port);
        let running = Network::create(&engine).await?.boot(&plan).await?;
        let address = running.address("alertmanager", 9093).await?;
        ensure(address.port() == port, format!("{address} instead of port {port}"))?;
        running.check().await?;
        running.kill("alertmanager").await?;
        ensure(get_text(&format!("http://{address}/-/ready")).await.is_err(), "nobody answers")?;
        let error = running.check().await.err().ok_or("a dead service is well")?.to_string();
        ensure(error.starts_with("alertmanager ended with exit code 137"), error.clone())?;
        ensure(error.contains("the last lines of prometheus:"), error)?;
        let error = running.kill("alertmanager").await.err().ok_or("it is dead already")?;
        ensure(error.to_string().contains("refuses to kill it"), error.to_string())?;
        running.start("alertmanager").await?;
        // A fixed port stays.
        let ready = get_text(&format!("http://{address}/-/ready")).await?;
        ensure(ready.contains("OK"), ready)?;
        running.check().await?;
        Ok(running.remove().await?)
    })
}

fn frozen() -> Result<(), Failed> {
    block_on(async {
        let (engine, site) = (engine().await?, Site::alone()?);
        let running = site.boot(&engine).await?;
        let address = running.address("alertmanager", 9093).await?;
        running.pause("alertmanager").await?;
        ensure(get_text(&format!("http://{address}/-/ready")).await.is_err(), "nobody answers")?;
        running.resume("alertmanager").await?;
        until("an answer", async || get_text(&format!("http://{address}/-/ready")).await).await?;
        Ok(running.remove().await?)
    })
}

//! The command on containers: it starts, tells, and leaves nothing, whatever becomes of it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use libtest_mimic::{Failed, Trial};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use stack::{client::prometheus::Prometheus, prometheus_binary::PrometheusBinary};
use testkit::{
    contained::{images, in_containers},
    lines::block_on,
};

use crate::contained::{cache, root};

pub(crate) fn trials() -> Vec<Trial> {
    in_containers("stack_up_times_its_start_and_leaves_nothing", timings)
        .into_iter()
        .chain(in_containers("what_a_killed_command_left_in_the_engine_is_collected", killed))
        .chain(in_containers("a_demo_in_containers_has_a_history_and_goes_on", demo))
        .chain(in_containers("grafana_that_is_required_and_missing_judges_nothing", required))
        .collect()
}

fn dashproof(binary: &PrometheusBinary, arguments: &[&str]) -> Result<Command, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashproof"));
    command.args(arguments).current_dir(root()).env_remove("DASHPROOF_STACK");
    command.envs(block_on(images(binary, &cache()))?);
    // One that nobody has, also where an official one is there.
    command.env("GRAFANA_IMAGE", "dashproof-test/grafana:none");
    Ok(command)
}

fn lines(said: &[u8]) -> Result<Vec<Value>, Failed> {
    let lines =
        String::from_utf8_lossy(said).lines().map(serde_json::from_str).collect::<Result<_, _>>();
    Ok(lines?)
}

fn timings(binary: &PrometheusBinary) -> Result<(), Failed> {
    let arguments = [
        "stack",
        "up",
        "--stack",
        "containers",
        "--timings",
        "--exit-when-ready",
        "--format",
        "json",
    ];
    let said = dashproof(binary, &arguments)?.output()?;
    assert!(said.status.success(), "{said:?}");
    let told = lines(&said.stdout)?;
    assert_eq!(told[0]["stack"]["chosen"], "containers");
    assert_eq!(told[0]["lost_wiring"], serde_json::json!([]), "{}", told[0]);
    let why = told[0]["grafana_not_exercised"].as_str().unwrap();
    assert!(why.contains("dashproof-test/grafana:none is not on this machine"), "{why}");
    let timings = told[1]["timings"].as_object().unwrap();
    for step in ["prometheus_ready", "alertmanager_ready", "scraped", "discovered", "evaluated"] {
        assert!(timings[step].is_f64(), "{step}: {timings:?}");
    }
    Ok(())
}

/// A command under way. Ended with the value, whatever a test finds.
struct UnderWay {
    process: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl UnderWay {
    fn begin(mut command: Command) -> Result<UnderWay, Failed> {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let out = BufReader::new(process.stdout.take().unwrap());
        Ok(UnderWay { process, out })
    }

    /// The next line that says `what`.
    fn told(&mut self, has: impl Fn(&Value) -> bool) -> Result<Value, Failed> {
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line)? == 0 {
                let mut error = String::new();
                std::io::Read::read_to_string(
                    &mut self.process.stderr.take().unwrap(),
                    &mut error,
                )?;
                return Err(error.into());
            }
            let read: Value = serde_json::from_str(&line)?;
            if has(&read) {
                return Ok(read);
            }
        }
    }

    fn end(&mut self, by: Signal) -> Result<std::process::ExitStatus, Failed> {
        kill(Pid::from_raw(self.process.id().cast_signed()), by)?;
        Ok(self.process.wait()?)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // One that has ended is left alone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn killed(binary: &PrometheusBinary) -> Result<(), Failed> {
    let up = ["stack", "up", "--stack", "containers", "--format", "json"];
    let mut up = UnderWay::begin(dashproof(binary, &up)?)?;
    let told = up.told(|line| !line["prometheus"].is_null())?;
    let client = Prometheus::new(told["prometheus"].as_str().unwrap());
    block_on(client.ready())?;
    up.end(Signal::SIGKILL)?;
    block_on(client.ready())?;
    let gc = dashproof(binary, &["gc"])?.output()?;
    let said = String::from_utf8_lossy(&gc.stdout).into_owned();
    assert!(gc.status.success(), "{gc:?}");
    assert!(block_on(client.ready()).is_err(), "it answers still: {said}");
    Ok(())
}

fn demo(binary: &PrometheusBinary) -> Result<(), Failed> {
    let arguments = [
        "demo",
        "--stack",
        "containers",
        "--fast",
        "--history",
        "10m",
        "--ports",
        "0",
        "--prometheus-port",
        "0",
        "--alertmanager-port",
        "0",
        "--grafana-port",
        "0",
        "--format",
        "json",
        "chat",
    ];
    let mut demo = UnderWay::begin(dashproof(binary, &arguments)?)?;
    let started = demo.told(|line| line["event"] == "started")?;
    demo.told(|line| line["event"] == "live")?;
    let client = Prometheus::new(started["prometheus"].as_str().unwrap());
    let now = jiff::Timestamp::now().as_millisecond();
    // Every module is up now, and was at each of the last five minutes' scrapes: the seam has no hole.
    let found =
        block_on(client.query("min by (module) (sum_over_time(up{module!=\"\"}[5m]))", now))?;
    let prom::series::Value::Vector(found) = found.value else { return Err("no vector".into()) };
    assert_eq!(found.len(), 3, "{found:?}");
    for module in &found {
        assert!((299.0..=301.0).contains(&module.value), "{found:?}");
    }
    let notified = demo.told(|line| line["event"] == "notification")?;
    assert_eq!(notified["labels"]["alertname"], "Watchdog", "{notified}");
    assert!(demo.end(Signal::SIGINT)?.success());
    assert!(block_on(client.ready()).is_err());
    Ok(())
}

fn required(binary: &PrometheusBinary) -> Result<(), Failed> {
    let arguments = ["stack", "up", "--stack", "containers", "--require", "grafana"];
    let said = dashproof(binary, &arguments)?.output()?;
    assert_eq!(said.status.code(), Some(2), "{said:?}");
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(error.contains("Grafana is required and cannot be had: the image"), "{error}");
    Ok(())
}

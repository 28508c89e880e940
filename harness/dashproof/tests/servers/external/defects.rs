//! What is wrong is red too where only the real events are judged.

use libtest_mimic::{Failed, Trial};
use monitoring::{Monitoring, grafana::dashboard::Target};
use proof::verify::{self, Staged, Staging, ask::Verdict};

use crate::external::bench::{
    chain, external, monitoring, on_victoria, prometheus, run, scenario, verifier, victoria,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![on_victoria("a defect of a dashboard is red", planted)]
}

/// A dashboard and its panel, what stands in the query, and what a defect makes of it.
const DEFECTS: [(&str, &str, &str, &str); 7] = [
    // Another window, where traffic changes.
    ("llm-provider", "Requests per second by provider", "$__rate_interval", "1h"),
    // An average in place of a sum.
    ("llm-provider", "Requests per second by provider", "sum by", "avg by"),
    ("overview", "Operations per second", "sum by", "max by"),
    // Another matcher.
    ("llm-provider", "Error rate", "status=\"error\"", "status=\"success\""),
    // Another quantile.
    ("llm-provider", "Request duration P95", "0.95", "0.5"),
    // Another unit, and a counter without `rate`.
    ("llm-provider", "Cost per provider", "3600", "60"),
    ("llm-provider", "Token usage", "rate(", "delta("),
];

fn target<'a>(monitoring: &'a mut Monitoring, uid: &str, title: &str) -> &'a mut Target {
    let dashboards = monitoring.dashboards.iter_mut();
    let dashboard = dashboards.into_iter().find(|d| d.uid == uid).expect("it is shipped");
    let panel = dashboard.panels.iter_mut().find(|panel| panel.title == title);
    panel.and_then(|panel| panel.targets.first_mut()).expect("the panel has a target")
}

fn planted() -> Result<(), Failed> {
    run(async {
        let binary = prometheus()?;
        let database = victoria("100y").await?;
        let choice = external(database.url()).await?;
        let scenario = scenario("two-replicas");
        let honest = verifier(monitoring(), &binary, choice.clone());
        let staged = honest.stage(&scenario, &Staging::default(), &mut |_| ()).await;
        let staged: Staged = staged.map_err(|error| chain(&error))?;
        let mut missed = Vec::new();
        for (uid, title, from, to) in DEFECTS {
            let mut monitoring = monitoring();
            let target = target(&mut monitoring, uid, title);
            assert!(target.expr.contains(from), "`{from}` is not in `{}`", target.expr);
            target.expr = target.expr.replace(from, to);
            let mut verifier = verifier(monitoring, &binary, choice.clone());
            verifier.files.only = Some(format!("{uid}/{title}"));
            let asked = verifier.files.questions(&scenario, &staged).await;
            let (questions, _) = asked.map_err(|error| chain(&error))?;
            let client = staged.engine.client();
            let (arithmetic, truth) = (staged.arithmetic, &staged.truth);
            let verdicts =
                verify::ask_all(questions, &client, arithmetic, truth, &mut |_| ()).await;
            let verdicts: Vec<Verdict> = verdicts.map_err(|error| chain(&error))?;
            if verdicts.iter().all(Verdict::held) {
                missed.push(format!("{uid}/{title}: `{to}` for `{from}` held"));
            }
        }
        database.stop().await;
        if missed.is_empty() { Ok(()) } else { Err(Failed::from(missed.join("\n"))) }
    })
}

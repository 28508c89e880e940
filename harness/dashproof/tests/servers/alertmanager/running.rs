//! A running Alertmanager to post alerts to, and waiting for what it makes of them.

use std::path::Path;
use std::time::Duration;

use libtest_mimic::Failed;
use prom::series::Labels;
use stack::alertmanager_binary::AlertmanagerBinary;
use stack::client::alertmanager::{AlertGroup, Alertmanager, ListedAlert, PostedAlert};
use stack::native_alertmanager::NativeAlertmanager;
use stack::poll::{self, Pending};

use crate::alertmanager::lines::environment;

const CEILING: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_millis(20);

pub(crate) struct Running {
    pub(crate) client: Alertmanager,
    server: NativeAlertmanager,
}

impl Running {
    pub(crate) async fn start(binary: &AlertmanagerBinary, config: &Path) -> Result<Self, Failed> {
        let server = NativeAlertmanager::start(binary, &environment(), config).await?;
        let client = Alertmanager::new(server.url());
        client.ready().await?;
        Ok(Self { client, server })
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    pub(crate) fn log(&self) -> String {
        self.server.log()
    }

    pub(crate) async fn post(
        &self,
        alerts: impl IntoIterator<Item = &Labels>,
    ) -> Result<(), Failed> {
        let alert = |labels: &Labels| PostedAlert { labels: labels.clone(), ..Default::default() };
        let alerts: Vec<PostedAlert> = alerts.into_iter().map(alert).collect();
        Ok(self.client.post(&alerts).await?)
    }

    /// Lists alerts until `wrong` finds nothing wrong with them; fails with what it found last.
    pub(crate) async fn until_right(
        &self,
        wrong: impl Fn(&[ListedAlert]) -> Vec<String>,
    ) -> Result<(), Failed> {
        let right = poll::until(CEILING, INTERVAL, async || {
            let alerts = self.client.alerts().await.map_err(Pending::Failed)?;
            match &wrong(&alerts)[..] {
                [] => Ok(()),
                wrong => Err(Pending::NotYet { status: wrong.join("\n") }),
            }
        });
        Ok(right.await?)
    }

    /// Asks for groups until they are `expected`: the dispatcher hears of an alert after the list has it.
    pub(crate) async fn until_grouped(&self, expected: &[AlertGroup]) -> Result<(), Failed> {
        let grouped = poll::until(CEILING, INTERVAL, async || {
            let groups = self.client.groups().await.map_err(Pending::Failed)?;
            let status = || format!("{groups:#?} instead of {expected:#?}");
            if groups == *expected { Ok(()) } else { Err(Pending::NotYet { status: status() }) }
        });
        Ok(grouped.await?)
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

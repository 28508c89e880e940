//! Alerts as their contracts let them be: with every kind of labels that they can have.
//!
//! Two values of each label suffice to tell whether labels must be alike. What routes or texts make of them is not known
//! here.

use std::collections::{BTreeMap, BTreeSet};

use monitoring::sending::Sending;
use prom::series::Labels;
use sim::{label::Label, world::Module};
use truth::{
    contract::alert::{AlertContract, Clause, Subject},
    fact::{Fact, Total},
};

/// An alert with certain labels.
pub(super) struct Sample<'a> {
    pub(super) alert: &'a str,
    pub(super) contract: &'a AlertContract,
    /// Its labels, name included.
    pub(super) own: Labels,
    /// As Alertmanager gets them; `None` if it does not.
    pub(super) sent: Option<Labels>,
}

/// The alerts that a contract describes.
pub(super) fn samples<'a>(
    alert: &'a str,
    contract: &'a AlertContract,
    sending: &Sending,
) -> Vec<Sample<'a>> {
    let mut seen: BTreeSet<BTreeMap<String, String>> = BTreeSet::new();
    for condition in contract.branches.iter().filter_map(|branch| branch.first()) {
        for element in elements(condition) {
            let mut labels: BTreeMap<String, String> = element.into_iter().collect();
            labels.extend(contract.labels.clone());
            labels.insert("alertname".to_owned(), alert.to_owned());
            seen.insert(labels);
        }
    }
    let sample = |labels: BTreeMap<String, String>| {
        let own: Labels = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let sent = sending.labels(&own);
        Sample { alert, contract, own, sent }
    };
    seen.into_iter().map(sample).collect()
}

/// The labels that the elements of a condition can have: every combination of up to three values of each.
pub(super) fn elements(condition: &Clause) -> Vec<Vec<(String, String)>> {
    let owned = |name: &str, values: &[&str]| {
        (name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    };
    let modules: Vec<String> = Module::ALL.iter().map(ToString::to_string).collect();
    let of: Vec<(String, Vec<String>)> = match (&condition.subject, condition.by()) {
        (Subject::Engine(..), _) => vec![owned("instance", &["a:9090", "b:9090"])],
        (Subject::Fact(fact, _), Some(by)) => {
            by.into_iter().map(|label| (label.clone(), values(fact, &label))).collect()
        }
        (_, Some(by)) => by.into_iter().map(|label| (label, modules.clone())).collect(),
        (_, None) => {
            vec![("module".to_owned(), modules.clone()), owned("instance", &["a:1", "b:1"])]
        }
    };
    let mut all = vec![Vec::new()];
    for (label, values) in of {
        all = all
            .into_iter()
            .flat_map(|known: Vec<(String, String)>| {
                let label = label.clone();
                values.iter().take(3).map(move |value| {
                    let mut labels = known.clone();
                    labels.push((label.clone(), value.clone()));
                    labels
                })
            })
            .collect();
    }
    all
}

/// The values of a label that a fact's series can have.
fn values(fact: &Fact, label: &str) -> Vec<String> {
    let total: &Total = match fact {
        Fact::Total(total)
        | Fact::Quantile { of: total, .. }
        | Fact::ShareAbove { of: total, .. }
        | Fact::Ratio { whole: total, .. } => total,
        Fact::Health(_) | Fact::Constant(_) => return Vec::new(),
    };
    let mut found = BTreeSet::new();
    for quantity in &total.quantities {
        for set in quantity.label_sets() {
            let mut set: Vec<(String, String)> =
                set.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            set.push(("module".to_owned(), quantity.module().to_string()));
            let admitted = total.conditions.iter().all(|condition| condition.admits(&set));
            let value = set.iter().find(|(name, _)| name == label);
            found.extend(value.filter(|_| admitted).map(|(_, value)| value.clone()));
        }
    }
    found.into_iter().collect()
}

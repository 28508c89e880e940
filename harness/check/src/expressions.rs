//! All expressions of all files, parsed once, each with its place and owner.
//!
//! Targets (hidden ones included), annotations, query variables and rules.
//! The owner is what its problems are told of: `panel "Cost" A`, `rule "x:y"`.

use std::path::Path;

use super::{Inputs, Subject, tree::Tree};
use monitoring::grafana::dashboard::{Dashboard, Panel, Target};
use monitoring::grafana::variables::VariableQuery;
use monitoring::{Rule, RuleGroup};
use prom::problem::{Code, Owner, Problem};
use prom::promql::{self, PromqlError, SelectorUse};

pub(super) struct Expression<'a> {
    pub(super) file: &'a Path,
    pub(super) line: Option<usize>,
    pub(super) owner: Owner,
    pub(super) place: Place<'a>,
    pub(super) selectors: Result<Vec<SelectorUse>, PromqlError>,
    tree: Option<Tree>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Target {
        dashboard: &'a Dashboard,
        panel: &'a Panel,
        target: &'a Target,
    },
    Rule {
        group: &'a RuleGroup,
        rule: &'a Rule,
    },
    /// An annotation or variable of a dashboard.
    Other,
}

impl Expression<'_> {
    /// The expression itself; none where it does not parse.
    pub(super) fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }

    /// The selectors; none where the expression does not parse, which is a problem of its own.
    pub(super) fn selectors(&self) -> &[SelectorUse] {
        self.selectors.as_deref().unwrap_or_default()
    }

    pub(super) fn problem(&self, code: Code, message: &str) -> Problem {
        Problem::new(code, self.file, self.line, message).of(&self.owner)
    }
}

pub(super) fn collect<'a>(inputs: &Inputs<'a>) -> Vec<Expression<'a>> {
    let mut expressions = Vec::new();
    for dashboard in inputs.dashboards {
        collect_dashboard(dashboard, &mut expressions);
    }
    for file in inputs.rules {
        for group in &file.groups {
            expressions.extend(group.rules.iter().map(|rule| Expression {
                file: &file.file,
                line: rule.expr_line,
                owner: Owner::Rule(rule.name().to_owned()),
                place: Place::Rule { group, rule },
                selectors: promql::selectors(&rule.expr),
                tree: Tree::of(&rule.expr),
            }));
        }
    }
    expressions
}

fn collect_dashboard<'a>(dashboard: &'a Dashboard, expressions: &mut Vec<Expression<'a>>) {
    let file = dashboard.file.as_path();
    let other = |line, owner, text: &str| Expression {
        file,
        line,
        owner,
        place: Place::Other,
        selectors: promql::selectors(text),
        tree: Tree::of(text),
    };
    for variable in &dashboard.variables {
        let text = match variable.prometheus_query() {
            Some(VariableQuery::LabelValues { selector, .. }) => selector,
            Some(VariableQuery::QueryResult { query }) => Some(query),
            Some(VariableQuery::Series { selector }) => Some(selector),
            Some(VariableQuery::LabelNames { .. } | VariableQuery::Metrics { .. }) | None => None,
        };
        let owner = Owner::Variable(variable.name.clone());
        expressions.extend(text.map(|text| other(variable.line, owner, &text)));
    }
    for annotation in &dashboard.annotations {
        let owner = Owner::Annotation(annotation.name.clone());
        expressions.push(other(annotation.line, owner, &annotation.expr));
    }
    for panel in &dashboard.panels {
        let targets = panel.targets.iter().filter(|target| !target.expr.is_empty());
        expressions.extend(targets.map(|target| Expression {
            file,
            line: target.line,
            owner: Owner::Target { panel: panel.title.clone(), ref_id: target.ref_id.clone() },
            place: Place::Target { dashboard, panel, target },
            selectors: promql::selectors(&target.expr),
            tree: Tree::of(&target.expr),
        }));
    }
}

/// Expressions that are no PromQL.
pub(super) fn syntax(subject: &Subject<'_>) -> Vec<Problem> {
    let failed = subject.expressions.iter().filter_map(|expression| {
        let error = expression.selectors.as_ref().err()?;
        Some(expression.problem(Code::InvalidPromql, &error.to_string()))
    });
    failed.collect()
}

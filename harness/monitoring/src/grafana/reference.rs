//! How a dashboard names a data source, wherever it does.
//!
//! Whether there is such a data source, it must not know.

use prom::problem::Code;
use serde_json::Value;

use super::fields::{Node, Notes, kind};

/// How a panel, target or variable names its data source. Absent (`None` where it
/// is used) means Grafana's default data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatasourceRef {
    /// By uid, which may be a variable (`${datasource}`).
    Uid {
        /// Plugin type, e.g. `prometheus`.
        kind: Option<String>,
        /// The uid.
        uid: String,
    },
    /// By name, as old dashboards do.
    Name(String),
}

/// A `datasource` member: null, a name, or type and uid.
pub(super) fn datasource(node: &Node<'_>, notes: &mut Notes<'_>) -> Option<DatasourceRef> {
    let node = node.get("datasource")?;
    match node.value {
        Value::String(name) => Some(DatasourceRef::Name(name.clone())),
        Value::Object(_) => {
            let kind = node.text("type", notes);
            node.text("uid", notes).map(|uid| DatasourceRef::Uid { kind, uid })
        }
        other => {
            let found = kind(other);
            notes.problem(
                Code::WrongType,
                &node.pointer,
                format!(
                    "expected a name or an object with \"uid\" for \"datasource\", found {found}"
                ),
            );
            None
        }
    }
}

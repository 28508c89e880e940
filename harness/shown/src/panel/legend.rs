//! The legend beside series: whether there is one, and the reduced values that it has.
//!
//! Source: `getDisplayValuesForCalcs` of `@grafana/ui`.

use crate::frame::{Field, Scalar};
use crate::panel::{Drawn, Text};
use crate::reduce::{self, Found};
use crate::{Display, NotModelled};

/// Whether the panel has a legend.
pub(super) fn is_shown(drawn: &Drawn<'_>) -> bool {
    let hidden = drawn.text("legend.displayMode") == Some("hidden");
    let off = drawn.option("legend.showLegend").is_some_and(|it| *it == false);
    !hidden && !off
}

/// Heading and text of each reducer of the legend.
pub(super) fn calcs(drawn: &Drawn<'_>, field: &Field) -> Result<Vec<(String, Text)>, NotModelled> {
    let ids = drawn.list("legend.calcs");
    if ids.is_empty() || !is_shown(drawn) {
        return Ok(Vec::new());
    }
    let results = reduce::all(field, &ids)?;
    ids.iter()
        .zip(results)
        .map(|(id, result)| {
            let reducer = Found::with_alias(id)?
                .ok_or_else(|| NotModelled::new(format!("the reducer {id}")))?;
            let result = result.unwrap_or(Scalar::Missing);
            let unit = match reducer.id().as_str() {
                "diffperc" => Some("percent"),
                "count" | "changeCount" | "distinctCount" => Some("none"),
                _ => None,
            };
            let mut field = field.clone();
            if let Some(unit) = unit {
                field.config.unit = Some(unit.to_owned());
            }
            Ok((reducer.name(), Display::new(&field, drawn.zone).print(&result).text))
        })
        .collect()
}

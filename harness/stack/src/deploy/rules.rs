//! Rule files: intervals of groups, `for` and `keep_firing_for`.

use super::{Copier, DeployError, edit::Edit, scan::Scalar};
use prom::duration;

const DURATIONS: [&[&str]; 2] = [&["groups", "interval"], &["groups", "rules", "keep_firing_for"]];
const FOR: [&str; 3] = ["groups", "rules", "for"];

pub(super) fn edit(copier: &mut Copier<'_>) -> Result<(), DeployError> {
    if !copier.changes.scales() {
        return Ok(());
    }
    let shipped = copier.shipped;
    for file in &shipped.rules {
        let Some((path, name)) = copier.place(&file.file) else { continue };
        let text = copier.read(&path)?;
        let mut edit = Edit::new(&text);
        for scalar in edit.scalars() {
            if DURATIONS.iter().any(|path| scalar.is(path)) {
                scale(&mut edit, &scalar, |millis| copier.changes.scaled(millis));
            }
            if scalar.is(&FOR) {
                scale(&mut edit, &scalar, |millis| copier.changes.scaled_for(millis));
            }
        }
        copier.write(&path, &name, edit.finish())?;
    }
    Ok(())
}

/// Divides a duration where it stands; nothing stays nothing, however it is written.
pub(super) fn scale(edit: &mut Edit<'_>, scalar: &Scalar, scaled: impl Fn(i64) -> i64) {
    if let Ok(millis) = duration::parse(&scalar.text)
        && scaled(millis) != millis
    {
        edit.replace(scalar, &duration::format(scaled(millis)));
    }
}

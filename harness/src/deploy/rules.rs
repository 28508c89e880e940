//! Rule files: intervals of groups, `for` and `keep_firing_for`.

use super::{Changes, Copier, DeployError, edit::Edit, scan::Scalar};
use crate::promcfg::duration;

const DURATIONS: [&[&str]; 3] =
    [&["groups", "interval"], &["groups", "rules", "for"], &["groups", "rules", "keep_firing_for"]];

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
                scale(&mut edit, &scalar, copier.changes);
            }
        }
        copier.write(&path, &name, edit.finish())?;
    }
    Ok(())
}

/// Divides a duration where it stands; nothing stays nothing, however it is written.
pub(super) fn scale(edit: &mut Edit<'_>, scalar: &Scalar, changes: &Changes) {
    if let Ok(millis) = duration::parse(&scalar.text)
        && changes.scaled(millis) != millis
    {
        edit.replace(scalar, &duration::format(changes.scaled(millis)));
    }
}

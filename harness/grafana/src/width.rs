//! How many points wide a panel is: what the page sends as `maxDataPoints`.
//!
//! Measured on Grafana 9.3.2 in Chromium at four widths of the screen, all panels of four dashboards.
//! Knows no dashboard.

/// What the page keeps of the screen's width for its menu, its margins and the scroll bar, in points.
const BESIDE_THE_GRID: u32 = 89;
/// Columns of a dashboard's grid.
const COLUMNS: u32 = 24;
/// Between two columns, in points (`GRID_CELL_VMARGIN` and its horizontal twin in Grafana's constants).
const GAP: u32 = 8;

/// The screen that is assumed where nobody says otherwise, in points.
pub const USUAL_SCREEN: u32 = 1_600;

/// The screens at which panels are asked: small, usual and large, in points.
pub const SCREENS: [u32; 3] = [1_280, USUAL_SCREEN, 2_560];

/// The width in points of a panel of `columns` grid columns on a screen of `screen` points.
///
/// Columns share what the gaps leave, and a panel is rounded as a whole (`calcGridItemPosition` of
/// react-grid-layout).
#[must_use]
pub fn points(screen: u32, columns: i64) -> u32 {
    let columns = u32::try_from(columns.clamp(1, i64::from(COLUMNS))).unwrap_or(COLUMNS);
    let grid = screen.saturating_sub(BESIDE_THE_GRID);
    let shared = grid.saturating_sub(GAP * (COLUMNS - 1));
    // Rounded half up, in whole numbers: a float would decide ties by chance.
    (2 * shared * columns + COLUMNS) / (2 * COLUMNS) + GAP * (columns - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_as_wide_as_a_browser_measured_them() {
        let table = [
            (1_600, [(6, 372), (9, 562), (12, 752), (16, 1_005), (24, 1_511)]),
            (1_280, [(4, 192), (5, 242), (9, 442), (10, 492), (16, 791)]),
            (1_920, [(5, 375), (8, 605), (9, 682), (10, 758), (16, 1_218)]),
            (2_560, [(5, 508), (8, 818), (9, 922), (10, 1_025), (16, 1_645)]),
        ];
        for (screen, panels) in table {
            for (columns, width) in panels {
                assert_eq!(points(screen, columns), width, "{columns} columns of {screen}");
            }
        }
    }

    #[test]
    fn what_lies_outside_of_the_grid_is_cut() {
        assert_eq!(points(1_600, 99), points(1_600, 24));
        assert_eq!(points(1_600, -3), points(1_600, 1));
        assert_eq!(points(10, 1), 0);
    }
}

//! Counts comparisons of answers with the oracle's and keeps the worst.

use libtest_mimic::Failed;

/// How far two computations of one value may lie apart.
const TOLERANCE: f64 = 1e-9;
/// A failed test names so many disagreements.
const SHOWN: usize = 5;

/// Comparisons of one kind of question.
pub(crate) struct Comparison {
    question: String,
    values: usize,
    absences: usize,
    exact: usize,
    worst: f64,
    wrong: Vec<String>,
}

impl Comparison {
    pub(crate) fn new(question: &str) -> Self {
        let question = question.to_owned();
        Self { question, values: 0, absences: 0, exact: 0, worst: 0.0, wrong: Vec::new() }
    }

    /// Compares the answers to `expr` at `at` with `expected` of each of `n` series.
    pub(crate) fn compare(
        &mut self,
        expr: &str,
        at: i64,
        n: usize,
        answers: &[(usize, f64)],
        mut expected: impl FnMut(usize) -> Option<f64>,
    ) {
        let mut answered = vec![None; n];
        for &(series, value) in answers {
            assert!(
                answered[series].replace(value).is_none(),
                "{expr}: two answers for series {series}"
            );
        }
        for (series, answer) in answered.into_iter().enumerate() {
            let expected = expected(series);
            let error = match (answer, expected) {
                (None, None) => {
                    self.absences += 1;
                    continue;
                }
                (Some(answer), Some(expected)) => relative_error(answer, expected),
                _ => f64::INFINITY,
            };
            self.values += 1;
            self.exact += usize::from(error == 0.0);
            self.worst = self.worst.max(error);
            if error > TOLERANCE {
                self.wrong.push(format!(
                    "{expr} at {at}, series {series}: {answer:?}, oracle {expected:?}"
                ));
            }
        }
    }

    /// Prints the count and the worst error; an error if anything differed or too little was compared.
    pub(crate) fn conclude(self, version: &str, at_least: usize) -> Result<(), Failed> {
        let Self { question, values, absences, exact, worst, wrong } = self;
        println!(
            "{version}: {question}: {values} values compared ({exact} equal to the last bit) and \
             {absences} absences; worst relative error {worst:.1e}; {} wrong",
            wrong.len()
        );
        if !wrong.is_empty() {
            let shown = wrong[..wrong.len().min(SHOWN)].join("\n");
            return Err(format!("{question}: {} wrong, such as\n{shown}", wrong.len()).into());
        }
        if values < at_least {
            return Err(format!("{question}: only {values} values, {at_least} are promised").into());
        }
        Ok(())
    }
}

fn relative_error(one: f64, other: f64) -> f64 {
    if one == other || (one.is_nan() && other.is_nan()) {
        return 0.0;
    }
    let error = (one - other).abs() / one.abs().max(other.abs());
    // One of them is NaN or infinite.
    if error.is_finite() { error } else { f64::INFINITY }
}

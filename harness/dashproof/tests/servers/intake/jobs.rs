//! The jobs: settings by hand, and random steps of relabelling.
//!
//! Every target has the label `tag`, which no step changes, so that what a job stored can be told from the rest.

use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_pcg::Pcg64;

/// Random jobs beside those by hand.
const RANDOM: usize = 60;

/// Labels of a target, some of which samples have too; `honor_labels`; steps; limits.
const BY_HAND: [(&str, bool, &str, &str); 29] = [
    ("", false, "", ""),
    ("operation: t, exported_operation: u, status: v", false, "", ""),
    ("operation: t, exported_operation: u, le: v", true, "", ""),
    ("", false, "{ source_labels: [__name__], regex: '.*_bucket', action: drop }", ""),
    ("", false, "{ regex: le, action: labeldrop }", ""),
    ("", false, "{ regex: 'operation|status|type', action: labeldrop }", ""),
    ("", false, "{ regex: __name__, action: labeldrop }", ""),
    ("", false, "{ source_labels: [operation], regex: '', action: drop }", ""),
    (
        "",
        false,
        "{ source_labels: [__name__], target_label: __name__, regex: 'prompt_(.+)', replacement: 'p_$1' }",
        "",
    ),
    ("", false, "{ source_labels: [__name__], target_label: __name__, replacement: same }", ""),
    ("", false, "{ regex: '(.+)_(.+)', action: labelmap, replacement: '${2}_of_$1' }", ""),
    (
        "",
        false,
        "{ source_labels: [operation], target_label: 'x$1', regex: '(.)(.*)', replacement: 'y$$2' }",
        "",
    ),
    (
        "",
        false,
        "{ source_labels: [operation], target_label: operation, regex: '.*', replacement: '' }",
        "",
    ),
    (
        "",
        false,
        "{ source_labels: [user], regex: '.+', target_label: __name__, replacement: '' }",
        "",
    ),
    (
        "",
        false,
        "{ source_labels: [user], regex: '.+', target_label: long_enough, replacement: x }",
        "label_name_length_limit: 10",
    ),
    (
        "",
        false,
        "{ source_labels: [__name__], regex: 'prompt_(s).*', target_label: 'statu$1', replacement: '' }",
        "",
    ),
    (
        "",
        false,
        "{ source_labels: [instance], regex: '(.*)', target_label: '$1', replacement: x }",
        "",
    ),
    ("", false, "{ source_labels: [operation], target_label: status, action: lowercase }", ""),
    ("", false, "", "label_limit: 5"),
    ("", false, "", "label_limit: 6"),
    ("", false, "", "label_value_length_limit: 30"),
    ("", false, "", "label_name_length_limit: 8"),
    ("", false, "", "label_name_length_limit: 7"),
    ("", false, "", "sample_limit: 40"),
    ("", false, "", "sample_limit: MANY"),
    (
        "",
        false,
        "{ source_labels: [__name__], regex: '.*_bucket', action: drop }",
        "sample_limit: MANY",
    ),
    ("", false, "", "body_size_limit: BODY"),
    ("", false, "", "body_size_limit: LESS"),
    ("", false, "", "body_size_limit: 1MB, label_limit: 30, label_value_length_limit: 200"),
];

/// The configuration of all jobs: each scrapes `address` under its own `tag`.
pub(crate) fn config(address: &str, (n_series, n_bytes): (usize, usize)) -> String {
    let mut rng = Pcg64::seed_from_u64(7);
    let random = (0..RANDOM).map(|_| {
        let steps: Vec<String> = (0..rng.random_range(1..4)).map(|_| step(&mut rng)).collect();
        (String::new(), rng.random_bool(0.3), steps.join(", "), String::new())
    });
    let by_hand = BY_HAND.iter().map(|(labels, honor, steps, limits)| {
        let limits = limits.replace("MANY", &n_series.to_string());
        // A body of the limit's size is refused too.
        let limits = limits.replace("BODY", &format!("{}B", n_bytes + 1));
        let limits = limits.replace("LESS", &format!("{n_bytes}B"));
        ((*labels).to_owned(), *honor, (*steps).to_owned(), limits)
    });
    // A machine that does other things as well must get through all jobs in this time.
    let mut text =
        String::from("global: { scrape_interval: 5s, scrape_timeout: 5s }\nscrape_configs:\n");
    for (nth, (labels, honor, steps, limits)) in by_hand.chain(random).enumerate() {
        let labels = format!("tag: t{nth}, {labels}");
        text += &format!(
            "- {{ job_name: j{nth}, honor_labels: {honor}, static_configs: [{{ targets: ['{address}'], labels: {{ {labels} }} }}], metric_relabel_configs: [{steps}], {limits} }}\n"
        );
    }
    text
}

fn step(rng: &mut Pcg64) -> String {
    const NAMES: [&str; 7] = ["operation", "status", "type", "le", "job", "instance", "nope"];
    const VALUES: [&str; 9] = [
        ".*",
        "(.*)",
        "s.*",
        "success",
        "([a-z]+)_?(.*)",
        "\\w+",
        "[^e]*",
        "\\d+\\.\\d+",
        "|error",
    ];
    const REPLACEMENTS: [&str; 7] = ["$1", "${1}_${2}", "x", "", "$2$1", "$name", "$$1"];
    let mut one = |of: &[&str]| (*of.choose(rng).expect("there are some")).to_owned();
    let (source, other, target) = (one(&NAMES), one(&NAMES), one(&NAMES));
    let (value, replacement) = (one(&VALUES), one(&REPLACEMENTS));
    let action = one(&[
        "replace",
        "replace",
        "replace",
        "keep",
        "drop",
        "lowercase",
        "uppercase",
        "keepequal",
        "dropequal",
        "labelmap",
        "labeldrop",
        "labelkeep",
    ]);
    let separator = one(&[";", "", "_"]);
    match action.as_str() {
        "labelmap" => {
            format!("{{ action: labelmap, regex: '{source}', replacement: 'new_{target}' }}")
        }
        "labeldrop" => format!("{{ action: labeldrop, regex: '{source}|{other}' }}"),
        "labelkeep" => {
            format!("{{ action: labelkeep, regex: '__name__|tag|le|{source}|{other}' }}")
        }
        "keepequal" | "dropequal" => {
            format!("{{ action: {action}, source_labels: [{source}], target_label: {target} }}")
        }
        "lowercase" | "uppercase" => {
            format!(
                "{{ action: {action}, source_labels: [{source}, {other}], separator: '{separator}', target_label: {target} }}"
            )
        }
        _ => format!(
            "{{ action: {action}, source_labels: [{source}, {other}], separator: '{separator}', regex: '{value}', target_label: {target}, replacement: '{replacement}' }}"
        ),
    }
}

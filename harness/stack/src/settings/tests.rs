//! Settings: what follows from them, what is refused, and that no secret is shown.

use super::*;

fn variables(values: &'static [(&'static str, &'static str)]) -> Settings {
    Settings::from_variables(|name| {
        values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    })
}

fn endpoint(values: &'static [(&'static str, &'static str)]) -> Endpoint {
    match variables(values).choose().unwrap().0 {
        Chosen::External(endpoint) => endpoint,
        other => panic!("{values:?} is {other:?}"),
    }
}

/// What is said of settings that are wrong.
fn refused(settings: &Settings) -> Vec<(String, String)> {
    settings.choose().unwrap_err().wrong
}

const URL: (&str, &str) = ("DASHPROOF_PROMETHEUS_URL", "http://db:9090/");

#[test]
fn without_a_url_the_stack_is_native_and_with_one_it_is_external() {
    let (chosen, why) = Settings::default().choose().unwrap();
    assert_eq!(chosen, Chosen::Native);
    assert!(why.contains("--prometheus-url"), "{why}");
    let (chosen, why) = variables(&[URL]).choose().unwrap();
    assert_eq!(chosen, Chosen::External(Endpoint::new("http://db:9090")));
    assert_eq!(why, "DASHPROOF_PROMETHEUS_URL is given");
    let (chosen, why) = variables(&[URL, ("DASHPROOF_STACK", "native")]).choose().unwrap();
    assert_eq!((chosen, why.as_str()), (Chosen::Native, "DASHPROOF_STACK says so"));
    let (chosen, why) = variables(&[URL, ("DASHPROOF_STACK", "containers")]).choose().unwrap();
    assert_eq!((chosen, why.as_str()), (Chosen::Containers, "DASHPROOF_STACK says so"));
}

#[test]
fn flags_come_before_variables() {
    let flags = Settings {
        url: Some(Given { value: "http://other:1".into(), by: "--prometheus-url" }),
        ..Settings::default()
    };
    let (chosen, why) = flags.over(variables(&[URL])).choose().unwrap();
    assert_eq!(chosen, Chosen::External(Endpoint::new("http://other:1")));
    assert_eq!(why, "--prometheus-url is given");
}

#[test]
fn credentials_are_a_token_or_a_user_with_a_password() {
    let token = endpoint(&[URL, ("DASHPROOF_BEARER_TOKEN", "hunter2")]).credentials;
    assert!(matches!(token, Credentials::Bearer(_)));
    let basic =
        endpoint(&[URL, ("DASHPROOF_BASIC_USER", "ada"), ("DASHPROOF_BASIC_PASSWORD", "hunter2")])
            .credentials;
    assert!(matches!(basic, Credentials::Basic { ref user, .. } if user == "ada"));
}

#[test]
fn a_secret_is_read_from_a_file_without_its_last_line_break() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let given = |by| Some(Given { value: file.clone(), by });
    let settings = Settings { token_file: given("--bearer-token-file"), ..variables(&[URL]) };
    let what = &refused(&settings)[0].0;
    assert!(what.starts_with("--bearer-token-file (") && what.contains("cannot be read"), "{what}");
    fs::write(&file, "hunter2\n").unwrap();
    let (chosen, _) = settings.choose().unwrap();
    let Chosen::External(endpoint) = chosen else { panic!("it is native") };
    assert_eq!(endpoint.credentials, Credentials::Bearer(Secret::new("hunter2").unwrap()));
    fs::write(&file, "\n").unwrap();
    assert!(refused(&settings)[0].0.contains("is empty"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_no_secret_with_it() {
    let wrong = refused(&variables(&[
        ("DASHPROOF_STACK", "external"),
        ("DASHPROOF_REMOTE_WRITE_URL", "ftp://db"),
        ("DASHPROOF_BEARER_TOKEN", ""),
        ("DASHPROOF_BEARER_TOKEN_FILE", "/nonexistent/hunter2"),
        ("DASHPROOF_BASIC_USER", "ada"),
    ]));
    let told: Vec<&str> = wrong.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(
        told,
        [
            "an external stack needs its URL",
            "DASHPROOF_REMOTE_WRITE_URL is a URL of ftp, not of http",
            "DASHPROOF_BEARER_TOKEN and DASHPROOF_BEARER_TOKEN_FILE are both given",
            "DASHPROOF_BEARER_TOKEN and DASHPROOF_BASIC_USER are both given",
        ]
    );
    assert!(wrong.iter().all(|(_, remedy)| !remedy.is_empty()));
}

#[test]
fn half_of_a_user_and_unknown_stacks_are_refused() {
    let user = refused(&variables(&[URL, ("DASHPROOF_BASIC_USER", "ada")]));
    assert!(user[0].0.contains("without a password"));
    let password = refused(&variables(&[URL, ("DASHPROOF_BASIC_PASSWORD", "hunter2")]));
    assert!(password[0].0.contains("without a user"));
    let colon = refused(&variables(&[
        URL,
        ("DASHPROOF_BASIC_USER", "a:b"),
        ("DASHPROOF_BASIC_PASSWORD", "hunter2"),
    ]));
    assert!(colon[0].0.contains("colon"));
    let stack = refused(&variables(&[("DASHPROOF_STACK", "cloud")]));
    assert_eq!(stack[0].0, "DASHPROOF_STACK is `cloud`");
}

#[test]
fn urls_are_of_http_and_hold_no_secret() {
    let told = |url: &str| {
        let settings = Settings {
            url: Some(Given { value: url.to_owned(), by: "--prometheus-url" }),
            ..Settings::default()
        };
        refused(&settings).swap_remove(0).0
    };
    for url in ["http://ada:hunter2@db", "ada:hunter2@db:1", "https://db", "file:///x", "", "db/x"]
    {
        assert!(!told(url).contains("hunter2"), "{}", told(url));
    }
    assert!(told("http://ada:hunter2@db").contains("password"));
    assert!(told("https://db").contains("without TLS"));
    assert!(told("db").contains("is no URL"));
    assert!(told("http://db/?x=1").contains("query"));
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let given = |value: &str, by| Some(Given { value: value.to_owned(), by });
    let settings = Settings {
        stack: given("native", "--stack"),
        url: given("http://db", "--prometheus-url"),
        ..Settings::default()
    };
    assert_eq!(refused(&settings)[0].0, "--prometheus-url is given, and the stack is native");
    let settings = Settings { user: given("ada", "--basic-user"), ..Settings::default() };
    assert_eq!(refused(&settings)[0].0, "--basic-user is given, and the stack is native");
}

#[test]
fn no_debug_output_shows_a_secret() {
    let settings = variables(&[
        URL,
        ("DASHPROOF_BEARER_TOKEN", "hunter2"),
        ("DASHPROOF_BASIC_PASSWORD", "hunter3"),
    ]);
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hunter"), "{shown}");
    let chosen = variables(&[URL, ("DASHPROOF_BEARER_TOKEN", "hunter2")]).choose().unwrap();
    assert!(!format!("{chosen:?}").contains("hunter"));
}

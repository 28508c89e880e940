//! Credentials: asked for with a remedy, enough where they are right, shown to nobody, and sent nowhere else.

use std::fs;

use libtest_mimic::{Failed, Trial};

use crate::external::{
    bench::{Said, dashproof, expect, fresh, prometheus, run},
    proxy::{demanding, open, redirecting},
};

/// Base64 of `ada:hunter2`.
const BASIC: &str = "Basic YWRhOmh1bnRlcjI=";
const BEARER: &str = "Bearer hunter2";
/// Neither may be in any output.
const SECRETS: [&str; 2] = ["hunter2", "YWRhOmh1bnRlcjI"];

/// A quick question.
const VERIFY: [&str; 6] = ["verify", "burst", "--duration", "10m", "--only", "overview/Operations"];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("secrets::a bearer token opens the door", bearer),
        Trial::test("secrets::a user's password opens the door", basic),
        Trial::test("secrets::no redirect is followed", redirect),
    ]
}

fn verify(url: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let arguments = [&VERIFY[..], &["--prometheus-url", url], arguments].concat();
    let said = dashproof(&arguments, variables);
    for secret in SECRETS {
        assert!(!said.text.contains(secret), "a secret is shown:\n{}", said.text);
    }
    said
}

fn bearer() -> Result<(), Failed> {
    run(async {
        let database = fresh(&prometheus()?, 2).await?;
        let door = demanding(BEARER, database.url()).await;
        let url = door.url();
        let call = |variables: &'static [(&'static str, &'static str)]| {
            let url = url.clone();
            tokio::task::spawn_blocking(move || verify(&url, &["--format", "json"], variables))
        };
        let without = call(&[]).await?;
        expect(
            &without,
            2,
            &[
                "refuses no credentials with HTTP 401",
                "hint: say who you are: DASHPROOF_BEARER_TOKEN",
            ],
        );
        assert!(without.text.contains(&url), "{}", without.text);
        let wrong = call(&[("DASHPROOF_BEARER_TOKEN", "wrong")]).await?;
        expect(&wrong, 2, &["refuses a bearer token with HTTP 401", "hint: correct the token"]);
        assert!(!wrong.text.contains("wrong\""), "{}", wrong.text);
        assert_eq!(door.admitted(), 0, "nobody came in");
        let right = call(&[("DASHPROOF_BEARER_TOKEN", "hunter2")]).await?;
        expect(&right, 0, &["\"chosen\": \"external\"", "\"exactly\""]);
        assert!(door.admitted() > 5);
        database.stop().await;
        Ok(())
    })
}

fn basic() -> Result<(), Failed> {
    run(async {
        let database = fresh(&prometheus()?, 2).await?;
        let door = demanding(BASIC, database.url()).await;
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("password");
        fs::write(&file, "hunter2\n")?;
        let (url, file) = (door.url(), file.display().to_string());
        let said = tokio::task::spawn_blocking(move || {
            verify(&url, &["--basic-user", "ada", "--basic-password-file", &file], &[])
        });
        expect(&said.await?, 0, &["asked with a user's name and password", "✓ held"]);
        assert!(door.admitted() > 5);
        database.stop().await;
        Ok(())
    })
}

fn redirect() -> Result<(), Failed> {
    run(async {
        let database = fresh(&prometheus()?, 2).await?;
        let elsewhere = open(database.url()).await;
        let door = redirecting(&elsewhere.url()).await;
        let url = door.url();
        let said = tokio::task::spawn_blocking(move || {
            verify(&url, &[], &[("DASHPROOF_BEARER_TOKEN", "hunter2")])
        });
        expect(&said.await?, 2, &["HTTP 307", "redirects are not followed"]);
        assert!(door.seen() > 0);
        assert_eq!(elsewhere.seen(), 0, "nothing arrived there, and so no secret");
        database.stop().await;
        Ok(())
    })
}

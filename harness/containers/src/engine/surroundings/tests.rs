//! Each way in which there is an engine, or none.

use std::fs;
use std::path::Path;

use super::*;

/// Surroundings in a directory of their own, with these sockets.
fn with(sockets: &[&str]) -> (tempfile::TempDir, Surroundings) {
    let directory = tempfile::tempdir().unwrap();
    for socket in sockets {
        let path = directory.path().join(socket);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let inside = |name: &str| Some(directory.path().join(name));
    let surroundings = Surroundings {
        host: None,
        tls: false,
        runtime: inside("runtime"),
        home: inside("home"),
        root: directory.path().to_owned(),
    };
    (directory, surroundings)
}

/// Answers at paths that end like one of these; elsewhere the error.
fn at<'a>(
    answering: &'a [&'a str],
    error: io::ErrorKind,
) -> impl Fn(&Candidate) -> io::Result<()> + 'a {
    move |candidate| {
        let answers = answering.iter().any(|end| candidate.path.ends_with(Path::new(end)));
        if answers { Ok(()) } else { Err(error.into()) }
    }
}

const DOCKER: &str = "var/run/docker.sock";
const DESKTOP: &str = "home/.docker/desktop/docker.sock";
const ROOTLESS: &str = "runtime/docker.sock";
const PODMAN: &str = "run/podman/podman.sock";

#[test]
fn the_first_socket_of_docker_is_taken() {
    for (sockets, expected) in [(&[DOCKER, DESKTOP, PODMAN][..], DOCKER), (&[DESKTOP][..], DESKTOP)]
    {
        let (_directory, surroundings) = with(sockets);
        let host = surroundings.choose(&|_| Ok(())).unwrap();
        assert!(host.starts_with("unix:///") && host.ends_with(expected), "{host}");
    }
}

#[test]
fn no_socket_at_all_names_every_place() {
    let (_directory, surroundings) = with(&[]);
    let error = surroundings.choose(&|_| Ok(())).unwrap_err().to_string();
    for place in [DOCKER, DESKTOP, ROOTLESS, PODMAN] {
        assert!(error.contains(place), "{error}");
    }
    assert!(error.contains("install Docker or Podman"), "{error}");
}

#[test]
fn a_closed_or_silent_socket_is_named_with_the_remedy() {
    let table = [
        (io::ErrorKind::PermissionDenied, "no permission", "usermod -aG docker"),
        (io::ErrorKind::ConnectionRefused, "no container engine answers", "systemctl start docker"),
    ];
    for (kind, message, remedy) in table {
        let (_directory, surroundings) = with(&[DOCKER]);
        let error = surroundings.choose(&at(&[], kind)).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains(remedy), "{error}");
    }
}

#[test]
fn an_engine_that_testcontainers_does_not_find_must_be_named() {
    for (sockets, answering) in
        [(&[PODMAN][..], PODMAN), (&[ROOTLESS][..], ROOTLESS), (&[DOCKER, PODMAN][..], PODMAN)]
    {
        let (_directory, surroundings) = with(sockets);
        let knock = at(std::slice::from_ref(&answering), io::ErrorKind::PermissionDenied);
        let error = surroundings.choose(&knock).unwrap_err();
        let EngineError::Unnamed { host } = &error else { panic!("{error}") };
        assert!(host.ends_with(answering), "{host}");
        assert!(error.to_string().contains("set DOCKER_HOST=unix:///"), "{error}");
    }
}

#[test]
fn a_named_engine_is_the_only_one() {
    let (_directory, mut surroundings) = with(&[DOCKER]);
    surroundings.host = Some("unix:///run/other.sock".into());
    assert_eq!(surroundings.choose(&|_| Ok(())).unwrap(), "unix:///run/other.sock");
    let error = surroundings.choose(&at(&[DOCKER], io::ErrorKind::NotFound)).unwrap_err();
    assert!(error.to_string().contains("there is no such socket"), "{error}");
}

#[test]
fn an_address_that_is_of_no_use_says_why() {
    let table = [
        ("", false, "it has no scheme"),
        ("ssh://host", false, "only unix:// and tcp://"),
        ("tcp://10.0.0.1:2375", false, "of another machine"),
        ("tcp://127.0.0.1:2376", true, "TLS to an engine is not built in"),
    ];
    for (host, tls, why) in table {
        let surroundings = Surroundings { host: Some(host.into()), tls, ..Surroundings::default() };
        let error = surroundings.choose(&|_| Ok(())).unwrap_err().to_string();
        assert!(error.contains(why), "{host}: {error}");
    }
    for host in ["tcp://127.0.0.1:2375", "tcp://localhost:2375/", "http://[::1]:2375"] {
        let surroundings = Surroundings { host: Some(host.into()), ..Surroundings::default() };
        assert_eq!(surroundings.choose(&|_| Ok(())).unwrap(), host);
    }
}

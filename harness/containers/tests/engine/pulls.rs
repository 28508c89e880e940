//! Pulling, from a registry of this machine: no image of anybody else is fetched.

use std::net::{SocketAddr, TcpListener};

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::routing::get;
use containers::Cause;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testcontainers::bollard::query_parameters::RemoveImageOptions;
use testcontainers::core::client::docker_client_instance;

use crate::Body;
use crate::world::{block_on, engine, ensure};

pub(crate) const TRIALS: &[(&str, Body)] = &[
    ("a_pull_tells_its_steps_and_ends_with_the_image", pulled),
    ("a_pull_that_fails_is_named", failed),
];

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

fn pulled() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        let (registry, server) = serve().await?;
        let image = format!("{registry}/nothing:1");
        let images = [image.clone()];
        ensure(engine.missing_images(&images).await? == images, "it is not there before")?;
        let mut steps = Vec::new();
        engine.pull(&image, |step| steps.push(step)).await?;
        let missing = engine.missing_images(&images).await?;
        let docker = docker_client_instance().await?;
        docker.remove_image(&image, None::<RemoveImageOptions>, None).await?;
        server.abort();
        ensure(missing.is_empty(), "the image is there afterwards")?;
        let layer = steps.iter().any(|step| step.layer.is_some() && step.status == "Pull complete");
        ensure(layer && steps.iter().all(|step| step.image == image), format!("{steps:?}"))?;
        Ok(())
    })
}

fn failed() -> Result<(), Failed> {
    block_on(async {
        let engine = engine().await?;
        // A port of this machine where nobody listens.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let image = format!("127.0.0.1:{port}/nothing:1");
        let error = engine.pull(&image, |_| {}).await.err().ok_or("it was pulled")?;
        ensure(matches!(error.cause, Cause::Pull { .. }), format!("{error:?}"))?;
        let text = error.to_string();
        ensure(text.starts_with(&format!("the image {image} cannot be pulled: ")), text.clone())?;
        ensure(text.ends_with("(check its name and the network)"), text)?;
        Ok(())
    })
}

/// A registry with one image of one file.
async fn serve() -> Result<(SocketAddr, tokio::task::JoinHandle<std::io::Result<()>>), Failed> {
    let mut layer = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    layer.append_data(&mut header, "file", &b"x"[..])?;
    let layer = layer.into_inner()?;
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
    });
    let config = config.to_string().into_bytes();
    let part = |kind: &str, bytes: &[u8]| -> Value {
        json!({"mediaType": kind, "size": bytes.len(), "digest": digest(bytes)})
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": part("application/vnd.docker.container.image.v1+json", &config),
        "layers": [part("application/vnd.docker.image.rootfs.diff.tar.gzip", &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let blobs = [layer, config];
    let blob = async move |Path(wanted): Path<String>| {
        let found = blobs.iter().find(|blob| digest(blob) == wanted).cloned();
        found.ok_or(StatusCode::NOT_FOUND)
    };
    let manifest = async move |Path(_): Path<String>| {
        let headers = [
            (header::CONTENT_TYPE, MANIFEST.to_owned()),
            (header::HeaderName::from_static("docker-content-digest"), digest(&manifest)),
        ];
        (headers, manifest.clone())
    };
    let router = Router::new()
        .route("/v2/", get(async || "{}"))
        .route("/v2/nothing/manifests/{tag}", get(manifest))
        .route("/v2/nothing/blobs/{digest}", get(blob));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    Ok((address, tokio::spawn(async move { axum::serve(listener, router).await })))
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

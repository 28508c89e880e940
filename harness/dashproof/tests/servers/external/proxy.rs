//! A proxy that lets through only who proves who they are, and a server that sends everybody elsewhere.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, StatusCode, Uri, header},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A server of this process; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
    /// Requests that proved who they are.
    admitted: Arc<AtomicUsize>,
    /// Requests in all.
    seen: Arc<AtomicUsize>,
}

impl Served {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn admitted(&self) -> usize {
        self.admitted.load(Ordering::Relaxed)
    }

    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone, Debug)]
struct Rules {
    /// What `Authorization` must say; anything, if nothing.
    wanted: Option<&'static str>,
    /// Where requests are passed on to, or sent.
    upstream: String,
    /// Whether they are sent there rather than passed on.
    redirects: bool,
    http: reqwest::Client,
    admitted: Arc<AtomicUsize>,
    seen: Arc<AtomicUsize>,
}

/// Passes requests on to `upstream` whose `Authorization` is `wanted`; others get 401.
pub(crate) async fn demanding(wanted: &'static str, upstream: &str) -> Served {
    serve(Some(wanted), upstream, false).await
}

/// Sends everybody to `elsewhere`.
pub(crate) async fn redirecting(elsewhere: &str) -> Served {
    serve(None, elsewhere, true).await
}

/// Answers whoever comes with what `upstream` answers.
pub(crate) async fn open(upstream: &str) -> Served {
    serve(None, upstream, false).await
}

async fn serve(wanted: Option<&'static str>, upstream: &str, redirects: bool) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let (admitted, seen) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let rules = Rules {
        wanted,
        upstream: upstream.to_owned(),
        redirects,
        http: reqwest::Client::builder().no_proxy().build().expect("plain HTTP"),
        admitted: Arc::clone(&admitted),
        seen: Arc::clone(&seen),
    };
    let router = Router::new().fallback(handle).with_state(rules);
    let task = tokio::spawn(async move {
        axum::serve(listener, router).await.expect("a proxy serves until it is dropped");
    });
    Served { address, task, admitted, seen }
}

async fn handle(
    State(rules): State<Rules>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    rules.seen.fetch_add(1, Ordering::Relaxed);
    let answer = |status: StatusCode, body: Body| {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        response
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let there = format!("{}{path}", rules.upstream);
    if rules.redirects {
        let mut response = answer(StatusCode::TEMPORARY_REDIRECT, Body::empty());
        let there = there.parse().expect("a URL is a header's value");
        response.headers_mut().insert(header::LOCATION, there);
        return response;
    }
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if rules.wanted.is_some() && said != rules.wanted {
        return answer(StatusCode::UNAUTHORIZED, Body::from("who are you?"));
    }
    rules.admitted.fetch_add(1, Ordering::Relaxed);
    let mut request = rules.http.request(method, there).body(body);
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        if let Some(value) = headers.get(&name) {
            request = request.header(name, value);
        }
    }
    match request.send().await {
        Ok(found) => {
            let status = found.status();
            answer(status, Body::from(found.bytes().await.unwrap_or_default()))
        }
        Err(error) => answer(StatusCode::BAD_GATEWAY, Body::from(error.to_string())),
    }
}

//! A port that can be taken down and up again: the listener, and every connection that it accepted.
//!
//! Closing a listener takes no target down, because Prometheus keeps its connection; so going down cuts connections
//! too. The port stays reserved meanwhile, so that nobody else gets it. What is answered, the router knows.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::connection::Connection;
use crate::clock;

/// More connections than that wait until one ends.
const MAX_CONNECTIONS: usize = 4096;
/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;
/// How long a request's head may take, and how long a connection may be idle.
const HEAD_CEILING: Duration = Duration::from_secs(30);
/// How long a reader may take nothing.
const STALL_CEILING: Duration = Duration::from_secs(10);
/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Between attempts to accept or to listen that failed for want of something.
const RETRY: Duration = Duration::from_millis(50);

/// A port that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// What was asked for.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Whether a server answers; a life is from one start to the next stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    pub(super) up: bool,
    /// Counts stops, so that a stop and a start in one breath still cut connections.
    pub(super) stops: u64,
}

impl Phase {
    pub(super) const UP: Phase = Phase { up: true, stops: 0 };

    pub(super) fn turn(&mut self, up: bool) {
        self.stops += u64::from(self.up && !up);
        self.up = up;
    }
}

/// An HTTP server on one address. Ends, with all connections, when it is dropped.
#[derive(Debug)]
pub struct HttpServer {
    address: SocketAddr,
    task: JoinHandle<()>,
    /// Of a server that is always up.
    up: Option<watch::Sender<Phase>>,
}

impl HttpServer {
    /// Listens on `address` (port 0: any free one), until the server is closed or dropped.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub fn start(address: SocketAddr, router: Router) -> Result<HttpServer, BindError> {
        let (up, phase) = watch::channel(Phase::UP);
        let mut server = HttpServer::start_in(address, router, phase)?;
        server.up = Some(up);
        Ok(server)
    }

    /// Answers while `phase` is up; the port is reserved from now on.
    pub(super) fn start_in(
        address: SocketAddr,
        router: Router,
        phase: watch::Receiver<Phase>,
    ) -> Result<HttpServer, BindError> {
        let failed = |source| BindError { address, source };
        let reserved = reserve(address).map_err(failed)?;
        let bound = reserved.local_addr().map_err(failed)?;
        // At once, also where the server is down: that somebody else listens there must be known now.
        let listener = listen(bound).map_err(failed)?;
        let listener = phase.borrow().up.then_some(listener);
        let task = tokio::spawn(async move {
            let _reserved = reserved;
            supervise(bound, listener, router, phase).await;
        });
        Ok(HttpServer { address: bound, task, up: None })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it and every connection; the port is free afterwards.
    pub async fn close(mut self) {
        self.task.abort();
        // Cancelled, as asked.
        let _ = (&mut self.task).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A socket that is bound and does not listen: others are refused the port, and whoever connects is refused too.
fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Lets a second socket of ours have the same address, as long as only one listens.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    reserve(address)?.listen(BACKLOG)
}

async fn supervise(
    address: SocketAddr,
    mut listener: Option<TcpListener>,
    router: Router,
    mut phase: watch::Receiver<Phase>,
) {
    loop {
        let Ok(stops) = phase.wait_for(|phase| phase.up).await.map(|phase| phase.stops) else {
            return;
        };
        let Some(open) = listener.take().or_else(|| listen(address).ok()) else {
            clock::pause(RETRY).await;
            continue;
        };
        tokio::select! {
            () = accept(open, &router) => return,
            stopped = phase.wait_for(|phase| phase.stops != stops) => {
                if stopped.is_err() {
                    return;
                }
            }
        }
    }
}

/// Accepts for ever. Dropped, it closes the listener and every connection that it accepted.
async fn accept(listener: TcpListener, router: &Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    // A small answer must not wait for the acknowledgement of the one before.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection::new(stream, STALL_CEILING);
                    connections.spawn(converse(connection, router.clone()));
                }
                // Too many open files, for example: those that are open go on.
                Err(_) => clock::pause(RETRY).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(connection: Connection, router: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_CEILING).max_buf_size(MAX_HEAD);
    let service = TowerToHyperService::new(router);
    // What goes wrong on a connection is its peer's concern: hyper has answered what can be answered.
    let _ = http.serve_connection(TokioIo::new(connection), service).await;
}

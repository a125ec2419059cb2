//! What everything is compared with: an axum handler that answers with 96 bytes of JSON and does nothing else.

use std::{io::Read, thread};

use anyhow::Result;
use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use tokio::{net::TcpListener, sync::oneshot};

const BODY: &str =
    r#"{"hello":"world","padding":"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmn"}"#;

/// Serves on a free port of loopback, which it prints, until its input ends.
pub(crate) async fn serve() -> Result<()> {
    let app = Router::new().route("/hello", get(async || ([(CONTENT_TYPE, "application/json")], BODY)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let (ended, end) = oneshot::channel();
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = end => {}
    }
    Ok(())
}

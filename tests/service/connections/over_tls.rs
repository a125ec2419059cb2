//! TLS that ends here.

use std::{io, path::Path, sync::Arc};

use http_body_util::{BodyExt, Empty, Full};
use hyper::{Request, StatusCode, Version, body::Bytes, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use vestibule_tests::PASSWORD;

use super::*;

/// The files that [`Authority::issue`] writes, beside the configuration.
pub(super) const FILES: &str = "tls.cert_file = 'tls.crt'\ntls.key_file = 'tls.key'\n";

/// Who issues certificates.
pub(super) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Writes a certificate for `id.test` and its key.
    pub(super) fn issue(&self, directory: &Path) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["id.test".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(directory.join("tls.key"), key.serialize_pem()).unwrap();
        std::fs::write(directory.join("tls.crt"), certificate.pem()).unwrap();
    }

    /// Connects like a client who trusts this authority alone.
    async fn connect(&self, app: &TestApp, protocol: &str) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = vec![protocol.into()];
        let name = ServerName::try_from("id.test").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, connect(app).await).await
    }
}

/// A service with a certificate, and who issued it.
async fn serving(settings: &str) -> (TestApp, Authority, tempfile::TempDir) {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().unwrap());
    authority.issue(directory.path());
    let path = |name: &str| directory.path().join(name).display().to_string();
    let files = format!("tls.cert_file = '{}'\ntls.key_file = '{}'", path("tls.crt"), path("tls.key"));
    (TestApp::with(&format!("[server]\n{settings}\n{files}\n")).await, authority, directory)
}

/// Whether a client of this authority gets an answer.
async fn is_answered(app: &TestApp, authority: &Authority) -> bool {
    let Ok(mut stream) = authority.connect(app, "http/1.1").await else { return false };
    stream.write_all(REQUEST).await.unwrap();
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).await.is_ok() && begun == *b"HTTP/1.1 200"
}

async fn eventually(app: &TestApp, authority: &Authority) {
    let answered = async {
        while !is_answered(app, authority).await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(CEILING, answered).await.expect("the new certificate is not used");
}

#[tokio::test]
async fn http_1_1_is_spoken_with_cookies_and_headers_for_tls() {
    let (app, authority, _directory) = serving("").await;
    app.user("ann", &[]).await;
    let stream = authority.connect(&app, "http/1.1").await.unwrap();
    let (mut client, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let body = format!(r#"{{"login":"ann","password":"{PASSWORD}"}}"#);
    let request = Request::post("/session/login").header("host", "id.test").header("content-type", "application/json");
    let answer = client.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::CREATED, Version::HTTP_11));
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    assert!(answer.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"), "{:?}", answer.headers());
}

#[tokio::test]
async fn http_2_is_spoken_to_those_who_ask_for_it_within_limits() {
    let (app, authority, _directory) = serving("idle_timeout = '2s'").await;
    let stream = authority.connect(&app, "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, connection) = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let get = |target: &str| Request::get(format!("https://id.test{target}"));
    let empty = Empty::<Bytes>::new;
    let (one, other) = (get("/api/session").body(empty()).unwrap(), get("/api/session").body(empty()).unwrap());
    let (one, other) = tokio::join!(client.send_request(one), client.send_request(other.clone()));
    for answer in [one.unwrap(), other.unwrap()] {
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
        assert!(answer.into_body().collect().await.unwrap().to_bytes().starts_with(b"{"));
    }
    let many = (0..65).fold(get("/api/session"), |request, nth| request.header(format!("a{nth}"), "b"));
    assert_eq!(client.send_request(many.body(empty()).unwrap()).await.unwrap().status(), 431);
    let long = get(&format!("/api/session?{}", "a".repeat(9000))).body(empty()).unwrap();
    assert_eq!(client.send_request(long).await.unwrap().status(), 414);
    let large = get("/api/session").header("a", "b".repeat(20_000)).body(empty()).unwrap();
    assert!(client.send_request(large).await.map_or(true, |answer| answer.status() == 431));
    assert!(timeout(CEILING, connection).await.is_ok(), "an idle connection is kept for ever");
}

#[tokio::test]
async fn without_tls_there_is_no_answer_and_no_place_held() {
    let (app, _, _directory) = serving("head_timeout = '300ms'").await;
    assert!(!app.raw(REQUEST).await.contains("HTTP"));
    assert_eq!(part(&mut connect(&app).await).await, "", "a client that says nothing");
    assert!(!dribble(connect(&app).await, b"\x16\x03\x01\x02\0\x01\0\x01\xfc").await.contains("HTTP"));
}

#[tokio::test]
async fn a_new_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let (app, old, directory) = serving("tls.check_interval = '20ms'").await;
    assert!(is_answered(&app, &old).await);
    std::fs::write(directory.path().join("tls.crt"), "broken").unwrap();
    sleep(Duration::from_millis(200)).await;
    assert!(is_answered(&app, &old).await);
    let new = Authority::new();
    assert!(!is_answered(&app, &new).await);
    new.issue(directory.path());
    eventually(&app, &new).await;
    assert!(!is_answered(&app, &old).await);
}

//! Below HTTP libraries, and beside the service: sockets and processes.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::OnceLock,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

/// Sends bytes and reads until the other side closes, which must happen within fifteen seconds.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The service may have answered and closed before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection hangs; so far it said {:?}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Runs the program with these arguments on this configuration.
pub async fn command(config: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(program())
        .arg("--config")
        .arg(config)
        .args(arguments)
        .env("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64")
        .env("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap()
}

/// The `vestibule` program, built if need be: these tests belong to another package, so Cargo does not tell where it is.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("--bin", "vestibule", "vestibule"))
}

/// One of the `examples` of these tests, built if need be.
pub fn example(name: &str) -> PathBuf {
    built("--example", name, &format!("examples/{name}"))
}

fn built(kind: &str, name: &str, file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // Of the whole workspace, or its dependencies would be built again with fewer features.
    let built = std::process::Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", kind, name])
        .current_dir(root)
        .status()
        .unwrap();
    assert!(built.success(), "{name} does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("debug").join(file)
}

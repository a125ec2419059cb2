//! Our own TLS: a certificate with its key, read at start and again when the files change.

#[cfg(test)]
mod tests;
mod validity;

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use rustls::{
    Error, InconsistentKeys, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error as PemError, PemObject},
    },
    version::{TLS12, TLS13},
};
use tokio_rustls::TlsAcceptor;

use vestibule_application::ports::Clock;
use vestibule_domain::time::Timestamp;

use self::validity::{Standing, Validity};
use crate::settings::Tls;

/// What clients are spoken to with, best first.
pub(super) const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

const DAY: Duration = Duration::from_hours(24);

/// The certificate in use.
pub(crate) struct Certificate {
    settings: Tls,
    current: Mutex<InUse>,
}

struct InUse {
    config: Arc<ServerConfig>,
    /// Of what was last read, whether it could be used or not: the same mistake is told once.
    digest: blake3::Hash,
    /// When it begins and ceases to be valid.
    validity: Validity,
}

impl Certificate {
    /// Reads the files, or says what is wrong with them.
    pub(crate) fn read(settings: Tls) -> Result<Self> {
        let files = Files::read(&settings)?;
        let (config, validity) = files.config(&settings)?;
        let current = InUse { config, digest: files.digest(), validity };
        Ok(Self { settings, current: Mutex::new(current) })
    }

    /// For a new connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }

    /// Reads the files again, and uses them if they have changed and can be used.
    pub(crate) fn renew(&self) {
        let files = match Files::read(&self.settings) {
            Ok(files) => files,
            Err(error) => return tracing::error!("{error:#}; the certificate in use stays"),
        };
        let digest = files.digest();
        let is_new = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut current.digest, digest) != digest
        };
        if !is_new {
            return;
        }
        match files.config(&self.settings) {
            Ok((config, validity)) => {
                let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
                (current.config, current.validity) = (config, validity);
                drop(current);
                tracing::info!("{} has changed and is in use now", self.settings.cert_file.display());
            }
            Err(error) => tracing::error!("{error:#}; the certificate in use stays"),
        }
    }

    fn warn_of_expiry(&self, now: Timestamp) {
        let validity = self.current.lock().unwrap_or_else(PoisonError::into_inner).validity;
        let cert_file = self.settings.cert_file.display();
        match validity.standing(now) {
            Standing::Good => {}
            Standing::Early => tracing::error!("server.tls.cert_file: {cert_file} is not valid yet; clients refuse it"),
            Standing::Late { days } => {
                tracing::warn!("server.tls.cert_file: {cert_file} expires in {days} days; put a new one in its place");
            }
            Standing::Over => tracing::error!("server.tls.cert_file: {cert_file} has expired; clients refuse it"),
        }
    }

    /// Looks at the files for ever, and at start and once a day at how long the certificate is still valid.
    pub(super) async fn follow(self: Arc<Self>, clock: Arc<dyn Clock>) {
        let mut warned: Option<Timestamp> = None;
        loop {
            let now = clock.now();
            if warned.is_none_or(|warned| now.since(warned) >= DAY) {
                warned = Some(now);
                self.warn_of_expiry(now);
            }
            tokio::time::sleep(self.settings.check_interval).await;
            let certificate = Arc::clone(&self);
            // Files may be far away.
            if let Err(error) = tokio::task::spawn_blocking(move || certificate.renew()).await {
                tracing::error!("looking for a new certificate: {error}");
            }
        }
    }
}

/// What is in the two files.
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(settings: &Tls) -> Result<Self> {
        let read = |key: &str, path: &Path| {
            fs::read(path).with_context(|| format!("server.tls.{key}: cannot read {}", path.display()))
        };
        Ok(Self { certificate: read("cert_file", &settings.cert_file)?, key: read("key_file", &settings.key_file)? })
    }

    fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(blake3::hash(&self.certificate).as_bytes()).update(&self.key).finalize()
    }

    fn config(&self, settings: &Tls) -> Result<(Arc<ServerConfig>, Validity)> {
        let (cert_file, key_file) = (settings.cert_file.display(), settings.key_file.display());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|error| anyhow!("server.tls.cert_file: {cert_file}: {}", in_words(&error)))?;
        let Some(own) = chain.first() else {
            bail!("server.tls.cert_file: there is no certificate in {cert_file}; it must be PEM, and its own first");
        };
        let validity = Validity::of(own)
            .with_context(|| format!("server.tls.cert_file: the first certificate in {cert_file} cannot be read"))?;
        let key = match PrivateKeyDer::from_pem_slice(&self.key) {
            Err(PemError::NoItemsFound) if has_encrypted_key(&self.key) => {
                bail!(
                    "server.tls.key_file: the key in {key_file} is encrypted; decrypt it: openssl pkey -in {key_file}"
                )
            }
            Err(PemError::NoItemsFound) => {
                bail!("server.tls.key_file: there is no private key in {key_file}; it must be PEM")
            }
            Err(error) => bail!("server.tls.key_file: {key_file}: {}", in_words(&error)),
            Ok(key) => key,
        };
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .context("this build has no usable TLS")?;
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).map_err(|error| {
            if error == Error::from(InconsistentKeys::KeyMismatch) {
                anyhow!("server.tls: the key in {key_file} is not that of the first certificate in {cert_file}")
            } else {
                anyhow!("server.tls: {cert_file} and {key_file} cannot be used: {error}")
            }
        })?;
        if is_open_to_others(&settings.key_file).unwrap_or(false) {
            tracing::warn!(
                "server.tls.key_file: every user of this machine can read {key_file}: chmod o-rwx {key_file}"
            );
        }
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
        Ok((Arc::new(config), validity))
    }
}

/// The parser's own words show bytes of the file.
fn in_words(error: &PemError) -> &'static str {
    if matches!(error, PemError::MissingSectionEnd { .. }) {
        "a section has no END line; the file may be cut off"
    } else {
        "it is not well-formed PEM"
    }
}

fn has_encrypted_key(pem: &[u8]) -> bool {
    String::from_utf8_lossy(pem).contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o004 != 0)
}

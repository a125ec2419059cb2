//! An anonymous session is a row from its first moment.

use std::sync::Arc;

use vestibule_application::{
    change::Change,
    ports::{Clock, Seal, Seals, Tokens, UnitOfWork},
    service::Ports,
};
use vestibule_domain::{
    secret::OpaqueToken,
    session::{DeviceName, SessionId},
};

struct Kept {
    inner: Arc<dyn Seals>,
    tokens: Arc<dyn Tokens>,
    clock: Arc<dyn Clock>,
    unit: Arc<dyn UnitOfWork>,
}

impl Seals for Kept {
    fn seal(&self, seal: &Seal) -> OpaqueToken {
        let token = self.inner.seal(seal);
        let session = seal.clone().session(self.session_id(&token), DeviceName::default(), self.clock.now());
        let begin = Change::BeginSession { session, digest: self.tokens.digest(&token) };
        let unit = Arc::clone(&self.unit);
        tokio::spawn(async move { unit.commit(vec![begin]).await });
        token
    }

    fn unseal(&self, token: &OpaqueToken) -> Vec<Seal> {
        self.inner.unseal(token)
    }

    fn session_id(&self, token: &OpaqueToken) -> SessionId {
        self.inner.session_id(token)
    }
}

pub(crate) fn kept(ports: Ports) -> Ports {
    let unit = ports.stores.unit.clone();
    let seals = Kept { inner: ports.seals, tokens: ports.tokens.clone(), clock: ports.clock.clone(), unit };
    Ports { seals: Arc::new(seals), ..ports }
}

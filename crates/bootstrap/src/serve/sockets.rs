//! Sockets that a service manager opened before it started this process (systemd's socket activation).

use std::{io, net::TcpListener, sync::Arc};

use listenfd::ListenFd;

/// Those that this process was given, in their order: the first for the session APIs, the second for operators. None where
/// nobody gave any.
#[derive(Clone, Debug, Default)]
pub struct Sockets(Vec<Arc<TcpListener>>);

impl Sockets {
    /// Takes them over. To be called before there are threads: what says that they are there is taken out of the
    /// environment, so that no other program believes it.
    pub fn of_process() -> io::Result<Self> {
        let mut given = ListenFd::from_env();
        let listeners = (0..given.len()).map(|index| given.take_tcp_listener(index));
        let listeners: Vec<_> = listeners.collect::<io::Result<_>>()?;
        Ok(Self(listeners.into_iter().flatten().map(Arc::new).collect()))
    }

    /// One of them, for a runtime to wait on.
    pub(super) fn get(&self, index: usize) -> io::Result<Option<TcpListener>> {
        let listener = self.0.get(index).map(|listener| listener.try_clone()).transpose()?;
        if let Some(listener) = &listener {
            listener.set_nonblocking(true)?;
        }
        Ok(listener)
    }
}

//! Work that is done whether or not anybody waits for it.

use vestibule_application::ports::StoreError;

/// Does it in a task of its own: a store may go on with what a caller asked for who has gone, and until it has answered, what that
/// touches stays in flux. A panic is a store that is not available.
pub(crate) async fn to_its_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    tokio::spawn(work).await.unwrap_or_else(|panic| Err(StoreError::Unavailable(Box::new(panic)).into()))
}

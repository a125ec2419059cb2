//! What bodies are called: in answers, in the documents of the APIs, and where a client says what it takes.

/// JSON, as most APIs name it.
pub(crate) const JSON: &str = "application/json";

/// JSON, as one page names it (JSON:API).
pub(crate) const API_JSON: &str = "application/vnd.api+json";

/// Problem documents (RFC 9457).
pub(crate) const PROBLEM: &str = "application/problem+json";

/// What a form sends.
pub(crate) const URLENCODED: &str = "application/x-www-form-urlencoded";

/// What a form with files sends (RFC 7578).
pub(crate) const MULTIPART: &str = "multipart/form-data";

//! What the Hub remembers of each request.

/// One request: who was asked for what, which secret was shown, and the answer.
#[derive(Debug, Clone)]
pub struct Visit {
    pub host: String,
    pub method: String,
    pub path: String,
    /// The secret in the Authorization header, whatever its scheme; the whole header where it is neither Basic nor
    /// Bearer.
    pub shown: Option<String>,
    pub status: u16,
}

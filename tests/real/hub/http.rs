//! As much of HTTP/1.1 as git, git-lfs and `hf` speak.

use std::io::{self, Read, Write};

use serde_json::Value;

/// One request, its body read whole and free of its transfer encoding (a content encoding stays).
pub(super) struct Request {
    pub method: String,
    /// The name the client believes it talks to.
    pub host: String,
    pub path: String,
    pub query: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; none when the client left.
    pub(super) fn read(stream: &mut (impl Read + Write)) -> io::Result<Option<Self>> {
        let Some(first) = line(stream)? else {
            return Ok(None);
        };
        let mut words = first.split(' ');
        let (method, target) = match (words.next(), words.next()) {
            (Some(method), Some(target)) => (method.to_owned(), target.to_owned()),
            _ => return Err(io::Error::other("not a request line")),
        };
        let mut headers = Vec::new();
        loop {
            let header = line(stream)?.unwrap_or_default();
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let mut request = Self {
            method,
            host: String::new(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: Vec::new(),
        };
        request.host = request.header("host").unwrap_or_default().to_owned();
        if request.header("expect").is_some() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            stream.flush()?;
        }
        request.body = request.read_body(stream)?;
        Ok(Some(request))
    }

    /// The value of a header; its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Path and query as they were sent.
    pub(super) fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    fn read_body(&self, stream: &mut impl Read) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if self.header("transfer-encoding") == Some("chunked") {
            loop {
                let size = line(stream)?.unwrap_or_default();
                let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
                let start = body.len();
                body.resize(start + size, 0);
                stream.read_exact(&mut body[start..])?;
                line(stream)?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        let length = self.header("content-length").map_or(Ok(0), str::parse).map_err(io::Error::other)?;
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        Ok(body)
    }
}

/// A line without its CRLF; none at the end of the stream. A byte at a time: the stream is a session in memory.
fn line(stream: &mut impl Read) -> io::Result<Option<String>> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte)? == 1 {
        if byte == *b"\n" {
            let text = String::from_utf8(text).map_err(io::Error::other)?;
            return Ok(Some(text.trim_end_matches('\r').to_owned()));
        }
        text.push(byte[0]);
    }
    Ok(None)
}

/// One answer.
pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub(super) fn text(status: u16, text: &str) -> Self {
        Self { status, headers: vec![("Content-Type".into(), "text/plain".into())], body: text.into() }
    }

    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), "application/vnd.git-lfs+json; charset=utf-8".into())],
            body: value.to_string().into(),
        }
    }

    pub(super) fn unauthorized() -> Self {
        Self::text(401, "Invalid username or password.")
            .with("WWW-Authenticate", "Basic realm=\"Authentication required\", charset=\"UTF-8\"")
    }

    pub(super) fn not_found() -> Self {
        Self::text(404, "Repository not found").with("X-Error-Code", "RepoNotFound")
    }

    pub(super) fn redirect(location: &str) -> Self {
        Self::text(307, "Temporary Redirect").with("Location", location)
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        write!(stream, "HTTP/1.1 {} Hub\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        write!(stream, "Content-Length: {}\r\n\r\n", self.body.len())?;
        stream.write_all(&self.body)?;
        stream.flush()
    }
}

//! Why a Hub could not be reached, in words for people: no library's text, and nothing that was sent.

use std::io;

use rustls::CertificateError;

use crate::notice;

/// Returns why a request got no answer, and what to look at where that is known.
pub(super) fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "its name is not found (check the network)".to_owned(),
        ureq::Error::ConnectionFailed => "no connection could be made (check the network)".to_owned(),
        ureq::Error::ConnectProxyFailed(_) => "the proxy does not let it through".to_owned(),
        ureq::Error::InvalidProxyUrl => "the URL of the proxy is malformed (see HTTPS_PROXY and ALL_PROXY)".to_owned(),
        ureq::Error::Protocol(_) => "what answers there does not speak HTTP".to_owned(),
        ureq::Error::Rustls(error) => of_tls(error),
        ureq::Error::Tls(_) | ureq::Error::Pem(_) => "no secure connection could be made".to_owned(),
        ureq::Error::Io(error) => of_io(error),
        _ => "the connection failed".to_owned(),
    }
}

fn of_io(error: &io::Error) -> String {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return of_tls(error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "the connection was closed before it answered".to_owned()
        }
        io::ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        _ => notice::reason(error),
    }
}

fn of_tls(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(why) = error else {
        return "no secure connection could be made (a proxy may stand between)".to_owned();
    };
    match why {
        CertificateError::UnknownIssuer => {
            "its certificate is not trusted here (where a proxy of your company stands between, its CA must be trusted)"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired (or this machine's clock is wrong)"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet (this machine's clock may be wrong)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is another host's"
        }
        CertificateError::Revoked => "its certificate was revoked",
        _ => "its certificate is not valid",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_of_a_library_is_told_in_its_own_words() {
        let io = |kind: io::ErrorKind, text: &str| ureq::Error::Io(io::Error::new(kind, text.to_owned()));
        let tls = |error: rustls::Error| ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, error));
        for (error, told) in [
            (ureq::Error::HostNotFound, "its name is not found (check the network)"),
            (
                io(
                    io::ErrorKind::UnexpectedEof,
                    "peer closed connection without sending TLS close_notify: https://docs.rs/x",
                ),
                "the connection was closed before it answered",
            ),
            (ureq::Error::Io(io::Error::from_raw_os_error(111)), "the connection was refused"),
            (io(io::ErrorKind::Other, "CustomDebug { x: 1 }"), "it failed for an unknown reason"),
            (tls(CertificateError::Expired.into()), "its certificate has expired (or this machine's clock is wrong)"),
            (tls(CertificateError::NotValidForName.into()), "its certificate is another host's"),
            (tls(rustls::Error::DecryptError), "no secure connection could be made (a proxy may stand between)"),
            (ureq::Error::BodyExceedsLimit(7), "the connection failed"),
        ] {
            assert_eq!(reason(&error), told);
        }
    }
}

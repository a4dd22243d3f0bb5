//! Why a server was not reached, in words of ours and not of a library.

use std::io::{self, ErrorKind};

use rustls::CertificateError;

use crate::notice;

/// Tells what failed.
pub(super) fn unreachable(who: &str, error: &ureq::Error) -> String {
    let why = match error {
        ureq::Error::Timeout(_) => return format!("{who} did not answer in time"),
        // it would be quoted
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            return format!("{who} cannot be asked: its URL, or what is to be shown there, is malformed");
        }
        ureq::Error::Io(error) => of_connection(error),
        ureq::Error::Rustls(error) => of_tls(error),
        ureq::Error::HostNotFound => NO_ADDRESS.to_owned(),
        ureq::Error::ConnectProxyFailed(why) if why.contains("407") => {
            "the proxy asks for a user and a password (put them into its URL)".to_owned()
        }
        ureq::Error::ConnectProxyFailed(_) => "the proxy does not lead there".to_owned(),
        ureq::Error::InvalidProxyUrl => "the URL of the proxy is malformed".to_owned(),
        ureq::Error::Protocol(_) => "what answers there does not speak HTTP".to_owned(),
        ureq::Error::Tls(_) | ureq::Error::Pem(_) => NO_TLS.to_owned(),
        ureq::Error::ConnectionFailed => "no connection could be made".to_owned(),
        _ => "the connection failed".to_owned(),
    };
    format!("{who} cannot be reached: {why}")
}

const NO_TLS: &str = "it does not speak TLS as it should (a proxy may stand between)";

const NO_ADDRESS: &str = "no address is known for the name of the host (see the network, or name a proxy)";

fn of_connection(error: &io::Error) -> String {
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        return of_tls(error);
    }
    if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) {
        return "the connection was closed before it answered".to_owned();
    }
    let why = notice::reason(error);
    // the system's look-up has no kind of its own
    if why.starts_with("failed to lookup address") { NO_ADDRESS.to_owned() } else { why }
}

fn of_tls(error: &rustls::Error) -> String {
    let why = match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                "its certificate is of an authority that is not known here (name the file of a company's certificates in \
                 git's http.sslCAInfo, or in SSL_CERT_FILE)"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired (or this machine's clock is wrong)"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet (or this machine's clock is wrong)"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is another host's"
            }
            CertificateError::Revoked => "its certificate was revoked",
            _ => "its certificate is not valid",
        },
        _ => NO_TLS,
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_of_a_library_is_told_in_its_own_words() {
        let io = |kind: io::ErrorKind, text: &str| ureq::Error::Io(io::Error::new(kind, text.to_owned()));
        let tls = |error: rustls::Error| ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, error));
        for (error, told) in [
            (ureq::Error::HostNotFound, NO_ADDRESS),
            (
                io(
                    io::ErrorKind::UnexpectedEof,
                    "peer closed connection without sending TLS close_notify: https://docs.rs/x",
                ),
                "the connection was closed before it answered",
            ),
            (ureq::Error::Io(io::Error::from_raw_os_error(111)), "connection refused"),
            (io(io::ErrorKind::Other, "CustomDebug { x: 1 }"), "it failed for an unknown reason"),
            (tls(CertificateError::Expired.into()), "its certificate has expired (or this machine's clock is wrong)"),
            (tls(CertificateError::NotValidForName.into()), "its certificate is another host's"),
            (tls(rustls::Error::DecryptError), NO_TLS),
            (ureq::Error::BodyExceedsLimit(7), "the connection failed"),
        ] {
            assert_eq!(unreachable("it", &error), format!("it cannot be reached: {told}"));
        }
    }
}

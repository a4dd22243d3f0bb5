//! Why a server was not reached, in words of ours and not of a library.

use std::io;

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
        error => error.to_string().escape_debug().to_string(),
    };
    format!("{who} cannot be reached: {why}")
}

const NO_ADDRESS: &str = "no address is known for the name of the host (see the network, or name a proxy)";

fn of_connection(error: &io::Error) -> String {
    if let Some(error) = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        return of_tls(error);
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
            _ => "its certificate is not valid",
        },
        _ => "it does not speak TLS as it should",
    };
    why.to_owned()
}

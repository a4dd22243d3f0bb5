//! An authority of the Hub's own and one certificate for all its names, new for each Hub.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub(super) struct Certificates {
    authority: String,
    server: Arc<ServerConfig>,
}

impl Certificates {
    pub(super) fn new(hosts: &[&str]) -> Self {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "the tests' own authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let signed = authority.self_signed(&key).expect("self-signed");
        let issuer = Issuer::new(authority, key);

        let names: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let leaf_key = KeyPair::generate().expect("a key");
        let mut leaf = CertificateParams::new(names).expect("names of hosts");
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&leaf_key, &issuer).expect("signed");

        let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone(), signed.der().clone()];
        let key = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows TLS")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("our own certificate");
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { authority: signed.pem(), server: Arc::new(server) }
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}

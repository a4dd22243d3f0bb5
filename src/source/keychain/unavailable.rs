//! Why a keychain gives no answer.

use keyring_core::Error;

/// Why the keychain gives no answer. Not the same as an entry that is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// `GIT_CREDENTIAL_HF_KEYCHAIN=off`.
    Off,
    /// No session bus runs here.
    NoBus,
    /// The session bus that is named here is another user's, or may be.
    AnotherUsersBus,
    /// Nobody listens at the address that `DBUS_SESSION_BUS_ADDRESS` holds, which a session that ended may have left behind.
    BusGone(String),
    /// Nobody on the bus offers a keychain.
    NoService,
    /// There is a keychain service, but it has no keychain to keep things in.
    NoCollection,
    /// What is needed is locked.
    Locked,
    /// The entry of that name is there, and locked.
    EntryLocked,
    /// The bus, or the service on it, accepts questions and answers none.
    Silent,
    /// It answers, and says no.
    Failed(String),
}

impl Unavailable {
    /// Whether a person could unlock it.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Locked | Self::EntryLocked)
    }

    /// Whether there is no keychain here at all, as on a server: nothing anybody should be told about.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Off | Self::NoBus | Self::AnotherUsersBus | Self::NoService | Self::NoCollection)
    }

    /// Whether it may answer again while git waits: then nobody else is asked instead.
    #[must_use]
    pub fn may_come_back(&self) -> bool {
        !self.is_absence() && !matches!(self, Self::BusGone(_))
    }
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (why, way_out) = match self {
            Self::Off => ("it is turned off", "unset GIT_CREDENTIAL_HF_KEYCHAIN"),
            Self::NoBus => ("no session bus", "log in to a desktop session, or use the HF home"),
            Self::AnotherUsersBus => (
                "the session bus that DBUS_SESSION_BUS_ADDRESS names is another user's or a remote one, so it is not joined",
                "unset DBUS_SESSION_BUS_ADDRESS, or set it to your own",
            ),
            Self::BusGone(address) => {
                return write!(
                    f,
                    "cannot use the system keychain: the session bus at {address} does not answer (unset \
                     DBUS_SESSION_BUS_ADDRESS, or log in to the desktop anew)"
                );
            }
            Self::NoService => ("no service on the session bus", "start one, such as gnome-keyring"),
            Self::NoCollection => ("it has no default collection", "create one in your desktop's password manager"),
            Self::Locked | Self::EntryLocked => ("locked", "unlock it, or set HF_TOKEN"),
            Self::Silent => ("it does not answer", "restart it, or set GIT_CREDENTIAL_HF_KEYCHAIN=off"),
            Self::Failed(why) => (why.as_str(), "set GIT_CREDENTIAL_HF_KEYCHAIN=off to do without"),
        };
        write!(f, "cannot use the system keychain: {why} ({way_out})")
    }
}

impl std::error::Error for Unavailable {}

/// Says why; never prints an error with its data, which may be the secret.
impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        match error {
            Error::NoStorageAccess(cause) => match cause.downcast::<Unavailable>() {
                Ok(unavailable) => *unavailable,
                Err(cause) => Unavailable::Failed(cause.to_string()),
            },
            Error::PlatformFailure(cause) => Unavailable::Failed(cause.to_string()),
            Error::TooLong(_, limit) => {
                Unavailable::Failed(format!("the token is longer than the {limit} bytes it holds"))
            }
            Error::NoEntry => Unavailable::Failed("the entry is gone".to_owned()),
            Error::BadStoreFormat(_) => Unavailable::Failed("it did not keep what it was given".to_owned()),
            _ => Unavailable::Failed("it does not understand the question".to_owned()),
        }
    }
}

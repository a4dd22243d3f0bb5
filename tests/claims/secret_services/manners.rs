//! What keychains do each in their own way.

/// What the default collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collection {
    Open,
    Missing,
    /// Locked, its items found as locked (`KWallet`, gnome-keyring).
    LockedInSight,
    /// The same while its wallet is open, until a prompt is called, which ends by itself (`KWallet` after the login).
    LockedUntilCalled,
    /// Locked, and nothing is found in it (oo7).
    LockedOutOfSight,
    /// Locked, and a search shows a dialog and waits for it (`KeePassXC`).
    LockedBehindSearch,
}

/// What is done with a prompt that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    /// It ends by itself, without a dialog.
    EndsItself,
    /// A dialog that nobody answers.
    Waits,
    /// A dialog that is answered with yes.
    IsConfirmed,
    /// A dialog that is closed.
    IsDismissed,
}

/// What becomes of a call that reads a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Works,
    Fails,
    /// It waits for a dialog of another program's (gpg's pinentry behind pass-secret-service).
    Waits,
}

/// What becomes of the attributes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attributes {
    Plain,
    /// Items are found by plain ones, and show digests.
    Hashed,
}

/// How a service behaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manners {
    pub(super) collection: Collection,
    /// What comes of the prompt to unlock.
    pub(super) unlock: Prompt,
    /// What comes of the prompt that making and deleting an item answers with, where it does.
    pub(super) change: Option<Prompt>,
    pub(super) reading: Reading,
    pub(super) attributes: Attributes,
}

/// An open keychain without any dialog.
pub(super) const PLAIN: Manners = Manners {
    collection: Collection::Open,
    unlock: Prompt::Waits,
    change: None,
    reading: Reading::Works,
    attributes: Attributes::Plain,
};

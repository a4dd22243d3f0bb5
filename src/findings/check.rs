//! What can be found, each with its stable code.

/// Writes the enumeration from one table: what is looked at, and what can come of it.
macro_rules! checks {
    ($($name:literal: $($variant:ident $code:literal $doc:literal)*;)*) => {
        /// One thing that is looked at, and what came of it. The codes are documented in docs/json.md.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Check {
            $($(#[doc = $doc] $variant,)*)*
        }

        impl Check {
            /// All of them, with what each tells.
            pub const ALL: &[(Self, &'static str)] = &[$($((Self::$variant, $doc),)*)*];

            /// Its code, for programs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $($(Self::$variant => $code,)*)*
                }
            }

            /// What was looked at, for people.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$variant)|* => $name,)*
                }
            }
        }
    };
}

checks! {
    "git":
        GitRuns "git_runs" "git runs"
        GitMissing "git_missing" "git does not run"
        GitTooOld "git_too_old" "git is too old for what `setup` writes with"
        GitWithoutBearer "git_without_bearer" "git sends a token from a browser login as a password"
        GitConfigUnreadable "git_config_unreadable" "git cannot read its configuration";
    "safe.directory":
        RepositoryNotTrusted "repository_not_trusted" "git refuses the repository, which is another user's";
    "git-lfs":
        LfsRuns "lfs_runs" "git-lfs runs"
        LfsMissing "lfs_missing" "git-lfs is not installed"
        LfsNotUsed "lfs_not_used" "git does not use git-lfs"
        LfsWithoutBearer "lfs_without_bearer" "git-lfs sends a token from a browser login as a password";
    "git-xet":
        XetRuns "xet_runs" "git-xet is installed"
        XetMissing "xet_missing" "git-xet is not installed";
    "helper":
        HelperRuns "helper_runs" "git finds this program"
        HelperNotFound "helper_not_found" "git does not find this program"
        HelperIsAnother "helper_is_another" "git finds another program of this name";
    "setup":
        SetUp "set_up" "git asks this helper"
        NotSetUp "not_set_up" "git does not ask this helper"
        AnsweredByAnother "answered_by_another" "Another helper answers"
        NotAsked "not_asked" "git was not asked, since it would run what the repository names"
        IncludeDangling "include_dangling" "git's configuration includes a file of ours that is not there";
    "other helpers":
        NoOtherHelper "no_other_helper" "git asks and tells no other helper for the Hub"
        AskedFirst "asked_first" "Another helper is asked before this one"
        ToldToo "told_too" "Another helper comes after this one and is told every token"
        SwitchedOff "switched_off" "An empty line behind this helper switches it off";
    "hf":
        HfFindsHelper "hf_finds_helper" "`hf` finds a credential helper, or warns without need";
    "netrc":
        NoNetrcEntry "no_netrc_entry" "netrc has no entry for the Hub"
        NetrcEntry "netrc_entry" "netrc has an entry for the Hub, which is sent first";
    "remote URLs":
        NoUrlToken "no_url_token" "No remote's URL holds a token"
        UrlToken "url_token" "A remote's URL holds a token"
        UrlEmptyPassword "url_empty_password" "A remote's URL holds an empty password"
        UrlNotARepository "url_not_a_repository" "A remote's URL is a page of the Hub and no repository"
        UrlHttp "url_http" "A remote's URL is http, where no token goes";
    "insteadOf":
        NoRewriting "no_rewriting" "No URL is rewritten to another host, or gets a token"
        RewrittenToken "rewritten_token" "`insteadOf` puts a token into URLs"
        RewrittenEmptyPassword "rewritten_empty_password" "`insteadOf` puts an empty password into URLs"
        RewrittenElsewhere "rewritten_elsewhere" "`insteadOf` or `pushInsteadOf` leads to another host"
        RewrittenSsh "rewritten_ssh" "`insteadOf` or `pushInsteadOf` leads to SSH";
    "extraHeader":
        NoHeader "no_header" "Git's configuration sends no token in a header"
        HeaderToken "header_token" "Git's configuration sends a token in a header";
    "transport":
        TransportClear "transport_clear" "No setting stands between git and the Hub"
        ProxyDead "proxy_dead" "The proxy that git goes by does not answer"
        RedirectsOff "redirects_off" "`http.followRedirects` is off, and hf.co redirects"
        CertificatesMissing "certificates_missing" "The file of certificates that git is told to use is not there"
        VerificationOff "verification_off" "git does not verify the Hub's certificate";
    "network":
        HubRoute "hub_route" "How this program reaches the Hub"
        HubRouteBroken "hub_route_broken" "The proxy or the certificates for the Hub cannot be used"
        RouteOfGitAlone "route_of_git_alone" "A setting leads git to the Hub, and not this program";
    "lfs URL":
        LfsUrlClear "lfs_url_clear" "git-lfs goes to the Hub that git goes to"
        LfsElsewhere "lfs_elsewhere" "git-lfs is sent to another host";
    "credential files":
        NoCredentialFile "no_credential_file" "No token of the Hub in plain text"
        CredentialFile "credential_file" "A file of `git credential-store` holds a token";
    "lfs access":
        LfsAccessClear "lfs_access_clear" "Nothing that git-lfs noted is out of date"
        LfsAccessStale "lfs_access_stale" "git-lfs noted something that is in the way now";
    "accounts":
        AccountsDiffer "accounts_differ" "git and git-xet ask for different accounts";
    "HF home":
        HfHomePrivate "hf_home_private" "The HF home is yours alone"
        HfHomeRelative "hf_home_relative" "A variable makes the HF home relative"
        HfHomeOthers "hf_home_others" "A file of the HF home is another user's"
        HfHomeReadable "hf_home_readable" "Others may read a file of tokens"
        HfHomeWritable "hf_home_writable" "Others may replace what is in the HF home"
        HfHomeUnreadable "hf_home_unreadable" "A file of the HF home cannot be read"
        HomeOfAnother "home_of_another" "HOME is another user's"
        OldTokenFile "old_token_file" "A token lies where `hf` kept it before version 0.12";
    "keychain":
        KeychainOpen "keychain_open" "The keychain is open"
        KeychainNone "keychain_none" "There is no keychain here"
        KeychainBusGone "keychain_bus_gone" "The session bus does not answer"
        KeychainBusOfAnother "keychain_bus_of_another" "The session bus is another user's"
        KeychainNoCollection "keychain_no_collection" "The keychain has no default collection"
        KeychainLocked "keychain_locked" "The keychain is locked"
        KeychainSilent "keychain_silent" "The keychain does not answer"
        KeychainFails "keychain_fails" "The keychain fails";
    "HF_TOKEN":
        VariableNotSet "variable_not_set" "`HF_TOKEN` is not set"
        VariableInForce "variable_in_force" "`HF_TOKEN` is set"
        VariableOdd "variable_odd" "`HF_TOKEN` holds no token, or one of an odd shape"
        VariableEmptyForXet "variable_empty_for_xet" "`HF_TOKEN` is set and empty, which git-xet sends"
        VariableUnread "variable_unread" "A token is in a variable that nobody reads";
    "HF_ENDPOINT":
        EndpointIgnored "endpoint_ignored" "`HF_ENDPOINT` is no URL that a token may go to"
        EndpointAdded "endpoint_added" "`HF_ENDPOINT` sends tokens to another host";
    "token":
        TokenFound "token_found" "git has a token"
        TokenOdd "token_odd" "Git's token has an odd shape"
        TokenMissing "token_missing" "git has no token"
        TokenFails "token_fails" "A source fails, and git has no token"
        GoesFirst "goes_first" "git sends another token before it asks this helper";
    "expiry":
        NoExpiry "no_expiry" "No token is known to end"
        ExpiresLater "expires_later" "Git's token ends"
        ExpiresSoon "expires_soon" "Git's token ends soon"
        Expired "expired" "A token has expired";
    "rejections":
        NotRejected "not_rejected" "No token was rejected lately"
        Rejected "rejected" "The Hub rejected git's token lately"
        LostBeforePush "lost_before_push" "git lost a Bearer token before a large push";
    "account":
        AccountKnown "account_known" "The Hub knows the token"
        AccountUnknown "account_unknown" "The Hub does not know the token"
        AccountNotTold "account_not_told" "The Hub did not say"
        HubNotAsked "hub_not_asked" "The Hub was not asked";
    "clock":
        ClockRight "clock_right" "This machine's clock is right"
        ClockWrong "clock_wrong" "This machine's clock is wrong";
    "repository":
        Repository "repository" "What the Hub says of the repository"
        RepositoryNotAsked "repository_not_asked" "The Hub was not asked for the repository"
        NotCloneable "not_cloneable" "This is no URL that git can clone";
    "other tokens":
        OtherToken "other_token" "Another token opens the repository";
}

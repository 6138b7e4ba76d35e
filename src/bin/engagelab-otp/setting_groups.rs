//! The settings there are: the one table from which the environment, profiles and the help are read.

/// Settings that belong together: a name for people, and each setting's variable in the environment and key in a profile.
pub(crate) struct Group<const N: usize> {
    pub(crate) what: &'static str,
    pub(crate) settings: [Setting; N],
    /// The setting that a profile can have a command print.
    pub(crate) secret: usize,
}

impl<const N: usize> Group<N> {
    /// The key of the command that prints the secret.
    pub(crate) fn command_key(&self) -> &'static str {
        match self.settings[self.secret].key.split_once('.') {
            Some(("callback", _)) => "callback.credential_command",
            Some(("smpp", _)) => "smpp.credential_command",
            _ => "credential_command",
        }
    }
}

/// One setting's names.
pub(crate) struct Setting {
    pub(crate) variable: &'static str,
    /// In a profile, after the table's name and a dot if it stands in one.
    pub(crate) key: &'static str,
    /// What stands there, as an example.
    pub(crate) example: &'static str,
}

const fn setting(variable: &'static str, key: &'static str, example: &'static str) -> Setting {
    Setting { variable, key, example }
}

/// The API's key, and where the service is.
pub(crate) const API: Group<3> = Group {
    what: "API key",
    settings: [
        setting("ENGAGELAB_DEV_KEY", "dev_key", "…"),
        setting("ENGAGELAB_DEV_SECRET", "dev_secret", "…"),
        setting("ENGAGELAB_OTP_BASE_URL", "base_url", "https://…"),
    ],
    secret: 1,
};

/// What callbacks are signed with, and the `Authorization` that they bear.
pub(crate) const CALLBACK: Group<3> = Group {
    what: "callback settings",
    settings: [
        setting("ENGAGELAB_CALLBACK_USER", "callback.user", "…"),
        setting("ENGAGELAB_CALLBACK_SECRET", "callback.secret", "…"),
        setting("ENGAGELAB_CALLBACK_AUTHORIZATION", "callback.authorization", "…"),
    ],
    secret: 1,
};

/// The SMPP account.
pub(crate) const SMPP: Group<3> = Group {
    what: "SMPP account",
    settings: [
        setting("ENGAGELAB_SMPP_SYSTEM_ID", "smpp.system_id", "…"),
        setting("ENGAGELAB_SMPP_PASSWORD", "smpp.password", "…"),
        setting("ENGAGELAB_SMPP_ADDRESS", "smpp.address", "host:port"),
    ],
    secret: 1,
};

/// All groups, in the order of the help.
pub(crate) const GROUPS: [&Group<3>; 3] = [&API, &CALLBACK, &SMPP];

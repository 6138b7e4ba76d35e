//! The settings there are: the one table from which the environment, profiles and the help are read.

/// Settings that belong together: a name for people, and each setting's variable in the environment and key in a profile.
pub(crate) struct Group<const N: usize> {
    pub(crate) what: &'static str,
    pub(crate) settings: [Setting; N],
    /// The setting that a profile can have a command print.
    pub(crate) secret: usize,
}

/// A group's settings, however many they are.
pub(crate) struct Listed {
    pub(crate) settings: &'static [Setting],
    secret: usize,
}

impl<const N: usize> Group<N> {
    const fn listed(&'static self) -> Listed {
        Listed { settings: &self.settings, secret: self.secret }
    }
}

impl Listed {
    /// The key of the setting that a profile can have a command print.
    pub(crate) fn secret_key(&self) -> &'static str {
        self.settings[self.secret].key
    }

    /// The key of that command.
    pub(crate) fn command_key(&self) -> &'static str {
        match self.secret_key().split_once('.') {
            Some(("callback", _)) => "callback.credential_command",
            Some(("smpp", _)) => "smpp.credential_command",
            Some(("guard", _)) => "guard.credential_command",
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
    /// Whether it is `true` or `false`, which needs no quotes in a profile.
    pub(crate) is_switch: bool,
}

impl Setting {
    /// By both of its names, for what is said about it.
    pub(crate) fn named(&self) -> String {
        format!("{} ({})", self.key, self.variable)
    }
}

const fn setting(variable: &'static str, key: &'static str, example: &'static str) -> Setting {
    Setting { variable, key, example, is_switch: false }
}

const fn switch(variable: &'static str, key: &'static str) -> Setting {
    Setting { variable, key, example: "true", is_switch: true }
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

/// The SMPP account, and how it is connected to.
pub(crate) const SMPP: Group<5> = Group {
    what: "SMPP account",
    settings: [
        setting("ENGAGELAB_SMPP_SYSTEM_ID", "smpp.system_id", "…"),
        setting("ENGAGELAB_SMPP_PASSWORD", "smpp.password", "…"),
        setting("ENGAGELAB_SMPP_ADDRESS", "smpp.address", "host:port"),
        switch("ENGAGELAB_SMPP_TLS", "smpp.tls"),
        setting("ENGAGELAB_SMPP_CA_CERT", "smpp.ca_cert", "ca.pem"),
    ],
    secret: 1,
};

/// The limits of a guard, and where its counters are.
pub(crate) const GUARD: Group<11> = Group {
    what: "guard settings",
    settings: [
        setting("ENGAGELAB_GUARD_LIMITS", "guard.limits", "recommended"),
        setting("ENGAGELAB_GUARD_ALLOW", "guard.allow", "+65 +1"),
        setting("ENGAGELAB_GUARD_DENY", "guard.deny", "+1876"),
        setting("ENGAGELAB_GUARD_SENDS", "guard.sends", "20000/h"),
        setting("ENGAGELAB_GUARD_PER_PREFIX", "guard.per_prefix", "5000/h"),
        setting("ENGAGELAB_GUARD_PER_RECIPIENT", "guard.per_recipient", "10/d"),
        setting("ENGAGELAB_GUARD_COOLDOWN", "guard.cooldown", "1/60s 2/3min"),
        setting("ENGAGELAB_GUARD_SPEND", "guard.spend", "100 USD"),
        setting("ENGAGELAB_GUARD_PRICE", "guard.price", "0.05 +1:0.01"),
        setting("ENGAGELAB_GUARD_REDIS_URL", "guard.redis_url", "rediss://…"),
        setting("ENGAGELAB_GUARD_PEPPER", "guard.pepper", "…"),
    ],
    secret: 10,
};

/// All groups, in the order of the help.
pub(crate) const GROUPS: [Listed; 4] = [API.listed(), CALLBACK.listed(), SMPP.listed(), GUARD.listed()];

//! The names and secrets of a new sandbox. They are the vendor's published ones, and protect nothing.

/// The API key.
pub const DEV_KEY: &str = "sandbox_demo";

/// The secret of the API key.
pub const DEV_SECRET: &str = "sandbox_secret";

/// Another API key, as other pages of the vendor have it.
pub const OTHER_DEV_KEY: &str = "engagelab_sandbox_demo";

/// The secret of the other API key.
pub const OTHER_DEV_SECRET: &str = "engagelab_sandbox_secret";

/// The keys of a new sandbox, with their secrets.
pub(crate) const KEYS: [(&str, &str); 2] = [(DEV_KEY, DEV_SECRET), (OTHER_DEV_KEY, OTHER_DEV_SECRET)];

/// The user name that callbacks are signed with.
pub const CALLBACK_USER: &str = "sandbox_demo";

/// The secret that callbacks are signed with.
pub const CALLBACK_SECRET: &str = "sandbox_webhook_secret";

/// The name to bind with over SMPP.
pub const SMPP_SYSTEM_ID: &str = "sandbox_demo";

/// The password to bind with: SMPP has room for eight characters.
pub const SMPP_PASSWORD: &str = "sandbox";

//! The web app that a text can lead to.

use crate::api::types;

/// A progressive web app whose address the text can carry as `{{pwa_url}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PwaConfig {
    platform: Option<String>,
    code: Option<String>,
}

impl PwaConfig {
    /// Without platform and code.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The platform that the app runs on.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// The app's code on that platform.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

impl From<&types::PwaConfig> for PwaConfig {
    fn from(wire: &types::PwaConfig) -> Self {
        Self { platform: wire.pwa_platform.clone(), code: wire.pwa_code.clone() }
    }
}

impl From<&PwaConfig> for types::PwaConfig {
    fn from(config: &PwaConfig) -> Self {
        let mut wire = Self::new();
        wire.pwa_platform.clone_from(&config.platform);
        wire.pwa_code.clone_from(&config.code);
        wire
    }
}

//! The profile file: credentials at rest, which nobody else may read.

use std::env;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;

/// What a profile can hold. There is no `Debug`: most of it is secret.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) dev_key: Option<String>,
    pub(crate) dev_secret: Option<String>,
    pub(crate) base_url: Option<String>,
    #[serde(default)]
    pub(crate) callback: CallbackProfile,
    #[serde(default)]
    pub(crate) smpp: SmppProfile,
}

/// The table `[callback]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackProfile {
    pub(crate) user: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) authorization: Option<String>,
}

/// The table `[smpp]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmppProfile {
    pub(crate) address: Option<String>,
    pub(crate) system_id: Option<String>,
    pub(crate) password: Option<String>,
}

impl Profile {
    /// The profile at `path`, or the one at the usual place; an empty one if there is none there.
    pub(crate) fn find(path: Option<&Path>) -> Result<Self, Failure> {
        match (path, usual_place()) {
            (Some(path), _) => Self::read(path),
            (None, Some(path)) if path.exists() => Self::read(&path),
            (None, _) => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let fail = |what: &str| Failure::usage(format!("profile {}: {what}", path.display()));
        let mut file = File::open(path).map_err(|error| fail(&format!("cannot be read: {error}")))?;
        // Of the open file, so that nobody can exchange it in between.
        let metadata = file.metadata().map_err(|error| fail(&format!("cannot be read: {error}")))?;
        if !metadata.is_file() {
            return Err(fail("is not a file"));
        }
        if is_open_to_others(&metadata) {
            return Err(fail("others can read or change it")
                .with_advice(format!("It holds secrets. Run: chmod 600 {}", path.display())));
        }
        let mut text = String::new();
        let read = (&mut file).take(LARGEST + 1).read_to_string(&mut text);
        match read {
            Ok(length) if u64::try_from(length).is_ok_and(|length| length <= LARGEST) => {}
            Ok(_) => return Err(fail("is larger than 64 KiB")),
            Err(_) => return Err(fail("is not UTF-8 text")),
        }
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            // Other messages, and the excerpt beside them, may quote a secret.
            let known = error.message().starts_with("unknown field");
            let what = if known { error.message() } else { "not TOML, or a value that is no text" };
            fail(&format!("line {line}: {what}"))
        })
    }
}

/// `engagelab-otp/profile.toml` in the user's folder for configuration.
fn usual_place() -> Option<PathBuf> {
    let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let configuration = folder("XDG_CONFIG_HOME")
        .or_else(|| if cfg!(windows) { folder("APPDATA") } else { None })
        .or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(configuration.join("engagelab-otp").join("profile.toml"))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

/// Elsewhere, the user's folder is private as it is.
#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}

const LARGEST: u64 = 64 * 1024;

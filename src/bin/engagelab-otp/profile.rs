//! The profile file: settings at rest, which nobody else may read.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use toml::de::{DeTable, DeValue};

use crate::failure::Failure;
use crate::setting_groups::GROUPS;

/// What a profile holds. There is no `Debug`: most of it is secret.
pub(crate) struct Profile {
    path: PathBuf,
    values: HashMap<&'static str, String>,
}

impl Profile {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = read(path)?;
        Ok(Self { path: path.to_owned(), values: parse(&text, path)? })
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        self.values.remove(key)
    }

    /// The secret of this key: as it stands there, or as the command beside it prints it.
    pub(crate) fn secret(&mut self, key: &str) -> Result<Option<String>, Failure> {
        let group = GROUPS.iter().find(|group| group.secret_key() == key);
        match (self.take(key), group) {
            (None, Some(group)) => self.secret_of_command(group.command_key()),
            (value, _) => Ok(value),
        }
    }

    /// The secret that the command of this key prints, if there is one.
    fn secret_of_command(&self, key: &str) -> Result<Option<String>, Failure> {
        let Some(line) = self.values.get(key) else { return Ok(None) };
        let fail = |what: &str| refuse(&self.path, &format!("{key} {what}"));
        // What it asks, it asks on the terminal: standard input may hold a code.
        let output = shell(line)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| fail(&format!("cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(fail(&format!("failed: {}", output.status)));
        }
        let text = String::from_utf8(output.stdout).map_err(|_| fail("printed what is not UTF-8"))?;
        match text.lines().next().map(str::trim_end) {
            Some(secret) if !secret.is_empty() => Ok(Some(secret.to_owned())),
            _ => Err(fail("printed nothing on its first line")),
        }
    }
}

fn refuse(path: &Path, what: &str) -> Failure {
    Failure::usage(format!("profile {}: {what}", path.display())).with("kind", "settings")
}

fn read(path: &Path) -> Result<String, Failure> {
    let fail = |what: &str| refuse(path, what);
    let unreadable = |error: std::io::Error| fail(&format!("cannot be read: {error}"));
    // Before it is opened too, since opening a pipe waits for somebody who writes into it.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fail("is not a file"));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    // Of the open file, so that nobody can exchange it in between.
    let metadata = file.metadata().map_err(unreadable)?;
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
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= LARGEST) => Ok(text),
        Ok(_) => Err(fail("is larger than 64 KiB")),
        Err(_) => Err(fail("is not UTF-8 text")),
    }
}

/// The values, under the keys of the groups of settings. Nothing of a value is repeated in what is said about it.
fn parse(text: &str, path: &Path) -> Result<HashMap<&'static str, String>, Failure> {
    let text = text.trim_start_matches('\u{feff}');
    let fail = |offset: usize, what: &str| {
        let line = text[..offset.min(text.len())].matches('\n').count() + 1;
        refuse(path, &format!("line {line}: {what}"))
    };
    let table = DeTable::parse(text)
        .map_err(|error| fail(error.span().map_or(0, |span| span.start), "this is not TOML"))?;
    let mut values = HashMap::new();
    for (name, value) in table.get_ref() {
        let mut entries = vec![(name.get_ref().to_string(), name, value)];
        if let DeValue::Table(inner) = value.get_ref() {
            let dotted = |(key, value)| {
                let key: &toml::Spanned<toml::de::DeString<'_>> = key;
                (format!("{}.{}", name.get_ref(), key.get_ref()), key, value)
            };
            entries = inner.iter().map(dotted).collect();
        }
        for (key, place, value) in entries {
            let Some((known, is_switch)) = keys().find(|(known, _)| *known == key) else {
                return Err(fail(place.span().start, &format!("there is no setting `{key}`")).with_advice(
                    format!("There are: {}.", keys().map(|(key, _)| key).collect::<Vec<_>>().join(", ")),
                ));
            };
            match value.get_ref() {
                DeValue::String(text) => values.insert(known, text.to_string()),
                DeValue::Boolean(value) if is_switch => values.insert(known, value.to_string()),
                _ => {
                    let rule = if is_switch { "true or false" } else { "text in quotes" };
                    return Err(fail(value.span().start, &format!("{key} must be {rule}")));
                }
            };
        }
    }
    for group in GROUPS {
        let pair = [group.secret_key(), group.command_key()];
        if pair.iter().all(|key| values.contains_key(key)) {
            let what = format!("has {} and {}, and only one of them can count", pair[0], pair[1]);
            return Err(refuse(path, &what).with_advice("Remove one of them."));
        }
    }
    Ok(values)
}

/// What can stand in a profile, and whether it is a switch.
fn keys() -> impl Iterator<Item = (&'static str, bool)> {
    GROUPS.into_iter().flat_map(|group| {
        let settings = group.settings.iter().map(|setting| (setting.key, setting.is_switch));
        settings.chain([(group.command_key(), false)])
    })
}

/// `engagelab-otp/profile.toml` in the user's folder for configuration.
pub(crate) fn usual_place() -> Option<PathBuf> {
    let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let configuration = folder("XDG_CONFIG_HOME")
        .or_else(|| if cfg!(windows) { folder("APPDATA") } else { None })
        .or_else(|| folder("HOME").map(|home| home.join(".config")))?;
    Some(configuration.join("engagelab-otp").join("profile.toml"))
}

#[cfg(not(windows))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", line]);
    command
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

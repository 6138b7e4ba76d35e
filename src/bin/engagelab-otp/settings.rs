//! Settings and where they come from: one source as a whole, a profile or the environment, and never a mixture.

use std::env::{self, VarError};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args;

use crate::failure::Failure;
use crate::output::{detail, warn};
use crate::profile::{Profile, usual_place};
use crate::setting_groups::{GROUPS, Group, Setting};
use crate::sync;

/// The variable that names a profile.
pub(crate) const PROFILE_VARIABLE: &str = "ENGAGELAB_PROFILE";

/// Which source settings are taken from.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Source {
    /// Take all settings from this file, and none from the environment
    #[arg(long, short = 'P', value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub(crate) profile: Option<PathBuf>,
    /// Talk to a sandbox on this machine or network, with its demo credentials
    #[arg(long, short = 's')]
    pub(crate) sandbox: bool,
}

/// A group's values, and their source.
pub(crate) struct Settings<const N: usize> {
    pub(crate) values: [Option<String>; N],
    pub(crate) origin: Origin,
}

/// Where settings were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Sandbox,
    Profile(PathBuf),
    Environment,
    Nowhere,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sandbox => f.write_str("the sandbox's demo account"),
            Self::Profile(path) => write!(f, "the profile {}", path.display()),
            Self::Environment => f.write_str("the environment"),
            Self::Nowhere => f.write_str("nowhere"),
        }
    }
}

impl Origin {
    /// A file that a setting names: from the folder of its profile, else from where the program was started.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        match self {
            Self::Profile(profile) => profile.with_file_name("").join(path),
            _ => PathBuf::from(path),
        }
    }
}

impl Source {
    /// Refuses two sources at once.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.sandbox && self.profile.is_some() {
            return Err(Failure::usage("--sandbox and --profile cannot be used together")
                .with_advice("--sandbox brings its own demo credentials."));
        }
        Ok(())
    }

    /// A group's values: from the profile that was named, else from the environment if one of its variables is set, else
    /// from the profile at the usual place.
    pub(crate) fn settings<const N: usize>(&self, group: &Group<N>) -> Result<Settings<N>, Failure> {
        self.check()?;
        group.warn_of_unknown();
        let named = match (&self.profile, variable(PROFILE_VARIABLE)?) {
            (Some(path), _) => Some(path.clone()),
            (None, path) => path.map(PathBuf::from),
        };
        let settings = if let Some(path) = named {
            group.of_profile(&path).map_err(|failure| match &self.profile {
                Some(_) => failure,
                None => failure.with_more_advice(&format!("{PROFILE_VARIABLE} names it.")),
            })?
        } else {
            let mut values = [const { None }; N];
            for (value, setting) in values.iter_mut().zip(&group.settings) {
                *value = variable(setting.variable)?;
            }
            match usual_place().filter(|path| path.exists()) {
                usual if values.iter().any(Option::is_some) => {
                    group.warn_of_dropped(&values, usual.as_deref());
                    Settings { values, origin: Origin::Environment }
                }
                Some(path) => group.of_profile(&path)?,
                None => Settings { values, origin: Origin::Nowhere },
            }
        };
        detail(&format!("Source of the {}: {}.", group.what, settings.origin));
        if let Origin::Profile(path) = &settings.origin {
            group.tell_of_unused(&settings.values, path);
        }
        Ok(settings)
    }
}

impl<const N: usize> Group<N> {
    fn of_profile(&self, path: &Path) -> Result<Settings<N>, Failure> {
        let mut profile = Profile::read(path)?;
        let mut values = [const { None }; N];
        for (index, (value, setting)) in values.iter_mut().zip(&self.settings).enumerate() {
            let is_secret = index == self.secret;
            *value = if is_secret { profile.secret(setting.key)? } else { profile.take(setting.key) };
        }
        Ok(Settings { values, origin: Origin::Profile(path.to_owned()) })
    }

    /// The environment wins as a whole; what that leaves out of a profile, a signature check among it, is told.
    fn warn_of_dropped(&self, values: &[Option<String>; N], usual: Option<&Path>) {
        let Some((path, profile)) = usual.and_then(|path| Some((path, Profile::read(path).ok()?))) else {
            return;
        };
        let dropped =
            |(value, setting): &(&Option<String>, &Setting)| value.is_none() && profile.has(setting.key);
        let keys: Vec<_> =
            values.iter().zip(&self.settings).filter(dropped).map(|(_, setting)| setting.key).collect();
        if !keys.is_empty() {
            warn_once(format!(
                "{}: the environment alone counts, and {} in {} is ignored",
                self.what,
                keys.join(" and "),
                path.display()
            ));
        }
    }

    /// The profile counts as a whole as well; what that leaves out of the environment, a limit among it, is told.
    fn tell_of_unused(&self, values: &[Option<String>; N], path: &Path) {
        let set = |(_, setting): &(&Option<String>, &Setting)| {
            env::var_os(setting.variable).is_some_and(|value| !value.is_empty())
        };
        let (dropped, other): (Vec<_>, Vec<_>) =
            values.iter().zip(&self.settings).filter(set).partition(|(value, _)| value.is_none());
        for (_, setting) in other {
            detail(&format!("{} is set, and not used.", setting.variable));
        }
        if !dropped.is_empty() {
            let variables: Vec<_> = dropped.iter().map(|(_, setting)| setting.variable).collect();
            let is = if variables.len() == 1 { "is" } else { "are" };
            warn_once(format!(
                "{}: the profile {} alone counts, and {} in the environment {is} ignored",
                self.what,
                path.display(),
                variables.join(" and ")
            ));
        }
    }

    /// A variable that is named as those of this group and is none of them is most likely mistyped.
    fn warn_of_unknown(&self) {
        let family = |variable: &'static str| {
            let end = variable.match_indices('_').nth(1).map_or(variable.len(), |(place, _)| place + 1);
            &variable[..end]
        };
        let known = |name: &str| {
            let settings = GROUPS.into_iter().flat_map(|group| group.settings);
            settings.map(|setting| setting.variable).any(|variable| variable == name)
        };
        let is_unknown = |name: &String| {
            self.settings.iter().any(|setting| name.starts_with(family(setting.variable))) && !known(name)
        };
        let mut unknown: Vec<_> =
            env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(is_unknown).collect();
        unknown.sort();
        for name in unknown {
            warn_once(format!("{}: {name} is set, and there is no such setting", self.what));
        }
    }

    /// What to do where some of the settings are missing, which has to be filled.
    pub(crate) fn missing(&self, settings: &Settings<N>, needed: &[usize]) -> Failure {
        let absent = || needed.iter().filter(|&&index| settings.values[index].is_none());
        let names = |name: fn(&Setting) -> &'static str| {
            absent().map(|&index| name(&self.settings[index])).collect::<Vec<_>>().join(" and ")
        };
        let (variables, keys) = (names(|setting| setting.variable), names(|setting| setting.key));
        let is = if absent().count() == 1 { "is" } else { "are" };
        let reason = match &settings.origin {
            Origin::Profile(path) => format!("the profile {} has no {keys}", path.display()),
            Origin::Environment => {
                let set = settings.values.iter().zip(&self.settings).find(|(value, _)| value.is_some());
                let set = set.map_or("", |(_, setting)| setting.variable);
                format!("{variables} {is} not set, though {set} is")
            }
            Origin::Sandbox | Origin::Nowhere => {
                let place = usual_place()
                    .map_or_else(|| "at the usual place".to_owned(), |path| format!("at {}", path.display()));
                format!("{variables} {is} not set, and there is no profile {place}")
            }
        };
        Failure::usage(format!("no {}: {reason}", self.what)).with("kind", "settings").with_advice(
            "`engagelab-otp --help` says how to set them. To try without an account, run `engagelab-otp sandbox` in \
             another terminal, and add --sandbox here.",
        )
    }
}

/// Warns, unless it has been said: settings can be read more than once.
fn warn_once(text: String) {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut said = sync::lock(&SAID);
    if !said.contains(&text) {
        warn(&text);
        said.push(text);
    }
}

/// A variable of the environment; set to nothing, it counts as not set.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("{name} in the environment is not UTF-8")))
        }
    }
}

/// The part of the help that tells of settings.
pub(crate) fn help() -> String {
    let mut profile = Vec::new();
    let mut variables = vec![format!("  {PROFILE_VARIABLE}\n")];
    for group in GROUPS {
        let mut table = "";
        for setting in group.settings {
            let (name, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
            if name != table {
                let note = if name == "guard" { "  # limits of `batch`" } else { "" };
                profile.push(format!("  [{name}]{note}\n"));
                table = name;
            }
            let quote = if setting.is_switch { "" } else { "\"" };
            profile.push(format!("  {key} = {quote}{}{quote}\n", setting.example));
            variables.push(format!("  {}\n", setting.variable));
        }
    }
    let (profile, variables) = (profile.concat(), variables.concat());
    format!(
        "Settings come from one source as a whole: the profile after --profile or in {PROFILE_VARIABLE}, else the \
         environment, else engagelab-otp/profile.toml in $XDG_CONFIG_HOME (~/.config). --verbose says which. Nothing \
         secret is taken from the command line.\n\n\
         Profile, which nobody else may read (leave out what you do not use):\n{profile}\n\
         Instead of a secret, a table can hold a command that prints it on its first line:\n  \
         credential_command = \"pass show …\"\n\n\
         Environment:\n{variables}\n\
         As in other programs: SSL_CERT_FILE for root certificates; ALL_PROXY, HTTPS_PROXY, HTTP_PROXY and NO_PROXY; \
         NO_COLOR. For the sandbox: ENGAGELAB_SANDBOX_TOKEN.\n"
    )
}

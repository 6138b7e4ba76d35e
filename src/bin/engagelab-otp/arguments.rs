//! The arguments as a whole: the one definition that parsing, help, completions and manual pages are made from.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _, Parser};

use crate::Command;
use crate::connection::Connection;
use crate::exit::Exit;
use crate::help;
use crate::output::{Format, Mode, Output, Verbosity};
use crate::settings;

/// One-time passwords by the EngageLab OTP service, from the shell.
#[derive(Parser)]
#[command(
    name = "engagelab-otp",
    version,
    long_version = crate::version::long(),
    max_term_width = 100,
    after_help = EXAMPLES
)]
struct Arguments {
    #[command(flatten)]
    verbosity: Verbosity,
    #[command(subcommand)]
    command: Command,
}

/// The definition. Options that several commands share can stand before the command too, where people put them.
pub(crate) fn definition() -> clap::Command {
    let shared = Output::augment_args(Connection::augment_args(clap::Command::new("")));
    let definition = without_shared();
    shared
        .get_arguments()
        .fold(definition, |definition, shared| definition.arg(shared.clone().global(true).hide(true)))
}

/// The definition with each option at the commands alone that take it: what is completed, and stands in manual pages.
pub(crate) fn without_shared() -> clap::Command {
    Arguments::command().after_long_help(after_help())
}

/// Reads the arguments, and says from then on what is said as they ask.
pub(crate) fn parse(words: &[OsString]) -> Result<Command, clap::Error> {
    let mut definition = definition();
    let matches = match definition.try_get_matches_from_mut(words) {
        Err(error) if is_help(error.kind()) => {
            return Err(help::fit(self::definition()).try_get_matches_from(words).err().unwrap_or(error));
        }
        matches => matches?,
    };
    for refuse in [meaningless, misplaced] {
        if let Some(text) = refuse(&definition, &matches) {
            return Err(definition.error(ErrorKind::ArgumentConflict, text));
        }
    }
    let arguments = Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    let format = Output::from_arg_matches(&matches).map_or(Format::Text, |output| output.format());
    let Verbosity { quiet, verbose } = arguments.verbosity;
    crate::output::set_mode(Mode { format, quiet, verbose });
    Ok(arguments.command)
}

/// How errors of the arguments themselves are told, before they can be read.
pub(crate) fn early_mode(words: &[OsString]) -> Mode {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    // Short options can stand in one word, of which the last has the value.
    let is_short = |word: &str| word.starts_with('-') && !word.starts_with("--");
    let joined = |word: &str| {
        word == "--output=json" || (is_short(word) && (word.ends_with("ojson") || word.ends_with("o=json")))
    };
    let parted = |option: &str, value: &str| {
        value == "json" && (option == "--output" || (is_short(option) && option.ends_with('o')))
    };
    let is_json = words.iter().any(|word| joined(word))
        || words.windows(2).any(|pair| matches!(pair, [option, value] if parted(option, value)));
    Mode { format: if is_json { Format::Json } else { Format::Text }, ..Mode::default() }
}

fn is_help(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)
}

/// What is wrong with a shared option that was given to a command which does not take it.
fn meaningless(definition: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let shared: Vec<_> =
        definition.get_arguments().filter(|option| option.is_global_set() && option.is_hide_set()).collect();
    // Wherever they stood, they are found at the top.
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let (mut definition, mut matches) = (definition, matches);
    while let Some((name, inner)) = matches.subcommand() {
        (definition, matches) = (definition.find_subcommand(name)?, inner);
    }
    let taken =
        |id: &str| definition.get_arguments().any(|option| option.get_id() == id && !option.is_hide_set());
    let option = shared.iter().find(|option| {
        let id = option.get_id().as_str();
        given(id) && !taken(id)
    })?;
    Some(format!("this command takes no --{}\n", option.get_long().unwrap_or_default()))
}

/// What is wrong with an argument of a command that was given before another command below it.
fn misplaced(definition: &clap::Command, matches: &ArgMatches) -> Option<String> {
    let is_shared = |id: &str| {
        let mut options = definition.get_arguments().filter(|option| option.is_global_set());
        options.any(|option| option.get_id() == id)
    };
    let (mut command, mut matches) = (definition, matches);
    while let Some((name, inner)) = matches.subcommand() {
        let given = command.get_arguments().find(|argument| {
            let id = argument.get_id().as_str();
            !is_shared(id)
                && matches.try_contains_id(id).is_ok()
                && matches.value_source(id) == Some(ValueSource::CommandLine)
        });
        if let Some(argument) = given {
            let argument = argument
                .get_long()
                .map_or_else(|| argument.get_id().as_str().to_ascii_uppercase(), |long| format!("--{long}"));
            return Some(format!("{argument} cannot stand before `{name}`\n"));
        }
        (command, matches) = (command.find_subcommand(name)?, inner);
    }
    None
}

fn after_help() -> String {
    let text = format!(
        "{EXAMPLES}\n\n\
         Codes are typed on the terminal when asked, or read from standard input with --code-stdin. Data goes to \
         standard output, everything else to standard error.\n\n{}\nExit codes:\n",
        settings::help()
    );
    let codes = Exit::TABLE.map(|(exit, meaning, _)| format!("  {}  {meaning}", exit.code()));
    text + &codes.join("\n")
}

const EXAMPLES: &str = "\
Without an account, in two terminals:
  engagelab-otp sandbox
  engagelab-otp send +10000000005 --template sandbox-otp-tpl --sandbox

Examples:
  engagelab-otp doctor
  engagelab-otp send +6598765432 --template login
  engagelab-otp batch customers.csv --template login --check";

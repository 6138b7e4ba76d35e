//! `engagelab-otp generate`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum as _};
use clap_complete::Shell;

use crate::arguments;
use crate::completions::script;
use crate::failure::Failure;
use crate::output::say;

/// Write the manual pages and the completions for every shell, for packages.
///
/// They go into the folders man1 and completions below the folder that is named.
#[derive(Args)]
#[command(after_help = "\
Example:
  engagelab-otp generate target/package")]
pub(crate) struct Arguments {
    /// The folder to write into; it is made if it is missing
    #[arg(value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = &arguments.folder;
    write(folder)
        .map_err(|error| Failure::usage(format!("cannot write into {}: {error}", folder.display())))?;
    say(&format!("Manual pages and completions stand in {}.", folder.display()));
    Ok(())
}

fn write(folder: &Path) -> io::Result<()> {
    let (pages, completions) = (folder.join("man1"), folder.join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(arguments::without_shared(), &pages)?;
    for shell in Shell::value_variants() {
        let name = clap_complete::Generator::file_name(shell, "engagelab-otp");
        fs::write(completions.join(name), script(*shell))?;
    }
    Ok(())
}

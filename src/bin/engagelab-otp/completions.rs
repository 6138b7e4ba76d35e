//! `engagelab-otp completions`

use clap::Args;
use clap_complete::Shell;

use crate::arguments;
use crate::failure::Failure;
use crate::output::write;

/// Print the completions for a shell.
///
/// `generate` writes those of all shells into files.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp completions bash > ~/.local/share/bash-completion/completions/engagelab-otp
  engagelab-otp completions zsh > \"${fpath[1]}/_engagelab-otp\"
  engagelab-otp completions fish > ~/.config/fish/completions/engagelab-otp.fish")]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    write(&script(arguments.shell))
}

/// The completions for a shell.
pub(crate) fn script(shell: Shell) -> String {
    let mut command = arguments::without_shared();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    // For bash, clap_complete 4.6 takes the dash in the name for the end of a subcommand's, in one place and not in the
    // other, so that nothing after a subcommand would be completed.
    String::from_utf8_lossy(&script).replace("engagelab__subcmd__otp", "engagelab__otp")
}

//! `engagelab-otp completions`

use clap::Args;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output::write;

/// Print the completions for a shell.
///
/// For bash: engagelab-otp completions bash > ~/.local/share/bash-completion/completions/engagelab-otp
#[derive(Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut command = crate::arguments::definition();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    // For bash, clap_complete 4.6 takes the dash in the name for the end of a subcommand's, in one place and not in the
    // other, so that nothing after a subcommand would be completed.
    write(&String::from_utf8_lossy(&script).replace("engagelab__subcmd__otp", "engagelab__otp"))
}

//! Runs the sandbox as a process, for programs in any language to talk to.
//!
//! ```text
//! cargo run --example sandbox --features sandbox -- 127.0.0.1:8080
//! ```
//!
//! Without an address it takes a free port of loopback. It prints its URL, key and secret, one to a line, and then
//! serves until it is stopped.

use std::env;
use std::error::Error;
use std::thread;

use engagelab_otp::sandbox::Sandbox;

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Sandbox::builder();
    if let Some(address) = env::args().nth(1) {
        builder = builder.listen(address.parse()?);
    }
    let sandbox = builder.start()?;
    let credentials = sandbox.credentials();
    println!("{}\n{}\n{}", sandbox.url(), credentials.key(), credentials.secret());
    loop {
        thread::park();
    }
}

//! Says, beside the tests, what else could be tested. It is no test itself.

fn main() {
    if cfg!(not(feature = "full")) {
        println!("\nTested: what these features hold. `cargo test --features full` tests all:");
        println!("the sandbox, SMPP, the command line, and this crate against real peers.\n");
    }
}

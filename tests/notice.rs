//! Says, beside the tests, what else could be tested. It is no test itself.

fn main() {
    if cfg!(not(feature = "full")) {
        println!(
            "\nNot tested: what these features do not hold. `cargo test --features full` tests all, the command line too.\n"
        );
    }
}

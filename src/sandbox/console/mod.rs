//! The console: one page that brings everything it needs, and lives on the control API.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

const STYLE: &str = include_str!("page.css");
/// One script of several files, each of which may use what the others declare; the last one starts it.
const SCRIPT: &str = concat!(
    include_str!("elements.js"),
    include_str!("state.js"),
    include_str!("copies.js"),
    include_str!("send.js"),
    include_str!("message.js"),
    include_str!("lists.js"),
    include_str!("faults.js"),
    include_str!("page.js"),
);

/// The page, with its style and its script inside.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    include_str!("page.html").replace("/* page.css */", STYLE).replace("/* page.js */", SCRIPT)
});

/// The page.
pub(crate) fn page() -> &'static str {
    &PAGE
}

/// A policy by which exactly the style and the script of the page count, and it talks to nobody but the sandbox.
pub(crate) fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE),
    )
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn the_page_brings_everything_and_makes_no_markup_of_text() {
        let page = page();
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("<style>").count(), 1);
        for unwanted in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "https://",
            "@import",
            "src=",
        ] {
            assert!(!page.contains(unwanted), "{unwanted}");
        }
    }
}

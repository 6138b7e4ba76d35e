//! The page itself: one file with its style and its script inside, and a policy that lets nothing else run.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

/// The page.
pub(super) const PAGE: &str = include_str!("page.html");

/// A policy by which exactly the style and the script of the page count, and it talks to nobody but the sandbox.
pub(super) fn policy() -> String {
    let hash = |element| {
        let text = PAGE.split_once(&format!("<{element}>")).map_or("", |(_, rest)| rest);
        let text = text.split_once(&format!("</{element}>")).map_or("", |(text, _)| text);
        format!("'sha256-{}'", BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes())))
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash("script"),
        hash("style"),
    )
}

#[cfg(test)]
mod tests {
    use super::PAGE;

    #[test]
    fn the_page_brings_everything_and_makes_no_markup_of_text() {
        assert_eq!(PAGE.matches("<script>").count(), 1);
        assert_eq!(PAGE.matches("<style>").count(), 1);
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
            assert!(!PAGE.contains(unwanted), "{unwanted}");
        }
    }
}

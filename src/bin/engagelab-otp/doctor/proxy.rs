//! Whether the client goes through a proxy: asked of the library that it goes through.

use http::Uri;

/// The variable that sends requests through a proxy, in the order in which they count.
pub(super) fn variable() -> Option<&'static str> {
    ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]
        .into_iter()
        .find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Whether the environment excepts this host from its proxy.
pub(super) fn is_bypassed(url: &str) -> bool {
    let uri = url.parse::<Uri>().ok();
    let proxy = ureq::Proxy::try_from_env();
    proxy.zip(uri).is_some_and(|(proxy, uri)| proxy.is_no_proxy(&uri))
}

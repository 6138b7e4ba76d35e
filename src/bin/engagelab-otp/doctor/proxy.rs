//! Whether the client goes through a proxy.

use engagelab_otp::Proxy;

/// The variable that sends requests through a proxy, in the order in which they count.
pub(super) fn variable() -> Option<&'static str> {
    ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]
        .into_iter()
        .find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Whether the environment excepts this host from its proxy.
pub(super) fn is_bypassed(url: &str) -> bool {
    Proxy::FromEnvironment.is_used_for(url) == Ok(false)
}

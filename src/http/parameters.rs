//! What an operation is called with besides its body: parameters of the path, the query and the header.

use std::borrow::Cow;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::InvalidInput;
use crate::api::Operation;

/// In the order of the document; values of the query and the header can be left out.
#[derive(Default)]
pub(crate) struct Parameters<'a> {
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'static str, Option<String>)],
    pub(crate) headers: &'a [(&'static str, Option<String>)],
}

impl Parameters<'_> {
    /// The operation's path with its parameters filled in, each encoded as one segment, and the query.
    pub(crate) fn path_and_query(&self, operation: &Operation) -> Result<Cow<'static, str>, InvalidInput> {
        if self.path.is_empty() && self.query.is_empty() {
            return Ok(Cow::Borrowed(operation.path));
        }
        let mut filled = String::with_capacity(operation.path.len() + 32);
        let mut rest = operation.path;
        for segment in self.path {
            let Some((before, after)) = rest.split_once('{') else { break };
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let rule = "must not be empty, `.` or `..`: that would lead elsewhere";
            InvalidInput::unless(!matches!(*segment, "" | "." | ".."), name, rule)?;
            filled.push_str(before);
            filled.extend(utf8_percent_encode(segment, ENCODED));
            rest = after;
        }
        filled.push_str(rest);
        let mut separator = '?';
        for (name, value) in self.query {
            let Some(value) = value else { continue };
            filled.push(separator);
            filled.extend(utf8_percent_encode(name, ENCODED));
            filled.push('=');
            filled.extend(utf8_percent_encode(value, ENCODED));
            separator = '&';
        }
        Ok(Cow::Owned(filled))
    }

    pub(crate) fn header_map(&self) -> Result<HeaderMap, InvalidInput> {
        let given = self.headers.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?)));
        given
            .map(|(name, value)| {
                let refuse = || InvalidInput::new(name, "must fit a header: visible characters and spaces");
                let value = HeaderValue::from_str(value).map_err(|_| refuse())?;
                Ok((HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse())?, value))
            })
            .collect()
    }
}

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::operations::{GET_TEMPLATE, LIST_TEMPLATES};

    fn path(operation: &Operation, path: &[&str]) -> Result<String, InvalidInput> {
        Parameters { path, ..Parameters::default() }.path_and_query(operation).map(Cow::into_owned)
    }

    #[test]
    fn a_path_parameter_is_one_segment() {
        assert_eq!(path(&LIST_TEMPLATES, &[]).as_deref(), Ok("/v1/template-configs"));
        assert_eq!(path(&GET_TEMPLATE, &["login"]).as_deref(), Ok("/v1/template-configs/login"));
        assert_eq!(
            path(&GET_TEMPLATE, &["a/b?c#d e%é"]).as_deref(),
            Ok("/v1/template-configs/a%2Fb%3Fc%23d%20e%25%C3%A9")
        );
    }

    #[test]
    fn a_segment_that_would_lead_elsewhere_is_refused() {
        for segment in ["", ".", ".."] {
            let refused = path(&GET_TEMPLATE, &[segment]).expect_err("refused");
            assert_eq!(refused.field(), "templateId");
        }
    }

    #[test]
    fn what_is_left_out_of_the_query_is_not_written_and_what_is_given_is_encoded() {
        let query = [("limit", Some("7".to_owned())), ("after", None), ("q", Some("a&b=c d/é".to_owned()))];
        let parameters = Parameters { query: &query, ..Parameters::default() };
        assert_eq!(
            parameters.path_and_query(&LIST_TEMPLATES).as_deref(),
            Ok("/v1/template-configs?limit=7&q=a%26b%3Dc%20d%2F%C3%A9")
        );
    }

    #[test]
    fn a_header_value_cannot_begin_another_header() {
        let headers = [("X-Trace", Some("a\r\nX-Other: b".to_owned()))];
        let parameters = Parameters { headers: &headers, ..Parameters::default() };
        assert_eq!(parameters.header_map().expect_err("refused").field(), "X-Trace");
        let headers = [("X-Trace", Some("a".to_owned())), ("X-None", None)];
        let parameters = Parameters { headers: &headers, ..Parameters::default() };
        assert_eq!(parameters.header_map().expect("good").len(), 1);
    }
}

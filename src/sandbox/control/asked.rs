//! What was asked of the control API: the parameters of the path and of the query, and the body, each read strictly.
//! What is not known is refused, so that a typing error is not taken for a wish.

use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http_server::Request;
use crate::input::decode;
use crate::sandbox::model::Refusal;
use crate::sandbox::{json, masking};

/// A request to an operation of the control API.
pub(super) struct Asked<'a> {
    request: &'a Request,
    /// The parameter in the path, decoded; empty if there is none.
    pub(super) of: String,
    query: Vec<(String, String)>,
}

/// A body without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl<'a> Asked<'a> {
    /// Of these parameters each can be given once, and no other.
    pub(super) fn read(request: &'a Request, of: String, known: &[&str]) -> Result<Self, Refusal> {
        let query = request.parameters().ok_or_else(|| Refusal::parameter("the query", "must be UTF-8"))?;
        for (index, (name, value)) in query.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let rule = match known {
                    [] => "must be left out: this path takes no parameters".to_owned(),
                    known => format!("must be left out: the parameters here are {}", known.join(", ")),
                };
                return Err(Refusal::parameter(shown(name), rule));
            }
            if query[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Refusal::parameter(name.clone(), "must be given once"));
            }
            // An empty variable of a shell is not a wish for all there is.
            if value.is_empty() && ["url", "to", "after", "before"].contains(&name.as_str()) {
                return Err(Refusal::parameter(name.clone(), "must have a value, or be left out"));
            }
        }
        if request.method == "DELETE" && !request.body.is_empty() {
            return Err(Refusal::parameter(
                "the body",
                "must be left out: what is deleted stands in the address",
            ));
        }
        Ok(Self { request, of, query })
    }

    /// The value of a parameter; an empty one counts as not given.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that breaks a rule unless it is one that `fits`.
    pub(super) fn parameter<T: FromStr>(
        &self,
        name: &'static str,
        fits: impl Fn(&T) -> bool,
        rule: impl Display,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let value = text.parse().ok().filter(fits);
        value.map(Some).ok_or_else(|| Refusal::parameter(name, rule.to_string()))
    }

    /// The body, in which every member is known, and none is null.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        self.body_with_null(&[])
    }

    /// The body, in which every member is known, and none is null but these.
    pub(super) fn body_with_null<T: DeserializeOwned>(&self, nullable: &[&str]) -> Result<T, Refusal> {
        let value = json::read_strictly(self.request)?;
        json::check_object(&value)?;
        let body = decode("body", &value).map_err(|invalid| {
            let field = masking::field(invalid.field());
            Refusal::from(invalid).about(field)
        })?;
        let members = value.as_object().into_iter().flatten();
        let mut null = members.filter(|(name, value)| value.is_null() && !nullable.contains(&name.as_str()));
        match null.next() {
            Some((name, _)) => Err(Refusal::parameter(name.clone(), "must be left out rather than null")),
            None => Ok(body),
        }
    }

    /// Refuses a body that says anything.
    pub(super) fn nothing(&self) -> Result<(), Refusal> {
        if self.request.body.is_empty() { Ok(()) } else { self.body::<Nothing>().map(drop) }
    }
}

/// A name that somebody made up, as an error repeats it.
fn shown(name: &str) -> String {
    masking::field(name).chars().take(40).collect()
}

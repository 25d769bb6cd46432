//! Which media type of a GraphQL response the client accepts: one of the two for a single answer, or a stream of answers.
//!
//! Rules: GraphQL over HTTP (draft), section "Media Types", on top of RFC 9110, section 12.5.1.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

/// The media type of a GraphQL response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status says whether there is data.
    GraphqlResponse,
    /// `application/json`: the status is 200 for every well-formed request.
    Json,
}

impl MediaType {
    /// The `Content-Type` header.
    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    fn subtype(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }
}

/// The media type of a stream of responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamType {
    /// `text/event-stream`, by the protocol of graphql-sse.
    Events,
    /// `multipart/mixed;subscriptionSpec=1.0`, Apollo's.
    Multipart,
}

/// What the client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    /// For a single answer.
    pub(super) one: Option<MediaType>,
    /// For a stream.
    pub(super) stream: Option<StreamType>,
}

impl Accepted {
    /// The media type of a refusal.
    pub(super) fn refusal(self) -> MediaType {
        self.one.unwrap_or(MediaType::Json)
    }
}

/// What the client accepts, or `None` if it accepts nothing that this server can send.
pub(super) fn accepted(headers: &HeaderMap) -> Option<Accepted> {
    let accepted = Accepted { one: negotiate(headers), stream: stream(headers) };
    (accepted.one.is_some() || accepted.stream.is_some()).then_some(accepted)
}

/// Whether a browser asks for a page: it names HTML, and no form of an answer.
pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let texts = || headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = || {
        texts()
            .flat_map(|text| text.split(','))
            .map(|range| range.split(';').next().unwrap_or_default().trim())
    };
    let names_answer = |range: &str| {
        [MediaType::Json.subtype(), MediaType::GraphqlResponse.subtype()].iter().any(|subtype| {
            range.strip_prefix("application/").is_some_and(|found| found.eq_ignore_ascii_case(subtype))
        })
    };
    ranges().any(|range| range.eq_ignore_ascii_case("text/html")) && !ranges().any(names_answer)
}

/// The first form of streams that the client names. A range such as `*/*` names none: older clients send it.
fn stream(headers: &HeaderMap) -> Option<StreamType> {
    let texts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?;
        let parameters: Vec<&str> = parts.collect();
        if parameters.iter().any(|parameter| quality(parameter) == Some(0)) {
            return None;
        }
        // The one that Apollo's clients send for `@defer` has another parameter.
        let is_of_subscriptions = |parameter: &&str| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            name.eq_ignore_ascii_case("subscriptionSpec") && value.trim_matches('"') == "1.0"
        };
        if name.eq_ignore_ascii_case("text/event-stream") {
            Some(StreamType::Events)
        } else if name.eq_ignore_ascii_case("multipart/mixed") && parameters.iter().any(is_of_subscriptions) {
            Some(StreamType::Multipart)
        } else {
            None
        }
    })
}

/// How well a media type is accepted. Ordered; the greatest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Acceptance {
    /// Thousandths, 0 to 1000.
    quality: u16,
    precision: Precision,
}

/// How closely a range of the header names a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Anything,
    Type,
    Exact,
}

/// The media type of the answer, or `None` if the client accepts neither.
///
/// A client without an `Accept` header, or with `*/*`, gets `application/json`, because the client may be older than the
/// other type. A client that names both with the same weight gets `application/graphql-response+json`.
fn negotiate(headers: &HeaderMap) -> Option<MediaType> {
    if !headers.contains_key(ACCEPT) {
        return Some(MediaType::Json);
    }
    let ranges = || {
        let texts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|text| text.split(','))
    };
    let graphql = acceptance(ranges(), MediaType::GraphqlResponse);
    let json = acceptance(ranges(), MediaType::Json);
    match (graphql, json) {
        (None, None) => None,
        (Some(_), None) => Some(MediaType::GraphqlResponse),
        (None, Some(_)) => Some(MediaType::Json),
        (Some(graphql), Some(json)) => {
            let named = graphql.precision == Precision::Exact;
            let preferred = graphql > json || (graphql == json && named);
            Some(if preferred { MediaType::GraphqlResponse } else { MediaType::Json })
        }
    }
}

/// How well the ranges accept a media type: the most precise one that matches it decides.
fn acceptance<'a>(ranges: impl Iterator<Item = &'a str>, media_type: MediaType) -> Option<Acceptance> {
    ranges
        .filter_map(|range| matched(range, media_type))
        .max_by_key(|acceptance| acceptance.precision)
        .filter(|acceptance| acceptance.quality > 0)
}

/// How well one range accepts a media type; `None` if the range does not match it.
fn matched(range: &str, media_type: MediaType) -> Option<Acceptance> {
    let mut parts = range.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let precision = match (kind, subtype) {
        ("*", "*") => Precision::Anything,
        (kind, "*") if kind.eq_ignore_ascii_case("application") => Precision::Type,
        (kind, subtype)
            if kind.eq_ignore_ascii_case("application")
                && subtype.eq_ignore_ascii_case(media_type.subtype()) =>
        {
            Precision::Exact
        }
        _ => return None,
    };
    let quality = parts.find_map(quality).unwrap_or(1000);
    Some(Acceptance { quality, precision })
}

/// The thousandths of a parameter `q=0.8`; `None` for another parameter.
fn quality(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    // A weight has three decimals at most. An invalid weight counts as 0, which means not accepted.
    let is_weight = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" => Some(1000),
        "0" if is_weight => Some(format!("{fraction:0<3}").parse().unwrap_or(0)),
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &[&'static str]) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        negotiate(&headers)
    }

    #[test]
    fn nothing_or_anything_is_json() {
        assert_eq!(negotiated(&[]), Some(MediaType::Json));
        assert_eq!(negotiated(&["*/*"]), Some(MediaType::Json));
        assert_eq!(negotiated(&["application/*"]), Some(MediaType::Json));
        assert_eq!(negotiated(&["text/html, application/xml;q=0.9, */*;q=0.8"]), Some(MediaType::Json));
    }

    #[test]
    fn a_named_type_is_taken() {
        let graphql = Some(MediaType::GraphqlResponse);
        assert_eq!(negotiated(&["application/graphql-response+json"]), graphql);
        assert_eq!(negotiated(&["Application/GraphQL-Response+JSON; charset=utf-8"]), graphql);
        assert_eq!(negotiated(&["application/graphql-response+json, */*"]), graphql);
        assert_eq!(negotiated(&["application/json, application/graphql-response+json"]), graphql);
        assert_eq!(negotiated(&["application/json;q=0.9", "application/graphql-response+json"]), graphql);
        assert_eq!(negotiated(&["application/json, multipart/mixed"]), Some(MediaType::Json));
        assert_eq!(negotiated(&["application/json, */*"]), Some(MediaType::Json));
    }

    #[test]
    fn weights_decide() {
        let weighted = "application/graphql-response+json;q=0.5, application/json;q=0.75";
        assert_eq!(negotiated(&[weighted]), Some(MediaType::Json));
        let refused = "application/json;q=0, */*";
        assert_eq!(negotiated(&[refused]), Some(MediaType::GraphqlResponse));
    }

    #[test]
    fn streams_are_those_that_are_named() {
        let streamed = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            accepted(&headers).and_then(|accepted| accepted.stream)
        };
        assert_eq!(streamed("text/event-stream"), Some(StreamType::Events));
        for apollo in [
            "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
            "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\", application/json",
        ] {
            assert_eq!(streamed(apollo), Some(StreamType::Multipart), "{apollo}");
        }
        let urql = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
        assert_eq!(streamed(urql), Some(StreamType::Events));
        for none in
            ["*/*", "text/*", "multipart/mixed;deferSpec=20220824,application/json", "text/event-stream;q=0"]
        {
            assert_eq!(streamed(none), None, "{none}");
        }
    }

    #[test]
    fn another_type_is_not_acceptable() {
        assert_eq!(negotiated(&["text/html"]), None);
        assert_eq!(negotiated(&["application/json;q=0"]), None);
        assert_eq!(negotiated(&["application/json;q=nonsense"]), None);
        assert_eq!(negotiated(&[""]), None);
    }
}

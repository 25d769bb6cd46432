//! The table: small requests that cause much work, or once did.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::bad_input::repeated;

/// A request.
pub(super) struct Case {
    pub(super) name: String,
    /// The body of a `POST`; without one it is a `GET`.
    pub(super) body: Option<String>,
    /// The query string of a `GET`.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
}

impl Case {
    pub(super) fn post(name: &str, body: String) -> Self {
        Self { name: name.to_owned(), body: Some(body), query: String::new(), headers: HeaderMap::new() }
    }

    fn get(name: &str, query: String) -> Self {
        Self { name: name.to_owned(), body: None, query, headers: HeaderMap::new() }
    }

    fn asks(name: &str, query: &str, variables: &Value) -> Self {
        Self::post(name, json!({ "query": query, "variables": variables }).to_string())
    }
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut cases = variables();
    cases.extend(literals());
    cases.extend(documents());
    cases.extend(introspection());
    cases.extend(answers());
    cases.extend(bodies());
    cases
}

const ORDERED: &str = "query ($o: [wideOrderBy!], $c: Cursor) { wideCollection(orderBy: $o, after: $c) { edges { cursor } pageInfo { hasPreviousPage endCursor } } }";
const FILTERED: &str = "query ($f: wideFilter) { wideCollection(filter: $f) { edges { cursor } } }";
const LISTED: &str = "query ($l: [String!]) { wideCollection(filter: {t1: {in: $l}}) { edges { cursor } } }";
const INSERTED: &str = "mutation ($objects: [wideInsertInput!]!) { insertIntowideCollection(objects: $objects) { affectedCount records { id t1 t2 } } }";

/// A filter that this number of fields uses.
fn used(times: usize) -> String {
    let fields = repeated(times, "a$i: wideCollection(filter: $f) { edges { cursor } } ");
    format!("query ($f: wideFilter) {{ {fields} }}")
}

fn orders(count: usize) -> Value {
    let directions = ["AscNullsLast", "DescNullsFirst"];
    (0..count).map(|number| json!({ format!("c{}", 1 + number % 10): directions[number % 2] })).collect()
}

fn comparisons(count: usize) -> Value {
    json!({ "or": (0..count).map(|number| json!({"c1": {"gt": number}})).collect::<Vec<_>>() })
}

/// Rows with the same columns.
fn rows(count: usize, columns: usize) -> Value {
    let row: serde_json::Map<_, _> = (1..=columns).map(|number| (format!("t{number}"), json!("x"))).collect();
    json!(vec![row; count])
}

/// One long row, and empty ones.
fn ragged(count: usize) -> Value {
    let mut rows = vec![json!({}); count];
    rows[0] = rows_of_one(19);
    json!(rows)
}

fn rows_of_one(columns: usize) -> Value {
    rows(1, columns)[0].take()
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({"c1": {"eq": 1}}), |inner, _| json!({ "not": inner }))
}

fn cursor(values: usize) -> String {
    STANDARD.encode(format!("[{}1]", "1, ".repeat(values - 1)))
}

fn variables() -> Vec<Case> {
    let asks = Case::asks;
    let texts = |count: usize, length: usize| json!(vec!["'".repeat(length); count]);
    let often = |uses: usize| {
        let fields = repeated(uses, "{t1: {eq: $t}} ");
        format!(
            "query ($t: String) {{ wideCollection(filter: {{or: [{fields}]}}) {{ edges {{ cursor }} }} }}"
        )
    };
    let in_list = format!(
        "query ($t: String!) {{ wideCollection(filter: {{t1: {{in: [{}]}}}}) {{ edges {{ cursor }} }} }}",
        "$t ".repeat(2_400)
    );
    let in_lists = format!(
        "query ($t: String!) {{ {} }}",
        repeated(
            30,
            &format!(
                "a$i: wideCollection(filter: {{t1: {{in: [{}]}}}}) {{ edges {{ cursor }} }} ",
                "$t ".repeat(80)
            )
        )
    );
    let long = json!({"t": "x".repeat(900_000)});
    vec![
        asks(
            "4,000 terms and a cursor that fits them",
            ORDERED,
            &json!({"o": orders(4_000), "c": cursor(4_001)}),
        ),
        asks(
            "4,000 terms and a cursor that fits what is left",
            ORDERED,
            &json!({"o": orders(4_000), "c": cursor(11)}),
        ),
        asks("20,000 terms", ORDERED, &json!({"o": orders(20_000)})),
        asks("a cursor of 300,000 values", ORDERED, &json!({"o": orders(2), "c": cursor(200_000)})),
        asks("a filter of 30,000 values, used once", &used(1), &json!({"f": comparisons(10_000)})),
        asks("a filter of 40,000 values, used 30 times", &used(30), &json!({"f": comparisons(13_000)})),
        asks("a filter of 1,600 values, used 30 times", &used(30), &json!({"f": comparisons(540)})),
        asks("as many comparisons as are allowed", FILTERED, &json!({"f": comparisons(16_600)})),
        asks("more of them", FILTERED, &json!({"f": comparisons(16_700)})),
        asks("a filter 60 levels deep", FILTERED, &json!({"f": nested(60)})),
        asks("a filter 120 levels deep", FILTERED, &json!({"f": nested(120)})),
        asks("a list of 49,000 texts", LISTED, &json!({"l": texts(49_000, 1)})),
        asks("a list of 250 long texts to escape", LISTED, &json!({"l": texts(250, 4_000)})),
        asks("a text of 0.9 MB, used 4 times", &often(4), &long),
        asks("a text of 0.9 MB, used 500 times", &often(500), &long),
        asks("a text of 0.9 MB, used 2,400 times in a list", &in_list, &long),
        asks("a text of 0.9 MB, used 80 times in each of 30 lists", &in_lists, &long),
        asks("2,450 rows of 19 columns", INSERTED, &json!({"objects": rows(2_450, 19)})),
        asks("a long row and 2,450 empty ones", INSERTED, &json!({"objects": ragged(2_450)})),
        asks("a long row and 300,000 empty ones", INSERTED, &json!({"objects": ragged(300_000)})),
        asks("300,000 empty rows", INSERTED, &json!({"objects": vec![json!({}); 300_000]})),
        asks("a variable that is not declared", "{ __typename }", &json!({"x": vec![json!({}); 300_000]})),
        asks(
            "900,000 digits",
            "query ($f: wideFilter) { wideCollection(filter: $f) { edges { cursor } } }",
            &json!({"f": {"c1": {"eq": "1".repeat(900_000)}}}),
        ),
    ]
}

fn literals() -> Vec<Case> {
    let none = json!({});
    let filter = |text: &str| format!("{{ wideCollection(filter: {text}) {{ edges {{ cursor }} }} }}");
    let list = format!("{{c1: {{in: [{}]}}}}", "1 ".repeat(9_000));
    let deep = format!("{}{{c1: {{eq: 1}}}}{}", "{not: ".repeat(300), "}".repeat(300));
    let and = format!("{{{}c1: {{eq: 1}}{}}}", "and: [{".repeat(90), "}]".repeat(90));
    vec![
        Case::asks("a literal list of 9,000 numbers", &filter(&list), &none),
        Case::asks("a literal 300 levels deep", &filter(&deep), &none),
        Case::asks("literal lists 90 levels deep", &filter(&and), &none),
        Case::asks(
            "a literal text of 0.9 MB",
            &filter(&format!("{{t1: {{eq: {:?}}}}}", "x".repeat(900_000))),
            &none,
        ),
        Case::asks("a number of 0.9 MB", &filter(&format!("{{c1: {{eq: {}}}}}", "1".repeat(900_000))), &none),
    ]
}

fn documents() -> Vec<Case> {
    let none = json!({});
    let asks = |name: &str, query: String| Case::asks(name, &query, &none);
    let wrong = |name: &str| format!("{{ {} }}", repeated(20, &format!("{name}$i ")));
    let chain = repeated(700, "fragment F$i on Query { ...F$n } ");
    let fan = repeated(
        29,
        "fragment F$i on wide { a: partCollection { edges { node { wide { ...F$n } } } } b: partCollection { edges { node { wide { ...F$n } } } } } ",
    );
    let operations = repeated(900, "query Q$i { __typename } ");
    let defined = repeated(1_400, "$v$i: Int ");
    let conflicts = repeated(250, "a: wideCollection(filter: {c1: {in: [$i]}}) { edges { cursor } } ");
    let merged = "wideByPk(id: 1) { id partCollection { edges { node { id } } } } ".repeat(200);
    vec![
        asks("a name of 900 kB", format!("{{ {} }}", "t".repeat(900_000))),
        asks("20 names of 250 letters to compare with 300 tables", wrong(&"t".repeat(250))),
        asks("20 names of 60 letters to compare with 300 tables", wrong(&"t".repeat(57))),
        asks(
            "10,000 tokens of the same field",
            format!("{{ wideByPk(id: 1) {{ {} }} }}", "id ".repeat(4_900)),
        ),
        asks("as many fields as are allowed", format!("{{ wideByPk(id: 1) {{ {} }} }}", "id ".repeat(998))),
        asks("200 fields that are merged", format!("{{ {merged} }}")),
        asks("250 fields that conflict", format!("{{ {conflicts} }}")),
        asks(
            "a chain of 700 fragments",
            format!("{{ ...F0 }} {chain} fragment F700 on Query {{ __typename }}"),
        ),
        asks(
            "fragments that double 29 times",
            format!("{{ wideByPk(id: 1) {{ ...F0 }} }} {fan} fragment F29 on wide {{ id }}"),
        ),
        asks("900 operations", operations),
        asks("1,400 variables", format!("query ({defined}) {{ __typename }}")),
        asks("900,000 commas", format!("{{ __typename {} }}", ",".repeat(900_000))),
        asks("300,000 comments", format!("{{ __typename {} }}", "#\n".repeat(300_000))),
        asks("450,000 brackets", "{".repeat(900_000)),
        asks(
            "a block string of 300,000 lines",
            format!(
                "{{ wideCollection(filter: {{t1: {{eq: \"\"\"{}\"\"\"}}}}) {{ edges {{ cursor }} }} }}",
                " \n".repeat(300_000)
            ),
        ),
        asks("50 directives", format!("{{ __typename {} }}", "@skip(if: false) ".repeat(50))),
    ]
}

fn introspection() -> Vec<Case> {
    let none = json!({});
    let asks = |name: &str, query: String| Case::asks(name, &query, &none);
    let level = |count: usize, field: &str, inner: &str| repeated(count, &format!("x$i: {field} {inner} "));
    let names = level(60, "name", "");
    let cubed = format!(
        "{{ __schema {{ types {{ ...A }} }} }} fragment A on __Type {{ {} }} fragment B on __Type {{ {names} }}",
        level(60, "fields", "{ type { ...B } }"),
    );
    let within = format!("{{ __schema {{ types {{ fields {{ {} }} }} }} }}", level(450, "description", ""));
    let deep = format!(
        "{{ __schema {{ types {{ fields {{ type {{ {} name {} }} }} }} }} }}",
        "ofType { ".repeat(90),
        "}".repeat(90)
    );
    vec![
        asks("introspection of 60 aliases, cubed", cubed),
        asks(
            "introspection with an alias of 0.9 MB",
            format!("{{ __schema {{ types {{ {}: name }} }} }}", "a".repeat(900_000)),
        ),
        asks("introspection of 450 aliases below all fields", within),
        asks(
            "introspection with aliases of 256 letters",
            format!(
                "{{ __schema {{ types {{ fields {{ {} }} }} }} }}",
                repeated(300, &format!("{}$i: name ", "a".repeat(250)))
            ),
        ),
        asks("introspection 90 levels deep", deep),
        asks(
            "introspection by 30 roots",
            format!(
                "{{ {} }}",
                repeated(30, "r$i: __schema { types { name fields { name type { name } args { name } } } } ")
            ),
        ),
        asks("the query of common tools", include_str!("introspection.graphql").to_owned()),
    ]
}

fn answers() -> Vec<Case> {
    let none = json!({});
    let asks = |name: &str, query: String| Case::asks(name, &query, &none);
    let page = |alias: &str| {
        format!(
            "{{ wideCollection(first: 30) {{ edges {{ node {{ partCollection(first: 1000) {{ edges {{ node {{ {alias} }} }} }} }} }} }} }}"
        )
    };
    let texts = |count: usize, bytes: usize| {
        format!("{{ {} }}", repeated(count, &format!("a$i: text_of(bytes: {bytes}) ")))
    };
    vec![
        asks("an alias of 10 kB over 27,000 rows", page(&format!("{}: id", "a".repeat(10_000)))),
        asks("an alias of 256 letters over 27,000 rows", page(&format!("{}: id", "a".repeat(256)))),
        asks(
            "90 aliases of 256 letters over 27,000 rows",
            page(&repeated(90, &format!("{}$i: id ", "a".repeat(250)))),
        ),
        asks("an answer as long as allowed", texts(1, (16 << 20) - 100)),
        asks("an answer a little longer", texts(1, 17 << 20)),
        asks("an answer much longer", texts(1, 200 << 20)),
        asks("8 answers of 16 MiB", texts(8, (16 << 20) - 100)),
        asks("8 answers of 60 MiB", texts(8, 60 << 20)),
    ]
}

fn bodies() -> Vec<Case> {
    let batch = |count: usize, query: &str, variables: &Value| {
        json!(vec![json!({"query": query, "variables": variables}); count]).to_string()
    };
    let fields = "id ".repeat(998);
    let document = format!("{{ wideByPk(id: 1) {{ {fields} }} }}");
    let keys: serde_json::Map<_, _> = (0..45_000).map(|number| (format!("{number}"), json!(1))).collect();
    let mut cases = vec![
        Case::post(
            "a batch of 10 filters of 9,000 values",
            batch(10, FILTERED, &json!({"f": comparisons(3_000)})),
        ),
        Case::post(
            "a batch of 10 texts, each used 40 times",
            batch(
                10,
                &format!(
                    "query ($t: String) {{ wideCollection(filter: {{or: [{}]}}) {{ edges {{ cursor }} }} }}",
                    "{t1: {eq: $t}} ".repeat(40)
                ),
                &json!({"t": "x".repeat(90_000)}),
            ),
        ),
        Case::post(
            "a batch of 10 long answers",
            batch(10, &format!("{{ text_of(bytes: {}) }}", (16 << 20) - 100), &json!({})),
        ),
        Case::post("a batch of 10 documents of 1,000 fields", batch(10, &document, &json!({}))),
        Case::post("a batch of 300,000", format!("[{}1]", "1,".repeat(300_000))),
        Case::post("a batch of objects", format!("[{}{{}}]", "{},".repeat(300_000))),
        Case::post(
            "extensions of 45,000 keys",
            json!({"query": "{ __typename }", "extensions": keys}).to_string(),
        ),
        Case::post("parameters of 45,000 names", Value::Object(keys).to_string()),
        Case::post(
            "an operation name of 0.9 MB",
            json!({"query": "query a { __typename }", "operationName": "a".repeat(900_000)}).to_string(),
        ),
        Case::post("an id of 0.9 MB", json!({"documentId": "a".repeat(900_000)}).to_string()),
        Case::post("brackets alone", "[".repeat(1_000_000)),
        Case::post("a body that is too long", " ".repeat(3 << 20)),
        Case::get(
            "a long query string",
            format!("query={{__typename}}&variables={{\"x\":[{}1]}}", "1,".repeat(20_000)),
        ),
    ];
    let mut headers = Case::asks("90 headers of 3 kB", "{ __typename }", &json!({}));
    for number in 0..90 {
        let name = reqwest::header::HeaderName::try_from(format!("x-{number}")).expect("a name");
        headers.headers.insert(name, "h".repeat(3_000).parse().expect("a value"));
    }
    cases.push(headers);
    cases
}

/// Operations of an allow-list with the variables that unfold most: id, text, variables.
pub(super) fn persisted() -> Vec<(&'static str, String, Value)> {
    vec![
        ("order", ORDERED.to_owned(), json!({"o": orders(4_000), "c": cursor(11)})),
        ("order-misfit", format!("{ORDERED} # 2"), json!({"o": orders(4_000), "c": cursor(4_010)})),
        ("filter", used(30), json!({"f": comparisons(13_000)})),
        ("filter-within", format!("{} # 2", used(30)), json!({"f": comparisons(540)})),
        ("insert", INSERTED.to_owned(), json!({"objects": ragged(300_000)})),
        ("insert-within", format!("{INSERTED} # 2"), json!({"objects": rows(2_450, 19)})),
        ("list", LISTED.to_owned(), json!({"l": vec!["x"; 49_000]})),
    ]
}

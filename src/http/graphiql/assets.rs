//! The files of GraphiQL, as plain data; `build.rs` includes this file too, so it uses nothing of the crate.
//!
//! Versions are those of `web/package-lock.json`; a test compares the hashes with the files that it installs.

/// One prebuilt file of an npm package.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The npm package.
    pub(crate) package: &'static str,
    /// The package's exact version.
    pub(crate) version: &'static str,
    /// The file's path within the package.
    pub(crate) path: &'static str,
    /// The file's hash, in the form of the `integrity` attribute (Subresource Integrity).
    pub(crate) integrity: &'static str,
}

/// The files in the order in which the page loads them.
pub(crate) const ASSETS: [Asset; 5] = [
    Asset {
        package: "graphiql",
        version: "3.9.0",
        path: "graphiql.min.css",
        integrity: "sha384-QMux00XgRtwRLSYIY3kw2rj1ovk5AuuliAchk+HSQbqdbGFnz9GYuqIlOqxhwCE2",
    },
    Asset {
        package: "react",
        version: "18.3.1",
        path: "umd/react.production.min.js",
        integrity: "sha384-DGyLxAyjq0f9SPpVevD6IgztCFlnMF6oW/XQGmfe+IsZ8TqEiDrcHkMLKI6fiB/Z",
    },
    Asset {
        package: "react-dom",
        version: "18.3.1",
        path: "umd/react-dom.production.min.js",
        integrity: "sha384-gTGxhz21lVGYNMcdJOyq01Edg0jhn/c22nsx0kyqP0TxaV5WVdsSH1fSDUf5YJj1",
    },
    Asset {
        package: "graphql-ws",
        version: "6.4.2",
        path: "umd/graphql-ws.min.js",
        integrity: "sha384-mxvR4Mzbsb6QVx/9xI2gtQikQA6m8zMDBFnu3l//4/ROsWt7y2sUGWd+/tYQqDm7",
    },
    Asset {
        package: "graphiql",
        version: "3.9.0",
        path: "graphiql.min.js",
        integrity: "sha384-8NGfVj4CVlqHajlZj+bPJT4thxPMHMJYn7DWK2CvtopLd02E7qsPHazniBYvVjOO",
    },
];

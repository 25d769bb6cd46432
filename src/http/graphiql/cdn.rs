//! The page for a binary without GraphiQL's files: it loads an older GraphiQL from a public CDN, and checks the files' hashes.
//!
//! GraphiQL 5 is no single file that a hash could cover, so this is the last version that is. A test compares the hashes with the
//! files that npm installs.

use std::path::Path;

/// The page, with placeholders for the nonce, the files and the settings.
pub(super) const PAGE: &str = include_str!("cdn.html");

/// Serves every npm package's files by version, unchanged.
const CDN: &str = "https://cdn.jsdelivr.net/npm";

/// One prebuilt file of an npm package.
#[derive(Debug)]
pub(super) struct Asset {
    /// The npm package.
    package: &'static str,
    /// The package's exact version.
    version: &'static str,
    /// The file's path within the package.
    path: &'static str,
    /// The file's hash, in the form of the `integrity` attribute (Subresource Integrity).
    integrity: &'static str,
}

/// The files in the order in which the page loads them.
pub(super) const ASSETS: [Asset; 5] = [
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

/// The elements that load the files: the styles, and the scripts in their order.
pub(super) fn elements(nonce: &str) -> (String, String) {
    let (styles, scripts): (Vec<&Asset>, Vec<&Asset>) = ASSETS.iter().partition(|asset| asset.is_style());
    let elements = |assets: Vec<&Asset>| {
        assets.iter().map(|asset| asset.element(nonce)).collect::<Vec<_>>().join("\n    ")
    };
    (elements(styles), elements(scripts))
}

impl Asset {
    fn is_style(&self) -> bool {
        Path::new(self.path).extension().is_some_and(|extension| extension == "css")
    }

    /// The element that loads the file, if it has the right hash.
    fn element(&self, nonce: &str) -> String {
        let Self { package, version, path, integrity } = self;
        // A browser compares a hash only where the other origin allows it to read the answer.
        let attributes = format!(r#"integrity="{integrity}" crossorigin="anonymous" nonce="{nonce}""#);
        let url = format!("{CDN}/{package}@{version}/{path}");
        if self.is_style() {
            format!(r#"<link rel="stylesheet" href="{url}" {attributes}>"#)
        } else {
            format!(r#"<script src="{url}" {attributes}></script>"#)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha384};

    use super::*;

    #[tokio::test]
    async fn the_hashes_are_those_of_the_files_that_npm_installs() {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npm/node_modules");
        for Asset { package, version, path, integrity } in &ASSETS {
            let read = async |file: &str| {
                tokio::fs::read(modules.join(package).join(file)).await.unwrap_or_else(|error| {
                    panic!("{package}/{file}: {error}; run `npm ci --prefix tests/npm`")
                })
            };
            let manifest: serde_json::Value = serde_json::from_slice(&read("package.json").await).unwrap();
            assert_eq!(manifest["version"], *version, "{package}");
            let hash = format!("sha384-{}", STANDARD.encode(Sha384::digest(read(path).await)));
            assert_eq!(hash, *integrity, "{package}/{path}");
        }
    }

    #[test]
    fn every_element_has_the_nonce_and_its_hash() {
        let (styles, scripts) = elements("n0");
        let all = styles + &scripts;
        for asset in &ASSETS {
            assert!(all.contains(&asset.element("n0")) && all.contains(asset.integrity), "{asset:?}");
        }
        assert_eq!(all.matches(" nonce=\"n0\"").count(), ASSETS.len());
        assert!(
            all.contains("https://cdn.jsdelivr.net/npm/react@18.3.1/umd/react.production.min.js"),
            "{all}"
        );
    }
}

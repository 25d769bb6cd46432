//! The files that are made before the crate is compiled: GraphiQL's page, for a build with the server.

#[cfg(feature = "server")]
#[path = "build/page.rs"]
mod page;

#[cfg(feature = "server")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    page::embed_page()
}

#[cfg(not(feature = "server"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

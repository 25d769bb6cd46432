//! Packs GraphiQL's files into the binary when npm has installed them in `web/node_modules` (`npm ci --prefix web`).
//!
//! Never downloads anything. Without the files the page loads the same ones from a public CDN.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha384};

#[path = "src/http/graphiql/assets.rs"]
mod assets;

use assets::{ASSETS, Asset};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let output = PathBuf::from(std::env::var("OUT_DIR")?);
    let modules = root.join("web/node_modules");
    // npm writes this file last, at every installation. Naming it while it is missing would rebuild the crate each
    // time; its folder changes when it appears.
    let marker = modules.join(".package-lock.json");
    let watched = if marker.exists() { marker } else { root.join("web") };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/http/graphiql/assets.rs");

    let declaration = match installed(&modules)? {
        Some(files) => embed(&files, &output)?,
        None => "None".to_owned(),
    };
    let code = format!("const EMBEDDED: Option<[&[u8]; ASSETS.len()]> = {declaration};\n");
    fs::write(output.join("embedded.rs"), code)?;
    Ok(())
}

/// The files' contents, or `None` if one is missing or is not the one that its hash says.
///
/// After a change of versions an old installation may still be there; the CDN is right then, the old files are not.
fn installed(modules: &Path) -> Result<Option<Vec<Vec<u8>>>, Box<dyn Error>> {
    let mut files = Vec::new();
    for Asset { package, version, path, integrity } in &ASSETS {
        let file = modules.join(package).join(path);
        if !file.exists() {
            return Ok(None);
        }
        let contents = fs::read(file)?;
        if format!("sha384-{}", STANDARD.encode(Sha384::digest(&contents))) != *integrity {
            println!(
                "cargo::warning=web/node_modules has not {package} {version}: run `npm ci --prefix web`"
            );
            return Ok(None);
        }
        files.push(contents);
    }
    Ok(Some(files))
}

/// Packs the files, and says in Rust where they are.
fn embed(files: &[Vec<u8>], output: &Path) -> Result<String, Box<dyn Error>> {
    let mut code = String::new();
    for (index, contents) in files.iter().enumerate() {
        let packed = output.join(format!("graphiql-{index}.gz"));
        pack(contents, &packed)?;
        write!(code, "include_bytes!({:?}), ", packed.display().to_string())?;
    }
    Ok(format!("Some([{code}])"))
}

/// Compresses a file's contents; the same input gives the same bytes.
fn pack(contents: &[u8], packed: &Path) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzBuilder::new().mtime(0).write(File::create(packed)?, Compression::best());
    encoder.write_all(contents)?;
    encoder.finish()?;
    Ok(())
}

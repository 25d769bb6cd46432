//! A client's use of the starter's SDL: `graphql-codegen` makes TypeScript from it, which compiles in strict
//! mode.

use std::path::Path;

use crate::node;

#[tokio::test]
async fn typescript_generated_from_the_schema_compiles() {
    let folder = node::output("codegen");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    std::fs::copy(schema, folder.join("schema.graphql")).expect("the starter's schema.graphql");
    for file in ["operations.ts", "codegen.json", "tsconfig.json"] {
        std::fs::copy(node::folder().join("codegen").join(file), folder.join(file)).unwrap();
    }
    std::fs::write(folder.join("package.json"), r#"{"type": "module"}"#).unwrap();
    let modules = node::folder().join("node_modules");
    std::os::unix::fs::symlink(&modules, folder.join("node_modules")).unwrap();

    let generator = modules.join("@graphql-codegen/cli/esm/bin.js");
    node::run(&generator, &["--config", "codegen.json"], &folder).await;
    let generated = std::fs::read_to_string(folder.join("generated/graphql.ts")).unwrap();
    assert!(generated.contains("OpenTasksQueryVariables"), "the operations have types");
    node::run(&modules.join("typescript/bin/tsc"), &["--strict", "--noEmit", "--project", "."], &folder)
        .await;
}

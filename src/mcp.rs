//! Operations and the API's schema as tools for agents (Model Context Protocol).
//!
//! Pure: a described operation -> a tool with JSON Schemas of its variables and its answer; words -> the part of the
//! schema that they are about. Never runs an operation, and names no message of the protocol: `http` has those.

mod candidate;
mod explore;
mod input;
mod output;
mod tool;
mod value;

pub use candidate::{Candidate, LeftOut, candidates};
pub use explore::{Exploration, ExploreTool};
pub use tool::{Hints, Tool, ToolEffect};

/// A JSON Schema, or a part of one (draft 2020-12).
pub type JsonSchema = serde_json::Map<String, serde_json::Value>;

//! The tests, as one binary: linking once is faster, and the tests share one PostgreSQL server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod audit;
mod auth;
mod bad_input;
mod bounds;
mod browser;
mod builder;
mod change;
mod cli;
mod codegen;
mod config;
mod conformance;
mod db;
mod documented;
mod executor;
mod faults;
mod functions;
mod golden;
mod harness;
mod http;
mod injection;
mod introspection;
mod isolation;
mod large;
mod load;
mod local;
mod matrix;
mod names;
mod node;
mod observability;
mod persisted;
mod poolers;
mod production;
mod queue;
mod random;
mod replicas;
mod roles;
mod roundtrip;
mod server;
mod starter;
mod supabase;
mod tidy;
mod verdict;
mod ways;
mod writable;

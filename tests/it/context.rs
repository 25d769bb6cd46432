//! The context of a message in each form: the same settings for any names and values, and nothing else.

use std::time::Duration;

use glowplug::config::{ContextForm, PoolMode};
use glowplug::db::{Access, Database, Protocols, Reach, Scope};
use glowplug::sql::Statement;
use glowplug::stored::{keep, set_up};

use crate::db::settings;
use crate::harness;
use crate::injection::VALUES;
use crate::random::Random;

const TURNS: usize = 150;

/// The parts of names and values.
const PARTS: [&str; 22] = [
    "a",
    "B",
    "_",
    "$",
    "1",
    ".",
    " ",
    "'",
    "\"",
    "\\",
    ";",
    "--",
    "/*",
    "*/",
    "ü",
    "😀",
    "\n",
    "E'",
    "$$",
    "; drop table canary; --",
    "to default",
    "=",
];

/// Settings with special rules.
const SPECIAL: [(&str, &str); 17] = [
    ("search_path", "pg_catalog, public"),
    ("search_path", "\"$user\", public"),
    ("search_path", "\"a \"\"b\"\", c\", d"),
    ("search_path", ""),
    ("SEARCH_PATH", "a,"),
    ("temp_tablespaces", ""),
    ("DateStyle", "SQL, DMY"),
    ("datestyle", "nonsense"),
    ("TimeZone", "Europe/Berlin"),
    ("work_mem", "4MB"),
    ("work_mem", "-1 banana"),
    ("enable_sort", "of"),
    ("session_authorization", "nobody"),
    ("port", "1"),
    ("no_such_setting", "x"),
    ("request.jwt.claims", "{\"a\": \"it's \\\\ \"}"),
    ("a.b.c", ""),
];

/// One database, with messages in each form.
struct Forms {
    database: [Database; ContextForm::ALL.len()],
    admin: tokio_postgres::Client,
    role: String,
}

impl Forms {
    async fn new(conforming: &str) -> Self {
        let name = harness::database("create table public.canary (id int)").await;
        let role = format!("odd \"role\\' of {name}");
        let quoted = role.replace('"', "\"\"");
        let url = harness::cluster().url(&name);
        let admin = harness::connect(&url).await;
        let setup = format!(
            "create role \"{quoted}\"; alter database {name} set standard_conforming_strings = {conforming}"
        );
        admin.batch_execute(&setup).await.expect("a role and a setting");
        let database = ContextForm::ALL.map(|context| {
            let protocols = Protocols { context, ..Protocols::of(PoolMode::Transaction) };
            Database::speaking(&settings(&url), protocols).expect("a database")
        });
        set_up(&database[0], &[]).await.expect("the schema with the function");
        for database in &database {
            tokio::spawn(keep(database.clone(), None));
            while !database.stored().has_enter() {
                database.check().await.expect("an answer");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Self { database, admin, role }
    }

    /// The result of all forms: the user and the setting's value, or the class of the error.
    async fn seen(&self, scope: &Scope, name: &str) -> Result<Option<String>, String> {
        let text = "select pg_catalog.concat_ws('|', current_user, pg_catalog.current_setting($1::pg_catalog.text, true))";
        let statement = [Statement::new(text, vec![Some(name.to_owned())])];
        let mut seen = Vec::new();
        for database in &self.database {
            let ran = database.run(scope, &statement).await;
            seen.push(ran.map(|answers| answers[0].clone()).map_err(|failure| {
                assert!(!failure.error.is_connection_lost(), "{scope:?}: {failure:?}");
                failure.error.class().to_owned()
            }));
        }
        let of_first = seen.remove(0);
        for (of_another, form) in seen.iter().zip(&ContextForm::ALL[1..]) {
            assert_eq!(*of_another, of_first, "{form:?}: {scope:?}");
        }
        of_first
    }

    async fn are_unharmed(&self) {
        let canary = harness::ask(&self.admin, "select to_regclass('public.canary')::text").await;
        assert_eq!(canary.as_deref(), Some("canary"));
    }
}

fn scope(role: Option<&str>, name: &str, value: &str) -> Scope {
    Scope {
        access: Access::ReadWrite,
        role: role.map(Into::into),
        settings: [(name.into(), value.into())].into(),
        statement_timeout: Duration::from_secs(10),
        answer_limit: usize::MAX,
        reach: Reach::Server,
    }
}

fn text(random: &mut Random) -> String {
    (0..=random.below(6)).map(|_| PARTS[random.below(PARTS.len())]).collect()
}

#[tokio::test]
async fn each_form_sets_the_same_whatever_names_and_values_are() {
    for conforming in ["on", "off"] {
        let forms = Forms::new(conforming).await;
        let mut random = Random(7);
        let long = |length: usize| format!("a.{}", "x".repeat(length));
        let mut cases: Vec<(String, String)> =
            SPECIAL.map(|(name, value)| (name.into(), value.into())).into();
        cases.extend(VALUES.map(|value| ("request.jwt.claims".to_owned(), value.to_owned())));
        cases.extend([62, 63, 64, 65, 100].map(|length| (long(length), "long".to_owned())));
        cases.extend(["", ".", "a.", ".a", "a..b"].map(|name| (name.to_owned(), "x".to_owned())));
        cases.extend((0..TURNS).map(|_| (format!("a.{}", text(&mut random)), text(&mut random))));
        cases.extend((0..TURNS).map(|_| ("a.b".to_owned(), text(&mut random))));
        let mut set = 0;
        for (name, value) in &cases {
            for role in [None, Some(&*forms.role)] {
                set += usize::from(forms.seen(&scope(role, name, value), name).await.is_ok());
            }
        }
        assert!(set > 2 * TURNS, "{set} of {} settings were set", 2 * cases.len());
        forms.are_unharmed().await;
    }
}

#[tokio::test]
async fn no_role_s_name_leaves_its_literal() {
    for conforming in ["on", "off"] {
        let forms = Forms::new(conforming).await;
        for role in VALUES.into_iter().chain(["none", "", "a\0b"]) {
            assert!(forms.seen(&scope(Some(role), "a.b", ""), "a.b").await.is_err(), "{role:?}");
        }
        let seen = forms.seen(&scope(Some(&*forms.role), "a.b", "c"), "a.b").await;
        assert_eq!(seen, Ok(Some(format!("{}|c", forms.role))));
        for (name, value) in [("a.\0", "b"), ("a.b", "\0")] {
            assert_eq!(forms.seen(&scope(None, name, value), "a.b").await, Err("nul_byte".to_owned()));
        }
        forms.are_unharmed().await;
    }
}

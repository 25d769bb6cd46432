//! What connection strings mean.

use super::*;
use crate::db::wire::parameters::SslMode;

fn settings(text: &str) -> Result<Settings, String> {
    Settings::new(text, |_| None)
}

fn refusal(text: &str) -> String {
    settings(text).expect_err(text)
}

#[test]
fn both_forms_mean_the_same() {
    for text in [
        "postgres://ann:hush@db:6543/app?sslmode=require&connect_timeout=3",
        "host=db port=6543 user=ann password=hush dbname=app sslmode=require connect_timeout=3",
    ] {
        let settings = settings(text).unwrap();
        assert_eq!(settings.hosts, [Host { name: "db".to_owned(), address: None, port: 6543 }]);
        assert_eq!((&*settings.user, &*settings.database), ("ann", "app"));
        assert_eq!(settings.password.unwrap().expose(), "hush");
        assert_eq!(settings.tls.mode, SslMode::Require);
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(3)));
        assert_eq!(settings.application_name, "glowplug");
    }
}

#[test]
fn several_hosts_share_a_port_or_have_one_each() {
    let ports = |text: &str| settings(text).unwrap().hosts.iter().map(|host| host.port).collect::<Vec<_>>();
    assert_eq!(ports("postgres://u@a,b"), [5432, 5432]);
    assert_eq!(ports("postgres://u@a,b:1"), [5432, 1]);
    assert_eq!(ports("host=a,b port=7 user=u"), [7, 7]);
    assert_eq!(ports("host=a,b port=7,8 user=u"), [7, 8]);
    let settings = settings("host=a,b hostaddr=127.0.0.1,::1 user=u").unwrap();
    assert_eq!(settings.hosts[1].address, Some("::1".parse().unwrap()));
}

#[test]
fn the_environment_fills_gaps_only() {
    let environment = |name: &str| match name {
        "PGHOST" => Some("elsewhere".to_owned()),
        "PGPASSWORD" => Some("hush".to_owned()),
        "PGSSLMODE" => Some("disable".to_owned()),
        _ => None,
    };
    let settings = Settings::new("postgres://u@db/d?sslmode=require", environment).unwrap();
    assert_eq!(settings.hosts[0].name, "db");
    assert_eq!(settings.password.unwrap().expose(), "hush");
    assert_eq!(settings.tls.mode, SslMode::Require);
    assert_eq!(Settings::new("user=u", environment).unwrap().hosts[0].name, "elsewhere");
}

#[test]
fn errors_say_what_to_do() {
    for (text, part) in [
        ("", "names no host"),
        ("postgres://", "names no host"),
        ("user=u", "names no host"),
        ("mysql://u@h/d", "begins with mysql://"),
        ("just words", "neither a URL"),
        ("postgres://u@h:x/d", "\"x\" is no port"),
        ("postgres://u@h/d?sslmode=maybe", "disable, allow, prefer, require, verify-ca, verify-full"),
        ("postgres://u@h/d?pgbouncer=true", "leave it out"),
        ("postgres://u@h/d?search_path=x", "alter role"),
        ("postgres://u@h/d?colour=red", "\"colour\" is no parameter"),
        ("postgres://u@h/d?connect_timeout=soon", "has to be a number"),
        ("postgres://u@h/d?client_encoding=latin1", "only be UTF8"),
        ("postgres://u@h/d?sslrootcert=system&sslmode=require", "needs sslmode=verify-full"),
        ("postgres://u@h/d?sslnegotiation=direct", "needs sslmode=require"),
        ("postgres://u@h/d?sslcert=a.crt", "needs sslkey"),
        ("host=a,b port=1,2,3 user=u", "2 hosts and 3 ports"),
        ("host=a,,b user=u", "has no name"),
        ("postgres://u%00@h/d", "U+0000"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(part), "{text}: {refusal}");
    }
}

#[test]
fn an_error_about_a_password_with_a_question_mark_does_not_show_it() {
    for text in [
        "postgres://ann:hu?sh@db/app",
        "postgres://ann:hu?sh=1@db/app",
        "postgres://ann:1?sslmode=hush@db/app",
        "postgres://ann:@hu?hush@db/app",
    ] {
        let refused = refusal(text);
        assert!(refused.contains("%3F") && !refused.contains("hu") && !refused.contains("sh@"), "{refused}");
    }
    assert!(settings("postgres:///app?host=/tmp&user=ann@tenant").is_ok());
}

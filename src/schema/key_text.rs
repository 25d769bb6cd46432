//! Whether a text is a value of a key's type, so that its input function reads it. Knows the forms that a `nodeId` has: those
//! in which PostgreSQL writes values, under `DateStyle` ISO.

use core::net::IpAddr;

use crate::catalog::{Type, TypeKind};

/// Whether the type's input function reads the text; `None` if this file does not know the type, which is not a domain. The texts
/// of such values are compared then: nothing reads them, so none can fail.
pub(super) fn is_read(found: &Type, text: &str) -> Option<bool> {
    let is_known = match found.kind {
        TypeKind::Enum => found.labels.iter().flatten().any(|label| label == text),
        TypeKind::Base if found.schema == "pg_catalog" => is_own(&found.name, text)?,
        TypeKind::Base if found.name == "citext" => true,
        _ => return None,
    };
    Some(is_known && !text.contains('\0'))
}

/// The same for PostgreSQL's own types, by name.
fn is_own(name: &str, text: &str) -> Option<bool> {
    Some(match name {
        "int2" => text.parse::<i16>().is_ok(),
        "int4" => text.parse::<i32>().is_ok(),
        "int8" => text.parse::<i64>().is_ok(),
        "oid" => text.parse::<u32>().is_ok(),
        "uuid" => uuid::Uuid::try_parse(text).is_ok(),
        "bool" => matches!(text, "true" | "false" | "t" | "f"),
        "numeric" => is_not_finite(text) || is_decimal(text),
        "float4" => {
            is_float(text, |text| text.parse::<f32>().is_ok_and(|number| number.is_finite() && number != 0.0))
        }
        "float8" => {
            is_float(text, |text| text.parse::<f64>().is_ok_and(|number| number.is_finite() && number != 0.0))
        }
        "date" => {
            is_infinite(text) || of_era(text).is_some_and(|(text, is_bc)| is_date(text, is_bc, 5_874_897))
        }
        "timestamp" => {
            is_infinite(text) || of_era(text).is_some_and(|(text, is_bc)| is_timestamp(text, is_bc))
        }
        "timestamptz" => {
            is_infinite(text)
                || of_era(text).is_some_and(|(text, is_bc)| {
                    without_offset(text).is_some_and(|text| is_timestamp(text, is_bc))
                })
        }
        "time" => is_time(text),
        "timetz" => without_offset(text).is_some_and(is_time),
        "bytea" => text.strip_prefix("\\x").is_some_and(|hex| hex.len() % 2 == 0 && is_hexadecimal(hex)),
        "text" | "varchar" | "bpchar" | "name" | "char" => true,
        "xid8" => text.parse::<u64>().is_ok(),
        "bit" | "varbit" => text.bytes().all(|digit| matches!(digit, b'0' | b'1')),
        "pg_lsn" => {
            text.split_once('/').is_some_and(|(high, low)| is_half_of_lsn(high) && is_half_of_lsn(low))
        }
        "macaddr" => is_hardware_address(text, 6),
        "macaddr8" => is_hardware_address(text, 8),
        "inet" => address(text).is_some(),
        "cidr" => address(text).is_some_and(|(address, bits)| is_network(address, bits)),
        "interval" => is_interval(text),
        _ => return None,
    })
}

fn is_half_of_lsn(text: &str) -> bool {
    (1..=8).contains(&text.len()) && is_hexadecimal(text)
}

/// Pairs of hexadecimal digits with colons in between.
fn is_hardware_address(text: &str, pairs: usize) -> bool {
    let all: Vec<_> = text.split(':').collect();
    all.len() == pairs && all.iter().all(|pair| pair.len() == 2 && is_hexadecimal(pair))
}

/// An address with the number of its network's bits.
fn address(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        Some(bits) if are_digits(bits) && bits.len() <= 3 => bits.parse().ok()?,
        Some(_) => return None,
        None => most,
    };
    (bits <= most).then_some((address, bits))
}

/// Whether all bits of the host are zero.
fn is_network(address: IpAddr, bits: u32) -> bool {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_shl(bits).unwrap_or_default() == 0,
        IpAddr::V6(address) => address.to_bits().checked_shl(bits).unwrap_or_default() == 0,
    }
}

/// Years, months and days, and a time: the parts that are not zero, in PostgreSQL's own style.
fn is_interval(text: &str) -> bool {
    const UNITS: [(&str, i64); 3] = [("year", 178_000_000), ("mon", 11), ("day", i32::MAX as i64)];
    let mut words = text.split(' ').peekable();
    let (mut units, mut is_empty) = (UNITS.iter(), true);
    while let Some(word) = words.next() {
        is_empty = false;
        let Some(unit) = words.next() else { return is_time_of_interval(word) };
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        let most = units.find(|(name, _)| *name == unit).map(|(_, most)| *most);
        let number = word.strip_prefix(['-', '+']).unwrap_or(word);
        let is_number = are_digits(number)
            && number.parse::<i64>().ok().zip(most).is_some_and(|(number, most)| number <= most);
        if !is_number {
            return false;
        }
    }
    !is_empty
}

/// Hours, which may be many, minutes, and seconds with a fraction.
fn is_time_of_interval(text: &str) -> bool {
    const MOST_HOURS: u64 = 2_562_047_787;
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.split_once(':').is_some_and(|(hours, rest)| {
        are_digits(hours)
            && hours.parse::<u64>().is_ok_and(|hours| hours <= MOST_HOURS)
            && is_time(&format!("00:{rest}"))
    })
}

fn is_not_finite(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
}

fn is_infinite(text: &str) -> bool {
    matches!(text, "infinity" | "-infinity")
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Digits without an exponent; PostgreSQL allows 131,072 before the point, and 16,383 behind it.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    are_digits(whole)
        && whole.len() <= 131_072
        && rest.is_none_or(|rest| are_digits(rest) && rest.len() <= 16_383)
}

/// PostgreSQL refuses numbers that are too small for the type, as well as those that are too large.
fn is_float(text: &str, is_in_range: impl Fn(&str) -> bool) -> bool {
    let is_zero = || {
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        text.parse::<f64>().is_ok() && mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-' | b'+'))
    };
    is_not_finite(text) || is_in_range(text) || is_zero()
}

/// The text without its era, and whether that is before Christ.
fn of_era(text: &str) -> Option<(&str, bool)> {
    text.is_ascii().then(|| text.strip_suffix(" BC").map_or((text, false), |text| (text, true)))
}

/// Year, month and day, in the Gregorian calendar of all times. Year 1 before Christ is the year 0, and so a leap year.
fn is_date(text: &str, is_bc: bool, last_year: i32) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if ![year, month, day].into_iter().all(are_digits) || year.len() < 4 || month.len() != 2 || day.len() != 2
    {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<i32>(), month.parse::<u32>(), day.parse::<u32>())
    else {
        return false;
    };
    // The first day that PostgreSQL knows is in the year 4714 before Christ.
    let is_in_range = if is_bc { (1..=4713).contains(&year) } else { (1..=last_year).contains(&year) };
    is_in_range && (1..=days_of(if is_bc { 1 - year } else { year }, month)).contains(&day)
}

/// The number of days of a month; 0 of none.
fn days_of(year: i32, month: u32) -> u32 {
    let is_leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    }
}

fn is_timestamp(text: &str, is_bc: bool) -> bool {
    text.split_once([' ', 'T']).is_some_and(|(date, time)| is_date(date, is_bc, 294_275) && is_time(time))
}

/// Hours, minutes, seconds and a fraction; the end of a day is 24:00:00.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, "0"), |(whole, fraction)| (whole, fraction));
    let mut parts = whole.split(':');
    let (Some(hours), Some(minutes), Some(seconds), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let in_range = |part: &str, most: u32| {
        part.len() == 2 && are_digits(part) && part.parse::<u32>().is_ok_and(|number| number <= most)
    };
    whole == "24:00:00" && fraction.bytes().all(|digit| digit == b'0') && are_digits(fraction)
        || in_range(hours, 23)
            && in_range(minutes, 59)
            && in_range(seconds, 59)
            && are_digits(fraction)
            && fraction.len() <= 6
}

/// The text without the offset from UTC at its end: hours, and perhaps minutes and seconds.
fn without_offset(text: &str) -> Option<&str> {
    let sign = text.rfind(['+', '-']).filter(|place| text[..*place].contains(':'))?;
    let (rest, offset) = (&text[..sign], &text[sign + 1..]);
    let parts: Vec<_> = offset.split(':').collect();
    let in_range = |part: &&str, most: u32| {
        part.len() == 2 && are_digits(part) && part.parse::<u32>().is_ok_and(|number| number <= most)
    };
    let is_offset = parts.len() <= 3
        && parts.iter().enumerate().all(|(place, part)| in_range(part, if place == 0 { 15 } else { 59 }));
    is_offset.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type of PostgreSQL's own.
    fn own(name: &str) -> Type {
        let json = serde_json::json!({
            "oid": 1, "schema": "pg_catalog", "name": name, "kind": "b", "element": null, "base": null, "subtype": null, "comment": null,
            "labels": null, "is_exposed": false, "may_be_named": true, "order": null, "may_be_compared": true,
        });
        serde_json::from_value(json).expect("a type")
    }

    /// A type's name, texts of its values, and other texts.
    type Texts<'t> = (&'t str, &'t [&'t str], &'t [&'t str]);

    fn check(all: &[Texts<'_>]) {
        for (name, values, others) in all {
            let found = own(name);
            for value in *values {
                assert_eq!(is_read(&found, value), Some(true), "{name} {value:?}");
            }
            for other in *others {
                assert_eq!(is_read(&found, other), Some(false), "{name} {other:?}");
            }
        }
    }

    #[test]
    fn values_are_told_from_other_texts() {
        check(&[
            ("int2", &["-32768", "7"], &["32768", "", "1.5", "x"]),
            ("bool", &["true", "false"], &["maybe", ""]),
            (
                "numeric",
                &["0.10", "-12345678901234567890.5", "NaN", "-Infinity"],
                &["1e999999", ".", "1.", "x", "--1", "nan"],
            ),
            ("float8", &["0", "-0", "0e0", "1e300", "-5e-324", "NaN"], &["1e400", "1e-400", "x", ""]),
            ("float4", &["16777216", "1e30", "0.1"], &["1e40", "1e-60", "inf"]),
            (
                "date",
                &["2024-02-29", "0044-03-15 BC", "12024-01-01", "infinity", "0001-02-29 BC"],
                &[
                    "2023-02-29",
                    "2024-13-01",
                    "2024-00-10",
                    "2024-1-1",
                    "0000-01-01",
                    "today",
                    "",
                    "5874898-01-01",
                    "2024-02-29 12:00",
                    "١٢٣٤-01-01",
                ],
            ),
            (
                "timestamp",
                &["2024-02-29 23:59:59.999999", "2024-02-29T00:00:00", "0001-01-01T00:00:00 BC", "infinity"],
                &["2024-02-29", "2024-02-29 25:00:00", "2024-02-30 00:00:00", "now", "294277-01-01 00:00:00"],
            ),
            (
                "timestamptz",
                &[
                    "2024-02-29T23:59:59.5+00:00",
                    "1969-12-31 00:00:00-11",
                    "2024-02-29 12:00:00+05:45",
                    "0001-01-01 00:00:00+00:19:32 BC",
                ],
                &["2024-02-29 23:59:59", "2024-02-29 23:59:59+99", "2024-02-29+00", "x+00"],
            ),
            (
                "time",
                &["24:00:00", "13:37:00.000001", "00:00:00"],
                &["24:00:01", "12:60:00", "12:00", "noon"],
            ),
            ("timetz", &["12:00:00+02", "11:00:00+01:30"], &["12:00:00", "12:00:00+", "+02"]),
            ("bytea", &["\\x", "\\xdeadBEEF"], &["\\x1", "\\xgg", "x"]),
            ("oid", &["4294967295"], &["4294967296", "-1"]),
            ("text", &["", "anything"], &["\0"]),
        ]);
    }

    #[test]
    fn addresses_intervals_and_bits_are_told_from_other_texts() {
        check(&[
            ("xid8", &["18446744073709551615"], &["-1", "18446744073709551616"]),
            ("varbit", &["", "0110"], &["2", "b1", " "]),
            ("pg_lsn", &["16/B374D848", "0/0"], &["16", "16/", "/0", "123456789/0", "g/0"]),
            ("macaddr", &["08:00:2b:01:02:03"], &["08:00:2b:01:02", "08:00:2b:01:02:0g", "8:0:2b:1:2:3"]),
            ("macaddr8", &["08:00:2b:01:02:03:04:05"], &["08:00:2b:01:02:03", ""]),
            (
                "inet",
                &["192.0.2.7", "10.0.0.1/8", "2001:db8::1", "::ffff:1.2.3.4/96", "0.0.0.0/0"],
                &[
                    "192.0.2",
                    "192.0.2.256",
                    "10.0.0.1/33",
                    "10.0.0.1/",
                    "10.0.0.1/+8",
                    "::1/129",
                    "x",
                    "1.2.3.4/8/8",
                ],
            ),
            (
                "cidr",
                &["192.0.2.0/24", "10.0.0.0/8", "::/0", "0.0.0.0/0", "2001:db8::/32", "10.1.2.3"],
                &["192.0.2.1/24", "10.0.0.1/31", "2001:db8::1/32", "1.0.0.0/0"],
            ),
            (
                "interval",
                &[
                    "1 year 2 mons -3 days",
                    "-00:00:00.000001",
                    "400 days",
                    "-1 years -1 mons +1 day -04:05:06.7",
                    "00:00:00",
                    "2562047787:59:59.999999",
                ],
                &[
                    "",
                    "1",
                    "1 year 1 year",
                    "1 day 1 year",
                    "x days",
                    "1 fortnight",
                    "1:2",
                    "24:60:00",
                    "1 day ",
                    "99999999999 days",
                ],
            ),
        ]);
        assert_eq!(is_read(&own("money"), "1"), None, "its texts depend on the locale");
    }
}

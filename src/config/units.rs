//! Durations and sizes in their readable form.

use std::time::Duration;

/// Reads `10s`, `500ms`, `2m` or `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let count: u64 = number.parse().map_err(|_| expected_duration(text))?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(expected_duration(text)),
    };
    let total = count.checked_mul(milliseconds).ok_or_else(|| expected_duration(text))?;
    Ok(Duration::from_millis(total))
}

/// Reads `1MiB`, `512KiB`, `2MB`, or a number of bytes.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let expected = || format!("`{text}` is no size; write for example 1MiB, 512KiB, or a number of bytes");
    let (number, unit) = split(text);
    let count: usize = number.parse().map_err(|_| expected())?;
    let bytes = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "kib" | "k" => 1 << 10,
        "mb" => 1_000_000,
        "mib" | "m" => 1 << 20,
        _ => return Err(expected()),
    };
    count.checked_mul(bytes).ok_or_else(expected)
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

fn expected_duration(text: &str) -> String {
    format!("`{text}` is no duration; write for example 10s, 500ms or 2m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration(" 2 m "), Ok(Duration::from_mins(2)));
        for wrong in ["", "10", "s", "-1s", "1.5s", "1 day", "99999999999999999999s", "18446744073709551615h"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_may_have_a_unit() {
        assert_eq!(size("1MiB"), Ok(1_048_576));
        assert_eq!(size("2 mb"), Ok(2_000_000));
        assert_eq!(size("77"), Ok(77));
        assert!(size("18446744073709551615k").is_err());
        assert!(size("many").is_err());
    }
}

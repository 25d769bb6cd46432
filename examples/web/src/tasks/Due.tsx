const FORMAT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** A date without a time, such as 2026-01-31: the same day everywhere, hence UTC. */
export function Due({ on }: { on: string }) {
  return <time dateTime={on}>{FORMAT.format(new Date(on))}</time>;
}

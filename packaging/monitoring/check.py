"""Checks that the dashboard and the alerts ask for what Glowplug tells.

Each metric in them is one of the documented table, and each alert has unit tests. Then `glowplug dev` runs with a Prometheus beside it:
every query of every panel has to have an answer, and no alert fires. It uses Python's standard library alone; `check` calls it.
"""

import json
import re
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))
from running import ROOT, Process, Starter, free_port, post  # noqa: E402

# The text of a metric's name in PromQL.
METRIC = re.compile(r"\b(?:glowplug|process)_[a-z_]+\b")
# What Prometheus itself adds to the series of a histogram.
HISTOGRAM = re.compile(r"_(?:bucket|sum|count)$")
TRAFFIC = [
    "{ taskCollection(first: 2) { edges { node { title } } } }",
    "{ noSuchField }",
    "{ __schema { queryType { name } } }",
    # Through the queue.
    "mutation { deleteFromTaskCollection(filter: {title: {eq: \"none\"}}) { affectedCount } }",
]


def fail(message):
    sys.exit(f"packaging/monitoring: {message}")


def documented():
    """The metrics of the table in docs/observability.md, which a test compares with the program, and the type of each."""
    page = (ROOT / "docs/observability.md").read_text()
    table = page.split("<!-- metrics -->")[1].split("<!-- end of metrics -->")[0]
    metrics = dict(re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", table, re.M))
    assert len(metrics) > 50, "the table of metrics is not where it was"
    return metrics


def names(text, metrics):
    """The metrics that a query asks for. Each has to be documented."""
    found = set()
    for name in METRIC.findall(text):
        base = HISTOGRAM.sub("", name)
        if metrics.get(base) == "histogram" and base != name:
            found.add(base)
        elif metrics.get(name, "histogram") != "histogram":
            found.add(name)
        else:
            fail(f"{name} is no metric in the table of docs/observability.md")
    return found


def queries(dashboard):
    """Each query of the dashboard, with the title of its panel; its variables stand for everything."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "10s").replace("$job", ".*").replace("$instance", ".*")


def layout(dashboard):
    """Panels have names of their own, and lie beside each other, not upon each other."""
    cells = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            fail(f"{panel['title']} is wider than the dashboard")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in cells:
                    fail(f"{panel['title']} lies upon {cells[x, y]}")
                cells[x, y] = panel["title"]
    for key in ("id", "title"):
        values = [panel[key] for panel in dashboard["panels"]]
        if len(values) != len(set(values)):
            fail(f"two panels have the same {key}: {sorted(v for v in values if values.count(v) > 1)}")


def tested():
    """Each alert fires in one of the unit tests, and does not in another one."""
    alerts = re.findall(r"alert: (\w+)", (FOLDER / "alerts.yml").read_text())
    tests = set(re.findall(r"name: (\w+ (?:fires|does not fire))", (FOLDER / "alerts_test.yml").read_text()))
    for alert in alerts:
        for what in ("fires", "does not fire"):
            if f"{alert} {what}" not in tests:
                fail(f'there is no unit test "{alert} {what}"')
    return alerts


class Prometheus(Process):
    """Scrapes its targets each second, and knows the alerts."""

    def __init__(self, folder, ports):
        self.port = free_port()
        rules, config = FOLDER / "alerts.yml", folder / "prometheus.yml"
        folder.mkdir()
        targets = ", ".join(f"'127.0.0.1:{port}'" for port in ports)
        config.write_text(
            f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n"
            f"rule_files: ['{rules}']\n"
            f"scrape_configs: [{{job_name: glowplug, static_configs: [{{targets: [{targets}]}}]}}]\n"
        )
        storage = f"--storage.tsdb.path={folder}/data"
        super().__init__(["prometheus", f"--config.file={config}", storage, f"--web.listen-address=127.0.0.1:{self.port}"], folder)

    def ask(self, what, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, text):
        try:
            return self.ask("query", query=text)["result"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                raise  # it is still starting
            fail(f"{text}: {error.read().decode()}")


def running(prometheus, starter, dashboard, metrics, alerts):
    """Asks every query of a server and a worker that have something to tell."""
    member = starter.printed('"authorization": "(Bearer [^"]+)"')

    def is_scraped():
        for query in TRAFFIC:
            post(starter.endpoint, {"query": query}, authorization=member)
        scraped = prometheus.query("count_over_time(glowplug_build_info[1m]) > 6")
        settled = prometheus.query('glowplug_queue_operations_settled_total{state="succeeded"} > 1')
        return len(scraped) == 2 and settled

    prometheus.until("the scraping", is_scraped)
    present = set(prometheus.ask("label/__name__/values"))
    empty = []
    for title, query in queries(dashboard):
        if prometheus.query(query):
            continue
        # A counter with labels may have counted nothing. All others are there, so a label's name or value is wrong.
        if all(any(known.startswith(name) for known in present) for name in names(query, metrics)):
            fail(f"the panel {title!r} is empty: {query}")
        empty.append(title)
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    if {rule["name"] for rule in rules} != set(alerts):
        fail("Prometheus does not have the alerts")
    for rule in rules:
        if rule["health"] != "ok" or rule["state"] == "firing":
            fail(f"the alert {rule['name']} is {rule['state']}: {rule.get('lastError', rule['alerts'])}")
    return empty


def main():
    metrics, dashboard = documented(), json.loads((FOLDER / "dashboard.json").read_text())
    alerts = tested()
    names((FOLDER / "alerts.yml").read_text(), metrics)
    layout(dashboard)
    used = set().union(*(names(query, metrics) for _, query in queries(dashboard)))
    ports = [free_port(), free_port()]
    addresses = [["--metrics-listen", f"127.0.0.1:{port}"] for port in ports]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with (
            Starter(sys.argv[1], folder / "board", "--queue", *addresses[0]) as starter,
            # Beside the worker of `dev`, one that has metrics of its own, as in production.
            Process(
                [sys.argv[1], "worker", *addresses[1]],
                folder / "worker",
                DATABASE_URL=starter.printed(r"database +(postgres://\S+)"),
                GLOWPLUG_REDIS_URL=starter.printed(r"queue +(redis://\S+)"),
            ),
            Prometheus(folder / "prometheus", ports) as prometheus,
        ):
            empty = running(prometheus, starter, dashboard, metrics, alerts)
    panels = len(dashboard["panels"])
    print(f"{len(alerts)} alerts, {panels} panels with {len(used)} of {len(metrics)} metrics; no data yet: {', '.join(empty) or 'none'}")


main()

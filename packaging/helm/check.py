"""Checks the chart: lints it, renders it with the values of cases.yaml, and looks at what comes out.

    packaging/helm/check.py PROGRAM VERSION

It runs Helm itself, by the package helm-python-sdk, and Kubernetes' own schemas, by kubernetes-validate. It needs no cluster and no
network. `packaging/helm/check` installs both and calls it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import helm_python as helm
import kubernetes_validate
import yaml

FOLDER = Path(__file__).parent
CHART = FOLDER / "glowplug"
# The oldest version that the chart names, and a new one.
KUBERNETES = ("1.25", "1.33")
# Kinds that are not Kubernetes' own: their schemas are not there.
FOREIGN = {"PodMonitor"}


def fail(case, message):
    sys.exit(f"packaging/helm: {case}: {message}")


def lint(case, values):
    for version in KUBERNETES:
        report = helm.lint(CHART, values, strict=True, kube_version=f"v{version}.0")
        # An icon is a matter of taste.
        found = [m for m in report["messages"] if m["severity"] >= 2]
        if found or report["errors"]:
            fail(case, f"helm lint: {found or report['errors']}")


def render(chart, values):
    """The documents that the chart makes, each with its file."""
    chart.validate_schema(values)
    documents = []
    for file, text in chart.render(values, name="demo", namespace="prod").items():
        if file.endswith(".yaml"):
            documents += [(file, document) for document in yaml.safe_load_all(text) if document]
    return documents


def validate(case, documents):
    for file, document in documents:
        if document["kind"] in FOREIGN:
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(str(part) for part in error.path)
                fail(case, f"{file}, {document['kind']}, Kubernetes {version}: {where}: {error.message}")


def named(documents, kind):
    return {d["metadata"]["name"]: d for _, d in documents if d["kind"] == kind}


def includes(labels, selector):
    return selector.items() <= labels.items()


def connections(case, documents):
    """What one document says of another holds: names, labels, ports."""
    deployments = named(documents, "Deployment")
    pods = {name: d["spec"]["template"] for name, d in deployments.items()}
    for name, deployment in deployments.items():
        selector = deployment["spec"]["selector"]["matchLabels"]
        found = [other for other, pod in pods.items() if includes(pod["metadata"]["labels"], selector)]
        if found != [name]:
            fail(case, f"the selector of {name} finds the pods of {found}")
    for kind in ("Service", "PodDisruptionBudget"):
        for name, document in named(documents, kind).items():
            selector = document["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            found = [other for other, pod in pods.items() if includes(pod["metadata"]["labels"], selector)]
            if found != [name]:
                fail(case, f"{kind} {name} finds the pods of {found}")
    for name, service in named(documents, "Service").items():
        ports = {port["name"] for port in pods[name]["spec"]["containers"][0]["ports"]}
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in ports:
                fail(case, f"Service {name} leads to the port {port['targetPort']}, which is not there")
            if port["targetPort"] == "metrics":
                fail(case, f"Service {name} shows the metrics")
    for name, scaler in named(documents, "HorizontalPodAutoscaler").items():
        if scaler["spec"]["scaleTargetRef"]["name"] not in deployments:
            fail(case, f"the autoscaler {name} scales nothing")
        if "replicas" in deployments[name]["spec"]:
            fail(case, "the Deployment sets the replicas that the autoscaler sets")
    for name, ingress in named(documents, "Ingress").items():
        backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        ports = {port["name"] for port in named(documents, "Service")[backend["name"]]["spec"]["ports"]}
        if backend["port"]["name"] not in ports:
            fail(case, f"the Ingress {name} leads nowhere")
    for name, monitor in named(documents, "PodMonitor").items():
        selector = monitor["spec"]["selector"]["matchLabels"]
        missed = [other for other, pod in pods.items() if not includes(pod["metadata"]["labels"], selector)]
        if missed:
            fail(case, f"the PodMonitor {name} does not find {missed}")


def seconds(text):
    return int(text.removesuffix("s"))


def pods(case, documents, values, program):
    """Each pod stops in time, has no rights, and its settings are valid for the program."""
    settings = named(documents, "ConfigMap")
    for name, deployment in named(documents, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        container = pod["containers"][0]
        ports = {port["name"] for port in container["ports"]}
        for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
            get = container[probe]["httpGet"]
            if get["path"] != path or get["port"] not in ports:
                fail(case, f"{name}: the {probe} asks {get}")
        environment = {entry["name"]: entry.get("value") for entry in container["env"]}
        if len(environment) != len(container["env"]):
            fail(case, f"{name}: a variable is set twice")
        is_without_database = values["settings"].get("queue") == "all" and container["args"][0] == "serve"
        if ("DATABASE_URL" in environment) == is_without_database:
            fail(case, f"{name}: DATABASE_URL is {'' if is_without_database else 'not '}there")
        stop = seconds(environment["GLOWPLUG_DRAIN_TIMEOUT"])
        stop += seconds(environment.get("GLOWPLUG_SHUTDOWN_DELAY", "0s"))
        if pod["terminationGracePeriodSeconds"] < stop + 5:
            fail(case, f"{name} would be killed while it stops, which takes {stop} s")
        context = container["securityContext"]
        if not (context["readOnlyRootFilesystem"] and pod["securityContext"]["runAsNonRoot"]):
            fail(case, f"{name} has too many rights")
        source = next(v["configMap"]["name"] for v in pod["volumes"] if v["name"] == "settings")
        accepted(case, name, program, container, environment, settings[source]["data"]["glowplug.toml"], values)


def accepted(case, name, program, container, environment, toml, values):
    """The program takes its settings, and each that the values have comes from the file or from the environment."""
    secret = {"DATABASE_URL": "postgres://a@b/c", "GLOWPLUG_REDIS_URL": "redis://r"}
    environment = {key: secret.get(key, "s" * 32) if value is None else value for key, value in environment.items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "glowplug.toml"
        file.write_text(toml)
        if container["args"][1:] != ["--config", "/etc/glowplug/glowplug.toml"]:
            fail(case, f"{name}: the arguments are {container['args']}")
        if container["args"][0] not in ("serve", "worker"):
            fail(case, f"{name}: there is no command {container['args'][0]}")
        run = [program, "config", "--config", str(file)]
        done = subprocess.run(run, env=environment, capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        fail(case, f"{name}: the program does not take its settings: {done.stderr}\n{toml}")
    effective = {line.split(" = ")[0] for line in done.stdout.splitlines() if "# default" not in line}
    expected = set(values.get("settings", {})) | {key for role in values.get("roles", {}).values() for key in role}
    if expected - effective:
        fail(case, f"{name}: the program does not know of {expected - effective}:\n{done.stdout}")


def documented():
    """The values in docs/deployment.md."""
    page = (FOLDER.parent.parent / "docs/deployment.md").read_text()
    return yaml.safe_load(page.split("<!-- values:")[1].split("```yaml\n")[1].split("```")[0])


def main():
    program, version = os.path.abspath(sys.argv[1]), sys.argv[2]
    cases = yaml.safe_load((FOLDER / "cases.yaml").read_text())
    cases["accepted"]["docs/deployment.md"] = documented()
    with helm.Chart.load(CHART) as chart:
        metadata = chart.metadata
        if (metadata["version"], metadata["appVersion"]) != (version, version):
            fail("Chart.yaml", f"version and appVersion are not {version}, as in Cargo.toml")
        for case, values in cases["accepted"].items():
            lint(case, values)
            documents = render(chart, values)
            validate(case, documents)
            connections(case, documents)
            pods(case, documents, values, program)
        for refused in cases["refused"]:
            try:
                render(chart, refused["values"])
            except helm.HelmError as error:
                if refused["says"] not in str(error):
                    fail(refused, f"the error does not say so: {error}")
            else:
                fail(refused, "is not refused")
    print(f"helm {helm.helm_sdk_version()}: {len(cases['accepted'])} sets of values are rendered, {len(cases['refused'])} are refused")


main()

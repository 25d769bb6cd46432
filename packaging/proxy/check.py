"""Runs nginx and Caddy with the examples in this folder in front of `glowplug dev`: requests, a live query by server-sent events, and one
by websocket pass through. Ports and certificates are replaced, nothing else. It uses Python's standard library alone.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))
from running import Process, Starter, free_port, post  # noqa: E402

LIVE = "subscription { taskCollection(first: 1) { edges { cursor } } }"
NAME = "api.example.com"


def replaced(text, *pairs):
    """The text with each pair's first replaced by its second. An example without it has changed."""
    for old, new in pairs:
        assert old in text, f"{old} is not in the example any more"
        text = text.replace(old, new)
    return text


def nginx(folder, backend, port):
    for_tls = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}"]
    subprocess.run(
        ["openssl", *for_tls, "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True
    )
    site = replaced(
        (FOLDER / "nginx.conf").read_text(),
        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{backend};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/certs/api.example.com.pem", str(folder / "cert.pem")),
        ("/etc/ssl/private/api.example.com.key", str(folder / "key.pem")),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {paths}\n{site} }}\n"
    )
    return Process(["nginx", "-e", "stderr", "-p", str(folder), "-c", str(config)], folder)


def caddy(folder, backend, port):
    site = replaced(
        (FOLDER / "Caddyfile").read_text(),
        ("reverse_proxy 127.0.0.1:8080", f"reverse_proxy 127.0.0.1:{backend}"),
        ("grace_period 10s", "grace_period 1s\n\tadmin off"),
        # Without TLS, as no authority signs for this machine.
        (f"\n{NAME} {{", f"\nhttp://:{port} {{"),
    )
    config = folder / "Caddyfile"
    config.write_text(site)
    os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"] = str(folder)
    return Process(["caddy", "run", "--adapter", "caddyfile", "--config", str(config)], folder)


def first_event(url, context):
    """The first answer of a live query, which comes long before the query ends."""
    headers = {"content-type": "application/json", "accept": "text/event-stream"}
    request = urllib.request.Request(url, json.dumps({"query": LIVE}).encode(), headers)
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        for line in answer:
            if line.startswith(b"data: "):
                return json.loads(line.removeprefix(b"data: "))


class Websocket:
    """As much of RFC 6455 as short messages need."""

    def __init__(self, port, scheme, context):
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket = context.wrap_socket(plain, server_hostname=NAME) if context else plain
        lines = [
            "GET /graphql HTTP/1.1",
            f"Host: {NAME}",
            # As a page of the same origin.
            f"Origin: {scheme}://{NAME}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: graphql-transport-ws",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.stream = self.socket.makefile("rb")
        self.status = self.stream.readline().decode().strip()
        while self.stream.readline().strip():
            pass

    def send(self, message):
        data = json.dumps(message).encode()
        assert len(data) < 126
        # A mask of zeros changes nothing.
        self.socket.sendall(bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data)

    def receive(self):
        while True:
            kind, length = self.stream.read(2)
            if length == 126:
                length = int.from_bytes(self.stream.read(2), "big")
            data = self.stream.read(length)
            if kind == 0x81:
                return json.loads(data)


def check(process, port, scheme):
    context = None
    if scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = f"{scheme}://127.0.0.1:{port}/graphql"
    process.until("the start", lambda: post(url, {"query": "{ __typename }"}, context).get("data"))
    try:
        event = first_event(url, context)
    except TimeoutError:
        process.fail("no event of a live query comes through in time")
    if not (event or {}).get("data"):
        process.fail(f"the live query by server-sent events: {event}")
    websocket = Websocket(port, scheme, context)
    if " 101 " not in websocket.status:
        process.fail(f"the websocket: {websocket.status}")
    websocket.send({"type": "connection_init"})
    websocket.send({"id": "1", "type": "subscribe", "payload": {"query": LIVE}})
    kinds = [websocket.receive()["type"] for _ in range(2)]
    if kinds != ["connection_ack", "next"]:
        process.fail(f"the live query by websocket: {kinds}")
    websocket.stream.close()
    websocket.socket.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with Starter(sys.argv[1], folder / "board") as starter:
            for name, start, scheme in (("nginx", nginx, "https"), ("caddy", caddy, "http")):
                port = free_port()
                (folder / name).mkdir()
                with start(folder / name, starter.port, port) as process:
                    check(process, port, scheme)
    print("nginx and Caddy pass on requests, server-sent events and websockets")


main()

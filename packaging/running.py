"""Programs that the checks run beside each other, and that end with them. It uses Python's standard library alone."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def post(url, body, context=None, **headers):
    """Posts JSON, and reads JSON."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return json.load(answer)


class Process:
    """A program in a folder of its own, which has its log."""

    def __init__(self, arguments, folder, **environment):
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        self.log = open(folder / "log", "w+")
        self.child = subprocess.Popen(
            arguments,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def fail(self, message):
        self.log.seek(0)
        sys.exit(f"{self.child.args[0]}: {message}: {self.log.read()}")

    def until(self, what, condition):
        for _ in range(600):
            if self.child.poll() is not None:
                self.fail("has ended")
            try:
                if condition():
                    return
            except (OSError, ConnectionError):
                pass  # it does not listen yet
            time.sleep(0.1)
        self.fail(f"{what} takes longer than a minute")


class Starter(Process):
    """`glowplug dev` with the starter's database."""

    def __init__(self, program, folder, *flags):
        # PostgreSQL runs as another user than root, who has to reach its folder.
        os.chmod(Path(folder).parent, 0o755)
        shutil.copytree(ROOT / "migrations", Path(folder) / "migrations")
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}/graphql"
        super().__init__([program, "dev", "--listen", f"127.0.0.1:{self.port}", *flags], folder)
        self.until("the start", lambda: post(self.endpoint, {"query": "{ __typename }"}).get("data"))

    def printed(self, pattern):
        """What the program has printed, by a pattern with one group."""
        found = re.search(pattern, (Path(self.log.name)).read_text())
        return found.group(1) if found else self.fail(f"has not printed {pattern}")

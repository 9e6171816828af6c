"""What the scripts about watches and the shared state share: a service that keeps what it is sent, new
credentials, a watch as a process, and its metrics as Prometheus' own parser reads them."""

import datetime
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from recorder import Platform

API_KEY = "a-key-of-the-platform-0123456789"
DEADLINE = 60


class Service(Platform):
    """The service, which also keeps when each config was written, and takes its time."""

    def __init__(self, latency=0):
        self.latency, self.writes, self.lock = latency, [], threading.Lock()
        super().__init__()

    def add(self, name, folder="x", bucket="bucket-one"):
        keys = {"key": "AKIAOLDOLDOLDOLDOLD0", "secret": "old"}
        config = {"remote_url": f"s3://{bucket}/{folder}/"} | keys
        one = {"id": str(uuid.uuid4()), "name": name, "config": config, "of": "destinations"}
        self.connectors = self.connectors | {one["id"]: one}
        return one["id"]

    def remove(self, id):
        self.connectors = {key: one for key, one in self.connectors.items() if key != id}

    def take(self, method, path, body):
        begun, id = time.monotonic(), path.rstrip("/").split("/")[-1]
        if id not in ("destinations", "sources") and id not in self.connectors:
            return 404, b'{"detail": "not found"}', "application/json"
        if method == "PUT":
            time.sleep(self.latency)
        answer = super().take(method, path, body)
        if method == "PUT":
            with self.lock:
                key = json.loads(body)["config"]["key"]
                self.writes.append((key, id, begun, time.monotonic()))
        return answer


def stamp(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_lease(path, key, end):
    """Puts a file of STS credentials in place, whole."""
    lease = {"AccessKeyId": key, "SecretAccessKey": "s" * 40, "SessionToken": "t" * 40}
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump(lease | {"Expiration": stamp(end)}, file)
    os.replace(f"{path}.new", path)
    return path


def key_id():
    """An access key id that no other lease has."""
    return f"ASIA{uuid.uuid4().hex[:16].upper()}"


class Machine:
    """A machine of its own: a folder, and the environment that uns3 gets there."""

    def __init__(self, folder, url, **environment):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        own = {"UNS3_STATE_DIR": f"{folder}/state", "UNS3_CONFIG_DIR": f"{folder}/config"}
        service = {"UNSTRUCTURED_API_URL": url, "UNSTRUCTURED_API_KEY": API_KEY} if url else {}
        self.environment = clean | own | service | environment

    def start(self, *args, **environment):
        return subprocess.Popen(
            [os.environ["PEERS_UNS3"], *args],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *args, exit_codes=(0,), stdin=None):
        ran = subprocess.run(
            [os.environ["PEERS_UNS3"], *args, "-o", "json"],
            env=self.environment,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=3 * DEADLINE,
        )
        said = f"uns3 {' '.join(args)}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
        assert ran.returncode in exit_codes, said
        return json.loads(ran.stdout) if ran.stdout else None


class Watch:
    """`uns3 rotate --watch` as a process, and what it shows of itself."""

    def __init__(self, machine, *args, **environment):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        watch = ["rotate", "--all", "--watch", "--direct", "--no-verify", "--listen", self.address]
        self.process = machine.start(*watch, *args, **environment)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=DEADLINE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers, answer.read().decode()

    def metrics(self):
        """The families by name, or nothing where it does not answer (yet)."""
        try:
            text = self.get("/metrics")[2]
        except (OSError, urllib.error.URLError):
            assert self.process.poll() is None, self.process.communicate()
            return {}
        return {one.name: one for one in text_string_to_metric_families(text)}

    def await_metrics(self, what, fits, deadline=DEADLINE):
        until = time.monotonic() + deadline
        while time.monotonic() < until:
            families = self.metrics()
            if families and fits(families):
                return families
            time.sleep(0.05)
        raise AssertionError(f"not in {deadline} s: {what}: {families}")

    def kill(self):
        self.process.kill()
        return self.process.communicate()

    def end(self):
        """Ends in good order; what it said."""
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=DEADLINE)
        assert self.process.returncode == 143, said
        return said


def value(families, family, **labels):
    """The value of the one sample that has these labels."""
    found = [one.value for one in families[family].samples if labels.items() <= one.labels.items()]
    assert len(found) == 1, (family, labels, families[family].samples)
    return found[0]

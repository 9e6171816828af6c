"""What the scripts share: the sandbox that `main.rs` started, the SDK, and the uns3 binary."""

import json
import logging
import os
import subprocess
import time
import uuid

from unstructured_client import UnstructuredClient

SANDBOX = json.loads(os.environ["PEERS_SANDBOX"])
BUCKET = SANDBOX["bucket"]
ENDPOINT = SANDBOX["s3_endpoint_url"]
MASK = "**********"
DEADLINE = 60

logging.getLogger("unstructured-client").setLevel(logging.CRITICAL)
logging.getLogger("httpx").setLevel(logging.WARNING)


def client(key=None, url=None):
    """The SDK as its users make it, but for its retries, which would hide failures for minutes."""
    return UnstructuredClient(
        api_key_auth=key or SANDBOX["api_key"],
        server_url=url or SANDBOX["api_url"],
        retry_config=None,
        timeout_ms=DEADLINE * 1000,
    )


def unique(name):
    """A name of its own for each test: they share a sandbox."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


def config(folder="out", **changes):
    """The config of an S3 connector that works, but for some fields."""
    good = {
        "remote_url": f"s3://{BUCKET}/{folder}/",
        "key": SANDBOX["access_key_id"],
        "secret": SANDBOX["secret_access_key"],
        "endpoint_url": ENDPOINT,
    }
    return good | changes


class Connectors:
    """One kind of connectors through the SDK: `destination` or `source`."""

    def __init__(self, kind, sdk=None):
        self.kind = kind
        # Kept: an SDK that is dropped closes its connections.
        self.sdk = sdk or client()
        self.api = getattr(self.sdk, f"{kind}s")

    def _call(self, verb, field, **request):
        return getattr(getattr(self.api, verb)(request=request), field)

    def create(self, name, settings, type="s3"):
        body = {"name": name, "type": type, "config": settings}
        made = {f"create_{self.kind}_connector": body}
        return self._call(f"create_{self.kind}", f"{self.kind}_connector_information", **made)

    def list(self, type="s3"):
        request = {f"{self.kind}_type": type} if type else {}
        return self._call(f"list_{self.kind}s", f"response_list_{self.kind}s", **request)

    def get(self, id):
        request = {f"{self.kind}_id": id}
        return self._call(f"get_{self.kind}", f"{self.kind}_connector_information", **request)

    def update(self, id, settings):
        request = {f"{self.kind}_id": id, f"update_{self.kind}_connector": {"config": settings}}
        return self._call(f"update_{self.kind}", f"{self.kind}_connector_information", **request)

    def delete(self, id):
        return self._call(f"delete_{self.kind}", "any", **{f"{self.kind}_id": id})

    def start_check(self, id):
        verb = f"create_connection_check_{self.kind}s"
        return self._call(verb, "dag_node_connection_check", **{f"{self.kind}_id": id})

    def latest_check(self, id):
        verb = f"get_connection_check_{self.kind}s"
        return self._call(verb, "dag_node_connection_check", **{f"{self.kind}_id": id})

    def check(self, id):
        """Starts a check and waits for its verdict, as the SDK's documentation does."""
        started = self.start_check(id)
        assert started.status == "SCHEDULED", started
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            check = self.latest_check(id)
            assert check.id == started.id, "another check's answer"
            if check.status != "SCHEDULED":
                assert check.reported_at is not None
                return check
            time.sleep(0.05)
        raise AssertionError("no verdict")


def uns3(*args, exit_code=0, **more):
    """Runs the binary, and gives what its JSON says: the result, or on a failure the error."""
    ran = run(*args, exit_code=exit_code, **more)
    if ran.stdout:
        return json.loads(ran.stdout)
    errors = [line for line in ran.stderr.splitlines() if line.startswith("{")]
    return json.loads(errors[-1])["error"] if errors else None


def run(*args, exit_code=0, stdin="", **environment):
    """Runs the binary."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own = {
        "UNSTRUCTURED_API_URL": SANDBOX["api_url"],
        "UNSTRUCTURED_API_KEY": SANDBOX["api_key"],
    }
    ran = subprocess.run(
        [os.environ["PEERS_UNS3"], *args, "-o", "json"],
        env=clean | own | environment,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=2 * DEADLINE,
    )
    said = f"uns3 {' '.join(args)}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
    assert ran.returncode == exit_code, said
    for secret in (SANDBOX["secret_access_key"], SANDBOX["session"]["secret_access_key"]):
        assert secret not in ran.stdout + ran.stderr, "uns3 printed a secret"
    return ran


def keys(**environment):
    """The sandbox's keys in the environment, where uns3 looks for them."""
    return {
        "AWS_ACCESS_KEY_ID": SANDBOX["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": SANDBOX["secret_access_key"],
    } | environment

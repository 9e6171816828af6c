"""A stand-in for the Workflow Endpoint that keeps what it is sent, secrets included.

The sandbox keeps them too, but shows them to no one: here they are handed to the connector's own code.
"""

import http.server
import json
import threading
import urllib.parse
import uuid


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _take(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = urllib.parse.urlsplit(self.path).path
        status, answer, media = self.server.take(self.command, path, body)
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _take


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up is none."""

    def stop(self):
        self.shutdown()
        self.server_close()


class Platform(_Server):
    """The service: it lists, creates and updates connectors, and shows masks."""

    def __init__(self):
        self.connectors = {}
        super().__init__()

    def sent(self, name):
        """The config that a connector was last written with."""
        return next(each["config"] for each in self.connectors.values() if each["name"] == name)

    def take(self, method, path, body):
        _, _, _, kind, *rest = path.split("/")
        one = self.connectors.get(rest[0]) if rest and rest[0] else None
        match method:
            case "POST":
                one = json.loads(body) | {"id": str(uuid.uuid4()), "of": kind}
                self.connectors[one["id"]] = one
            case "PUT":
                one["config"] = json.loads(body)["config"]
            case "GET" if one is None:
                shown = [_shown(each) for each in self.connectors.values() if each["of"] == kind]
                return 200, json.dumps(shown).encode(), "application/json"
        return 200, json.dumps(_shown(one)).encode(), "application/json"


def _shown(one):
    hidden = {name: "**********" for name in ("key", "secret", "token") if one["config"].get(name)}
    return {
        "id": one["id"],
        "name": one["name"],
        "type": one.get("type", "s3"),
        "config": one["config"] | hidden,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": None,
    }


class Sts(_Server):
    """An STS that gives keys to all, and keeps the policies that they were asked for with."""

    def __init__(self):
        self.policies = []
        super().__init__()

    def take(self, method, path, body):
        asked = dict(urllib.parse.parse_qsl(body.decode()))
        self.policies.append(asked.get("Policy"))
        xml = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
            <AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>
            <SecretAccessKey>wJalrXUtnFEMIexampleEXAMPLE</SecretAccessKey>
            <SessionToken>token-of-an-example</SessionToken>
            <Expiration>2037-01-01T00:00:00Z</Expiration></Credentials>
            <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/uns3/x</Arn>
            <AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser></AssumeRoleResult>
            <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"""
        return 200, xml.encode(), "text/xml"

"""A Ceph cluster of one monitor, one OSD in memory and one RADOS gateway, on loopback.

An S3, an STS and an IAM that none of us wrote, and that enforce signatures, bucket policies and
session policies. It needs Debian's `ceph-mon`, `ceph-osd`, `ceph-common` and `radosgw`, no rights,
and some three seconds. It is gone with the process that started it, however that ends.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import boto3
from botocore.config import Config

# A tenant of Ceph's looks in ARNs as an account of AWS's does.
ACCOUNT = "123456789012"
REGION = "us-east-1"
DEADLINE = 60

CONFIG = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
crash dir = {folder}/crash
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 1
paxos propose interval = 0.05
# Without its authentication, the monitor is not asked securely either.
ms mon client mode = crc secure

[client.rgw]
rgw data = {folder}
rgw frontends = beast endpoint=127.0.0.1:{http} ssl_endpoint=127.0.0.1:{https} \
ssl_certificate={folder}/server.crt ssl_private_key={folder}/server.key
rgw sts key = abcdefghijklmnop
rgw s3 auth use sts = true
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw dynamic resharding = false

"""


def ports(count):
    """Ports that nobody has."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return numbers


def ends_with_parent():
    """Ends a child when its parent ends, however that does."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class User:
    """A user of the cluster, who has keys; or a session of a role."""

    def __init__(self, ceph, name, key, secret, token=None):
        self.ceph, self.name, self.key, self.secret, self.token = ceph, name, key, secret, token

    @property
    def arn(self):
        return f"arn:aws:iam::{ACCOUNT}:user/{self.name}"

    def client(self, service="s3"):
        return boto3.client(
            service,
            endpoint_url=self.ceph.url,
            region_name=REGION,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    @property
    def environment(self):
        """Its keys where uns3 looks for them."""
        own = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return own | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})

    @property
    def secrets(self):
        return [self.secret, *([self.token] if self.token else [])]


class Ceph:
    """A running cluster."""

    def __init__(self):
        self.processes = []
        self.folder = tempfile.mkdtemp(prefix="ceph-")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        mon_v1, mon_v2, http, https = ports(4)
        self.url, self.tls_url = f"http://127.0.0.1:{http}", f"https://localhost:{https}"
        self.certificate = os.path.join(self.folder, "server.crt")
        self._certify()
        self.config = os.path.join(self.folder, "ceph.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                CONFIG.format(
                    fsid=fsid, folder=self.folder, mon_v1=mon_v1, mon_v2=mon_v2, http=http, https=https
                )
            )
        for name in ("mon", "osd"):
            os.mkdir(os.path.join(self.folder, name))
        addresses = f"[v2:127.0.0.1:{mon_v2},v1:127.0.0.1:{mon_v1}]"
        monmap = os.path.join(self.folder, "monmap")
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", addresses, monmap)
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap)
        self._daemon("ceph-mon", "-i", "a")
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._daemon("ceph-osd", "-i", "0")
        self._daemon("radosgw", "-n", "client.rgw")
        self._wait()

    def _certify(self):
        """A certificate that is trusted itself: no authority, as TLS wants a server's."""
        key = os.path.join(self.folder, "server.key")
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        extensions = ["-addext", names, "-addext", "basicConstraints=critical,CA:FALSE"]
        subject = ["-subj", "/CN=localhost", *extensions, "-days", "2", "-nodes"]
        made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key]
        self._run("openssl", "req", "-x509", *made, "-out", self.certificate, *subject)

    def _run(self, *command):
        ran = subprocess.run(
            command,
            env=os.environ | ({"CEPH_CONF": self.config} if hasattr(self, "config") else {}),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=DEADLINE,
        )
        if ran.returncode:
            raise RuntimeError(f"{' '.join(command)}: {ran.stdout}{ran.stderr}{self._said()}")
        return ran.stdout

    def _daemon(self, *command):
        with open(os.path.join(self.folder, f"{command[0]}.out"), "w", encoding="utf-8") as said:
            self.processes.append(
                subprocess.Popen(
                    [*command, "-f"],
                    env=os.environ | {"CEPH_CONF": self.config},
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    preexec_fn=ends_with_parent,
                )
            )

    def _said(self):
        """The end of what each daemon said."""
        words = ""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".out", ".log")):
                with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                    words += f"\n--- {name}\n" + "".join(file.readlines()[-10:])
        return words

    def _wait(self):
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            ended = [each.args[0] for each in self.processes if each.poll() is not None]
            if ended:
                raise RuntimeError(f"{ended} ended: {self._said()}")
            try:
                urllib.request.urlopen(self.url, timeout=5).read()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"the gateway does not answer: {self._said()}")

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def user(self, name, *caps):
        """A new user, who may do nothing with what is others'."""
        given = [f"--caps={';'.join(caps)}"] if caps else []
        made = ["--tenant", ACCOUNT, "--uid", name, "--display-name", name, *given]
        keys = json.loads(self._run("radosgw-admin", "user", "create", *made))["keys"][0]
        return User(self, name, keys["access_key"], keys["secret_key"])

    def role(self, owner, name, statements, trusted):
        """The ARN of a role that `trusted` may assume, and that may do what `statements` say."""
        principal = {"AWS": [trusted.arn]}
        trust = [{"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole"]}]
        iam = owner.client("iam")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(statements))
        return made["Role"]["Arn"]


def document(statements):
    """A policy that survives Ceph 16: it takes the `+` by which botocore writes a space for itself, and
    decodes a user's policy twice."""
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    for escaped in " +%":
        text = text.replace(escaped, f"\\u{ord(escaped):04x}")
    return text

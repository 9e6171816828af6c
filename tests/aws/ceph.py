"""A Ceph object gateway as a process, over a cluster in memory: `ceph.py FOLDER`.

Prints one line of JSON when it can be used, and ends with its standard input. Nothing of it needs
root or a disk: a monitor, one OSD with memstore, and the gateway, of Debian's packages.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

FSID = "5b3a7a4e-7a53-4d6b-9c0e-2f1f4bb1c001"
CONF = """\
[global]
fsid = {fsid}
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
keyring = {folder}/keyring
mon host = v2:127.0.0.1:{mon}/0
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = true
mon data = {folder}/mon
mon initial members = a
mon data avail crit = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
rgw frontends = beast endpoint=127.0.0.1:{rgw}
rgw sts key = abcdefghijklmnop
rgw s3 auth use sts = true
rgw override bucket index max shards = 1
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Cluster:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mon, self.rgw = free_port(), free_port()
        self.conf = self.folder / "ceph.conf"
        self.conf.write_text(
            CONF.format(fsid=FSID, folder=self.folder, mon=self.mon, rgw=self.rgw)
        )
        self.started = []

    def run(self, *args):
        ran = subprocess.run(
            [args[0], "-c", str(self.conf), *args[1:]], capture_output=True, text=True, timeout=120
        )
        if ran.returncode:
            raise SystemExit(f"{' '.join(args)}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def start(self, *args):
        log = open(self.folder / f"{args[0]}.out", "w")
        self.started.append(
            subprocess.Popen(
                [args[0], "-c", str(self.conf), *args[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        )

    def up(self):
        keyring = self.folder / "keyring"
        # One file of keys for all: the monitor takes over what stands in it.
        for name, caps in (
            ("mon.", ("mon", "allow *")),
            ("client.admin", ("mon", "allow *", "osd", "allow *", "mgr", "allow *")),
            ("osd.0", ("mon", "allow profile osd", "osd", "allow *")),
        ):
            given = [part for pair in zip(caps[::2], caps[1::2]) for part in ("--cap", *pair)]
            make = [] if keyring.exists() else ["--create-keyring"]
            subprocess.run(
                ["ceph-authtool", *make, str(keyring), "--gen-key", "-n", name, *given],
                check=True,
                capture_output=True,
            )
        monmap = str(self.folder / "monmap")
        subprocess.run(
            ["monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{self.mon}]", "--fsid", FSID,
             monmap],
            check=True, capture_output=True,
        )
        (self.folder / "mon").mkdir()
        (self.folder / "osd").mkdir()
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", str(keyring))
        self.start("ceph-mon", "-f", "-i", "a")
        self.run("ceph", "config", "set", "mon", "mon_allow_pool_size_one", "true")
        uuid = "c0ffee00-0000-4000-8000-000000000001"
        self.run("ceph", "osd", "new", uuid)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", uuid)
        self.start("ceph-osd", "-f", "-i", "0")
        self.run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=here")
        self.start("radosgw", "-f", "-n", "client.admin")

    def ready(self, deadline=90):
        until = time.monotonic() + deadline
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.rgw}/", timeout=2)
                return True
            except urllib.error.HTTPError:
                return True
            except OSError:
                time.sleep(0.3)
        return False

    def down(self):
        for one in self.started:
            one.send_signal(signal.SIGKILL)
            one.wait()


def main():
    cluster = Cluster(sys.argv[1])
    try:
        cluster.up()
        if not cluster.ready():
            raise SystemExit("the gateway did not come up")
        users = {}
        for name in ("owner", "other"):
            made = cluster.run(
                "radosgw-admin", "user", "create", f"--uid={name}", f"--display-name={name}",
                "--caps=roles=*;user-policy=*",
            )
            users[name] = json.loads(made)["keys"][0]
        print(
            json.dumps({"url": f"http://127.0.0.1:{cluster.rgw}", "users": users}), flush=True
        )
        sys.stdin.read()
    finally:
        cluster.down()


if __name__ == "__main__":
    os.umask(0o077)
    main()

"""`uns3 rotate --watch`: its metrics as Prometheus' own parser reads them, and an hour of it in a minute,
by a clock that runs faster (libfaketime, on Linux)."""

import glob
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

from watching import API_KEY, Machine, Service, Watch, key_id, value, write_lease

ODD = 'quote " back\\slash \\n ümlaut {x="y"} # EOF'
# How fast the clock runs, and for how long.
SPEED = 60
HOUR = 3600


class Metrics(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.lease = write_lease(f"{self.folder}/lease.json", key_id(), time.time() + 3600)

    def watch(self, machine, *args):
        watch = Watch(machine, "--credentials-file", self.lease, *args)
        self.addCleanup(watch.kill)
        return watch

    def test_they_are_what_prometheus_reads(self):
        service = Service()
        self.addCleanup(service.stop)
        ids = {name: service.add(name) for name in ("plain", ODD)}
        watch = self.watch(Machine(self.folder, service.url))
        done = watch.await_metrics("two rotations", lambda all: rotated(all) == 2)
        kinds = {name: one.type for name, one in done.items()}
        gauges = ["connector_expiry", "last_success_timestamp", "next_look_timestamp"]
        gauges = {f"uns3_{name}_seconds": "gauge" for name in gauges} | {"uns3_leader": "gauge"}
        self.assertEqual(kinds, gauges | {"uns3_rotations": "counter"})
        self.assertTrue(all(one.documentation for one in done.values()))
        labels = [one.labels for one in done["uns3_connector_expiry_seconds"].samples]
        expected = [{"connector": name, "id": id} for name, id in ids.items()]
        self.assertCountEqual(labels, expected)
        media = watch.get("/metrics")[1]["Content-Type"]
        self.assertEqual(media, "application/openmetrics-text; version=1.0.0; charset=utf-8")
        watch.end()

    def test_those_of_several_profiles_are_told_apart(self):
        services = {name: Service() for name in ("one", "two")}
        machine = Machine(self.folder, None)
        for name, service in services.items():
            self.addCleanup(service.stop)
            service.add(f"of {name}")
            added = ["profile", "add", name, "--no-verify", "--api-key-file", "-", "--api-url", service.url]
            machine.run(*added, stdin=API_KEY)
        watch = self.watch(machine, "--all-profiles")
        done = lambda all: len(all["uns3_connector_expiry_seconds"].samples) == 2
        families = watch.await_metrics("both", done)
        for name in services:
            left = value(families, "uns3_connector_expiry_seconds", profile=name, connector=f"of {name}")
            self.assertGreater(left, 3000)
            self.assertEqual(value(families, "uns3_rotations", profile=name, outcome="rotated"), 1)
            self.assertEqual(value(families, "uns3_leader", profile=name), 1)
        self.assertEqual(watch.get("/readyz")[0], 200)
        watch.end()


def clock(folder):
    """The library of libfaketime that changes waits too: the package has its source, and another build."""
    import libfaketime

    (source,) = glob.glob(f"{os.path.dirname(libfaketime.__file__)}/**/libfaketime.c", recursive=True)
    library = f"{folder}/libfaketime.so"
    how = ["-shared", "-fPIC", "-w", "-std=gnu99", "-DFAKE_SLEEP", "-DFAKE_TIMERS", "-DFAKE_INTERNAL_CALLS"]
    how += ['-DPREFIX="/"', '-DLIBDIRNAME="/"', f"-Wl,--version-script={source[:-1]}map"]
    subprocess.run(["cc", *how, source, "-o", library, "-ldl", "-lm", "-lpthread", "-lrt"], check=True)
    return library


def rotated(families):
    return value(families, "uns3_rotations", outcome="rotated")


@unittest.skipUnless(sys.platform == "linux", "libfaketime")
class AnHour(unittest.TestCase):
    """Leases of twenty minutes, connectors that come and go, and a shared state whose lock is renewed."""

    def test_nothing_is_missed_and_nothing_adds_up(self):
        folder, service = tempfile.mkdtemp(), Service()
        self.addCleanup(service.stop)
        stable = [service.add(f"stable-{number}", bucket=f"bucket-{number % 3}") for number in range(20)]
        begun = time.time()
        now = lambda: begun + (time.time() - begun) * SPEED
        lease, ends = f"{folder}/lease.json", {}

        def renew():
            # Its end as the watch will read it, whose clock began a little later.
            key, end = key_id(), now() + 1200
            ends[key] = end
            write_lease(lease, key, end)

        renew()
        machine = Machine(folder, service.url)
        state = f"{folder}/shared"
        faked = {"LD_PRELOAD": clock(folder), "FAKETIME": f"+0 x{SPEED}"}
        args = ["--credentials-file", lease, "--state", state, "--timeout", "10m", "-o", "json"]
        watch = Watch(machine, *args, **faked)
        self.addCleanup(watch.kill)
        first = watch.await_metrics("a first look", lambda all: rotated(all) >= 20)
        (_, lock), = newest(f"{state}/lock/*")
        seen, gone, minute, missed = 0, None, 0, []
        while (passed := now() - begun) < HOUR:
            families = watch.metrics()
            left = [one.value for one in families["uns3_connector_expiry_seconds"].samples]
            missed += [one for one in left if one <= 0]
            seen = max(seen, len(left))
            if passed > minute * 60:
                minute += 1
                renew()
                # One comes, and one goes.
                if gone:
                    service.remove(gone)
                gone = service.add(f"passing-{minute}")
            time.sleep(0.25)
        last = watch.metrics()
        self.assertEqual(missed, [], "credentials had ended")
        for id in stable:
            times = [(begin, ends[key]) for key, of, begin, _ in service.writes if of == id]
            # Each quarter of an hour, five minutes before the end: neither missed nor over and over.
            self.assertTrue(3 <= len(times) <= 8, times)
        self.assertGreater(rotated(last), rotated(first) + 40)
        # What has gone is not shown any more, and no more is kept than is needed.
        self.assertLessEqual(seen, 20 + 7, "those of the last look at most")
        # Twice a minute, and never lost or taken anew.
        (count, still), = newest(f"{state}/lock/*")
        self.assertEqual(still["holder"], lock["holder"])
        self.assertGreater(count, 90)
        for objects in (f"{state}/records", *glob.glob(f"{state}/lock/*")):
            self.assertLessEqual(len(os.listdir(objects)), 2 * 16 + 1, objects)
        for kept in glob.glob(f"{folder}/state/shared/*/*.jsonl"):
            self.assertLess(os.path.getsize(kept), 20_000, kept)
        self.assertEqual(watch.get("/readyz")[0], 200)
        told = [json.loads(line) for line in watch.end()[0].splitlines()]
        failed = [one for one in told if one["status"] == "failed"]
        # One that goes in the middle of a rotation is a failure.
        stayed = [one for one in failed if one["connector"]["id"] in stable]
        self.assertEqual(stayed, [], failed)


def newest(folders):
    """The number of the newest object of each folder, and what is in it: their names are counted down."""
    for folder in glob.glob(folders):
        name = min(os.listdir(folder))
        with open(f"{folder}/{name}", encoding="utf-8") as file:
            yield 9_999_999_999 - int(name.split(".")[0]), json.load(file)

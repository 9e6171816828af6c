"""The shared state on an S3 server that none of us wrote: many processes at once, killed among them; a lock
that two never have; and one that is taken over when its owner is gone."""

import random
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from ceph import REGION, Ceph
from watching import Machine, Service, Watch, key_id, stamp, value, write_lease

PROCESSES = 8
# How long they write, in seconds.
LASTING = 20
# The lease of the lock, and how much later the next owner has it at the latest.
LEASE, GRACE = 120, 5


def setUpModule():
    global ceph, folder, owner, gone
    ceph, folder = Ceph(), tempfile.mkdtemp()
    unittest.addModuleCleanup(ceph.stop)
    owner = ceph.user("owner")
    owner.client().create_bucket(Bucket="state")
    # Two minutes, beside all that follows.
    gone = Gone()
    unittest.addModuleCleanup(gone.stop)


def machine(name, url, prefix, **environment):
    """A machine whose state is in the bucket."""
    state = {"UNS3_STATE": f"s3://state/{prefix}/", "AWS_REGION": REGION, "AWS_ENDPOINT_URL_S3": ceph.url}
    return Machine(f"{folder}/{prefix}/{name}", url, **state, **owner.environment, **environment)


class Gone:
    """A watch that is killed, and another that stands by."""

    def __init__(self):
        self.service = Service()
        self.service.add("a")
        lease = write_lease(f"{folder}/lease.json", key_id(), time.time() + 3600)
        watch = lambda name: Watch(machine(name, self.service.url, "gone"), "--credentials-file", lease)
        self.first = watch("first")
        leads = lambda all: value(all, "uns3_leader") == 1
        rotated = lambda all: leads(all) and value(all, "uns3_rotations", outcome="rotated") == 1
        self.first.await_metrics("a rotation", rotated)
        self.second = watch("second")
        self.second.await_metrics("a standby", lambda all: not leads(all))
        self.machine = machine("third", self.service.url, "gone")
        self.lock = self.machine.run("state", "show")["lock"]
        self.first.kill()
        self.killed, self.taken = time.monotonic(), None
        self.waiting = threading.Thread(target=self.wait, args=[leads], daemon=True)
        self.waiting.start()

    def wait(self, leads):
        self.second.await_metrics("a new leader", leads, deadline=LEASE + 60)
        self.taken = time.monotonic()

    def stop(self):
        self.second.kill()
        self.service.stop()


class Writers(unittest.TestCase):
    def test_none_loses_a_record_though_some_are_killed(self):
        service = Service()
        self.addCleanup(service.stop)
        names = [f"m{number}" for number in range(PROCESSES)]
        ids = {name: service.add(name, folder=name) for name in names}
        until = time.monotonic() + LASTING
        killed = []

        def write(name):
            """Writes one connector again and again, as one machine: when its last reported lease ends."""
            own, chance = machine(name, service.url, "writers"), random.Random(name)
            end, reported = int(time.time()) + 3600, None
            while True:
                end += 1
                lease = write_lease(f"{own.folder}/lease.json", key_id(), end)
                process = own.start("update", name, "--credentials-file", lease)
                last = time.monotonic() > until
                if not last and chance.random() < 0.3:
                    time.sleep(chance.uniform(0.02, 0.6))
                    process.kill()
                    killed.append(process.wait() != 0)
                    process.communicate()
                    continue
                said = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 0, said)
                reported = end
                if last:
                    return reported

        with ThreadPoolExecutor(PROCESSES) as pool:
            reported = dict(zip(names, pool.map(write, names)))
        self.assertGreater(sum(killed), PROCESSES / 2)
        reader = machine("reader", service.url, "writers")
        known = reader.run("state", "show")["connectors"]
        self.assertCountEqual([one["id"] for one in known], ids.values(), "each is there once")
        # The last that was reported: none is lost, and none was undone by what came late.
        ends = {one["name"]: one["expires_at"] for one in known}
        self.assertEqual(ends, {name: stamp(end) for name, end in reported.items()})
        for name in names:
            self.assertEqual(reader.run("get", name)["uns3"]["expires_at"], ends[name])

    def test_the_lock_is_never_two_rotations(self):
        service = Service(latency=0.1)
        self.addCleanup(service.stop)
        for number in range(3):
            service.add(f"c{number}")
        until = time.monotonic() + LASTING

        def rotate(number):
            own, codes = machine(str(number), service.url, "rotations"), []
            # Half of them wait for their turn, and half are told that another is at work.
            waits = ["--lock-timeout", "60s"] if number % 2 else []
            while time.monotonic() < until:
                lease = write_lease(f"{own.folder}/lease.json", key_id(), time.time() + 3600)
                args = ["--all", "--direct", "--no-verify", "--concurrency", "1", "--credentials-file", lease]
                process = own.start("rotate", *args, *waits)
                said = process.communicate(timeout=120)
                self.assertIn(process.returncode, (0,) if waits else (0, 6), said)
                codes.append(process.returncode)
            return codes

        with ThreadPoolExecutor(PROCESSES) as pool:
            codes = sum(pool.map(rotate, range(PROCESSES)), [])
        runs = {}
        for key, _, begun, ended in service.writes:
            first, last = runs.get(key, (begun, ended))
            runs[key] = (min(first, begun), max(last, ended))
        self.assertEqual(len(runs), codes.count(0))
        self.assertGreater(len(runs), 3)
        self.assertGreater(codes.count(6), 3)
        spans = sorted(runs.values())
        for (_, ended), (begun, _) in zip(spans, spans[1:]):
            self.assertLess(ended, begun, "one wrote before the other had ended")
        shown = machine("reader", service.url, "rotations").run("state", "show")
        self.assertIsNone(shown["lock"])


class ZTakeOver(unittest.TestCase):
    """The last, for it waits: the others run meanwhile."""

    def test_a_killed_owner_holds_others_up_for_its_lease_and_no_longer(self):
        gone.waiting.join()
        self.assertIsNotNone(gone.taken, "nobody took over")
        held_up = gone.taken - gone.killed
        # It was renewed half a minute before it was killed, at the earliest.
        self.assertLess(held_up, LEASE + GRACE)
        self.assertGreater(held_up, LEASE - 30 - GRACE)
        lock = gone.machine.run("state", "show")["lock"]
        self.assertNotEqual(lock["owner"], gone.lock["owner"])
        self.assertGreater(lock["fence"], gone.lock["fence"])
        self.assertEqual(len(gone.service.writes), 1, "what is known is not written again")
        gone.second.end()
        self.assertIsNone(gone.machine.run("state", "show")["lock"], "released")

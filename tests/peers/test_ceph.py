"""`uns3 preflight` and `uns3 bucket create` on a server that enforces rights, and whose answers nobody
here wrote: what the preflight says, the connector's own check and job bear out."""

import os
import unittest

import peers
from botocore.exceptions import ClientError
from ceph import ACCOUNT, Ceph, User, document
from connector import Destination, Source

BUCKET = "bucket-one"
FOLDER = "out/"


def setUpModule():
    global ceph, owner, s3, users
    ceph = Ceph()
    unittest.addModuleCleanup(ceph.stop)
    owner = ceph.user("owner")
    s3 = owner.client()
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}first.txt", Body=b"read me")
    names = ("writer", "reader", "both", "putter", "lister", "nobody")
    users = {name: ceph.user(name) for name in names}
    statements = []
    for name, access in (("writer", "write"), ("reader", "read"), ("both", "read-write")):
        whom = ["--account-id", ACCOUNT, "--user", name, "--access", access]
        place = ["--remote-url", f"s3://{BUCKET}/{FOLDER}", "--endpoint-url", ceph.url]
        statements += uns3("bucket", "policy", *place, *whom)["Statement"]
    arn = f"arn:aws:s3:::{BUCKET}"
    for name, action, resource in (
        ("putter", "s3:PutObject", f"{arn}/*"),
        ("lister", "s3:ListBucket", arn),
    ):
        one = {"Effect": "Allow", "Principal": {"AWS": users[name].arn}}
        statements.append(one | {"Action": action, "Resource": resource})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(statements))
    owners = users["both"]
    users["wrong secret"] = User(ceph, "both", owners.key, "w" * 40)
    users["unknown key"] = User(ceph, "both", "UNKNOWNKEYUNKNOWNKEY", owners.secret)
    users["owner"] = owner


def uns3(*args, exit_code=0, **environment):
    return peers.uns3(*args, exit_code=exit_code, **environment)


def preflight(who, kind, url=f"s3://{BUCKET}/{FOLDER}", endpoint=None, exit_code=0, **environment):
    place = ["--kind", kind, "--remote-url", url, "--endpoint-url", endpoint or ceph.url]
    return uns3("preflight", *place, exit_code=exit_code, **(who.environment | environment))


def works(who, kind, endpoint=None):
    """Whether the connector's own check and job do."""
    config = {"remote_url": f"s3://{BUCKET}/{FOLDER}", "endpoint_url": endpoint or ceph.url}
    config |= {"key": who.key, "secret": who.secret}
    try:
        if kind == "destination":
            Destination(config).check()
            Destination(config).upload("job.pdf", 1)
        else:
            Source(config).check()
            Source(config).read()
    except Exception:
        return False
    return True


class Preflight(unittest.TestCase):
    def test_it_says_what_the_connector_finds(self):
        able = {
            "destination": {"writer", "both", "owner"},
            "source": {"reader", "both", "owner"},
        }
        for kind, those in able.items():
            for name, who in users.items():
                with self.subTest(kind=kind, name=name):
                    # What a writer left is its own: what the owner put is to be read.
                    for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
                        if not one["Key"].endswith("first.txt"):
                            s3.delete_object(Bucket=BUCKET, Key=one["Key"])
                    expected = name in those
                    report = preflight(who, kind, exit_code=0 if expected else 7)
                    self.assertEqual(works(who, kind), expected)
                    self.assertEqual(report["diagnosis"] is None, expected)

    def steps(self, report):
        return {step["step"]: step["status"] for step in report["steps"]}

    def test_a_check_that_passes_and_a_job_that_fails(self):
        putter = users["putter"]
        report = preflight(putter, "destination", exit_code=7)
        steps = self.steps(report)
        self.assertEqual((steps["write"], steps["list"]), ("passed", "failed"))
        self.assertEqual(report["diagnosis"]["cause"], "list_denied")
        config = {"remote_url": f"s3://{BUCKET}/{FOLDER}", "endpoint_url": ceph.url}
        Destination(config | {"key": putter.key, "secret": putter.secret}).check()
        # And a source that may list, and read nothing.
        steps = self.steps(preflight(users["lister"], "source", exit_code=7))
        self.assertEqual((steps["list"], steps["read"]), ("passed", "failed"))

    def test_a_bucket_that_is_missing(self):
        report = preflight(owner, "destination", "s3://no-such-bucket/x/", exit_code=7)
        self.assertEqual(report["diagnosis"]["cause"], "no_bucket")

    def test_over_tls_as_the_connector_sends(self):
        """With checksums after the file, which Ceph 16 does not understand: it says so, or works."""
        trusted = {"AWS_CA_BUNDLE": ceph.certificate}
        os.environ.update(trusted)
        self.addCleanup(os.environ.pop, "AWS_CA_BUNDLE")
        expected = works(owner, "destination", ceph.tls_url)
        report = preflight(
            *(owner, "destination"),
            endpoint=ceph.tls_url,
            exit_code=0 if expected else 7,
            SSL_CERT_FILE=ceph.certificate,
        )
        self.assertEqual(self.steps(report)["tls"], "passed", report)
        if not expected:
            self.assertEqual(report["diagnosis"]["cause"], "trailers")
        distrusted = preflight(owner, "destination", endpoint=ceph.tls_url, exit_code=7)
        self.assertEqual(self.steps(distrusted)["tls"], "failed")


class Create(unittest.TestCase):
    def create(self, folder, who=None, exit_code=0, run=uns3):
        place = ["--remote-url", f"s3://{folder}", "--endpoint-url", ceph.url]
        whom = ["--account-id", ACCOUNT, "--user", "writer"]
        environment = (who or owner).environment
        return run("bucket", "create", *place, *whom, "-vv", exit_code=exit_code, **environment)

    def test_twice_and_then_nothing_changes(self):
        made = self.create("made-here/out *+$/")
        self.assertTrue(made["created"])
        # A block of public access keeps everyone out of Ceph 16: it is not left there.
        url = "s3://made-here/out *+$/"
        preflight(users["writer"], "destination", url)
        again = self.create("made-here/out *+$/")
        self.assertEqual((again["created"], again["changes"]), (False, []))
        self.assertEqual(again["policy"], made["policy"])
        preflight(users["writer"], "destination", url)
        preflight(users["nobody"], "destination", url, exit_code=7)

    def test_a_second_run_writes_nothing(self):
        """Nor does it lock the bucket's users out for a moment, to see whether a block does."""
        first = self.create("twice/out/", run=peers.run).stderr
        self.assertIn("it was taken off again", first)
        again = self.create("twice/out/", run=peers.run).stderr
        self.assertIn("> GET", again)
        for method in ("PUT", "POST", "DELETE"):
            self.assertNotIn(f"> {method}", again)

    def test_beside_what_is_there(self):
        s3.create_bucket(Bucket="lived-in")
        arn = "arn:aws:s3:::lived-in/own/*"
        own = {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": users["nobody"].arn}}
        own |= {"Action": "s3:PutObject", "Resource": arn}
        s3.put_bucket_policy(Bucket="lived-in", Policy=document([own]))
        made = self.create("lived-in/out/")
        self.assertFalse(made["created"])
        self.assertEqual(made["policy"]["Statement"][0], own)
        users["nobody"].client().put_object(Bucket="lived-in", Key="own/x", Body=b"")
        preflight(users["writer"], "destination", "s3://lived-in/out/")

    def test_another_s_is_refused(self):
        error = self.create("bucket-one/out/", who=users["nobody"], exit_code=6)
        self.assertIn("bucket-one", error["message"])
        with self.assertRaises(ClientError):
            users["nobody"].client().get_bucket_policy(Bucket=BUCKET)

"""The connector's own code with what uns3 hands out, on an S3 and STS that enforce it: its check and
its whole job, in the folder (they work) and outside (they are refused)."""

import unittest

import peers
from botocore.exceptions import ClientError
from ceph import ACCOUNT, Ceph, document
from connector import Destination, Source
from recorder import Platform
from unstructured_ingest.error import UserAuthError

BUCKET = "bucket-one"
# Above this, an upload is in parts.
LARGE = (100 << 20) + 1
FOLDERS = ["out", "with space", "a+b", "a*b", "a$b", "a${x}", "Größe-日本-😀", "a%20b", "x/y"]


def setUpModule():
    global ceph, owner, user, nobody, s3, role, platform
    ceph = Ceph()
    unittest.addModuleCleanup(ceph.stop)
    platform = Platform()
    unittest.addModuleCleanup(platform.stop)
    owner, user = ceph.user("owner", "roles=*", "user-policy=*"), ceph.user("unstructured")
    nobody = ceph.user("nobody")
    s3 = owner.client()
    s3.create_bucket(Bucket=BUCKET)
    everything = [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}]
    role = ceph.role(owner, "uns3", everything, user)


def uns3(*args, **options):
    own = {
        "UNSTRUCTURED_API_URL": platform.url,
        "UNSTRUCTURED_API_KEY": "key-of-the-recorder",
        "AWS_ENDPOINT_URL_STS": ceph.url,
        "AWS_REGION": "us-east-1",
    }
    return peers.uns3(*args, **(own | user.environment | options))


def leased(kind, folder):
    """The config of a connector made with a lease of the role, narrowed as uns3 does."""
    name = peers.unique(kind)
    place = ["--remote-url", f"s3://{BUCKET}/{folder}", "--endpoint-url", ceph.url]
    more = ["--recursive", "true"] if kind == "source" else []
    uns3("create", name, "--kind", kind, *place, "--aws", "--role-arn", role, *more)
    return platform.sent(name)


def listed(key):
    """What a listing shows of a file: what is in it belongs to who wrote it."""
    return s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"][0]


def put(key, body=b"read me"):
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)


class Rights(unittest.TestCase):
    def refused(self, *calls):
        for call in calls:
            # Some of its calls do not give errors its own names.
            with self.assertRaises((UserAuthError, PermissionError)):
                call()

    def writes(self, config, folder, elsewhere):
        """A destination writes in its folder, and does nothing else."""
        own = Destination(config)
        own.check()
        own.upload("report.pdf", 11)
        own.upload("sub folder/report.pdf", 12)
        for key, size in (("report.pdf", 11), ("sub folder/report.pdf", 12)):
            self.assertEqual(listed(f"{folder}{key}.json")["Size"], size)
        for other in elsewhere:
            there = Destination(config | {"remote_url": f"s3://{BUCKET}/{other}"})
            self.refused(there.check, lambda there=there: there.upload("report.pdf", 1))
        # Those that it wrote may be its own, by the server's rules.
        put(f"{folder}of the owner.txt")
        self.refused(Source(config | {"recursive": True}).read)

    def reads(self, config, folder, elsewhere):
        """A source reads its folder, and does nothing else."""
        for key in ("one.txt", "sub folder/two.txt"):
            put(f"{folder}{key}", key.encode())
        own = Source(config)
        own.check()
        found = {name: body for name, body in own.read().items() if name.endswith(".txt")}
        expected = {
            f"{BUCKET}/{folder}{key}": key.encode() for key in ("one.txt", "sub folder/two.txt")
        }
        self.assertEqual({name: found.get(name) for name in expected}, expected)
        for other in elsewhere:
            put(f"{other}secret.txt")
            there = Source(config | {"remote_url": f"s3://{BUCKET}/{other}"})
            self.refused(there.check, there.read)
        itself = Destination(config)
        self.refused(itself.check, lambda: itself.upload("report.pdf", 1))

    def elsewhere(self, folder):
        """Folders that are like it in name, and one that is not."""
        name = folder.removesuffix("/")
        return [f"{name}-2/", "other/"]


class Leases(Rights):
    """Sessions of a role under the policy that uns3 sends with AssumeRole."""

    def test_destinations(self):
        for folder in FOLDERS:
            with self.subTest(folder=folder):
                folder = f"d/{folder}/"
                self.writes(leased("destination", folder), folder, self.elsewhere(folder))

    def test_sources(self):
        for folder in FOLDERS:
            with self.subTest(folder=folder):
                folder = f"s/{folder}/"
                self.reads(leased("source", folder), folder, self.elsewhere(folder))

    def test_the_whole_bucket(self):
        self.writes(leased("destination", ""), "", [])
        self.reads(leased("source", ""), "", [])

    def test_a_large_file_goes_in_parts(self):
        for folder in ("large/", "large *+$/"):
            with self.subTest(folder=folder):
                Destination(leased("destination", folder)).upload("video.mp4", LARGE)
                key = f"{folder}video.mp4.json"
                found = listed(key)
                self.assertEqual(found["Size"], LARGE)
                # Of three parts, as the ETag says.
                self.assertRegex(found["ETag"], "-3\"$")
                s3.delete_object(Bucket=BUCKET, Key=key)

    def test_a_refusal_is_shown_in_the_words_of_sts(self):
        """Ceph's STS speaks as S3 does: once no more was shown than "unhandled error"."""
        place = ["--remote-url", f"s3://{BUCKET}/out/", "--endpoint-url", ceph.url]
        create = ["create", peers.unique("refused"), *place, "--aws", "--role-arn"]
        error = uns3(*create, f"{role}-2", exit_code=4)
        self.assertIn("NoSuchEntity", error["message"])
        self.assertTrue(error["request_id"])
        error = uns3(*create, role, exit_code=4, **nobody.environment)
        self.assertIn("AccessDenied", error["message"])
        self.assertIn("trust policy", error["hint"])

    def test_a_rotation_of_many(self):
        """One lease for all that are on a bucket, each in its folder."""
        names = [(kind, peers.unique("many")) for kind in ("destination", "source")]
        for kind, name in names:
            place = ["--remote-url", f"s3://{BUCKET}/many *+$/{kind}/", "--endpoint-url", ceph.url]
            uns3("create", name, "--kind", kind, *place, "--key", "AK", "--secret", "old" * 5)
        for kind, name in names:
            lease = ["--aws", "--role-arn", role, "--direct", "--no-verify"]
            uns3("rotate", name, "--kind", kind, *lease)
        written, read = (platform.sent(name) for _, name in names)
        self.writes(written, "many *+$/destination/", ["many *+$/source/", "other/"])
        self.reads(read | {"recursive": True}, "many *+$/source/", ["many *+$/destination/"])


class Policies(Rights):
    """What `uns3 bucket policy` prints, put where it says."""

    def policy(self, *args):
        return uns3("bucket", "policy", *args, "--endpoint-url", ceph.url)

    def config(self, who, folder):
        place = {"remote_url": f"s3://{BUCKET}/{folder}", "endpoint_url": ceph.url}
        return place | {"key": who.key, "secret": who.secret, "recursive": True}

    def on_bucket(self, policy):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document(policy["Statement"]))
        self.addCleanup(s3.delete_bucket_policy, Bucket=BUCKET)

    def test_a_bucket_s(self):
        for folder in ("p/", "p *+$ ä/"):
            place = ["--remote-url", f"s3://{BUCKET}/{folder}"]
            for access, tried in (("write", self.writes), ("read", self.reads)):
                with self.subTest(folder=folder, access=access):
                    whom = ["--account-id", ACCOUNT, "--user", user.name, "--access", access]
                    self.on_bucket(self.policy(*place, *whom))
                    tried(self.config(user, folder), folder, self.elsewhere(folder))
                    self.refused(Destination(self.config(nobody, folder)).check)
                    self.refused(Source(self.config(nobody, folder)).check)

    def test_one_that_a_user_carries(self):
        iam, folder = owner.client("iam"), "i *+$ ä/"
        place = ["--remote-url", f"s3://{BUCKET}/{folder}", "--identity"]
        for access, tried in (("write", self.writes), ("read", self.reads)):
            with self.subTest(access=access):
                statements = self.policy(*place, "--access", access)["Statement"]
                whom = {"UserName": f"{ACCOUNT}${user.name}", "PolicyName": "own"}
                iam.put_user_policy(**whom, PolicyDocument=document(statements))
                tried(self.config(user, folder), folder, self.elsewhere(folder))
                iam.delete_user_policy(**whom)

    def test_one_by_which_a_role_is_trusted(self):
        whom = ["--trust", "--account-id", ACCOUNT, "--user", user.name]
        trust = self.policy("--remote-url", f"s3://{BUCKET}/", *whom)["Statement"]
        iam = owner.client("iam")
        made = iam.create_role(RoleName="trusting", AssumeRolePolicyDocument=document(trust))
        assume = {"RoleArn": made["Role"]["Arn"], "RoleSessionName": "peers"}
        self.assertIn("Credentials", user.client("sts").assume_role(**assume))
        with self.assertRaises(ClientError):
            nobody.client("sts").assume_role(**assume)

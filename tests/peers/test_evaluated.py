"""What uns3's policies for AWS allow, by an evaluator of IAM that it shares nothing with.

Ceph, which test_connector.py asks, has none of AWS's variables for characters that mean something in a
pattern: a policy with `${*}` lets no one in there, where one with a `*` does. Here they count.
"""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

import peers
from recorder import Platform, Sts

HERE = Path(__file__).parent
ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/unstructured"
OTHER = f"arn:aws:iam::{ACCOUNT}:user/other"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/uns3"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/uns3/session"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
BUCKET = "bucket-one"
FOLDERS = ["", "out/", "with space/", "a+b/", "a*b/", "a$b/", "a${aws:username}/", "Größe-日本-😀/", "x/y/"]
WRITE, READ = ["s3:PutObject", "s3:AbortMultipartUpload"], ["s3:GetObject"]
NEVER = ["s3:DeleteObject", "s3:PutObjectAcl", "s3:GetObjectVersion"]


def setUpModule():
    global tools, platform, sts
    if shutil.which("npm") is None:
        raise unittest.SkipTest("npm is not here")
    tools = Path(os.environ["PEERS_TOOLS"]) / "evaluator"
    tools.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "evaluate.mjs"):
        shutil.copy(HERE / name, tools / name)
    quiet = ["--no-package-lock", "--no-fund", "--no-audit", "--ignore-scripts", "--silent"]
    subprocess.run([shutil.which("npm"), "install", *quiet], cwd=tools, check=True)
    platform, sts = Platform(), Sts()
    unittest.addModuleCleanup(platform.stop)
    unittest.addModuleCleanup(sts.stop)


def evaluated(requests):
    ran = subprocess.run(
        ["node", "evaluate.mjs"],
        cwd=tools,
        input=json.dumps(requests),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(ran.stdout)


def session_policy(kind, folder):
    """What uns3 sends with AssumeRole."""
    name = peers.unique(kind)
    place = ["--remote-url", f"s3://{BUCKET}/{folder}"]
    peers.uns3(
        *("create", name, "--kind", kind, *place, "--aws", "--role-arn", ROLE),
        UNSTRUCTURED_API_URL=platform.url,
        UNSTRUCTURED_API_KEY="key-of-the-recorder",
        AWS_ENDPOINT_URL_STS=sts.url,
        AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY="own-secret-of-an-example",
    )
    return json.loads(sts.policies[-1])


def policy(folder, access, *args):
    place = ["--remote-url", f"s3://{BUCKET}/{folder}", "--access", access]
    return peers.uns3("bucket", "policy", *place, *args)


def inside(folder):
    return [f"{folder}report.pdf.json", f"{folder}deep/er/report$.json"]


def outside(folder):
    """Others' folders: with a name that goes on, and those that a pattern could take for it."""
    if not folder:
        return []
    name = folder.removesuffix("/")
    like = [name.replace(sign, other) for sign in "*$" if sign in name for other in ("x", "", "xyz")]
    like += [name.replace("${aws:username}", "unstructured")] if "{" in name else []
    return [f"{each}/report.pdf.json" for each in (f"{name}-2", f"x{name}", "other", *like)]


class Questions:
    """What is asked of the evaluator, all at once, and what it should say."""

    def __init__(self):
        self.asked, self.expected = [], []

    def ask(self, action, resource, expected, principal, policies, prefix=None):
        # It takes a `*` in what is asked for as any: there, the list's prefix has to answer.
        if "*" in resource:
            return
        context = {} if prefix is None else {"s3:prefix": prefix}
        asked = {"action": action, "resource": resource, "context": context, "principal": principal}
        self.asked.append(asked | policies)
        self.expected.append(expected)

    def grants(self, folder, actions, policies, principal=USER):
        """Of all actions, in the folder and out of it, just these are allowed, and just in it."""
        bucket = f"arn:aws:s3:::{BUCKET}"
        for action in WRITE + READ + NEVER:
            allowed = [(key, action in actions) for key in inside(folder)]
            for key, expected in allowed + [(key, False) for key in outside(folder)]:
                self.ask(action, f"{bucket}/{key}", expected, principal, policies)
            self.ask(action, f"{bucket}-2/{folder}x", False, principal, policies)
        # As an upload lists, and as a source does.
        prefixes = [(f"{key}/", True) for key in inside(folder)] + [(folder, True)]
        prefixes += [(key, False) for key in outside(folder) + ([""] if folder else [])]
        for prefix, expected in prefixes:
            self.ask("s3:ListBucket", bucket, expected, principal, policies, prefix)
        self.ask("s3:ListBucket", f"{bucket}-2", False, principal, policies, folder)
        for action in ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:ListBucketVersions"):
            self.ask(action, bucket, False, principal, policies)


def only(value):
    """The one of a list, or one that stands alone."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class Allowed(unittest.TestCase):
    def one_folder(self, policy):
        """Files are written and read just where they are listed: one pattern, in two places."""
        *objects, listed = policy["Statement"]
        condition = listed.get("Condition", {"StringLike": {"s3:prefix": "*"}})
        pattern = only(condition["StringLike"]["s3:prefix"])
        for statement in objects:
            resource = only(statement["Resource"])
            self.assertEqual(resource, f"arn:aws:s3:::{BUCKET}/{pattern}")

    def test_in_the_folder_and_nowhere_else(self):
        questions = Questions()
        for folder in FOLDERS:
            for kind, actions in (("destination", WRITE), ("source", READ)):
                one = session_policy(kind, folder)
                self.one_folder(one)
                questions.grants(folder, actions, {"session": one, "identity": EVERYTHING}, SESSION)
            for access, actions in (("write", WRITE), ("read", READ), ("read-write", WRITE + READ)):
                one = policy(folder, access, "--identity")
                self.one_folder(one)
                questions.grants(folder, actions, {"identity": one})
            one = policy(folder, "read-write", "--user", USER)
            self.one_folder(one)
            questions.grants(folder, WRITE + READ, {"bucket": one})
            first = f"arn:aws:s3:::{BUCKET}/{inside(folder)[0]}"
            questions.ask("s3:PutObject", first, False, OTHER, {"bucket": one})
        answers = evaluated(questions.asked)
        self.assertGreater(len(answers), 1000)
        for asked, expected, answer in zip(
            questions.asked, questions.expected, answers, strict=True
        ):
            self.assertEqual(answer == "Allowed", expected, (answer, asked))

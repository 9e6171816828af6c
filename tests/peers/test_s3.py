"""boto3, unchanged, as a client of the sandbox's S3."""

import os
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from peers import BUCKET, DEADLINE, ENDPOINT, SANDBOX, Connectors, config, unique

SESSION = SANDBOX["session"]


def s3(key=SANDBOX["access_key_id"], secret=SANDBOX["secret_access_key"], token=None):
    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        region_name=SANDBOX["region"],
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(
            connect_timeout=DEADLINE,
            read_timeout=DEADLINE,
            retries={"total_max_attempts": 1},
        ),
    )


def session(token):
    return s3(SESSION["access_key_id"], SESSION["secret_access_key"], token)


class S3(unittest.TestCase):
    def refused(self, code, client, bucket=BUCKET):
        """Reading and writing alike answer with one error code of S3's."""
        for call in (
            lambda: client.put_object(Bucket=bucket, Key=unique("refused"), Body=b""),
            lambda: client.list_objects_v2(Bucket=bucket),
        ):
            with self.assertRaises(ClientError) as caught:
                call()
            error = caught.exception.response["Error"]
            self.assertEqual(error["Code"], code)
            self.assertTrue(error["Message"])

    def test_a_check_writes_what_it_says(self):
        folder = unique("written")
        api = Connectors("destination")
        made = api.create(unique("written"), config(folder))
        self.assertEqual(s3().list_objects_v2(Bucket=BUCKET, Prefix=folder)["KeyCount"], 0)
        self.assertEqual(api.check(made.id).status, "SUCCESS")
        listed = s3().list_objects_v2(Bucket=BUCKET, Prefix=folder)["Contents"]
        self.assertEqual([(one["Key"], one["Size"]) for one in listed], [(f"{folder}/_empty", 0)])

    def test_a_source_reads_what_boto3_wrote(self):
        folder = unique("read")
        api = Connectors("source")
        made = api.create(unique("read"), config(folder))
        check = api.check(made.id)
        self.assertEqual(check.status, "FAILURE")
        self.assertIn("not found", check.reason)
        s3().put_object(Bucket=BUCKET, Key=f"{folder}/report.pdf", Body=b"%PDF")
        self.assertEqual(api.check(made.id).status, "SUCCESS")

    def test_objects(self):
        client, key = s3(), f"{unique('objects')}/ä b+c%20.txt"
        client.put_object(Bucket=BUCKET, Key=key, Body=b"hello")
        self.assertEqual(client.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"hello")
        self.assertEqual(client.head_object(Bucket=BUCKET, Key=key)["ContentLength"], 5)
        prefix = key.split("/")[0]
        listed = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
        self.assertEqual([one["Key"] for one in listed], [key])
        client.delete_object(Bucket=BUCKET, Key=key)
        with self.assertRaises(client.exceptions.NoSuchKey):
            client.get_object(Bucket=BUCKET, Key=key)

    def test_the_bucket_is_there_and_names_its_region(self):
        names = [bucket["Name"] for bucket in s3().list_buckets()["Buckets"]]
        self.assertIn(BUCKET, names)
        headers = s3().head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPHeaders"]
        self.assertEqual(headers["x-amz-bucket-region"], SANDBOX["region"])

    def test_wrong_keys(self):
        self.refused("SignatureDoesNotMatch", s3(secret="a-wrong-secret"))
        self.refused("InvalidAccessKeyId", s3(key="AKIAUNKNOWN000000000"))

    def test_a_missing_bucket(self):
        self.refused("NoSuchBucket", s3(), unique("missing"))

    def test_temporary_credentials(self):
        client, key = session(SESSION["session_token"]), unique("session")
        client.put_object(Bucket=BUCKET, Key=key, Body=b"by a session")
        self.assertEqual(s3().get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"by a session")

    def test_temporary_credentials_that_are_wrong(self):
        self.refused("InvalidToken", session("a-wrong-token"))
        self.refused("ExpiredToken", session(os.environ["PEERS_EXPIRED_TOKEN"]))
        self.refused("InvalidAccessKeyId", session(None))
        self.refused("SignatureDoesNotMatch", s3(SESSION["access_key_id"], "wrong", "any"))

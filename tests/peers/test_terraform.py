"""What `uns3 export --format terraform` prints, read by a parser of HCL and, where it is there, by
Terraform itself."""

import os
import shutil
import subprocess
import unittest

import hcl2
from peers import SANDBOX, uns3

ODD = 'a "b" ${x} %{y} \\ é'


class Exported(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for line in [
            ["create", "tf out", "--remote-url", "s3://bucket-one/${x}/", "--anonymous", "--set", f"note={ODD}"],
            ["create", "tf-out", "--remote-url", "s3://bucket-one/", "--key", "K", "--secret", "hidden-secret"],
            ["create", "tf-out", "--kind", "source", "--remote-url", "s3://bucket-one/", "--anonymous"],
        ]:
            uns3(*line)
        command = [os.environ["PEERS_UNS3"], "export", "--kind", "all", "--match", "tf*"]
        own = {"UNSTRUCTURED_API_URL": SANDBOX["api_url"], "UNSTRUCTURED_API_KEY": SANDBOX["api_key"]}
        done = subprocess.run(
            [*command, "--format", "terraform"], env=os.environ | own, capture_output=True, check=True
        )
        cls.text = done.stdout.decode()

    def test_a_parser_of_hcl_reads_it(self):
        read = hcl2.loads(self.text)
        self.assertEqual([len(read[part]) for part in ["import", "resource", "variable"]], [3, 3, 2])
        self.assertNotIn("hidden-secret", self.text)

    @unittest.skipUnless(shutil.which("terraform"), "no Terraform")
    def test_terraform_would_write_it_so(self):
        command = ["terraform", "fmt", "-check", "-diff", "-"]
        done = subprocess.run(command, input=self.text, capture_output=True, encoding="utf-8")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()

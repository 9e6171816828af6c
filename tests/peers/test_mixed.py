"""The SDK and uns3 on the same connectors, in both directions."""

import unittest

from peers import ENDPOINT, MASK, SANDBOX, Connectors, config, keys, unique, uns3

KEYS = keys()


class Kind:
    """The tests of one kind of connectors."""

    def setUp(self):
        self.api = Connectors(self.kind)
        self.of_kind = ("--kind", self.kind)

    def create(self, name, folder, *flags, **more):
        url = f"s3://{SANDBOX['bucket']}/{folder}/"
        place = ("--remote-url", url, "--endpoint-url", ENDPOINT)
        return uns3("create", name, *place, *self.of_kind, *flags, **KEYS, **more)

    def test_uns3_sees_what_the_sdk_made(self):
        name = unique("sdk")
        made = self.api.create(name, config())
        seen = uns3("get", name, *self.of_kind)
        self.assertEqual((seen["id"], seen["name"], seen["type"]), (made.id, name, "s3"))
        self.assertEqual(seen["config"], made.config)
        self.assertEqual((seen["uns3"]["kind"], seen["uns3"]["auth"]), (self.kind, "keys"))
        self.assertEqual(uns3("list", "--match", name, *self.of_kind), [seen])

    def test_uns3_updates_what_the_sdk_made(self):
        name = unique("updated")
        made = self.api.create(name, config(x_kept="as it was"))
        change = ("--set", "x_role=r", "--set", 'x_list=[1, "two"]')
        answer = uns3("update", name, *self.of_kind, *change, **KEYS)
        read = self.api.get(made.id)
        self.assertEqual(answer["config"], read.config)
        self.assertEqual(read.config["x_role"], "r")
        self.assertEqual(read.config["x_list"], [1, "two"])
        self.assertEqual(read.config["x_kept"], "as it was")
        self.assertEqual(read.config["remote_url"], made.config["remote_url"])
        self.assertGreaterEqual(read.updated_at, made.created_at)
        uns3("update", name, *self.of_kind, "--unset", "x_role", **KEYS)
        self.assertIsNone(self.api.get(made.id).config.get("x_role"))

    def test_uns3_does_not_lose_the_keys(self):
        """The check is the proof: the mask hides which keys are stored."""
        folder, name = unique("kept"), unique("kept")
        Connectors("destination").check(
            Connectors("destination").create(unique("writer"), config(folder)).id
        )
        made = self.api.create(name, config(folder))
        refusal = uns3("update", name, *self.of_kind, "--set", "x=1", exit_code=2)
        self.assertEqual(refusal["category"], "usage")
        self.assertEqual(self.api.get(made.id).updated_at, None)
        uns3("update", name, *self.of_kind, "--set", "x=1", **KEYS)
        self.assertEqual(self.api.check(made.id).status, "SUCCESS")

    def test_uns3_tests_what_the_sdk_made(self):
        folder, name = unique("tested"), unique("tested")
        Connectors("destination").check(
            Connectors("destination").create(unique("writer"), config(folder)).id
        )
        made = self.api.create(name, config(folder))
        [tested] = uns3("test", name, *self.of_kind)
        self.assertEqual(tested["connector"]["id"], made.id)
        self.assertEqual(tested["check"]["status"], "SUCCESS")
        self.assertEqual(self.api.latest_check(made.id).id, tested["check"]["id"])
        self.api.update(made.id, config(folder, secret="a-wrong-secret"))
        [tested] = uns3("test", name, *self.of_kind, exit_code=7)
        self.assertEqual(tested["check"]["reason"], self.api.latest_check(made.id).reason)
        key = ("--key", SANDBOX["access_key_id"], "--secret-file", "-")
        uns3("update", name, *self.of_kind, *key, stdin=SANDBOX["secret_access_key"])
        self.assertEqual(self.api.check(made.id).status, "SUCCESS")

    def test_the_sdk_reads_what_uns3_made(self):
        name = unique("uns3")
        made = self.create(name, "out", "--set", "x_role=r")
        read = self.api.get(made["id"])
        self.assertEqual((read.name, read.type), (name, "s3"))
        self.assertEqual(read.config, made["config"])
        self.assertEqual((read.config["key"], read.config["secret"]), (MASK, MASK))
        self.assertIsNone(read.config["token"])
        self.assertEqual(read.config["x_role"], "r")
        self.assertIn(made["id"], [one.id for one in self.api.list()])

    def test_the_sdk_updates_and_deletes_what_uns3_made(self):
        name = unique("back")
        made = self.create(name, "out")
        self.api.update(made["id"], config("other"))
        url = uns3("get", name, *self.of_kind)["config"]["remote_url"]
        self.assertTrue(url.endswith("/other/"))
        self.api.delete(made["id"])
        error = uns3("get", name, *self.of_kind, exit_code=5)
        self.assertEqual(error["category"], "not_found")

    def test_temporary_credentials_by_uns3(self):
        session, name = SANDBOX["session"], unique("sts")
        triple = {
            "AWS_ACCESS_KEY_ID": session["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": session["secret_access_key"],
            "AWS_SESSION_TOKEN": session["session_token"],
        }
        place = ("--remote-url", f"s3://{SANDBOX['bucket']}/", "--endpoint-url", ENDPOINT)
        made = uns3("create", name, *place, *self.of_kind, "--test", **triple)
        self.assertEqual(made["uns3"]["auth"], "sts")
        read = self.api.get(made["id"])
        self.assertEqual(read.config["token"], MASK)
        self.assertEqual(self.api.check(made["id"]).status, "SUCCESS")


class Destinations(Kind, unittest.TestCase):
    kind = "destination"

    def test_a_workflow_of_the_sdk_stops_a_deletion(self):
        name, flow = unique("used"), unique("flow")
        made = self.create(name, "out")
        body = {"name": flow, "workflow_type": "basic", "destination_id": made["id"]}
        self.api.sdk.workflows.create_workflow(request={"create_workflow": body})
        error = uns3("delete", name, "--yes", exit_code=6)
        self.assertIn(flow, error["message"])
        self.assertEqual(self.api.get(made["id"]).name, name)
        [deleted] = uns3("delete", name, "--yes", "--force")
        self.assertEqual(deleted["status"], "deleted")

    def test_both_forms_of_the_base_url(self):
        """Documentation has it with and without `/api/v1`: uns3 takes either."""
        made = self.create(unique("forms"), "out")
        for end in ("", "/", "/api/v1", "/api/v1/"):
            url = SANDBOX["api_url"] + end
            seen = uns3("get", made["id"], UNSTRUCTURED_API_URL=url)
            self.assertEqual(seen["id"], made["id"])


class Sources(Kind, unittest.TestCase):
    kind = "source"

    def test_recursive(self):
        made = self.create(unique("deep"), "out", "--recursive", "true")
        self.assertIs(self.api.get(made["id"]).config["recursive"], True)

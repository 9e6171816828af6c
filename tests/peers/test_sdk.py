"""The official Python SDK, unchanged, as a client of the sandbox."""

import unittest

from peers import MASK, SANDBOX, Connectors, client, config, unique
from unstructured_client.models import errors, shared

ABSENT = "00000000-0000-4000-8000-000000000000"


class Kind:
    """The tests of one kind of connectors."""

    def setUp(self):
        self.api = Connectors(self.kind)

    def refused(self, status, call, *args):
        with self.assertRaises(errors.UnstructuredClientError) as caught:
            call(*args)
        self.assertEqual(caught.exception.status_code, status)
        return caught.exception

    def test_a_life(self):
        name = unique("life")
        made = self.api.create(name, config())
        self.assertEqual((made.name, made.type, made.updated_at), (name, self.type.S3, None))
        listed = [one for one in self.api.list() if one.name == name]
        self.assertEqual([one.id for one in listed], [made.id])
        self.assertEqual(self.api.get(made.id), made)
        updated = self.api.update(made.id, config("other"))
        self.assertTrue(updated.config["remote_url"].endswith("/other/"))
        self.assertGreaterEqual(updated.updated_at, made.created_at)
        self.assertEqual(self.api.get(made.id), updated)
        self.assertIn("successfully deleted", str(self.api.delete(made.id)))
        self.refused(404, self.api.get, made.id)
        self.assertNotIn(made.id, [one.id for one in self.api.list()])

    def test_secrets_are_masked(self):
        session = SANDBOX["session"]
        settings = config(
            key=session["access_key_id"],
            secret=session["secret_access_key"],
            token=session["session_token"],
        )
        made = self.api.create(unique("masks"), settings)
        answers = [made, self.api.get(made.id), self.api.update(made.id, settings)]
        answers += [one for one in self.api.list() if one.id == made.id]
        self.assertEqual(len(answers), 4)
        for answer in answers:
            shown = [answer.config[field] for field in ("key", "secret", "token")]
            self.assertEqual(shown, [MASK] * 3)
        without = self.api.update(made.id, config())
        self.assertIsNone(without.config["token"])

    def test_unknown_fields_survive(self):
        made = self.api.create(unique("open"), config(role_arn="arn:aws:iam::1:role/r"))
        self.assertEqual(self.api.get(made.id).config["role_arn"], "arn:aws:iam::1:role/r")

    def test_checks(self):
        folder = unique("checks")
        made = self.api.create(unique("checks"), config(folder))
        self.refused(404, self.api.latest_check, made.id)
        if self.kind == "source":
            # A source reads: another connector's check writes what there is to be read.
            writer = Connectors("destination")
            writer.check(writer.create(unique("writer"), config(folder)).id)
        check = self.api.check(made.id)
        self.assertEqual((check.status, check.reason), (shared.ConnectionCheckStatus.SUCCESS, None))
        self.api.update(made.id, config(folder, secret="a-wrong-secret"))
        check = self.api.check(made.id)
        self.assertEqual(check.status, shared.ConnectionCheckStatus.FAILURE)
        self.assertEqual(check.reason, "UserAuthError: PermissionError")
        self.api.update(made.id, config(folder, key="AKIAUNKNOWN000000000"))
        check = self.api.check(made.id)
        self.assertEqual(check.reason, "UserAuthError: PermissionError")

    def test_a_wrong_api_key_is_401(self):
        other = Connectors(self.kind, client(key="a-wrong-key"))
        self.assertIn("API key", self.refused(401, other.list).body)
        self.refused(401, other.get, ABSENT)

    def test_what_is_not_there_is_404(self):
        for call in (self.api.get, self.api.delete, self.api.start_check, self.api.latest_check):
            self.refused(404, call, ABSENT)
        self.refused(404, self.api.update, ABSENT, config())

    def test_what_is_not_valid_is_422(self):
        refusal = self.refused(422, self.api.create, unique("bad"), {})
        self.assertIsInstance(refusal, errors.HTTPValidationError)
        self.assertEqual(refusal.data.detail[0].loc, ["body", "config", "remote_url"])
        self.refused(422, self.api.create, unique("bad"), config(anonymous="maybe"))
        self.refused(422, self.api.get, "not-a-uuid")
        self.refused(422, self.api.list, "no-such-type")


class Destinations(Kind, unittest.TestCase):
    kind = "destination"
    type = shared.DestinationConnectorType


class Sources(Kind, unittest.TestCase):
    kind = "source"
    type = shared.SourceConnectorType

    def test_recursive(self):
        made = self.api.create(unique("deep"), config(recursive=True))
        self.assertIs(made.config["recursive"], True)
        self.assertIs(self.api.update(made.id, config()).config["recursive"], False)


class Workflows(unittest.TestCase):
    def test_they_name_their_connectors(self):
        sdk = client()
        ends = {
            f"{kind}_id": Connectors(kind, sdk).create(unique("end"), config()).id
            for kind in ("source", "destination")
        }
        body = {"name": unique("flow"), "workflow_type": shared.WorkflowType.BASIC} | ends
        created = sdk.workflows.create_workflow(request={"create_workflow": body})
        made = created.workflow_information
        self.assertEqual(made.sources, [ends["source_id"]])
        self.assertEqual(made.destinations, [ends["destination_id"]])
        for end, id in ends.items():
            for wanted, found in ((id, [made.id]), (ABSENT, [])):
                answer = sdk.workflows.list_workflows(request={end: wanted})
                listed = [one.id for one in answer.response_list_workflows]
                self.assertEqual(listed, found)

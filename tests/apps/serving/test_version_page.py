"""What the page of a model version needs: its card and former texts, its lineage, its deletion, its deployment."""

from __future__ import annotations

from apps.accounts.models import AuditEntry
from apps.graphs.models import GraphVersion
from apps.registry.lineage import nodes_leading_to
from apps.registry.models import ModelVersion
from apps.runs.models import Run
from apps.serving.models import Endpoint, Release
from tests.apps.serving.conftest import deploy, redraw, run_of
from tests.apps.serving.test_approval import approval_of, ask_for_approval
from tests.factories import drawn, make_dataset
from tests.serving.packages import line


def write(client, model, text, after, version=1):
    return client.put(f"{model}versions/{version}/card/", {"text": text, "after": after})


class TestCard:
    def test_nobody_wrote_anything_yet(self, as_vera, model):
        card = as_vera.get(f"{model}versions/1/card/").json()
        assert card["written"] is None
        assert as_vera.get(f"{model}versions/1/card/texts/").json()["results"] == []

    def test_every_text_stays_with_who_and_when(self, as_alice, as_bob, as_vera, model):
        assert write(as_bob, model, "Made for *spring*.", 0).json()["written"]["number"] == 1
        assert write(as_alice, model, "Made for *autumn*.\n", 1).status_code == 200
        texts = as_vera.get(f"{model}versions/1/card/texts/").json()["results"]
        assert [(one["number"], one["text"], one["created_by"]) for one in texts] == [
            (2, "Made for *autumn*.\n", "alice"),
            (1, "Made for *spring*.", "bob"),
        ]
        assert all(one["created_at"] for one in texts)
        assert as_vera.get(f"{model}versions/2/card/").json()["written"] is None, "each version has its own"

    def test_a_former_text_comes_back_as_a_new_one(self, as_bob, model):
        write(as_bob, model, "First", 0)
        write(as_bob, model, "", 1)
        assert write(as_bob, model, "First", 2).json()["written"]["number"] == 3
        assert len(as_bob.get(f"{model}versions/1/card/texts/").json()["results"]) == 3

    def test_the_same_text_again_is_no_other_one(self, as_bob, model):
        write(as_bob, model, "Same", 0)
        assert write(as_bob, model, "Same", 1).json()["written"]["number"] == 1
        assert write(as_bob, model, "Same", 0).status_code == 200, "an answer that was lost is asked for again"

    def test_who_writes_upon_an_old_text_is_shown_the_new_one_and_changes_nothing(self, as_alice, as_bob, model):
        write(as_alice, model, "Theirs", 0)
        refused = write(as_bob, model, "Mine", 0)
        assert refused.status_code == 409
        answer = refused.json()
        assert (answer["code"], answer["text"], answer["number"], answer["written_by"]) == (
            "card_changed",
            "Theirs",
            1,
            "alice",
        )
        assert as_bob.get(f"{model}versions/1/card/").json()["written"]["text"] == "Theirs"
        assert write(as_bob, model, "Mine", answer["number"]).status_code == 200

    def test_viewers_read_and_do_not_write_and_it_is_written_down(self, as_vera, as_bob, model):
        assert write(as_vera, model, "Hello", 0).status_code == 403
        write(as_bob, model, "Hello", 0)
        assert AuditEntry.objects.get(action="model.card_written").details == {"version": 1, "text": 1}

    def test_the_text_stands_on_the_whole_card_before_what_was_measured(self, as_vera, as_bob, model):
        write(as_bob, model, "## Limits\n\nNot for castles.", 0)
        card = as_vera.get(f"{model}versions/1/card/").json()["markdown"]
        assert card.index("Not for castles.") < card.index("## What it does")

    def test_a_card_as_long_as_a_book_is_refused(self, as_bob, model):
        refused = write(as_bob, model, "x" * 50_001, 0)
        assert (refused.status_code, refused.json()["problems"][0]["at"]) == (400, "text")


class TestLineage:
    def version_detail(self, client, model, version=1):
        return client.get(f"{model}versions/{version}/").json()

    def test_it_names_the_very_version_of_the_data(self, as_vera, workspace, model):
        dataset = make_dataset(workspace, name="houses")
        first = dataset.current
        Run.objects.update(datasets={str(dataset.pk): first.address})
        version = ModelVersion.objects.get(number=1)
        version.details["data"] = {str(dataset.pk): first.address}
        version.save()
        (shown,) = self.version_detail(as_vera, model)["sources"]
        assert (shown["dataset"], shown["name"], shown["version"], shown["rows"]) == (str(dataset.pk), "houses", 1, 3)
        assert shown["is_current"]
        dataset.current = dataset.versions.create(
            number=2, status="ready", file_name="houses.csv", address="f" * 64, rows=4
        )
        dataset.save()
        (shown,) = self.version_detail(as_vera, model)["sources"]
        assert (shown["version"], shown["is_current"]) == (1, False)
        dataset.delete()
        (shown,) = self.version_detail(as_vera, model)["sources"]
        assert (shown["name"], shown["version"], shown["address"]) == ("", None, first.address)

    def test_it_keeps_the_parameters_of_what_was_drawn_then(self, as_vera, graph, model):
        by_type = {one["type"]: one["params"] for one in self.version_detail(as_vera, model, 2)["nodes"]}
        assert by_type["model.linear"]["alpha"] == 3  # beside what graphs drawn before a parameter existed go on doing
        assert list(by_type) == ["source.file", "model.linear", "publish.deploy"]
        graph.delete()
        shown = self.version_detail(as_vera, model, 2)
        assert shown["graph"] is None
        assert {one["type"]: one["params"] for one in shown["nodes"]} == by_type

    def test_of_a_version_from_before_they_were_kept_those_of_its_graph_are_shown(self, as_vera, model):
        ModelVersion.objects.update(nodes=[])
        assert [one["node"] for one in self.version_detail(as_vera, model)["nodes"]] == ["source", "model", "deploy"]

    def test_the_graph_is_named_with_the_version_that_can_be_opened(self, as_vera, graph, model):
        GraphVersion.objects.filter(number=1).update(name="Spring")
        shown = self.version_detail(as_vera, model)["graph"]
        assert shown == {
            "id": str(graph.pk),
            "name": "House prices",
            "version": 1,
            "version_name": "Spring",
            "is_saved": True,
        }
        saved = as_vera.get(f"/api/v1/graphs/{graph.pk}/versions/1/").json()
        assert (saved["number"], saved["name"], len(saved["document"]["nodes"])) == (1, "Spring", 3)
        assert as_vera.get(f"/api/v1/graphs/{graph.pk}/versions/9/").status_code == 404

    def test_it_says_where_the_version_answers_and_what_it_asks_for(self, as_bob, as_vera, model):
        as_bob.put("/api/v1/endpoints/house-prices/traffic/", {"canary": {"release": 1, "percent": 5}})
        (canary,) = self.version_detail(as_vera, model, 1)["releases"]
        assert (canary["endpoint"], canary["release"], canary["role"], canary["percent"]) == (
            "house-prices",
            1,
            "canary",
            5.0,
        )
        whole = self.version_detail(as_vera, model, 2)
        assert whole["releases"][0]["role"] == "active"
        assert [column["name"] for column in whole["inputs"]] == ["size", "rooms"]

    def test_only_what_leads_to_the_deploy_node_is_kept(self):
        document = drawn("a=source.file b=model.linear c=publish.deploy d=model.forest", "a.t>b.t b.m>c.m a.t>d.t")
        assert [one["node"] for one in nodes_leading_to(document, "c")] == ["a", "b", "c"]
        assert nodes_leading_to(document, "gone") == []
        assert nodes_leading_to({"nodes": "?"}, "c") == []


class TestDeletion:
    def deletion(self, client, model, version):
        return client.get(f"{model}versions/{version}/").json()["deletion"]

    def test_what_it_frees_is_known_before(self, as_bob, model):
        deletion = self.deletion(as_bob, model, 1)
        assert (deletion["refusal"], deletion["releases"]) == (None, 1)
        assert deletion["freed_bytes"] == as_bob.delete(f"{model}versions/1/").json()["freed_bytes"] > 0

    def test_one_that_answers_is_refused_with_the_page_of_its_endpoint(self, as_bob, model):
        refused = as_bob.delete(f"{model}versions/2/").json()
        assert (refused["code"], refused["address"]) == ("version_in_use", "/endpoints/house-prices")
        deletion = self.deletion(as_bob, model, 2)["refusal"]
        assert (deletion["code"], deletion["message"], deletion["address"]) == (
            refused["code"],
            refused["message"],
            refused["address"],
        )

    def test_one_with_a_name_is_refused_until_the_name_is_gone(self, as_bob, model):
        as_bob.put(f"{model}aliases/best/", {"version": 1})
        refused = as_bob.delete(f"{model}versions/1/")
        assert (refused.status_code, refused.json()["code"]) == (409, "version_named")
        assert "“best”" in refused.json()["message"]
        as_bob.delete(f"{model}aliases/best/")
        assert as_bob.delete(f"{model}versions/1/").status_code == 200

    def test_nothing_is_promised_while_another_version_has_the_same_package(self, as_bob, bob, graph, model):
        redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=4))
        run_of(graph, line(name=""), number=3)
        deploy(as_bob, graph)
        assert self.deletion(as_bob, model, 1)["freed_bytes"] == 0


class TestDeployment:
    def again(self, client, model, version):
        return client.post(f"{model}versions/{version}/deploy/")

    def test_a_former_version_answers_again_with_the_release_it_had(self, as_bob, model):
        answer = self.again(as_bob, model, 1)
        assert answer.status_code == 201, answer.json()
        assert (answer.json()["endpoint"]["slug"], answer.json()["endpoint"]["release"]) == ("house-prices", 1)
        assert Release.objects.count() == 2
        shown = as_bob.get(model).json()["versions"]
        assert [(one["number"], one["aliases"]) for one in shown] == [(2, []), (1, ["champion"])]

    def test_where_the_endpoint_is_gone_it_gets_a_new_one_and_a_key(self, as_bob, model):
        as_bob.delete("/api/v1/endpoints/house-prices/")
        body = self.again(as_bob, model, 1).json()
        assert (body["endpoint"]["name"], body["endpoint"]["release"], bool(body["key"])) == ("House prices", 1, True)
        assert Endpoint.objects.get().active.model_version.number == 1
        shown = as_bob.get("/api/v1/endpoints/house-prices/").json()
        assert [column["name"] for column in shown["release"]["inputs"]] == ["size", "rooms"]

    def test_it_goes_on_where_its_graph_is_gone_too(self, as_bob, graph, model):
        graph.delete()
        assert self.again(as_bob, model, 1).json()["endpoint"]["release"] == 1
        as_bob.delete("/api/v1/endpoints/house-prices/")
        assert self.again(as_bob, model, 1).status_code == 201

    def test_without_approval_it_is_refused_and_its_release_waits(self, as_alice, as_bob, model):
        ask_for_approval(as_alice)
        refused = self.again(as_bob, model, 1)
        assert (refused.status_code, refused.json()["code"]) == (403, "approval_needed")
        assert as_bob.get("/api/v1/endpoints/house-prices/").json()["release"]["number"] == 2
        as_alice.put(approval_of(1))
        assert self.again(as_bob, model, 1).status_code == 201

    def test_a_package_that_is_gone_cannot_be_deployed(self, as_bob, model, data_folder):
        import shutil

        shutil.rmtree(data_folder / "artifacts")
        answer = self.again(as_bob, model, 1)
        assert (answer.status_code, answer.json()["code"]) == (404, "result_gone")

    def test_a_version_that_never_was_is_not_there(self, as_bob, model):
        assert self.again(as_bob, model, 9).status_code == 404

"""A warning's fix names a purpose; the page gets the node of the catalogue that serves it, whatever it is called."""

from __future__ import annotations

import pytest

from apps.datasets import profile_fixes
from tasks.graph.description import Catalogue, NodeDescription, PurposeDescription
from tests.factories import make_dataset

pytestmark = pytest.mark.django_db


def node(ident: str, *, fixes=None, replaces=(), version=1) -> NodeDescription:
    plain = dict.fromkeys(("title", "summary", "detail", "icon", "group"), "x")
    empty = dict.fromkeys(("keywords", "inputs", "outputs"), ())
    return NodeDescription(
        id=ident, version=version, serve="none", uses_gpu=False, is_cheap=True, replaces=replaces,
        purpose=PurposeDescription(title="X"), params={}, defaults={}, fixes=fixes or {}, **plain, **empty,
    )  # fmt: skip


@pytest.fixture
def fixes_shown(workspace, as_vera, monkeypatch):
    """Return the fixes that the page gets for fixes as they are stored, with these nodes in the catalogue."""

    def shown(fixes, *nodes):
        known = Catalogue(hash="x", nodes={node.id: node for node in nodes})
        monkeypatch.setattr(profile_fixes, "catalogue", lambda: known)
        dataset = make_dataset(workspace)
        warnings = [{"code": "c", "message": "m", "fix": fix} for fix in fixes]
        dataset.current.profile = {"rows": 3, "columns": [{"name": "a", "warnings": warnings}], "warnings": warnings}
        dataset.current.save()
        profile = as_vera.get(f"/api/v1/datasets/{dataset.pk}/profile/").json()
        assert profile["columns"][0]["warnings"] == profile["warnings"]
        return [warning["fix"] for warning in profile["warnings"]]

    return shown


def test_a_purpose_becomes_the_node_that_serves_it_also_a_renamed_one_or_one_of_a_plug_in(fixes_shown):
    stored = [{"purpose": "impute", "column": "age"}]
    renamed = node(
        "repair.fill_gaps", fixes={"impute": {"columns": ["{column}"]}}, replaces=("clean.impute",), version=3
    )
    assert fixes_shown(stored, renamed) == [{"type": "repair.fill_gaps", "version": 3, "params": {"columns": ["age"]}}]
    plug_in = node("acme.guess", fixes={"impute": {"only": "{column}"}})
    assert fixes_shown(stored, plug_in) == [{"type": "acme.guess", "version": 1, "params": {"only": "age"}}]


def test_a_purpose_that_no_node_serves_has_no_fix(fixes_shown):
    assert fixes_shown([{"purpose": "impute", "column": "age"}, None], node("clean.columns")) == [None, None]


def test_a_fix_stored_by_the_id_of_a_node_works_after_the_node_was_renamed(fixes_shown):
    stored = [{"type": "clean.impute", "params": {"columns": ["age"]}}]
    assert fixes_shown(stored, node("repair.fill_gaps", replaces=("clean.impute",), version=3)) == [
        {"type": "repair.fill_gaps", "version": 1, "params": {"columns": ["age"]}}
    ]
    assert fixes_shown(stored, node("clean.columns")) == [None]

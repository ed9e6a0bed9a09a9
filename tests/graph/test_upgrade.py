"""Nodes saved by an older version open with their parameters under today's names."""

from tasks.graph.description import Catalogue
from tasks.graph.document import Document
from tasks.graph.upgrade import upgraded
from tests.graph.conftest import kind

RENAMED = {2: {"trees": "n_estimators"}, 3: {"n_estimators": "count", "deepest": "max_depth"}}


def saved(version: int, **params) -> Document:
    return Document.model_validate(
        {"nodes": [{"id": "a", "type": "model.forest", "version": version, "params": params}]}
    )


def opened(document: Document, **changes):
    node = kind("model.forest", version=3).model_copy(update={"renamed": RENAMED, **changes})
    return upgraded(document, Catalogue(hash="", nodes={node.id: node})).nodes[0]


def test_every_renaming_since_is_applied_in_order():
    node = opened(saved(1, trees=5, deepest=3, kind="extra"))
    assert (node.version, dict(node.params)) == (3, {"count": 5, "max_depth": 3, "kind": "extra"})
    assert dict(opened(saved(2, n_estimators=5)).params) == {"count": 5}


def test_what_is_of_today_stays_as_it_is():
    document = saved(3, trees=5)
    assert upgraded(document, Catalogue(hash="", nodes={})) is document
    assert dict(opened(document).params) == {"trees": 5}


def test_a_node_whose_values_changed_too_is_left_to_the_engine():
    node = opened(saved(1, trees=5), renamed=None)
    assert (node.version, dict(node.params)) == (1, {"trees": 5})


def test_a_parameter_that_was_not_there_is_at_what_was_done_before():
    since = {"former_defaults": {3: {"whole_numbers": "numbers"}}}
    assert dict(opened(saved(2, count=5), **since).params) == {"count": 5, "whole_numbers": "numbers"}
    assert dict(opened(saved(2, whole_numbers="codes"), **since).params) == {"whole_numbers": "codes"}
    assert dict(opened(saved(3, count=5), **since).params) == {"count": 5}

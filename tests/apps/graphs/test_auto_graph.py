"""The graph drawn for a column to predict."""

from __future__ import annotations

import pytest

from apps.common.errors import ApplicationError
from apps.graphs.auto_graph import described, predict_column
from apps.graphs.prediction_target import GUESSED, PredictionChoice
from tasks.catalogue import catalogue
from tests.factories import HOUSES, column


@pytest.fixture
def small_catalogue():
    """The real catalogue, not the small one of the other tests here."""


def draw(columns, target="price", profile=None, **decided):
    return predict_column(dataset_id="d", columns=columns, profile=profile or {}, target=target, **decided)


def types(document) -> list[str]:
    return [node.type for node in document.nodes]


def test_the_whole_way_from_the_source_to_the_endpoint_is_drawn_and_wired():
    document = draw(HOUSES)
    assert types(document) == [
        "source.file",
        "split.split",
        "features.encode",
        "model.boosting",
        "tune.tune",
        "evaluate.evaluate",
        "publish.deploy",
    ]
    assert document.node("source").params == {"dataset": "d", "target": "price", "ignore": []}
    assert document.ancestors("deploy") == {"source", "split", "encode", "model", "tune"}
    assert document.ancestors("evaluate") == document.ancestors("deploy")


def test_no_two_nodes_lie_on_each_other():
    places = [(node.position.x, node.position.y) for node in draw(HOUSES).nodes]
    assert len(set(places)) == len(places)


def test_nothing_is_fitted_before_the_split():
    document = draw(HOUSES)
    assert document.ancestors("split") == {"source"}


def test_numbers_alone_need_no_encoding():
    assert "features.encode" not in types(draw([column("size"), column("price")]))
    only_words = [column("place", "category"), column("price")]
    assert "features.encode" in types(draw(only_words))


def dated(name="sold", **facts):
    card = {"name": name, "type": "date", "role": "feature", "distinct": 300, "missing": 0, **facts}
    return {"rows": 300, "columns": [card]}


def test_rows_that_are_dated_are_judged_on_the_newest_and_it_is_said_before():
    columns = [*HOUSES, column("sold", "date")]
    assert draw(columns, profile=dated()).node("split").params == {"method": "time", "by": "sold"}
    (note,) = described(columns, dated(), "price", GUESSED).notes
    assert (note.id, note.params["column"]) == ("predict.split_by_time", "sold")


def test_classes_that_may_need_time_to_show_are_not_split_by_time():
    """Who leaves is known of those who joined long ago: the newest rows would be of one class."""
    columns = [*HOUSES, column("joined", "date"), column("left", "category")]
    assert draw(columns, target="left", profile=dated("joined")).node("split").params == {}
    assert described(columns, dated("joined"), "left", GUESSED).notes == ()


@pytest.mark.parametrize("facts", [{"missing": 1}, {"distinct": 19}, {"type": "text"}, {"name": "date_of_birth"}])
def test_dates_that_order_no_rows_split_none(facts):
    columns = [*HOUSES, column(facts.get("name", "sold"), "date")]
    assert draw(columns, profile=dated(**facts)).node("split").params == {}
    assert described(columns, dated(**facts), "price", GUESSED).notes == ()


def test_a_date_that_a_fix_drops_splits_nothing():
    fix = {"type": "clean.columns", "params": {"drop": ["sold"]}}
    document = draw([*HOUSES, column("sold", "date")], profile=dated(), fixes=[fix])
    assert document.node("split").params == {}


def test_dates_are_taken_apart_when_there_are_any():
    assert "features.dates" not in types(draw(HOUSES))
    assert "features.dates" in types(draw([*HOUSES, column("sold", "date")]))


def test_identifiers_and_constants_are_left_out():
    columns = [*HOUSES, column("number"), column("key", role="id"), column("same")]
    warned = [
        {"name": "number", "warnings": [{"code": "id_like"}]},
        {"name": "same", "warnings": [{"code": "constant"}]},
        {"name": "size", "warnings": [{"code": "missing"}]},
    ]
    document = draw(columns, profile={"columns": warned})
    assert document.node("source").params["ignore"] == ["number", "key", "same"]


def test_numbers_with_a_few_slips_are_read_as_numbers_first():
    columns = [column("size"), column("price", "text"), column("notes", "text")]
    slips = {"columns": [{"name": "price", "warnings": [{"code": "almost_numeric"}]}]}
    document = draw(columns, profile=slips)
    assert document.node("columns").params == {"retype": [{"column": "price", "type": "number"}]}
    assert document.ancestors("split") == {"source", "columns"}


@pytest.mark.parametrize("kind", ["text", "category"])
def test_a_target_of_numbers_with_a_few_slips_is_predicted_as_a_number_however_it_was_read(kind):
    columns = [column("size"), column("price", kind)]
    warning = {"code": "almost_numeric", "message_id": "reading.misfits", "message_params": {"decimal": ","}}
    card = {"name": "price", "distinct": 400, "missing": 0, "top": [], "warnings": [warning]}
    document = draw(columns, profile={"rows": 900, "columns": [card]})
    (line,) = document.node("columns").params["retype"]
    assert line == {"column": "price", "type": "number", "decimal_comma": True}


def test_the_target_is_never_left_out():
    warned = [{"name": "price", "warnings": [{"code": "id_like"}]}]
    assert draw(HOUSES, profile={"columns": warned}).node("source").params["ignore"] == []


@pytest.mark.parametrize(
    ("columns", "target", "words"),
    [
        (HOUSES, "rent", "no column “rent”"),
        ([*HOUSES, column("sold", "date")], "sold", "is a date"),
        ([*HOUSES, column("notes", "text")], "notes", "free text"),
        ([column("price")], "price", "No column is left"),
        ([column("price"), column("key", role="id")], "price", "No column is left"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_a_sentence(columns, target, words):
    with pytest.raises(ApplicationError, match=words) as refused:
        draw(columns, target)
    assert refused.value.status == 422
    assert refused.value.problems[0]["at"] == "target"


def test_free_text_is_used_by_its_words_with_a_model_that_adds_many_columns_up():
    document = draw([*HOUSES, column("notes", "text")])
    assert document.ancestors("text") == {"source", "split", "impute"}
    assert (document.node("text").type, document.node("model").type) == ("features.text", "model.linear")
    left_out = draw([*HOUSES, column("notes", "text")], uses={"notes": "left_out"})
    assert left_out.node("source").params["ignore"] == ["notes"]
    assert "features.text" not in types(left_out)
    assert left_out.node("model").type == "model.boosting"


def test_what_is_decided_of_a_column_is_drawn():
    columns = [*HOUSES, column("number", "integer"), column("day", "category"), column("key", role="id")]
    warned = [
        {"name": "number", "warnings": [{"code": "id_like"}]},
        {"name": "day", "warnings": [{"code": "almost_date"}]},
    ]
    decided = {"number": "feature", "day": "date_month_first", "key": "feature", "size": "feature"}
    document = draw(columns, profile={"columns": warned}, uses=decided)
    source = document.node("source").params
    assert (source["ignore"], source["roles"]) == ([], [{"column": "key", "role": "feature"}])
    assert document.node("columns").params == {"retype": [{"column": "day", "type": "date", "month_first": True}]}
    assert "features.dates" in types(document)


@pytest.mark.parametrize("decided", [{"size": "words"}, {"rent": "left_out"}, {"place": "nonsense"}])
def test_a_use_that_a_column_cannot_have_is_refused_with_its_place(decided):
    with pytest.raises(ApplicationError, match="cannot be used as") as refused:
        draw(HOUSES, uses=decided)
    assert (refused.value.status, refused.value.problems[0]["at"]) == (422, f"uses.{next(iter(decided))}")


def test_chosen_fixes_are_drawn_and_those_that_learn_stand_after_the_split():
    columns = [*HOUSES, column("sold", "text"), column("key", "integer")]
    profile = {"columns": [{"name": "sold", "warnings": [{"code": "almost_date"}]}]}
    of_columns = catalogue().find("clean.columns").version
    fixes = [
        {"type": "clean.columns", "version": of_columns, "params": {"retype": [{"column": "sold", "type": "date"}]}},
        {"type": "clean.deduplicate", "version": 1, "params": {}},
        {"type": "clean.columns", "version": of_columns, "params": {"drop": ["key"]}},
        {"type": "clean.outliers", "version": 2, "params": {"columns": ["size"]}},
    ]
    document = draw(columns, profile=profile, fixes=fixes)
    assert document.node("source").params["ignore"] == []
    assert document.node("columns").params == {"retype": [{"column": "sold", "type": "date"}], "drop": ["key"]}
    assert document.ancestors("split") == {"source", "columns", "fix_deduplicate_1"}
    outliers = document.node("fix_outliers_1")
    assert (outliers.params, outliers.version) == ({"columns": ["size"]}, 2)
    assert "split" in document.ancestors("fix_outliers_1")
    assert "features.dates" in types(document)


def test_columns_of_which_a_fix_does_the_same_share_a_node():
    filled = [
        {"type": "clean.impute", "params": {"columns": [name], "add_indicator": True}} for name in ("size", "place")
    ]
    document = draw(HOUSES, fixes=[*filled, {"type": "clean.impute", "params": {"columns": ["age"]}}])
    assert document.node("fix_impute_1").params == {"columns": ["size", "place"], "add_indicator": True}
    assert document.node("fix_impute_2").params == {"columns": ["age"]}


@pytest.mark.parametrize("kind", ["clean.impute", "clean.outliers", "features.encode"])
def test_a_fix_that_changes_values_of_the_target_is_refused(kind):
    with pytest.raises(ApplicationError, match="changes values of “price”"):
        draw(HOUSES, fixes=[{"type": kind, "params": {"columns": ["size", "price"]}}])


def test_spellings_of_the_target_that_are_to_stay_apart_are_not_merged_by_a_fix():
    choice = PredictionChoice(merges_spellings=False)
    tidy = {"type": "clean.columns", "params": {"tidy": ["place"]}}
    assert "clean.columns" not in types(draw(HOUSES, target="place", fixes=[tidy], choice=choice))
    assert "clean.columns" in types(draw(HOUSES, target="price", fixes=[tidy], choice=choice))


def test_a_fix_that_is_none_or_takes_the_target_away_is_refused():
    with pytest.raises(ApplicationError, match="no node that fixes") as refused:
        draw(HOUSES, fixes=[{"type": "model.linear", "version": 1, "params": {}}])
    assert refused.value.problems[0]["at"] == "fixes.0.type"
    version = catalogue().find("clean.columns").version
    with pytest.raises(ApplicationError, match="takes “price” away"):
        draw(HOUSES, fixes=[{"type": "clean.columns", "version": version, "params": {"drop": ["price"]}}])


def copied(count=60, **facts):
    duplicates = {"code": "duplicates", "message_params": {"count": count}}
    cards = [{"name": name, "type": "number", "distinct": 400, "missing": 0} for name in ("size", "price")]
    return {"rows": 600, "columns": cards, "warnings": [duplicates], **facts}


def said_of_copies(columns, profile):
    return [note.id for note in described(columns, profile, "price", GUESSED).notes if "duplicates" in note.id]


def test_copies_that_the_split_would_part_are_dropped_before_it_and_it_is_said():
    document = draw(HOUSES, profile=copied())
    assert types(document)[:3] == ["source.file", "clean.deduplicate", "split.split"]
    assert said_of_copies(HOUSES, copied()) == ["predict.duplicates_dropped"]
    assert "clean.deduplicate" not in types(draw(HOUSES, profile=copied(count=2)))
    assert said_of_copies(HOUSES, copied(count=2)) == []
    fix = {"type": "clean.deduplicate", "params": {"columns": []}}
    assert types(draw(HOUSES, profile=copied(), fixes=[fix])).count("clean.deduplicate") == 1


def test_copies_that_stay_on_one_side_or_are_alike_by_chance_stay_with_the_reason():
    columns = [*HOUSES, column("sold", "date")]
    by_time = copied(columns=dated()["columns"])
    assert "clean.deduplicate" not in types(draw(columns, profile=by_time))
    assert said_of_copies(columns, by_time) == ["predict.duplicates_together"]
    few = copied(columns=[{"name": "size", "type": "number", "distinct": 9, "missing": 0}])
    assert "clean.deduplicate" not in types(draw(HOUSES, profile=few))
    assert said_of_copies(HOUSES, few) == ["predict.duplicates_by_chance"]

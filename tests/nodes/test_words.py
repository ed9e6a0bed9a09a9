"""Words of nodes in other languages: those there are belong to something, and those missing are listed."""

from tasks import words
from tasks.contract.registry import all_nodes, node_class
from tests.nodes.mistakes.misspelt.node import MisspellsItsWords


def test_words_are_kept_for_what_there_is():
    assert [(node.id, words.unknown(node, "zh")) for node in all_nodes().values() if words.unknown(node, "zh")] == []


def test_words_that_nobody_reads_are_named():
    assert words.unknown(MisspellsItsWords, "zh") == [
        "titel",
        "params.colums",
        "params.share.titel",
        "messages.mistakes.gone",
    ]


def test_a_node_brings_the_words_of_its_messages(monkeypatch):
    read = words._read
    own = {"impute.invented": "请填充。"}
    monkeypatch.setattr(
        words,
        "_read",
        lambda folder, language: read(folder, language) | ({"messages": dict(own)} if "impute" in folder else {}),
    )
    assert own.items() <= words.words_in("zh")["messages"].items()
    assert "messages" not in words.words_in("zh")["nodes"]["clean.impute"]


def test_a_message_of_a_node_without_words_is_listed(monkeypatch):
    messages = words.messages_of(node_class("clean.impute"))
    assert messages
    read = words._read
    monkeypatch.setattr(words, "_read", lambda folder, language: {} if "impute" in folder else read(folder, language))
    assert {f"clean.impute: the message {name}" for name in messages} <= set(words.missing("zh"))


def test_a_word_that_is_missing_is_listed_and_nothing_fails(monkeypatch, capsys):
    read = words._read
    monkeypatch.setattr(words, "_read", lambda folder, language: {} if "impute" in folder else read(folder, language))
    assert "clean.impute" not in words.words_in("zh")["nodes"]
    missing = list(words.missing("zh"))
    assert "clean.impute: title" in missing
    assert "clean.impute: description of strategy" in missing
    monkeypatch.setattr("sys.argv", ["words", "zh"])
    words.main()
    assert capsys.readouterr().out.endswith(f"{len(missing)} missing in zh; the page shows them in English.\n")


def test_parameters_that_nodes_of_a_purpose_share_are_translated_once(monkeypatch):
    nodes = words.words_in("zh")["nodes"]
    shared = {one: nodes[one]["params"]["threshold_choice"] for one in nodes if one.startswith("model.")}
    assert len(shared) >= 4
    assert len({str(text) for text in shared.values()}) == 1
    read = words._read
    own = {"params": {"target": {"title": "自己的"}}}
    monkeypatch.setattr(
        words, "_read", lambda folder, language: read(folder, language) | (own if folder.endswith("linear") else {})
    )
    nodes = words.words_in("zh")["nodes"]
    assert nodes["model.linear"]["params"]["target"]["title"] == "自己的"
    assert nodes["model.forest"]["params"]["target"]["title"] == "目标列"


def test_no_text_of_a_parameter_stands_twice_in_nodes_of_one_purpose():
    texts = {}
    for folder in {words._purpose(node) for node in all_nodes().values()}:
        members = {words._folder(node) for node in all_nodes().values() if words._purpose(node) == folder}
        for member in members:
            for name, text in words._read(member, "zh").get("params", {}).items():
                texts.setdefault((folder, name, str(text)), []).append(member)
    assert [places for places in texts.values() if len(places) > 1] == []


def test_words_that_nodes_share_are_of_parameters_that_two_of_them_have():
    for folder in {words._purpose(node) for node in all_nodes().values()}:
        members = [node for node in all_nodes().values() if words._purpose(node) == folder]
        for name in words._read(folder, "zh").get("params", {}):
            having = [node.id for node in members if name in words.params_schema(node)["properties"]]
            assert len(having) > 1, f"{folder}: {name}"

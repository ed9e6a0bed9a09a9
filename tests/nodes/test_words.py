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

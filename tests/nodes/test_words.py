"""Words of nodes in other languages: those there are belong to something, and those missing are listed."""

from tasks import words


def test_words_are_kept_for_parameters_there_are():
    assert words.unknown("zh") == []


def test_a_word_that_is_missing_is_listed_and_nothing_fails(monkeypatch, capsys):
    read = words._read
    monkeypatch.setattr(words, "_read", lambda folder, language: {} if "impute" in folder else read(folder, language))
    assert "clean.impute" not in words.words_in("zh")["nodes"]
    missing = list(words.missing("zh"))
    assert "clean.impute: title" in missing
    assert "clean.impute: description of numbers" in missing
    monkeypatch.setattr("sys.argv", ["words", "zh"])
    words.main()
    assert capsys.readouterr().out.endswith(f"{len(missing)} missing in zh; the page shows them in English.\n")

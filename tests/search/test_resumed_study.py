"""A search that was cut off goes on with the trials it made, and ends where one in a single piece ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tasks.contract.errors import Cancelled
from tasks.contract.model import Dimension
from tasks.search.study import SearchSettings, search
from tasks.search.trials import CandidateEvaluator
from tests.contexts import KeptContext
from tests.search.test_study import model_of

SETTINGS = SearchSettings(trials=14, seconds=600)  # past the trials that are drawn at random


@dataclass
class Stopped(KeptContext):
    """Is cancelled before a trial."""

    before: str = ""

    def progress(self, share: float, text: str = "") -> None:
        if text.startswith(f"Trial {self.before} "):
            raise Cancelled


def plain(study):
    return [replace(trial, seconds=0.0) for trial in study.trials]


@pytest.mark.parametrize("has_validation", [True, False], ids=["validation rows", "folds"])
@pytest.mark.parametrize("before", ["2", "6", "13"])
def test_it_ends_like_one_that_was_never_cut_off(tmp_path, monkeypatch, has_validation, before):
    model = model_of(
        KeptContext(workspace_path=tmp_path), "model.boosting", has_validation=has_validation, n_estimators=10
    )
    whole, expected = search(model, SETTINGS, KeptContext(workspace_path=tmp_path))
    cut = Stopped(workspace_path=tmp_path, before=before)
    with pytest.raises(Cancelled):
        search(model, SETTINGS, cut)
    measured = []
    measure = CandidateEvaluator.measure
    monkeypatch.setattr(
        CandidateEvaluator, "measure", lambda *given, **more: measured.append(1) or measure(*given, **more)
    )
    context = KeptContext(workspace_path=tmp_path, kept=cut.kept)
    found, study = search(model, SETTINGS, context)
    assert plain(study) == plain(expected)
    assert study.importance == expected.importance
    assert found.learner.params == whole.learner.params
    assert found.metrics == whole.metrics
    assert len(measured) == SETTINGS.trials - int(before) + 1
    assert context.logs == [f"Continued from trial {int(before) - 1}."]
    assert [t.number for t in cut.trials + context.trials] == list(range(SETTINGS.trials))


def test_the_time_of_the_attempt_before_counts(tmp_path, monkeypatch):
    model = model_of(KeptContext(workspace_path=tmp_path), "model.linear")
    cut = Stopped(workspace_path=tmp_path, before="4")
    with pytest.raises(Cancelled):
        search(model, SETTINGS, cut)
    context = KeptContext(workspace_path=tmp_path, kept=cut.kept)
    _, study = search(model, replace(SETTINGS, seconds=1e-9), context)
    assert len(study.trials) == 3
    assert any("The time was over" in line for line in context.logs)


def test_another_space_starts_from_the_beginning(tmp_path):
    context = KeptContext(workspace_path=tmp_path)
    model = model_of(context, "model.linear")
    cut = Stopped(workspace_path=tmp_path, before="4")
    with pytest.raises(Cancelled):
        search(model, SETTINGS, cut)
    space = tuple(replace(one, high=one.high / 2) if one.kind == "float" else one for one in model.learner.space)
    other = replace(model, learner=replace(model.learner, space=space))
    context = KeptContext(workspace_path=tmp_path, kept=cut.kept)
    _, study = search(other, SETTINGS, context)
    assert len(study.trials) == SETTINGS.trials
    assert any("from the beginning" in line for line in context.logs)


@pytest.mark.parametrize("sampler", ["tpe", "genetic"])
def test_trials_that_were_given_up_are_given_up_again(tmp_path, sampler):
    rates = (Dimension("learning_rate", "float", 1e-5, 0.3, log=True),)
    model = model_of(KeptContext(workspace_path=tmp_path), "model.boosting", n_estimators=60, early_stopping_rounds=0)
    model = replace(model, learner=replace(model.learner, space=rates))
    settings = replace(SETTINGS, trials=24, sampler=sampler)
    _, expected = search(model, settings, KeptContext(workspace_path=tmp_path))
    assert "pruned" in {trial.state for trial in expected.trials[:17]}
    cut = Stopped(workspace_path=tmp_path, before="18")
    with pytest.raises(Cancelled):
        search(model, settings, cut)
    context = KeptContext(workspace_path=tmp_path, kept=cut.kept)
    _, study = search(model, settings, context)
    assert plain(study) == plain(expected)
    assert context.logs == ["Continued from trial 17."]

"""The contract catches each of a collection of mistakes, in words that say what is wrong."""

from __future__ import annotations

import inspect

import pytest

from tests.nodes.contract.broken import Broken
from tests.nodes.contract.whole import check_node
from tests.nodes.mistakes import centre, description, heavy, inference, learning, models, results, undecorated
from tests.nodes.mistakes.misspelt import node as misspelt

CORRECT = (centre.Centre, results.LearnsArrays, results.Prints, models.Mean)

CAUGHT = {
    description.HasNoTooltip: "which is its tooltip, is no sentence",
    description.HasNoIcon: "no icon",
    description.HasNoTitle: "no title",
    description.ShoutsItsKeywords: "'Middle' in small letters",
    description.HasAnIconThatNobodyDrew: "Tabler has no icon 'histogram-of-bins'",
    description.ForgetsTheCommaOfATuple: "One alone needs a comma",
    description.PicksOfNoInput: r"by picks columns of tabel, which is no port: \['table'\]",
    description.SaysNothingOfServing: "does not say what an endpoint does",
    description.HasNoRange: "parts is a whole number without a range",
    description.HasNoDescription: "description of its parameter parts is no sentence",
    description.HasNoDefault: r"\['parts'\] have no default",
    description.TakesADictionary: "parts is of type object, which the form cannot draw",
    description.IsShownByNothing: "parts is shown by midle, which is no parameter",
    description.CostsLessForMore: "seconds fall as the table grows",
    description.ForgetsToMigrate: r"migrate of version 1 gives unknown parameters \['centre'\]",
    misspelt.MisspellsItsWords: r"zh.json has \['titel', 'params.colums'.* which nobody reads",
    heavy.LoadsPandas: "imports pandas when it is loaded",
    inference.InfersWithSklearn: "infer imports sklearn",
    undecorated.ForgetsTheDecorator: "decorate it with @transform",
    learning.LearnsFromAllRows: "it learned from rows kept aside",
    learning.LearnsFromAllRowsAtOneNumber: r"'share': 0.0.* it learned from rows kept aside",
    learning.LearnsFromAllRowsAtOneText: r"'note': .* it learned from rows kept aside",
    learning.LearnsFromValidationRows: "it learned from rows kept aside",
    learning.CountsGapsOfAllRows: "it learned from rows kept aside",
    learning.DropsByLimitsOfAllRows: "which training rows it keeps depends on rows kept aside",
    learning.ReadsTheTarget: "is computed from the target price",
    learning.TellsItsOwnTarget: "tells the target of its own row",
    learning.IsRandomWithoutASeed: "same input and seed gave another result",
    learning.SeedsTheProcess: "changed the random state of the process",
    learning.DrawsFromTheProcess: "changed the random state of the process",
    learning.SilencesTheProcess: "changed what NumPy does at float errors",
    learning.CountsItsRuns: "gave another result",
    learning.GoesByTheYear: "depends on the clock",
    learning.GoesByToday: "depends on the clock",
    learning.GoesByTheDateOfNumPy: "depends on the clock",
    learning.RemembersWhatItLearned: "Another process gave another result",
    learning.GoesByTheOrderOfASet: "Another process gave another result: it depends on the order of a set",
    learning.WritesIntoItsInput: "writes into the arrays of its input",
    learning.AddsToItsInput: "changed its input",
    learning.SaysItIsStateless: "says it is stateless",
    learning.SaysItWorksInTrainingOnly: "works in training only",
    learning.SaysItIsFitted: "never adds a transform",
    learning.ChangesTheTarget: "The target price was changed",
    learning.ChangesWithoutATransform: "what was done to it is not in a transform",
    results.GivesWholeNumbersAsIntegers: "is held as int64",
    results.GivesNothing: "raised TypeError.*gives a result or raises NodeError",
    results.FailsOnATableWithoutRows: "raised ZeroDivisionError",
    results.FailsAtOneNumber: "'share': 0.0.*raised ZeroDivisionError",
    results.FailsOnAnOddText: "'note': .*raised UnicodeEncodeError",
    results.RefusesInTwoWords: "NodeError is no sentence: 'bad data'",
    results.RefusesGoodTables: "refuses a good table",
    results.PointsAtNoParameter: "unknown parameter colums",
    results.UsesTheRowsItIsGiven: "apply uses the rows it gets",
    results.WorksOtherwiseOnOneRow: "apply_row and apply give two values",
    results.ForgetsThatItWorksOnOneRow: "overrides apply_row, which is never called",
    results.OffersNoNode: "offers an unknown node clean.fill_gaps",
    results.FailsAtItsResultLine: "headline raised ValueError",
    results.SaysItFillsGaps: "survives a missing area, and it does not",
    results.ForgetsToNarrow: "check inputs, outputs and restrict",
    results.LearnsASet: "cannot be stored",
    results.SaysThereAreNoGaps: "has gaps though its schema says it has none",
    results.InfersAnotherType: "has the type text, run gave number",
    results.InfersAColumnTooMany: "infer said the columns .*extra",
    results.InfersOtherCategories: "has the categories .* run gave",
    results.InfersThatMoreMayCome: "leaves the columns open though it names all",
    results.InfersThatNothingMoreComes: "forgets that more columns may come in",
    results.InfersNothing: "says nothing of the output table",
    results.InfersFromNothing: "gives columns though those that come in are not known",
    results.RefusesBeforeARunOnly: "infer raised NodeError",
    models.LearnsFromTestRows: "learned from rows kept aside for the test",
    models.IsAnotherEachTime: "gave another model",
    models.AsksForTheTarget: "asks for the target",
    models.SearchesWhatIsNoParameter: "lets depth be searched, which is no parameter",
    models.SearchesBeyondTheRange: "lets share be searched at 3.0, which is not valid",
}
"""Mistake to what the author reads."""


@pytest.mark.slow(reason="the whole contract, in three processes")
@pytest.mark.parametrize("node", CORRECT, ids=lambda node: node.__name__)
def test_a_correct_node_passes(node):
    check_node(_with_id(node))


@pytest.mark.slow(reason="the whole contract up to the mistake, some in three processes")
@pytest.mark.parametrize("node", CAUGHT, ids=lambda node: node.__name__)
def test_a_mistake_is_caught_in_words_that_say_what_is_wrong(node):
    with pytest.raises(Broken, match=f"(?s){CAUGHT[node]}"):
        check_node(_with_id(node))


def test_every_mistake_is_tried():
    written = {
        cls
        for module in (description, heavy, inference, learning, misspelt, models, results, undecorated)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and hasattr(cls, "run")
    }
    assert written == {*CAUGHT, *CORRECT} - {centre.Centre}


def _with_id(node):
    node.id = f"mistakes.{node.__name__}"
    return node

"""The contract catches each of a collection of mistakes, in words that say what is wrong."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

import pytest

from tasks.contract.transform import transform
from tests.nodes.contract.broken import Broken
from tests.nodes.contract.kinds import split
from tests.nodes.contract.learning import check_learned_from_training_rows
from tests.nodes.contract.promises import check_clock
from tests.nodes.contract.variants import Variant
from tests.nodes.contract.whole import check_node
from tests.nodes.mistakes import (
    centre,
    description,
    free_text,
    heavy,
    inference,
    learning,
    memory,
    models,
    results,
    rows,
    transforms,
    unassigned,
    undecorated,
    versions,
)
from tests.nodes.mistakes.misspelt import node as misspelt
from tests.nodes.mistakes.plain_text import node as plain_text
from tests.nodes.mistakes.taken_id import node as taken_id
from tests.tables import mixed

MODULES = (
    *(description, free_text, heavy, inference, learning, memory, misspelt, models, plain_text),
    *(results, rows, taken_id, transforms, unassigned, undecorated, versions),
)
CORRECT = (
    *(centre.Centre, results.LearnsArrays, results.Prints, models.Mean),
    *(
        free_text.RefusesWhatIsThere,
        description.SavesTimeByAParameter,
        rows.DropsTrainingRowsByChoice,
        transforms.DropsColumns,
        versions.Migrates,
    ),
)

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
    description.HasNoLabel: r"parts has no title. Give title=\.\.\.",
    description.BeginsBeyondItsRange: "default of its parameter parts, 30, is not valid by its own rule: .* equal to 9",
    description.IgnoresAParameter: r"parameters \['parts'\] change no output",
    description.ExcusesWhatIsNoParameter: "without_effect names thread, which is no parameter",
    description.EarnsByItsWork: "estimate is -1.0 seconds without rows.*never negative",
    description.NeedsNoMemory: "0 bytes of memory without rows and 0 for a million.*a million rows cost something",
    versions.RenamesToNothing: "renamed makes shares of part since version 2, and it has no parameter shares",
    versions.RenamesInAVersionToCome: "renamed tells of version 2, and its version is 1. Set version = 2",
    versions.RenamesTwoToOne: "renamed makes share of several parameters since version 2",
    versions.MigratesBeyondTheRange: "migrate of version 1 makes .*, and share is not valid: .*less than or equal to 1",
    versions.MigratesWhatIsAlwaysThere: "migrate raised KeyError: 'part', given {} of version 1",
    versions.MigratesTooLittle: "'share': 100.0} of {'percent': 100.0}, and share is not valid",
    versions.ForgetsToMigrate: r"migrate of version 1 gives unknown parameters \['centre'\]",
    misspelt.MisspellsItsWords: r"zh.json has \['titel', 'params.colums'.* which nobody reads",
    plain_text.RefusesInPlainText: r"node.py, line \d+: a NodeError of plain text.* Raise NodeError\(Message\(",
    taken_id.TakesAnIdOfOthers: r"Message 'columns.taken' says .* under the same id. Choose another id",
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
    learning.IsRandomWithoutASeed: "gave another result: something random is not seeded, .* the order of a set",
    learning.GoesByTheSecond: "same input and seed gave another result: .* comes from the clock",
    learning.SeedsTheProcess: "changed the random state of the process",
    learning.DrawsFromTheProcess: "changed the random state of the process",
    learning.SilencesTheProcess: "changed what NumPy does at float errors",
    learning.CountsItsRuns: "gave another result",
    learning.GoesByTheYear: "depends on the clock",
    learning.GoesByToday: "depends on the clock",
    learning.GoesByTheDateOfNumPy: "depends on the clock",
    learning.RemembersWhatItLearned: "Another process gave another result: it depends on what ran before",
    learning.GoesByTheOrderOfASet: "Another process gave another result: it depends on the order of a set",
    learning.GoesByTheHashOfAText: r"it depends on the order of a set or hash\(\) of a text",
    learning.GoesByTheEnvironment: "it depends on the environment",
    learning.GoesByTheWorkingFolder: "it depends on the environment: its variables, the working folder",
    learning.LeavesAFile: r"It leaves files in the folder where the process works \(middle_of_.*\.txt\)",
    learning.GoesByTheDayItWasLoaded: "it depends on the clock when its module was loaded",
    learning.WritesIntoItsInput: "writes into the arrays of its input",
    learning.AddsToItsInput: "changed its input",
    learning.SaysItIsStateless: "says it is stateless",
    learning.SaysItWorksInTrainingOnly: "works in training only",
    learning.SaysItIsFitted: "never adds a transform",
    learning.ChangesTheTarget: "The target price was changed",
    learning.ChangesWithoutATransform: "what was done to it is not in a transform",
    results.GivesWholeNumbersAsIntegers: "is held as int64",
    results.GivesNothing: r"returned nothing. Return GivesNothing.Outputs\(",
    results.GivesADictionary: r"returned a dict. Return GivesADictionary.Outputs\(",
    free_text.OverwritesWhatIsThere: "overwrites area, a column that is there, and says nothing: its parameter name",
    free_text.OverwritesTheTarget: "overwrites price, the target, and says nothing.*Refuse a name that is taken",
    unassigned.ForgetsToAssignItsParams: "declares ForgottenParams. Write Params = ForgottenParams in the class",
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
    rows.DropsRowsOfEveryPart: "says it is fitted and dropped 24 of 120 rows, and an endpoint answers every row. Give",
    rows.DropsTrainingRowsToo: "says it is fitted and dropped 24 of 120 rows.*sets serve = Serving.TRAINING_ONLY",
    rows.DropsRowsKeptAside: "'middle': 'lowest'.*dropped 9 of 120 rows, some of them kept aside",
    rows.DropsRowsWithoutLearning: "says it is stateless and dropped 24 of 120 rows",
    rows.CountsItsRowsAnew: "rows whose row_ids are none of its input's",
    rows.SortsItsRows: "gave its rows in another order",
    rows.TakesTestRowsForTraining: "changed which rows are training, validation and test",
    transforms.AppliesWithPandas: "imports pandas in apply, and an endpoint is to answer without",
    transforms.ComparesArraysAsOne: r"Comparing two ShiftedByPair raised ValueError: .*leave __eq__ out",
    transforms.EqualsNothing: "ShiftedAndAlone is another than the one that was stored.* leave __eq__ out",
    transforms.DescribesASmallerRange: "holds .*, and its schema says that its maximum is 1. Give",
    transforms.InfersASmallerRange: "holds -.*, and infer said that its minimum is 0. Give",
    transforms.DropsColumnsInSilence: "infer said the columns .*built.*, run gave",
    transforms.CannotTellOfNoNumbers: "headline raised StopIteration",
    memory.KeepsItsNumbersInTheModule: "“test.shifted_by_the_module”.* gives another column area: apply reads "
    "something outside the fields.* Put all that apply needs into the fields",
    memory.KeepsItsNumbersInTheClass: "raises AttributeError: .*learned.*apply reads something outside the fields",
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
def test_a_mistake_is_caught_in_words_that_say_what_is_wrong(node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Broken, match=f"(?s){CAUGHT[node]}"):
        check_node(_with_id(node))


@pytest.mark.parametrize(
    "check",
    [
        lambda node, table: check_learned_from_training_rows(node, table, Variant(node.Params())),
        check_clock,
    ],
    ids=["rows kept aside", "clock"],
)
def test_what_is_random_is_not_blamed_on_rows_or_the_clock(check):
    with pytest.raises(Broken, match="same input and seed gave another result: something random"):
        check(_with_id(learning.IsRandomWithoutASeed), split(mixed()))


def test_a_dataclass_under_the_decorator_of_transforms_is_named():
    with pytest.raises(TypeError, match="Twice is a dataclass twice: @transform makes it one. Take @dataclass off"):

        @transform("test.twice")
        @dataclass(frozen=True)
        class Twice(centre.Shifted):
            """Is frozen already."""


def test_every_mistake_is_tried():
    written = {
        cls
        for module in MODULES
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and hasattr(cls, "run")
    }
    assert written == {*CAUGHT, *CORRECT} - {centre.Centre}


def _with_id(node):
    node.id = f"mistakes.{node.__name__}"
    return node

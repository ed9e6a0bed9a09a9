"""Mistakes of what a node says of itself."""

from __future__ import annotations

from tasks.contract.fields import Params, column, setting
from tasks.contract.node import Estimate, Serving
from tests.nodes.mistakes.centre import Centre, CentreParams


class HasNoTooltip(Centre):
    """centres"""  # noqa: D400, D403


class HasNoIcon(Centre):
    """Subtracts the middle and has no picture."""

    icon = ""


class HasNoTitle(Centre):
    """Subtracts the middle and has no name."""

    title = ""


class ShoutsItsKeywords(Centre):
    """Subtracts the middle and is not found."""

    keywords = ("Middle",)


class HasAnIconThatNobodyDrew(Centre):
    """Subtracts the middle, and its picture is not among the icons."""

    icon = "histogram-of-bins"


class ForgetsTheCommaOfATuple(Centre):
    """Subtracts the middle, and is found by single letters."""

    keywords = "bucket"


class PicksOfNoInput(Centre):
    """Subtracts the middle of columns of an input that it has not."""

    class Params(CentreParams):
        by: str = column("tabel", title="By", description="The column whose groups have a middle.")


class SaysNothingOfServing(Centre):
    """Subtracts the middle; what becomes of it in an endpoint is not said."""

    serve = Serving.NONE


class HasNoRange(Centre):
    """Subtracts the middle of any number of parts."""

    class Params(CentreParams):
        parts: int = setting(3, title="Parts", description="How many parts there are.")


class HasNoDescription(Centre):
    """Subtracts the middle with a parameter that nobody understands."""

    class Params(CentreParams):
        parts: int = setting(3, ge=1, le=9, title="Parts")


class HasNoDefault(Centre):
    """Subtracts the middle once somebody says how."""

    class Params(CentreParams):
        parts: int = setting(..., ge=1, le=9, title="Parts", description="How many parts there are.")


class TakesADictionary(Centre):
    """Subtracts the middle by a parameter that no form can draw."""

    class Params(CentreParams):
        parts: dict[str, int] = setting({}, title="Parts", description="How many parts there are.")


class IsShownByNothing(Centre):
    """Subtracts the middle with a parameter that is never shown."""

    class Params(CentreParams):
        parts: int = setting(
            3, ge=1, le=9, title="Parts", description="How many parts there are.", show_when={"midle": ["lowest"]}
        )


class HasNoLabel(Centre):
    """Subtracts the middle with a parameter whose label is its name."""

    class Params(CentreParams):
        parts: int = setting(3, ge=1, le=9, description="How many parts there are.")


class BeginsBeyondItsRange(Centre):
    """Subtracts the middle with more parts than its form allows."""

    class Params(CentreParams):
        parts: int = setting(30, ge=1, le=9, title="Parts", description="How many parts there are.")


class IgnoresAParameter(Centre):
    """Subtracts the middle, whatever number of parts is chosen."""

    class Params(CentreParams):
        parts: int = setting(3, ge=1, le=9, title="Parts", description="How many parts there are.")


class SavesTimeByAParameter(Centre):
    """Correct: subtracts the middle, and says why a parameter changes no output."""

    without_effect = {"threads": "The same sums are spread over more threads."}

    class Params(CentreParams):
        threads: int = setting(1, ge=1, le=9, title="Threads", description="How many threads share the work.")


class ExcusesWhatIsNoParameter(Centre):
    """Subtracts the middle, and says why a parameter that it has not changes nothing."""

    without_effect = {"thread": "The same sums are spread over more threads."}


class EarnsByItsWork(Centre):
    """Subtracts the middle, and says that it costs less than nothing."""

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        return Estimate(seconds=-1.0, memory_bytes=rows)


class NeedsNoMemory(Centre):
    """Subtracts the middle, and says that a million rows take no memory."""

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        return Estimate(seconds=1.0, memory_bytes=0)


class CostsLessForMore(Centre):
    """Subtracts the middle, and says that large tables cost less."""

    @staticmethod
    def estimate(rows: int, columns: int, params: Params) -> Estimate:
        return Estimate(seconds=1 / (rows + 1), memory_bytes=rows * columns)

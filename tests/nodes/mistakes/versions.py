"""Mistakes of how saved graphs come along."""

from __future__ import annotations

from tasks.contract.fields import Params, setting
from tests.nodes.mistakes.centre import Centre


class ForgetsToMigrate(Centre):
    """Subtracts the middle, and gives old graphs a parameter that is gone."""

    version = 2

    @staticmethod
    def migrate(params, version):
        return {**params, "centre": "median"}


class RenamesToNothing(Centre):
    """Subtracts the middle, and gives a former parameter a name that it does not have."""

    version = 2
    renamed = {2: {"part": "shares"}}


class RenamesInAVersionToCome(Centre):
    """Subtracts the middle, and forgot to raise its version."""

    renamed = {2: {"part": "share"}}


class RenamesTwoToOne(Centre):
    """Subtracts the middle, and loses one of two former parameters."""

    version = 2
    renamed = {2: {"part": "share", "fraction": "share"}}


class MigratesBeyondTheRange(Centre):
    """Subtracts the middle, and takes each saved share for a percentage."""

    version = 2

    @classmethod
    def migrate(cls, params, version):
        return {**params, "share": params.get("share", 1.0) * 100}


class MigratesWhatIsAlwaysThere(Centre):
    """Subtracts the middle, and cannot read a graph that saved no share."""

    version = 2
    renamed = {2: {"part": "share"}}

    @classmethod
    def migrate(cls, params, version):
        return {**super().migrate(params, version), "share": min(1.0, params["part"])}


class FormerParams(Params):
    percent: float = setting(100.0, ge=0, le=100)


class Migrates(Centre):
    """Correct: subtracts the middle, and makes a share of the percentage that version 1 saved."""

    version = 2
    former_params = {1: FormerParams}

    @classmethod
    def migrate(cls, params, version):
        share = {"share": params["percent"] / 100} if "percent" in params else {}
        return {name: value for name, value in params.items() if name != "percent"} | share


class MigratesTooLittle(Migrates):
    """Takes the percentage that version 1 saved for a share."""

    @classmethod
    def migrate(cls, params, version):
        return {("share" if name == "percent" else name): value for name, value in params.items()}

"""A fitted function from a matrix to predictions, and the ids under which such functions are stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import numpy as np

from tasks.contract.stable_ids import StableIds


class Estimator(ABC):
    """A fitted function from a numeric matrix to predictions; a subclass is decorated with `predictor`."""

    @abstractmethod
    def predict(self, matrix: np.ndarray) -> np.ndarray:
        """Return predictions for ``matrix`` of shape (rows, features), float64.

        Returns:
            Regression: shape (rows,), float64. Classification: probabilities of shape
            (rows, classes), float64, in the order of ``Model.classes``.
        """

    @abstractmethod
    def files(self) -> Mapping[str, bytes]:
        """Return the native form, file name to content, that `load` reads back."""

    @classmethod
    @abstractmethod
    def load(cls, files: Mapping[str, bytes]) -> Self:
        """Return the estimator that `files` wrote."""

    @staticmethod
    def migrate(files: Mapping[str, bytes], version: int) -> Mapping[str, bytes]:  # noqa: ARG004
        """Return the files that an older ``version`` of this class wrote in the form that `load` reads today."""
        return files

    def to_onnx(self, features: int) -> bytes | None:  # noqa: ARG002
        """Return an ONNX model of the same function, or ``None`` where it cannot be expressed."""
        return None


PREDICTORS: StableIds[Estimator] = StableIds("predictor")

E = TypeVar("E", bound=Estimator)


def predictor(type_id: str, *, version: int = 1, aliases: tuple[str, ...] = ()) -> Callable[[type[E]], type[E]]:
    """Register an estimator class under a stable id; its native files are stored with it.

    Args:
        type_id: Such as ``estimator.linear``; that of a plug-in begins with the name of its entry point.
        version: Raised when `Estimator.files` changes; `Estimator.migrate` brings older files along.
        aliases: Ids it was stored under before.
    """

    def register(cls: type[E]) -> type[E]:
        PREDICTORS.register(cls, type_id, version=version, aliases=aliases)
        return cls

    return register


def described(estimator: Estimator) -> dict[str, Any]:
    """Return what is stored beside the native files of an estimator: its id and the version of the files."""
    registered = PREDICTORS.of(type(estimator))
    return {"id": registered.id, "version": registered.version}


def signed_as(stored: Mapping[str, Any]) -> str:
    """Return what a signature over native files names as their reader.

    Signatures made before there were ids name the function that read the files, which lies in ``kind``.
    """
    return f"{stored['id']}:{stored['version']}" if "id" in stored else str(stored["kind"])


def estimator_of(stored: Mapping[str, Any], files: Mapping[str, bytes]) -> Estimator:
    """Return the estimator of native files, whose signature the caller has checked.

    Args:
        stored: What `described` gave, or ``kind`` in what was stored before there were ids.
        files: File name to content.

    Raises:
        ValueError: No such predictor is installed here, or a newer version wrote the files.
    """
    registered = PREDICTORS.find(str(stored.get("id") or stored["kind"]))
    version = int(stored.get("version", 1))
    current = registered.type.migrate(files, version) if registered.is_older(version) else files
    return registered.type.load(current)

"""Ids under which learned things are stored, and the classes that read them back, wherever their modules lie today.

Nothing that is stored names a module. A class registers itself under an id with a version when its module is imported;
which module to import for an id that no imported module registered stands in ``tasks/stored_types.json``, which
``python -m tasks.export`` writes from the registrations. So a serving process imports only the modules whose classes
its models hold. A plug-in's ids begin with the name of its entry point, and reading one imports that plug-in's modules.
"""

from __future__ import annotations

import contextlib
import importlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from tasks.contract.plugins import import_modules, own_package, plugin_of

INDEX_PATH = Path(__file__).parents[1] / "stored_types.json"
OWN_PACKAGE = "tasks."

T = TypeVar("T")


@dataclass(frozen=True)
class Registration(Generic[T]):
    """One stored type.

    Attributes:
        id: The id that is written, such as ``clean.impute``.
        version: The version of the state that is written, from 1.
        type: The class that reads and writes it.
        aliases: Ids that were written before.
    """

    id: str
    version: int
    type: type[T]
    aliases: tuple[str, ...] = ()

    def is_older(self, version: int) -> bool:
        """Return whether a stored state of this version has to be migrated.

        Raises:
            ValueError: A newer version of the class wrote it.
        """
        if version > self.version:
            raise ValueError(f"“{self.id}” was stored in version {version}; this server reads up to {self.version}.")
        return version < self.version


class StableIds(Generic[T]):
    """The registered types of one kind.

    Args:
        kind: What they are called: the section of the index, and the word in errors.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._by_id: dict[str, Registration[T]] = {}
        self._by_type: dict[type[T], Registration[T]] = {}

    def register(self, cls: type[T], type_id: str, *, version: int, aliases: tuple[str, ...]) -> None:
        """Register a class under an id and under the ids it was stored under before.

        Raises:
            ValueError: Another class has one of the ids.
        """
        registration = Registration(type_id, version, cls, aliases)
        for one in (type_id, *aliases):
            other = self._by_id.get(one)
            if other is not None and _place(other.type) != _place(cls):
                raise ValueError(f"Two {self.kind}s are stored as {one}: {_place(other.type)} and {_place(cls)}.")
        self._by_id.update(dict.fromkeys((type_id, *aliases), registration))
        self._by_type[cls] = registration

    def of(self, cls: type[T]) -> Registration[T]:
        """Return the registration of a class. Raises ``TypeError`` if it has none, so that it cannot be stored."""
        if cls not in self._by_type:
            raise TypeError(f"{_place(cls)} has no stable id, so it cannot be stored. Decorate it with @{self.kind}.")
        return self._by_type[cls]

    def find(self, stored_id: str) -> Registration[T]:
        """Return what is registered under an id or a former one; the module is imported if it is not yet.

        Raises:
            ValueError: Nothing is, here: only registered types are read.
        """
        if stored_id not in self._by_id:
            self._import(stored_id)
        if stored_id not in self._by_id:
            raise ValueError(f"No {self.kind} “{stored_id}” is installed here. Install the package that brings it.")
        return self._by_id[stored_id]

    def all(self) -> tuple[Registration[T], ...]:
        """Return every type that is registered so far, by id."""
        return tuple(sorted(self._by_type.values(), key=lambda one: one.id))

    def _import(self, stored_id: str) -> None:
        module = _index().get(self.kind, {}).get(stored_id)
        if module is not None:
            with contextlib.suppress(ModuleNotFoundError):  # moved, and the index was not written anew yet
                importlib.import_module(module)
        if stored_id not in self._by_id:
            import_modules(plugin_of(stored_id) or own_package())


def index_json(*registries: StableIds[Any]) -> str:
    """Return the index of our own types, kind to id to module, as the text that is stored in ``stored_types.json``."""
    index = {
        registry.kind: {
            stored_id: registration.type.__module__
            for registration in registry.all()
            if registration.type.__module__.startswith(OWN_PACKAGE)
            for stored_id in (registration.id, *registration.aliases)
        }
        for registry in registries
    }
    return json.dumps(index, indent=1, sort_keys=True) + "\n"


@cache
def _index() -> dict[str, dict[str, str]]:
    index: dict[str, dict[str, str]] = json.loads(INDEX_PATH.read_text(encoding="utf-8"))
    return index


def _place(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"

"""A clock that is ahead: what a node sees of the time while `clock_ahead` is entered."""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

AHEAD = datetime.timedelta(days=400, hours=5, minutes=7, seconds=11)
"""Another year, month, day, weekday, hour and minute."""

_DateTime, _Date, _NumpyDateTime = datetime.datetime, datetime.date, np.datetime64


class _OfTheSameKind(type):
    """A class that takes the place of its base: what is an instance of the base is one of it."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.__mro__[1])


class _DateTimeAhead(_DateTime, metaclass=_OfTheSameKind):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return _DateTime.now(tz) + AHEAD

    @classmethod
    def today(cls) -> Any:
        return _DateTime.now() + AHEAD  # noqa: DTZ005 - as it is without a time zone

    @classmethod
    def utcnow(cls) -> Any:
        return _DateTime.now(datetime.UTC).replace(tzinfo=None) + AHEAD


class _DateAhead(_Date, metaclass=_OfTheSameKind):
    @classmethod
    def today(cls) -> Any:
        return (_DateTime.now() + AHEAD).date()  # noqa: DTZ005 - as it is without a time zone


class _NumpyDateTimeAhead(_NumpyDateTime, metaclass=_OfTheSameKind):
    def __new__(cls, *given: Any) -> Any:
        made = _NumpyDateTime(*given)
        is_clock = bool(given) and isinstance(given[0], str) and given[0] in {"now", "today"}
        return (made + np.timedelta64(AHEAD)).astype(made.dtype) if is_clock else made


def _moments() -> Mapping[str, Callable[..., Any]]:
    """Return the functions of `time` that read the clock, each ahead."""
    ahead, real = AHEAD.total_seconds(), {name: getattr(time, name) for name in dir(time)}
    now = real["time"]

    def at(name: str) -> Callable[..., Any]:
        return lambda seconds=None: real[name](now() + ahead if seconds is None else seconds)

    return {
        "time": lambda: now() + ahead,
        "time_ns": lambda: real["time_ns"]() + int(ahead) * 10**9,
        "localtime": at("localtime"),
        "gmtime": at("gmtime"),
        "ctime": at("ctime"),
        "strftime": lambda form, *moment: real["strftime"](form, *(moment or (real["localtime"](now() + ahead),))),
    }


@contextmanager
def clock_ahead(package: str) -> Iterator[None]:
    """Put the clock of this process ahead by `AHEAD`.

    Compiled libraries that are loaded meanwhile break on the changed classes: load them before, by a run of the node.

    Args:
        package: Name of the package whose modules may have imported functions and classes of the clock by name.
    """
    ahead: list[tuple[ModuleType, Mapping[str, Any]]] = [
        (time, _moments()),
        (datetime, {"datetime": _DateTimeAhead, "date": _DateAhead}),
        (np, {"datetime64": _NumpyDateTimeAhead}),
    ]
    changes = [
        (module, name, getattr(module, name), value) for module, values in ahead for name, value in values.items()
    ]
    by_identity = {id(real): value for _, _, real, value in changes}
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            changes += [
                (module, attribute, value, by_identity[id(value)])
                for attribute, value in vars(module).items()
                if id(value) in by_identity and module is not sys.modules[__name__]
            ]
    try:
        for module, name, _, value in changes:
            setattr(module, name, value)
        yield
    finally:
        for module, name, real, _ in changes:
            setattr(module, name, real)

"""Libraries of machine code behind the engine's Python packages: loaded where a bare system lacks them, and checked.

``python -m tasks.native_libraries`` imports every such package and prints a sentence for each that cannot be loaded.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

OPENMP = "libgomp.so.1"
"""GNU's OpenMP runtime, under the name LightGBM is linked to. Its wheel brings none, and a bare Debian has none."""

PACKAGES = {
    "numpy": "NumPy",
    "pyarrow": "Arrow",
    "sklearn": "scikit-learn",
    "lightgbm": "LightGBM",
    "torch": "PyTorch",
    "onnx": "ONNX",
    "onnxruntime": "ONNX Runtime",
}
"""Packages with machine code that the engine and the endpoints need, by the name that they are imported by."""

DEBIAN_PACKAGES = {
    OPENMP: "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libatomic.so.1": "libatomic1",
    "libz.so.1": "zlib1g",
}
CHECK_SECONDS = 300.0
NICENESS = 10
"""The check takes three seconds of a processor, while everything else is starting."""
_MISSING_FILE = re.compile(r"(\S+\.so[.\d]*): cannot open shared object file")


class LibraryFault(ImportError):
    """A package cannot be loaded. The message is a sentence with the way out."""


def import_lightgbm() -> ModuleType:
    """Return LightGBM, with an OpenMP runtime loaded for it where the system has none.

    Raises:
        LibraryFault: It cannot be loaded.
    """
    load_openmp()
    return _imported("lightgbm")


def load_openmp() -> None:
    """Load an OpenMP runtime that answers to the name `OPENMP`; do nothing where none can be found.

    The system's comes first: that is what LightGBM and PyTorch share where there is one, beside the copy under another
    name that scikit-learn always loads for itself. Else the one that PyTorch brings, so that both still share it when
    PyTorch is imported later: the process never has one runtime more than it has on a system with its own.
    Else PyTorch's or scikit-learn's copy whose name a wheel builder made unique, loaded under the plain name.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        ctypes.CDLL(OPENMP)
        return
    for path in _bundled_runtimes():
        with contextlib.suppress(OSError):
            if path.name == OPENMP:
                ctypes.CDLL(str(path))
            else:
                _load_under_plain_name(path)
            return


def faults() -> Iterator[str]:
    """Import every package of `PACKAGES` in one process of its own, and yield a sentence for each that fails.

    A package that ends the process (machine code for a newer processor) is named too, and those behind it are tried.
    """
    names = list(PACKAGES)
    while names:
        command = [sys.executable, "-m", "tasks.native_libraries", "--import", *names]
        try:
            ended = subprocess.run(  # noqa: S603 - the command is ours
                command, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            yield f"Loading the numerical libraries took more than {CHECK_SECONDS:g} s."
            return
        imported: list[str] = []
        for line in ended.stdout.splitlines():
            name, _, fault = line.partition("\t")
            if fault:
                yield fault
            else:
                imported.append(name)
        if ended.returncode == 0 or not imported:
            return
        yield _death(imported[-1], ended.returncode)
        names = names[names.index(imported[-1]) + 1 :]


def explain(error: BaseException, package: str = "") -> str:
    """Return why a package cannot be loaded and what helps, or an empty string when ``error`` is about something else.

    Args:
        package: Name that the package is imported by, when it is known.
    """
    title = PACKAGES.get(package, package)
    if isinstance(error, LibraryFault):
        return str(error)
    found = _MISSING_FILE.search(str(error)) if isinstance(error, OSError | ImportError) else None
    if found:
        missing = Path(found[1]).name
        debian = DEBIAN_PACKAGES.get(missing)
        way_out = f"On Debian and Ubuntu: apt-get install {debian}." if debian else "Install the package that has it."
        return f"{title or 'A library'} cannot be loaded: the system library {missing} is missing. {way_out}"
    if isinstance(error, ModuleNotFoundError):
        return f"{title or error.name} cannot be loaded: the package {error.name} is not installed. Run: make run"
    return ""


def _imported(package: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except (ImportError, OSError) as error:
        reason = explain(error, package) or f"{PACKAGES[package]} cannot be loaded: {error}"
        raise LibraryFault(reason) from error


def _bundled_runtimes() -> Iterator[Path]:
    """Yield the OpenMP runtimes that wheels brought, those with the plain name first."""
    folders = []
    for package, places in (("torch", ("lib", "../torch.libs")), ("sklearn", ("../scikit_learn.libs",))):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            folders += [Path(spec.origin).parent / place for place in places]
    found = [path for folder in folders for path in sorted(folder.glob("libgomp*.so*"))]
    yield from sorted(found, key=lambda path: path.name != OPENMP)


def _load_under_plain_name(path: Path) -> None:
    """Load a copy of the runtime at ``path`` that answers to `OPENMP` instead of the name its file has.

    The loader compares the name that a library asks for with the one inside those that are loaded (DT_SONAME). Wheel
    builders make both unique; the string is replaced in a copy in memory, and padded so that nothing else moves.
    """
    inside, plain = path.name.encode(), OPENMP.encode()
    content = path.read_bytes()
    if content.count(inside + b"\0") != 1:
        raise OSError(f"{path} has another name inside.")
    copy = os.memfd_create(OPENMP)
    try:
        with open(copy, "wb", closefd=False) as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(content.replace(inside + b"\0", plain.ljust(len(inside), b"\0") + b"\0"))
        ctypes.CDLL(f"/proc/self/fd/{copy}")
    finally:
        os.close(copy)


def _death(package: str, code: int) -> str:
    title = PACKAGES[package]
    if -code == signal.SIGILL:
        return f"{title} cannot be loaded: it was built for a newer processor than this machine has."
    return f"{title} cannot be loaded: importing it ended the process with code {code}."


def main() -> int:
    """Print a sentence for each package that cannot be loaded; return 1 when there is one.

    ``--import NAME...`` is the process that `faults` starts: it prints each name, and a fault behind it.
    """
    if sys.argv[1:2] == ["--import"]:
        os.nice(NICENESS)
        _import_all(sys.argv[2:])
        return 0
    code = 0
    for fault in faults():
        sys.stdout.write(f"{fault}\n")
        sys.stdout.flush()
        code = 1
    return code


def _import_all(packages: list[str]) -> None:
    for package in packages:
        # Flushed before the import, which may end the process.
        sys.stdout.write(f"{package}\n")
        sys.stdout.flush()
        try:
            if package == "lightgbm":
                load_openmp()
            _imported(package)
        except LibraryFault as fault:
            sys.stdout.write(f"{package}\t{fault}\n")


if __name__ == "__main__":
    sys.exit(main())

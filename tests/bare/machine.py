"""A bare Debian below a folder: made with debootstrap, entered with chroot, removed at the end.

The package registries that this machine is configured for are handed over when a command runs (environment variables,
npm's files, folders of wheels as read-only mounts); nothing of them is written into this repository.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PACKAGES = ("python3", "python3-venv", "git", "make")
SUITE = "bookworm"
USER = "analyst"
APT_SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))
NPM_FILES = (Path.home() / ".npmrc", Path("/etc/npmrc"), Path("/usr/etc/npmrc"))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# A machine behind a proxy reaches the registries with these.
NETWORK_VARIABLES = re.compile(
    r"(?i)^((https?|all|no)_proxy|pip_.*|npm_config_.*|ssl_cert_(file|dir)|.*_ca_(certs|bundle))$"
)
PIP_SECTIONS = ("global", "install")


@dataclass(frozen=True)
class BareMachine:
    """A root folder in which commands run as root or as an ordinary user.

    The mounts belong to the mount namespace of this process (`enter_namespaces`): they are gone when it ends, so
    removing ``root`` afterwards cannot reach through them.
    """

    root: Path

    @staticmethod
    def make(root: Path) -> BareMachine:
        """Make the root with the packages of `PACKAGES`, from the mirror that this machine's apt uses."""
        included = f"--include={','.join(PACKAGES)}"
        subprocess.run(["debootstrap", "--variant=minbase", included, SUITE, root, apt_mirror()], check=True)
        subprocess.run(["chroot", root, "useradd", "--create-home", "--shell", "/bin/sh", USER], check=True)
        return BareMachine(root)

    def mount(self) -> None:
        """Mount what a running system has, and the folders that this machine's pip reads packages from."""
        for kind, place in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "run")):
            subprocess.run(["mount", "-t", kind, kind, self.root / place], check=True)
        subprocess.run(["mount", "--rbind", "/dev", self.root / "dev"], check=True)
        for name in ("resolv.conf", "hosts"):
            shutil.copyfile(f"/etc/{name}", self.root / "etc" / name)
        paths = set(local_paths(registry_environment().values()))
        for path in sorted(path for path in paths if paths.isdisjoint(path.parents)):
            self._bind(path)

    def home(self, user: str) -> Path:
        """Return the home folder of ``user`` as this machine sees it."""
        return self.root / ("root" if user == "root" else f"home/{user}")

    def hand_over(self, user: str) -> None:
        """Give ``user`` the configuration of npm that this machine has."""
        settings = "".join(path.read_text(encoding="utf-8").rstrip() + "\n" for path in NPM_FILES if path.is_file())
        place = self.home(user) / ".npmrc"
        place.write_text(settings, encoding="utf-8")
        place.chmod(0o600)
        self.own(place, user)

    def own(self, path: Path, user: str) -> None:
        """Give ``path`` and everything below it to ``user``."""
        subprocess.run(["chroot", self.root, "chown", "-R", f"{user}:", f"/{path.relative_to(self.root)}"], check=True)

    def start(
        self, command: list[str], *, user: str, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` in ``folder`` (a path below `root`) with nothing of this machine's environment.

        Args:
            environment: Variables beside `PATH`, `HOME` and what reaches the registries.
        """
        variables = {"PATH": PATH, "HOME": f"/{self.home(user).relative_to(self.root)}", "USER": user}
        given = [f"{name}={value}" for name, value in {**variables, **registry_environment(), **environment}.items()]
        inside = f"/{folder.relative_to(self.root)}"
        return subprocess.Popen(
            ["chroot", f"--userspec={user}:{user}", self.root, "env", "-i", *given, "env", "-C", inside, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _bind(self, path: Path) -> None:
        place = self.root / path.relative_to("/")
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        subprocess.run(["mount", "--bind", path, place], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)


def is_complete(root: Path) -> bool:
    """Return whether ``root`` is what `BareMachine.make` leaves when nothing interrupts it."""
    status = root / "var/lib/dpkg/status"
    # debootstrap removes the folder of its own name last; the user is made after it.
    if not status.is_file() or (root / "debootstrap").exists() or not (root / "home" / USER).is_dir():
        return False
    entries = status.read_text(encoding="utf-8", errors="replace").split("\n\n")
    installed = {
        entry.partition("\n")[0].removeprefix("Package: ").strip()
        for entry in entries
        if "\nStatus: install ok installed" in entry
    }
    return installed.issuperset(PACKAGES)


def enter_namespaces(command: list[str]) -> int:
    """Run ``command`` with mounts and processes of its own: both are gone when it ends. Return its exit code."""
    own = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
    # The first process adopts those whose parent ended. A shell reaps them; a second command keeps it from exec.
    init = ["bash", "-c", '"$@"; exit $?', "bash"]
    with subprocess.Popen([*own, *init, *command]) as process:
        try:
            return process.wait()
        finally:
            process.kill()


def apt_mirror() -> str:
    """Return the first address that this machine's apt reads `SUITE` from."""
    for place in APT_SOURCES:
        for path in [place] if place.is_file() else sorted(place.glob("*.sources")) + sorted(place.glob("*.list")):
            for line in path.read_text(encoding="utf-8").splitlines():
                found = re.match(r"(?:URIs:|deb\s+(?:\[[^]]*\]\s+)?)\s*(\S+://\S+)", line)
                if found:
                    return found[1]
    raise SystemExit("apt on this machine has no source, so there is no mirror to make a root from.")


def registry_environment() -> dict[str, str]:
    """Return the variables with which pip and npm reach what they reach on this machine."""
    kept = {name: value for name, value in os.environ.items() if NETWORK_VARIABLES.match(name)}
    return {**_pip_configuration(), **kept}


def local_paths(values: Iterable[str]) -> Iterator[Path]:
    """Yield the files and folders of this machine that configuration ``values`` name, as paths or file URLs."""
    for value in values:
        for word in value.split():
            path = Path(urlsplit(word).path if word.startswith("file:") else word)
            # The folder of a simple index names files beside it.
            path = path.parent if word.startswith("file:") else path
            if path.is_absolute() and path.exists() and path != Path("/"):
                yield path


def _pip_configuration() -> dict[str, str]:
    listed = subprocess.run(["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    variables = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.partition(".")
        if section in PIP_SECTIONS:
            variables[f"PIP_{option.upper().replace('-', '_')}"] = " ".join(ast.literal_eval(value).split())
    return variables

"""Settings: typed readers, nothing made on import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from leptonweb import checks
from leptonweb.settings import env

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("0", False), (" On ", True), ("", True)])
def test_a_flag_is_yes_or_no(monkeypatch, text, value):
    monkeypatch.setenv("X", text)
    assert env.flag("X", default=True) is value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (lambda: env.flag("X"), "maybe"),
        (lambda: env.integer("X", 1), "many"),
        (lambda: env.integer("X", 1, minimum=1), "0"),
        (lambda: env.database("X", {}), "mysql://h/n"),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error_that_names_the_variable(monkeypatch, read, text):
    monkeypatch.setenv("X", text)
    with pytest.raises(ImproperlyConfigured, match="X must"):
        read()


def test_a_database_url_is_read_in_all_its_parts(monkeypatch):
    monkeypatch.setenv("X", "postgresql://me%40home:p%3Ass@db.example:5433/lepton?sslmode=require")
    found = env.database("X", {})
    assert (found["USER"], found["PASSWORD"]) == ("me@home", "p:ss")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", 5433, "lepton")
    assert found["OPTIONS"] == {"sslmode": "require"}


def test_a_secret_is_taken_from_the_environment_before_the_one_that_is_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("LEPTON_SECRET_KEY", raising=False)
    assert env.secret("LEPTON_SECRET_KEY", tmp_path) == ""
    (tmp_path / "secret_key").write_text("kept\n")
    assert env.secret("LEPTON_SECRET_KEY", tmp_path) == "kept"
    monkeypatch.setenv("LEPTON_SECRET_KEY", "given")
    assert env.secret("LEPTON_SECRET_KEY", tmp_path) == "given"


PRINT = "from django.conf import settings as s; d = s.DATABASES['default']; print({})"


def run_with(expression: str, **variables: str) -> str:
    """Return what a fresh process prints with the usual settings and these variables."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", PRINT.format(expression)],
        env={**kept, "DJANGO_SETTINGS_MODULE": variables.pop("module", "leptonweb.settings"), **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_reading_the_settings_makes_nothing(tmp_path):
    folder = tmp_path / "data"
    printed = run_with("d['NAME'], d['OPTIONS']['transaction_mode']", LEPTON_DATA_DIR=str(folder))
    assert str(folder / "leptonweb.sqlite3") in printed
    assert "IMMEDIATE" in printed
    assert not folder.exists()


def test_postgresql_comes_with_a_pool_and_no_kept_connections(tmp_path):
    printed = run_with("d['OPTIONS']['pool'], d['CONN_MAX_AGE']", DATABASE_URL="postgresql://a@localhost/b")
    assert "'max_size': 10" in printed
    assert printed.endswith("} 0")


def test_production_sends_cookies_over_tls_only():
    names = "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEBUG, s.SESSION_COOKIE_NAME"
    printed = run_with(names, module="leptonweb.settings.production", LEPTON_DEBUG="yes")
    assert printed == "True True True False __Host-leptonweb_session"


def test_production_believes_nobody_but_trusted_proxies_that_a_request_came_by_https(settings):
    assert run_with("s.SECURE_PROXY_SSL_HEADER", module="leptonweb.settings.production") == "None"
    settings.SECURE_SSL_REDIRECT, settings.LEPTON_TRUSTED_PROXIES = True, []
    assert [found.id for found in checks.check_proxies()] == ["leptonweb.E006"]
    settings.LEPTON_TRUSTED_PROXIES = ["127.0.0.1"]
    assert checks.check_proxies() == []


def test_debug_pages_are_refused_to_the_network(settings):
    settings.DEBUG, settings.LEPTON_HOST = True, "0.0.0.0"
    assert [found.id for found in checks.check_debug()] == ["leptonweb.E001"]
    settings.LEPTON_HOST = "127.0.0.1"
    assert checks.check_debug() == []


def test_missing_and_short_secrets_are_told(settings):
    settings.LEPTON_SECRET_KEY, settings.LEPTON_ARTIFACT_KEY, settings.DEBUG = "", "short", False
    assert [found.id for found in checks.check_secrets()] == ["leptonweb.W001", "leptonweb.W002"]


def test_sqlite_is_refused_on_a_network_disk(settings, tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(checks, "MOUNTS", mounts)
    settings.LEPTON_DATA_DIR = tmp_path / "data"
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert [found.id for found in checks.check_database_disk()] == ["leptonweb.E002"]
    settings.LEPTON_DATA_DIR = Path("/elsewhere")
    assert checks.check_database_disk() == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "raise RuntimeError('out of order')",
            "The plug-in broken (broken_nodes) cannot be loaded: RuntimeError: out of",
        ),
        ("import os; os.abort()", "Loading the plug-ins ended the process"),
    ],
)
def test_a_plug_in_that_cannot_be_loaded_is_named_by_the_check_of_a_deployment(tmp_path, monkeypatch, source, told):
    (tmp_path / "broken_nodes.py").write_text(source)
    monkeypatch.setenv("LEPTON_NODE_PACKAGES", "broken=broken_nodes,ratios=lepton_ratios")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT / 'examples/plugin'}")
    [found] = checks.check_plugins()
    assert found.id == "leptonweb.W004"
    assert found.msg.startswith(told)


def test_the_control_plane_loads_no_numerical_library():
    code = (
        "import django; django.setup(); import leptonweb.asgi, leptonweb.urls, sys; "
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'sklearn', 'torch', 'tasks.contract'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "leptonweb.settings.test"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def test_behind_tls_the_check_before_a_release_finds_nothing(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LEPTON_", "DJANGO_"))}
    given = {
        "DJANGO_SETTINGS_MODULE": "leptonweb.settings.production",
        "LEPTON_DATA_DIR": str(tmp_path),
        "LEPTON_ENV_FILE": "",
        "LEPTON_SECRET_KEY": "".join(chr(33 + number % 90) for number in range(60)),
        "LEPTON_ARTIFACT_KEY": "a" * 60,
        "LEPTON_TRUSTED_PROXIES": "127.0.0.1",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    subprocess.run(command, cwd=ROOT, env=environment | given, check=True)

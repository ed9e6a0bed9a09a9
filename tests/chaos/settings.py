"""The product's settings with a database that may lie and a broker that may lose, repeat and delay."""

from leptonweb.settings import *  # noqa: F403
from leptonweb.settings.base import LEPTON_DATA_DIR
from leptonweb.settings.database import DATABASES
from tests.chaos.faultfile import DATABASE_FOLDER
from tests.chaos.sabotage import install_broker_faults

_kind = DATABASES["default"]["ENGINE"].rpartition(".")[2]
DATABASES["default"]["ENGINE"] = f"tests.chaos.backends.{_kind}"
if _kind == "sqlite3":
    DATABASES["default"]["NAME"] = LEPTON_DATA_DIR / DATABASE_FOLDER / "leptonweb.sqlite3"
install_broker_faults()

"""Settings: every value is an environment variable with a default; nothing is made or opened here.

One file per topic. ``dev``, ``test`` and ``production`` state differences only.
"""

from leptonweb.settings.api import *  # noqa: F403
from leptonweb.settings.base import *  # noqa: F403
from leptonweb.settings.database import *  # noqa: F403
from leptonweb.settings.files import *  # noqa: F403
from leptonweb.settings.logs import *  # noqa: F403
from leptonweb.settings.queue import *  # noqa: F403
from leptonweb.settings.security import *  # noqa: F403
from leptonweb.settings.web import *  # noqa: F403

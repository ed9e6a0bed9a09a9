"""The ASGI application: HTTP by Django, websockets by Channels."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from apps.accounts.sockets import SocketAuthentication  # noqa: E402
from apps.live.socket_metrics import SocketMetrics  # noqa: E402
from leptonweb.routing import websocket_routes  # noqa: E402
from leptonweb.web.trusted_proxies import TrustedProxies  # noqa: E402

application = TrustedProxies(
    ProtocolTypeRouter(
        {"http": http, "websocket": SocketMetrics(SocketAuthentication(URLRouter(websocket_routes())))},
    ),
    settings.LEPTON_TRUSTED_PROXIES,
)

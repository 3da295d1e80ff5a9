"""HTTP and WebSocket entry point: `uvicorn config.asgi:application`."""

from __future__ import annotations

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from chat.routing import websocket_urlpatterns  # noqa: E402  the apps must be loaded before their consumers

application = ProtocolTypeRouter(
    {
        "http": http,
        # A WebSocket has no CSRF token: the Origin header, checked first, is what keeps other sites out.
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)

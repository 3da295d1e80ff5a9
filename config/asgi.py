"""HTTP and WebSocket entry point: `uvicorn config.asgi:application`."""

from __future__ import annotations

import os
import sys

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()

from chat.login import MemberOfSession  # noqa: E402  these import models: the apps must be loaded first
from chat.routing import websocket_urlpatterns  # noqa: E402
from config.loopback import loopback_only  # noqa: E402
from config.startup import refuse_unsound_start  # noqa: E402
from safeguarding.rules import watch_rules  # noqa: E402

refuse_unsound_start()
# A post goes from thread to thread: each waits this long at most for its turn (Python's own 5 ms were felt).
sys.setswitchinterval(0.0005)
watch_rules()

application = ProtocolTypeRouter(
    {
        "http": http,
        # A WebSocket has no CSRF token: the Origin header, checked first, is what keeps other sites out.
        "websocket": AllowedHostsOriginValidator(MemberOfSession(URLRouter(websocket_urlpatterns))),
    }
)
if settings.HAVRE_DEMO:
    application = loopback_only(application)

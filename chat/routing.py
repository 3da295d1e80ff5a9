from __future__ import annotations

from django.urls import path

from .age_consumer import AgeConsumer
from .consumers import RoomConsumer

websocket_urlpatterns = [path("ws/", RoomConsumer.as_asgi()), path("ws/age/", AgeConsumer.as_asgi())]

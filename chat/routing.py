from __future__ import annotations

from django.urls import path

from .consumers import RoomConsumer

websocket_urlpatterns = [path("ws/", RoomConsumer.as_asgi())]

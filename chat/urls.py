"""The rooms' pages. Every one works without JavaScript, through the services that the socket uses too."""

from __future__ import annotations

from django.urls import path

from . import proposal_views, views

app_name = "chat"

urlpatterns = [
    path("", views.rooms, name="rooms"),
    path("propose/", proposal_views.propose, name="propose"),
    path("messages/<slug:public_id>/edit/", views.edit, name="edit"),
    path("messages/<slug:public_id>/delete/", views.delete, name="delete"),
    path("<slug:public_id>/", views.room, name="room"),
    path("<slug:public_id>/join/", views.join, name="join"),
    path("<slug:public_id>/leave/", views.leave, name="leave"),
    path("<slug:public_id>/read/", views.read, name="read"),
    path("<slug:public_id>/people/", views.people, name="people"),
    path("<slug:public_id>/change/", proposal_views.change, name="change"),
]

"""manage.py assess_room_names [FILE]: may rooms be called so? JSON lines in and out (see detection.batch)."""

from __future__ import annotations

from safeguarding.detection.batch import assess_room_name
from safeguarding.management.jsonl import JsonLinesCommand


class Command(JsonLinesCommand):
    help = "Assess names and topics of rooms with the rules that ship with Havre: JSON lines in and out, no database."
    answer = staticmethod(assess_room_name)

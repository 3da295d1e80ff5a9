"""manage.py assess_texts [FILE]: the engine alone, JSON lines in and out (see detection.batch)."""

from __future__ import annotations

from safeguarding.detection.batch import assess_text
from safeguarding.management.jsonl import JsonLinesCommand


class Command(JsonLinesCommand):
    help = "Assess texts with the rules that ship with Havre: JSON lines in, JSON lines out, no database."
    answer = staticmethod(assess_text)

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.translations import compile_catalogues, update_catalogues


class Command(BaseCommand):
    help = "Extract the translatable strings into locale/, merge them with what is translated, and compile."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--compile-only", action="store_true", help="only write the .mo of each newer .po")

    def handle(self, *, compile_only: bool, **options: Any) -> None:
        if not compile_only:
            # English is the language of the identifiers: only the others have a catalogue.
            languages = [code for code, _name in settings.LANGUAGES if code != "en"]
            for language, left in update_catalogues(settings.BASE_DIR, languages).items():
                self.stdout.write(f"{language}: {left} left to translate")
        for path in compile_catalogues(settings.BASE_DIR / "locale"):
            self.stdout.write(f"compiled {path.relative_to(settings.BASE_DIR)}")

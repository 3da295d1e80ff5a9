"""The transcript to read in any browser: one file, no script, nothing fetched, printable."""

from __future__ import annotations

import html
from collections.abc import Iterator

from .codec import utc_text
from .frozen import FrozenCase, Message, Person, Version
from .glyphs import unseen
from .quotes import segments
from .times import clock, day, zone_of
from .transcript import pseudonym_then
from .words import words_in

_STYLE = """
:root { color-scheme: light dark; }
:root { --quiet: #5a6675; --line: #c9d1db; --tint: #f3f5f8; --accent: #17406d; --mark: #ffe9a8; }
@media (prefers-color-scheme: dark) {
  :root { --quiet: #a9b4c2; --line: #3b4654; --tint: #1c2530; --accent: #8fb8e6; --mark: #5c4a00; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
ol { list-style: none; padding: 0; }
li { border-left: 3px solid var(--line); padding: .4rem .8rem; margin: .6rem 0; overflow-wrap: anywhere; }
li.subject { border-color: var(--accent); background: var(--tint); }
.about, h2 small { color: var(--quiet); font-size: .85rem; font-weight: normal; }
.text { white-space: pre-wrap; margin: .2rem 0; }
mark { background: var(--mark); color: inherit; }
.sign { border: 1px solid var(--line); border-radius: 3px; padding: 0 .2em; font-size: .8em; color: var(--quiet); }
"""


def transcript_html(case: FrozenCase) -> Iterator[bytes]:
    """All messages in all versions, in the case's language; every text escaped, invisible signs written out."""
    say, zone = words_in(case.language), zone_of(case.platform.timezone)
    persons = {person.id: person for person in case.persons}
    rooms = {room.id: room.name for room in case.rooms}
    title = html.escape(f"{say('transcript')} {case.reference}")
    yield (
        f'<!doctype html>\n<html lang="{case.language}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n<h1>{title}</h1>\n"
        f"<p>{html.escape(say('confidential'))}. {html.escape(say('provisional', zone=case.platform.timezone))}</p>\n"
    ).encode()
    place = ("", "")
    for message in case.messages:
        today = (message.room, day(message.sent_at.astimezone(zone), case.language))
        if today != place:
            end = "</ol>\n" if place[0] else ""
            place = today
            yield f"{end}<h2>{_text(rooms[message.room])} <small>{today[1]}</small></h2>\n<ol>\n".encode()
        yield _message(case, message, persons[message.author]).encode()
    yield b"</ol>\n" if place[0] else f"<p>{html.escape(say('nothing_kept'))}</p>\n".encode()


def _message(case: FrozenCase, message: Message, author: Person) -> str:
    say = words_in(case.language)
    about = [", ".join(say(f"role.{role}") for role in author.roles)]
    at = clock(message.sent_at, zone_of(case.platform.timezone), case.language)
    about.append(f'<time datetime="{utc_text(message.sent_at)}">{at}</time>')
    about.append(html.escape(message.id))
    if message.state != "visible":
        about.append(html.escape(say(f"state.{message.state}")))
    if message.context:
        about.append(say("context"))
    if message.reply_to:
        about.append(
            f'<a href="#{html.escape(message.reply_to)}">{say("reply_to", id=html.escape(message.reply_to))}</a>'
        )
    kind = ' class="subject"' if "subject" in author.roles else ""
    head = f'<strong>{_text(pseudonym_then(author, message))}</strong> <span class="about">{" · ".join(about)}</span>'
    versions = "".join(_version(case, message, version) for version in message.versions)
    return f'<li id="{html.escape(message.id)}"{kind}>{head}{versions}</li>\n'


def _version(case: FrozenCase, message: Message, version: Version) -> str:
    say = words_in(case.language)
    head = ""
    if len(message.versions) > 1:
        at = clock(version.written_at, zone_of(case.platform.timezone), case.language)
        head = f'<p class="about">{say("version", number=version.number, at=at)}</p>'
    if version.text is None:
        return f'{head}<p class="about">{say("erased")}</p>'
    parts = [
        f"<mark>{_text(part['text'])}</mark>" if part["mark"] else _text(part["text"])
        for part in segments(version.text, version.findings)
    ]
    signs = ", ".join(sorted({say(f"tactic.{one.tactic}") for one in version.findings if one.tactic}))
    told = f'<p class="about">{html.escape(signs)}</p>' if signs else ""
    return f'{head}<p class="text"><bdi>{"".join(parts)}</bdi></p>{told}'


def _text(text: str) -> str:
    return "".join(
        f'<span class="sign">U+{ord(char):04X}</span>' if unseen(char) else html.escape(char)
        for char in text.replace("\r\n", "\n").replace("\t", " ")
    )

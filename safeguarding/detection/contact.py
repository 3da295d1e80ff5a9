"""Contact data in a text: telephone numbers, postal and e-mail addresses, handles elsewhere, links outside an
allow-list.

In minors' rooms these are refused: they are how a stranger takes a child to a place nobody watches. Numbers are found
in digits, in words ("zéro six, douze..."), with letters for digits ("O6"), with any separators, and split over
messages.
Findings carry the code "PII" and rules named contact.phone, contact.email, contact.link, contact.handle,
contact.address.
"""

from __future__ import annotations

import bisect
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .normalise import Normalised, letter_words, normalise
from .types import Finding

CODE = "PII"

# Help lines and public services, and encyclopaedias: a host allows its subdomains.
ALLOWED_HOSTS = frozenset(
    [
        "3018.fr",
        "e-enfance.org",
        "119.gouv.fr",
        "allo119.gouv.fr",
        "3114.fr",
        "service-public.fr",
        "gouv.fr",
        "sos-homophobie.org",
        "filsantejeunes.com",
        "wikipedia.org",
        "education.fr",
        "childline.org.uk",
        "samaritans.org",
        "nspcc.org.uk",
        "116006.fr",
        "france-victimes.fr",
        "lumni.fr",
    ]
)

_UNITS = {
    "fr": [
        "zero",
        "un",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "six",
        "sept",
        "huit",
        "neuf",
        "dix",
        "onze",
        "douze",
        "treize",
        "quatorze",
        "quinze",
        "seize",
    ],
    "en": [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ],
}
_TENS = {
    "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70,
    "octante": 80,
    "huitante": 80, "nonante": 90, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_NUMBERS = {word: n for words in _UNITS.values() for n, word in enumerate(words)} | {"oh": 0, "nought": 0, "une": 1}
_NUMBER_WORD = re.compile(
    r"(?<![a-z])(?:"
    + "|".join(sorted({*_NUMBERS, *_TENS, "double", "triple"}, key=lambda word: (-len(word), word)))
    + r")(?![a-z])"
)
_BETWEEN_WORDS = re.compile(r"[\s\-.,]*(?:et[\s\-]+)?")

_SEPARATORS = r"[\s.\-_/*,:;|~()]{0,4}+"
_DIGIT_RUN = re.compile(rf"(?<![\da-z])\+?(?:[\doil]{_SEPARATORS}){{6,19}}[\doil](?![\da-z])")
_PHONES = (
    re.compile(r"(?:\+33|0033|33)0?[1-9]\d{8}|0[1-9]\d{8}"),  # France
    re.compile(r"(?:\+44|0044)\d{10}|07\d{9}"),  # United Kingdom, mobiles
    re.compile(r"\+\d{8,15}|00[1-9]\d{8,13}"),  # anywhere, in international form
    re.compile(r"1?[2-9]\d{2}[2-9]\d{6}"),  # North America
)
_DATE = re.compile(r"(?:19|20)\d\d|\d{1,2}\s*[:/h.]\s*\d{1,2}")

_EMAIL = re.compile(
    r"[a-z0-9][a-z0-9._%+-]{0,63}+\s?(?:@|\(at\)|\[at\]|\s(?:arobase|arobas|at)\s)\s?"
    r"[a-z0-9-]{2,40}\s?(?:\.|\s(?:point|dot)\s)\s?(?:com|fr|net|org|eu|co\.uk|uk|be|ch|me|io|ca)(?![a-z0-9])"
)
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,40})\.){1,4}"
_TOPS = "com|fr|net|org|eu|uk|ch|gg|io|ly|xyz|biz|info|tv|co|cc|ru|cn|app|dev|icu|xxx|porn|tk|gl|example"
# Ends that are also words, when people forget the space after a full stop ("salut.ca va"): links only with a path.
_TOPS_WITH_PATH = (
    f"{_TOPS}|be|de|es|it|nl|ca|me|to|us|in|id|my|sg|link|live|chat|cam|sex|adult|vip|top|shop|store|space|fun|click|online|site|club|"
    "test|invalid|web|pw|ws|ga|cf|ml"
)
_LINK = re.compile(
    r"(?:h(?:tt|xx)ps?\s?:\s?//\s?|www\.)[^\s<>\"]{2,200}"
    rf"|(?<![@a-z0-9.\-]){_HOST}(?:(?:{_TOPS_WITH_PATH})/[^\s<>\"]{{0,200}}|(?:{_TOPS})(?![a-z0-9]))"
)
_SPOKEN_LINK = re.compile(r"(?<![a-z])[a-z0-9-]{3,40}\s(?:point|dot)\s(?:com|fr|net|org|gg|io|me)(?![a-z])")

_PLATFORMS = (
    r"snap(?:chat)?|insta(?:gram)?|tele(?:gram)?|telegramme|whats?\s?app|watsapp|wattsapp|discord|disc0rd|tik\s?tok|skype|kik|messenger|"
    r"face\s?book|viber|we\s?chat|twitter|onlyfans|only\s?fans|mym|wickr|signal|threema|yubo|wizz|omegle|session|roblox|steam|psn|xbox|ig|sc|fb"
)
_HANDLE = r"[a-z0-9](?:[a-z0-9._\-]{1,30})"
_PLATFORM_HANDLE = re.compile(
    rf"(?:(?<![a-z0-9])(?:{_PLATFORMS})(?![a-z0-9])|👻)"
    rf"(?:\s{{0,2}}(?P<sure>[:=@]|->|=>|@\s)\s{{0,2}}@?(?P<named>{_HANDLE})"
    rf"|(?:\s{{1,2}}(?:c'?\s?est|cest|cé|moi|me|is|its|it's|name|pseudo|sur|at|add|ajoute|user|username|id)){{0,2}}(?:\s{{1,2}}|(?<=👻))@?(?P<shaped>{_HANDLE}))"
)
_HANDLE_FIRST = re.compile(
    rf"(?<![a-z0-9])@?(?P<shaped>{_HANDLE})\s(?:sur|on|en|in|,|=)\s?(?:mon\s|my\s)?(?:{_PLATFORMS})(?![a-z0-9])"
)
_DISCORD_TAG = re.compile(r"(?<![a-z0-9#])[a-z0-9._]{2,32}\s?#\s?\d{4}(?!\d)")
_HANDLE_SHAPE = re.compile(r"(?=.*[a-z])(?:.*\d\d|.*_|[a-z]+\.[a-z0-9]{2,}|.*\d[a-z]|[a-z]{3,}\d)")
_NOT_HANDLES = frozenset(["3018", "119", "112", "115", "17", "18", "15"])

_STREETS = (
    r"rue|avenue|ave?|boulevard|blvd|bd|impasse|allees?|chemin|chem|quai|square|residence|lotissement|faubourg|sentier|ruelle|villa|cite|hameau|"
    r"(?:place|route|cours|passage|voie|montee)(?=\s(?:de|du|des|d'|la|le|les|saint|jean|general|victor))"
)
_ADDRESS = re.compile(
    rf"(?<!\d)\d{{1,4}}\s?(?:bis|ter|quater|[a-d])?\s?,?\s{{0,2}}(?:{_STREETS})\s(?:d['e]|du|des|de\sla|la|le|les|l')?\s?[a-z][a-z'\-]{{2,30}}"
    r"|(?<!\d)\d{1,5}\s(?:[a-z]{3,20}\s){1,2}(?:street|road|avenue|lane|drive|close|crescent|terrace|court|boulevard|gardens)(?![a-z])"
)
_POSTCODE = re.compile(
    r"(?<![\d+])(?:0[1-9]|[1-8]\d|9[0-58])\d{3}\s+(?!euros?|eur|personnes|points?|vues|abonnes|followers|likes|fois|ans|km|m|metres)[a-z][a-z\-]{2,30}"
)
_UK_POSTCODE = re.compile(r"(?<![A-Z0-9])[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?![A-Z0-9])")

_HINT = re.compile(
    rf"\d|@|arobas|\.[a-z]{{2}}|www|(?:point|dot)\s(?:com|fr|net|org|gg)|(?<![a-z])(?:{_PLATFORMS})(?![a-z])|👻"
)
# Words that each of these cannot do without: they are quick to look for, and few messages have them.
_NUMBERS_SAID = frozenset(word.encode() for word in (*_NUMBERS, *_TENS, "double", "triple"))
_PLACES_SAID = frozenset(  # of the name of a platform, its last word or the whole
    b"""snap snapchat insta instagram tele telegram telegramme app whatsapp whatapp watsapp wattsapp discord rd tok
    tiktok skype kik messenger book facebook viber chat wechat twitter onlyfans fans mym wickr signal threema yubo wizz
    omegle session roblox steam psn xbox ig sc fb""".split()
)
_STREETS_SAID = frozenset(
    before + street
    for before in (b"", b"bis", b"ter", b"quater", b"a", b"b", b"c", b"d")  # "12brue"
    for street in b"""rue avenue av ave boulevard blvd bd impasse allee allees chemin chem quai square residence
    lotissement faubourg sentier ruelle villa cite hameau place route cours passage voie montee street road lane drive
    close crescent terrace court gardens""".split()
)
_NOT_FIGURES = bytes(set(range(256)) - set(b"0123456789"))
_FEWEST_FIGURES = 5  # in a telephone number, where letters pass for a third of them, and in a postcode
# What a message that is only a piece of something looks like: short, or nothing but figures, in digits or in words.
_FRAGMENT_LIMIT = 40
_BESIDE_FIGURES = 12
# A number that comes figure by figure, or two by two, is stopped before it is whole: what follows can be guessed.
_NEARLY_WHOLE = re.compile(r"0(?:033)?[1-9]\d{6,}")
_FEW_FIGURES = 2
_ASIDE_LIMIT = 15  # "ok", "attends": said between two pieces, it does not part them
_RECENT_LIMIT = 12  # a figure each
# A name somewhere else, said alone after a message that named the place: "mon snap" ... "tomtom99".
_ALONE = re.compile(rf"(?:(?:c'?\s?est|cest|cé|moi|it'?s|me)\s{{1,2}})?@?(?P<shaped>{_HANDLE})\s?[.!)]*")
_NAMED_PLACE = re.compile(rf"(?<![a-z0-9])(?:{_PLATFORMS})(?![a-z0-9])")

VERSION = hashlib.sha256(
    "\n".join(
        pattern.pattern
        for pattern in (
            _NUMBER_WORD, _DIGIT_RUN, *_PHONES, _EMAIL, _LINK, _SPOKEN_LINK, _PLATFORM_HANDLE, _HANDLE_FIRST,
            _DISCORD_TAG, _ADDRESS,
            _POSTCODE, _UK_POSTCODE, _ALONE, _NAMED_PLACE,
        )
    ).encode()
).hexdigest()[:12]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    start: int
    end: int


def find_contacts(
    text: str, *, recent: Sequence[str] = (), allowed_hosts: frozenset[str] = ALLOWED_HOSTS
) -> list[Finding]:
    """Contact data in `text`, or completed by `text` after the author's last messages in `recent` (oldest first).

    Spans are in `text` alone. Pure; linear in the length of the text.
    """
    source = normalise(text)
    found = _find(source.text, text, allowed_hosts)
    if recent and not any(item.kind == "phone" for item in found):
        found += _completed(source, recent)
    if recent and not any(item.kind == "handle" for item in found):
        found += _completed_handle(source, recent)
    found.sort(key=lambda item: (item.start, item.end, item.kind))
    return [
        Finding(CODE, f"contact.{item.kind}", VERSION, source.original(item.start, item.end), tactic="contact_data")
        for item in found
    ]


def _find(folded: str, original: str, allowed_hosts: frozenset[str]) -> list[_Found]:
    words = letter_words(folded)
    figures = len(folded.encode("ascii", "replace").translate(None, _NOT_FIGURES))
    in_words = sum(map(_NUMBERS_SAID.__contains__, words)) >= 4
    places = not _PLACES_SAID.isdisjoint(words) or "👻" in folded
    signs = "." in folded or "@" in folded or "www" in folded or "arobas" in folded
    signs = signs or "point" in folded or "dot" in folded
    if not (figures or in_words or ((places or signs) and _HINT.search(folded))):
        return []
    many = figures >= _FEWEST_FIGURES
    found = _phones(folded, in_words) if many or in_words else []
    for kind, pattern, possible in (
        ("email", _EMAIL, "@" in folded or b"at" in words or "arobas" in folded),
        ("address", _ADDRESS, figures and not _STREETS_SAID.isdisjoint(words)),
        ("address", _POSTCODE, many),
        ("handle", _DISCORD_TAG, "#" in folded),
    ):
        if possible:
            found += [_Found(kind, *match.span()) for match in pattern.finditer(folded)]
    if figures >= 2 and len(folded) == len(original):
        found += [_Found("address", *match.span()) for match in _UK_POSTCODE.finditer(original)]
    links = _LINK.finditer(folded) if signs or "//" in folded else ()
    spoken = _SPOKEN_LINK.finditer(folded) if b"dot" in words or b"point" in words else ()
    mails = [item for item in found if item.kind == "email"]
    for match in (*links, *spoken):
        next_mail = bisect.bisect_right(mails, match.start(), key=lambda mail: mail.end)
        taken = next_mail < len(mails) and mails[next_mail].start < match.end()
        if not taken and not _allowed(match.group(), allowed_hosts):
            found.append(_Found("link", *match.span()))
    return found + _handles(folded) if places else found


def _allowed(link: str, hosts: frozenset[str]) -> bool:
    host = re.sub(r"^h(?:tt|xx)ps?\s?:\s?//\s?|^www\.", "", link).split("/")[0].split("?")[0].split(":")[0].rstrip(".")
    host = re.sub(r"\s(?:point|dot)\s", ".", host)
    parts = host.split(".")
    return any(".".join(parts[index:]) in hosts for index in range(len(parts)))


def _handles(folded: str) -> list[_Found]:
    found = []
    for match in (*_PLATFORM_HANDLE.finditer(folded), *_HANDLE_FIRST.finditer(folded)):
        group = match.groupdict()
        named, shaped = group.get("named"), group.get("shaped")
        if named is not None or (shaped is not None and shaped not in _NOT_HANDLES and _HANDLE_SHAPE.match(shaped)):
            found.append(_Found("handle", *match.span()))
    return found


def _phones(folded: str, in_words: bool) -> list[_Found]:
    found = [_Found("phone", start, end) for start, end in _numbers(folded)]
    if in_words:
        digits, places = _in_digits(folded)
        for start, end in _numbers(digits):
            span = _Found("phone", places[start][0], places[end - 1][1])
            if not any(item.start < span.end and span.start < item.end for item in found):
                found.append(span)
    return found


def _numbers(folded: str) -> list[tuple[int, int]]:
    """Runs of digits that are a telephone number of some country. Letters pass for digits only among true digits."""
    found = []
    for match in _DIGIT_RUN.finditer(folded):
        run = match.group()
        plain = run.replace("o", "0").replace("i", "1").replace("l", "1")
        digits = re.sub(r"\D", "", plain)
        if sum(char.isdigit() for char in run) * 3 < len(digits) * 2:
            continue
        if run.lstrip().startswith("+"):
            digits = "+" + digits
        american = _PHONES[3].fullmatch(digits) is not None
        if any(pattern.fullmatch(digits) for pattern in _PHONES[:3]) or (
            american and re.search(r"\d{3}[\s.\-)]+\d{3}[\s.\-]+\d{4}", run)
        ):
            found.append(match.span())
    return found


def _in_digits(folded: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with numbers written in words put in digits, and the span each character came from."""
    out: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    matches = list(_NUMBER_WORD.finditer(folded))
    index = 0
    while index < len(matches):
        match = matches[index]
        begin = match.start()
        between = folded[at:begin]
        gap = _BETWEEN_WORDS.fullmatch(between) if out else None
        out += " " if gap else between
        places += [(place, place + 1) for place in ((at,) if gap else range(at, begin))]
        value, used = _number_at(matches, index, folded)
        end = matches[index + used - 1].end()
        out += value
        places += [(begin, end)] * len(value)
        at = end
        index += used
    out += folded[at:]
    places += [(place, place + 1) for place in range(at, len(folded))]
    return "".join(out), places


def _number_at(matches: list[re.Match[str]], index: int, folded: str) -> tuple[str, int]:
    """The digits said from a number word on, and how many words said them ("quatre vingt dix sept": 97, 4)."""

    def word(offset: int) -> str:
        here = index + offset
        if here >= len(matches):
            return ""
        if offset and not _BETWEEN_WORDS.fullmatch(folded[matches[here - 1].end() : matches[here].start()]):
            return ""
        if offset and "," in folded[matches[here - 1].end() : matches[here].start()]:
            return ""
        return matches[here].group()

    first = word(0)
    if first in ("double", "triple"):
        digit = _NUMBERS.get(word(1))
        return (str(digit) * (2 if first == "double" else 3), 2) if digit is not None and digit < 10 else ("", 1)
    if first == "quatre" and word(1) in ("vingt", "vingts"):
        tens, used = 80, 2
    elif first in _TENS:
        tens, used = _TENS[first], 1
    else:
        return str(_NUMBERS[first]), 1
    rest = _NUMBERS.get(word(used))
    if rest is not None and 0 < rest < 10:
        return str(tens + rest), used + 1
    if rest is not None and tens in (60, 80) and 10 <= rest <= 16:
        if rest == 10 and (more := _NUMBERS.get(word(used + 1))) is not None and 7 <= more <= 9:
            return str(tens + 10 + more), used + 2
        return str(tens + rest), used + 1
    return str(tens), used


def _completed(source: Normalised, recent: Sequence[str]) -> list[_Found]:
    """A telephone number whose last digits are in this text and whose first are in the messages just before."""
    mine = source.text
    if not _is_piece(mine):
        return []
    before: list[str] = []
    for earlier in reversed(recent[-_RECENT_LIMIT:]):
        folded = normalise(earlier).text
        if _is_piece(folded):
            before.insert(0, folded)
        elif len(folded) > _ASIDE_LIMIT:
            break
    digits = [re.sub(r"\D", "", _in_digits(piece)[0].replace("o", "0")) for piece in [*before, mine]]
    for start in range(len(before)):
        pieces = digits[start:]
        whole = "".join(pieces)
        nearly = _NEARLY_WHOLE.fullmatch(whole) and max(map(len, pieces)) <= _FEW_FIGURES
        if pieces[-1] and (nearly or any(pattern.fullmatch(whole) for pattern in _PHONES[:3])):
            return [_Found("phone", 0, len(mine))]
    return []


def _is_piece(folded: str) -> bool:
    """Whether a message says figures and hardly anything else."""
    if not (re.search(r"\d", folded) or _NUMBER_WORD.search(folded)):
        return False
    beside = re.sub(r"[\d\s\W_]", "", _NUMBER_WORD.sub("", folded))
    return len(folded) <= _FRAGMENT_LIMIT or len(beside) <= _BESIDE_FIGURES


def _completed_handle(source: Normalised, recent: Sequence[str]) -> list[_Found]:
    """An account elsewhere whose place was named just before: in one of the author's last two messages."""
    alone = _ALONE.fullmatch(source.text)
    if alone is None or not _HANDLE_SHAPE.match(alone["shaped"]) or sum(map(str.isalpha, alone["shaped"])) < 3:
        return []
    places = (normalise(earlier).text for earlier in recent[-2:])
    if any(len(place) <= _FRAGMENT_LIMIT and _NAMED_PLACE.search(place) for place in places):
        return [_Found("handle", *alone.span("shaped"))]
    return []

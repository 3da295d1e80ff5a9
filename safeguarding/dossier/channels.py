"""Which files are made for which recipient: what a person pastes, submits or sends elsewhere. Havre sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import rfc8785

from safeguarding.incidents import INCIDENTS

from .art18 import art18_pdf
from .concern import concern_pdf, is_about_a_child
from .cybertip import INCIDENT_TYPES, cybertip_xml
from .dsa import batches, dsa_statements
from .frozen import UNREDACTED, FrozenCase
from .nca import nca_json
from .orders import order_json, order_pdf
from .pharos import pharos_txt
from .prosecutor import prosecutor_pdf

Maker = Callable[[], bytes]
THREATENS = "dsa_art18"  # the channel that says that a code may threaten life or safety


def channel_files(case: FrozenCase) -> Iterator[tuple[str, Maker]]:
    """(name, how to make it) of each file that fits the code, the recipient and the order, in a fixed order."""
    tell, recipient = INCIDENTS[case.code].tell, case.handover.recipient
    law = recipient in UNREDACTED
    if "pharos" in tell and law:
        yield "pharos.txt", lambda: pharos_txt(case)
    # The letter is passed on to others: an unredacted copy has none.
    to_crip = (law and not case.handover.unredacted) or recipient == "child_protection"
    if "crip" in tell and to_crip and is_about_a_child(case):
        yield "crip.pdf", lambda: concern_pdf(case)
    if recipient == "prosecutor":
        yield "prosecutor.pdf", lambda: prosecutor_pdf(case)
    if law and (THREATENS in tell or case.situation.danger_now == "yes"):
        yield "dsa-art18.pdf", lambda: art18_pdf(case)
    if recipient == "ncmec" and case.code in INCIDENT_TYPES:
        yield "cybertip.xml", lambda: cybertip_xml(case)
    if recipient == "nca" and "nca" in tell:
        yield "nca-schedule1.json", lambda: nca_json(case)
    if case.handover.order is not None and law:
        yield "order-answer.pdf", lambda: order_pdf(case)
        yield "order-answer.json", lambda: order_json(case)
    if bodies := list(batches(dsa_statements(case))):
        yield "dsa-statements.json", lambda: rfc8785.dumps(bodies)

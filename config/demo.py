"""How to get into the demo. These are no secrets: the demo answers on this machine alone."""

from __future__ import annotations

from collections.abc import Sequence

PASSWORD = "la mer est calme"  # noqa: S105  known on purpose, see above
CODE = "havre-demo"  # stands in for the second factor: a recovery code that can be used CODES times
CODES = 500
GUARDIAN = "parent"  # their addresses: parent.jade@… They have no account


def address_of(name: str) -> str:
    """The address of one of the demo's people."""
    return f"{name.lower()}@demo.example"


def logins() -> Sequence[str]:
    """What `make run` prints."""
    return (
        f"password of everybody: {PASSWORD}",
        f"members, 13–14:        {address_of('Jade')}, {address_of('Sacha')}, {address_of('Malo')} (needs a guardian)",
        f"members, 15–17:        {address_of('Alice')}, {address_of('Tom')}, {address_of('Noa')}",
        f"members, adults:       {address_of('Bob')}, {address_of('Camille')}, {address_of('Farid')} (muted, appeals)",
        f"no age yet:            {address_of('Charlie')}",
        f"age officers:          {address_of('Ines')}, {address_of('Paul')}   second factor: {CODE}",
        f"moderators:            {address_of('Mo')}, {address_of('Rachid')}   second factor: {CODE}",
        f"officers:              {address_of('Sam')}, {address_of('Dana')}   second factor: {CODE}",
    )

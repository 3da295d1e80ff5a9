"""A small neural network over what a talk holds, beside the sums of `likeness`: it knows what things mean together.

A sum cannot know that "kill" beside "cards" is a game. One hidden layer can (deep averaging networks: Iyyer et al.
2015; wide and deep: Cheng et al. 2016). It is learned from the same pairs, also with friendly words put among and into
risky messages, so that these hide less.

For each person of a talk it keeps a state: the number that names the network, then for each unit a whole number, what
they and others said, the older the less (KEPT a message). The state of another network is begun anew. So a message
costs the same after a million as after ten, and small talk is forgotten as fast as it is made.

A file of it (`weights/fr.npz`) is made by `python -m benchmarks.likeness`: the things, what each adds to the hidden
units when the person or somebody else says it (8 bits, `scale` a unit), and the layer after these.
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

KEPT = 0.93  # of what was said before, a message on
State = list[int]


@dataclass(frozen=True)
class Network:
    """The network of one language. `rows`: what a thing adds when the person says it, then when somebody else does
    (things, 2 x units); `out`: (units, 1 + codes).
    """

    things: tuple[str, ...]
    rows: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    out: np.ndarray
    out_bias: np.ndarray
    nothing: np.ndarray  # what is kept of somebody who has said nothing
    version: str

    @property
    def units(self) -> int:
        """How many hidden units there are."""
        return len(self.bias)

    @functools.cached_property
    def name(self) -> int:
        """The number that a state of this network begins with."""
        return int(self.version[:8], 16)

    def added(self, places: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """What a message that holds the things at these places adds for who says it, and for those whom it answers."""
        if not places:
            return self.nothing, self.nothing
        both = self.rows.take(places, 0).sum(0, dtype="int32")
        return both[: self.units], both[self.units :]

    def moved(self, state: Sequence[int], added: np.ndarray) -> State:
        """What is kept of a person once a message has added to it; `state` is empty for somebody new."""
        moved: State = (self._units_of(state) * KEPT + added).round().astype(int).tolist()
        return [self.name, *moved]

    def read(self, state: Sequence[int]) -> tuple[int, ...]:
        """How like a risky talk that is, then for each of `likeness.CODES`: hundredths of a logit."""
        hidden = (self._units_of(state) * self.scale + self.bias).clip(0)
        return tuple((100 * (hidden @ self.out + self.out_bias)).round().astype(int).tolist())

    def _units_of(self, state: Sequence[int]) -> np.ndarray:
        mine = len(state) == 1 + self.units and state[0] == self.name
        return self.nothing + state[1:] if mine else self.nothing


def packed(
    things: Sequence[str], said: np.ndarray, answered: np.ndarray, bias: np.ndarray, out: np.ndarray,
    out_bias: np.ndarray, learned_from: str = "",
) -> bytes:  # fmt: skip
    """A file of a network from floats (`said`, `answered`: things x units); `learned_from` names the pairs."""
    import numpy as np

    scale = np.maximum(np.abs(said).max(0), np.abs(answered).max(0)).astype(np.float32) / 127
    scale[scale == 0] = 1
    rows = np.rint(np.concatenate([said / scale, answered / scale], 1)).astype(np.int8)
    file = io.BytesIO()
    np.savez_compressed(
        file, things=np.frombuffer("\n".join(things).encode(), np.uint8),
        rows=rows, scale=scale,
        bias=bias.astype(np.float32), out=out.astype(np.float32), out_bias=out_bias.astype(np.float32),
        learned_from=np.frombuffer(learned_from.encode(), np.uint8),
    )  # fmt: skip
    return file.getvalue()


def unpacked(data: bytes) -> Network:
    """A network from the bytes of its file. Raises ValueError where they are none."""
    import numpy as np

    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        made = Network(
            things=tuple(parts["things"].tobytes().decode().split("\n")),
            rows=parts["rows"],
            scale=parts["scale"],
            bias=parts["bias"],
            out=parts["out"],
            out_bias=parts["out_bias"],
            nothing=np.zeros(len(parts["bias"])),
            version=hashlib.sha256(data).hexdigest()[:12],
        )
    except (OSError, KeyError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError("not the file of a network") from error
    if made.rows.shape != (len(made.things), 2 * made.units) or made.out.shape != (made.units, len(made.out_bias)):
        raise ValueError("the parts of the network do not fit one another")
    return made

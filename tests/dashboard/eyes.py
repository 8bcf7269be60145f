"""How colours look: to the usual eye, and to one that lacks a kind of cones."""

from typing import Final

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.float64]

# Linear RGB as seen without red, green or blue cones (Machado, Oliveira and Fernandes 2009, severity 1).
EYES: Final[dict[str, Colours]] = {
    "usual": np.eye(3),
    "without red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "without green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "without blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# Linear RGB to OKLab (Ottosson 2020), in which equal distances look alike; about 0.02 can just be seen.
_TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colours: list[str]) -> Colours:
    """Give linear red, green and blue, 0 to 1, of colours written as #RRGGBB."""
    shown = np.array([[int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] for colour in colours])
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def contrasts(colours: list[str], background: str) -> Colours:
    """Give each colour's contrast on a background, as WCAG 2 reckons it."""
    luminances = linear([*colours, background]) @ np.array([0.2126, 0.7152, 0.0722]) + 0.05
    ratios = luminances[:-1] / luminances[-1]
    return np.maximum(ratios, 1 / ratios)


def distances(colours: list[str], others: list[str], eye: str = "usual") -> Colours:
    """Give how far each colour looks from each other one."""
    seen, compared = (_lab(np.clip(linear(names) @ EYES[eye].T, 0, 1)) for names in (colours, others))
    return np.linalg.norm(seen[:, None] - compared[None], axis=-1)


def _lab(colours: Colours) -> Colours:
    return np.cbrt(colours @ _TO_CONES.T) @ _TO_LAB.T

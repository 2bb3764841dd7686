"""Writes the ICC profile of colours that PNG describes by numbers, for which Pillow has no function."""

import struct
from collections.abc import Sequence

Matrix = list[list[float]]

D50 = (0.9642, 1.0, 0.8249)
BRADFORD: Matrix = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
VERSION = 0x02400000  # to a profile of version 4, LittleCMS would stretch the range between black and white
DESCRIPTION = b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 2, 28) + b"\0x\0\0"


def rgb_profile(chromaticities: Sequence[float], curve: Sequence[float]) -> bytes:
    """A profile from x and y of white, red, green and blue, and the curve: a gamma, or the five numbers of sRGB's.

    Raises ArithmeticError if there are no such colours.
    """
    columns = zip(*_to_d50(chromaticities), strict=True)
    kind = struct.pack(">4xH2x", 0 if len(curve) == 1 else 3)
    tags = [
        *((name, DESCRIPTION) for name in (b"desc", b"cprt")),
        (b"wtpt", _xyz(D50)),
        *((name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)),
        *((name, b"para" + kind + _numbers(curve)) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    table, content, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, tag in tags:
        table += name + struct.pack(">II", start + len(content), len(tag))
        content += tag
    size = 128 + len(table) + len(content)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, VERSION, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return head + _numbers(D50) + bytes(48) + table + content


def _numbers(values: Sequence[float]) -> bytes:
    try:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
    except struct.error as error:
        raise ArithmeticError(str(error)) from error


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + _numbers(values)


def _to_d50(chromaticities: Sequence[float]) -> Matrix:
    """The matrix from linear RGB to XYZ, as seen in the light of all profiles."""
    white, *primaries = (_to_xyz(x, y) for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True))
    rgb = _transposed(primaries)
    amounts = _times(_inverse(rgb), _transposed([white]))
    seen, meant = (_times(BRADFORD, _transposed([light])) for light in (white, D50))
    scale = [[meant[row][0] / seen[row][0] if row == at else 0.0 for at in range(3)] for row in range(3)]
    adapt = _times(_inverse(BRADFORD), _times(scale, BRADFORD))
    return _times(adapt, [[value * amounts[at][0] for at, value in enumerate(row)] for row in rgb])


def _to_xyz(x: float, y: float) -> list[float]:
    return [x / y, 1.0, (1 - x - y) / y]


def _transposed(rows: Sequence[Sequence[float]]) -> Matrix:
    return [list(column) for column in zip(*rows, strict=True)]


def _times(one: Matrix, other: Matrix) -> Matrix:
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in _transposed(other)] for row in one]


def _inverse(rows: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = rows
    adjugate = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    determinant = a * adjugate[0][0] + b * adjugate[1][0] + c * adjugate[2][0]
    return [[value / determinant for value in row] for row in adjugate]

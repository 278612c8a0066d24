"""QR codes of short addresses (ISO/IEC 18004): byte mode, error correction M, versions 1 to 10."""

from collections.abc import Iterator
from functools import lru_cache

Matrix = list[list[bool]]

# Of level M, by version: code words of error correction in each block, and the data code words of each block.
_BLOCKS = {
    1: (10, [16]),
    2: (16, [28]),
    3: (26, [44]),
    4: (18, [32, 32]),
    5: (24, [43, 43]),
    6: (16, [27] * 4),
    7: (18, [31] * 4),
    8: (22, [38, 38, 39, 39]),
    9: (22, [36, 36, 36, 37, 37]),
    10: (26, [43, 43, 43, 43, 44]),
}
_ALIGNMENT = {
    1: [],
    2: [6, 18],
    3: [6, 22],
    4: [6, 26],
    5: [6, 30],
    6: [6, 34],
    7: [6, 22, 38],
    8: [6, 24, 42],
    9: [6, 26, 46],
    10: [6, 28, 50],
}
_LEVEL_M = 0b00
_FORMAT_POLYNOMIAL, _FORMAT_MASK = 0b10100110111, 0b101010000010010
_VERSION_POLYNOMIAL = 0b1111100100101
_FIELD_POLYNOMIAL = 0x11D


def qr_rows(text: str) -> list[str]:
    """The code as rows of ``1`` (dark) and ``0``, without the light margin of 4 modules it needs around it.

    Raises `ValueError` for more than 213 bytes.
    """
    content = text.encode()
    version = _version_for(len(content))
    bits = _bits(_code_words(content, version))
    matrix, is_fixed = _patterns(version)
    _fill(matrix, is_fixed, bits)
    masked = [_masked(matrix, is_fixed, version, mask) for mask in range(8)]
    best = min(masked, key=_penalty)
    return ["".join("1" if dark else "0" for dark in row) for row in best]


def _version_for(length: int) -> int:
    for version, (_, blocks) in _BLOCKS.items():
        if sum(blocks) * 8 >= 4 + _count_bits(version) + length * 8:
            return version
    raise ValueError("too long for a QR code of version 10")


def _count_bits(version: int) -> int:
    return 8 if version < 10 else 16


# -- content ---------------------------------------------------------------------------------------


def _code_words(content: bytes, version: int) -> list[int]:
    """Mode, length, content and padding in blocks, each with its correction, interleaved."""
    correction, sizes = _BLOCKS[version]
    width = _count_bits(version)
    bits = f"0100{len(content):0{width}b}" + "".join(f"{byte:08b}" for byte in content)
    room = sum(sizes) * 8
    bits += "0" * min(4, room - len(bits))
    bits += "0" * (-len(bits) % 8)
    data = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    data += [(0xEC, 0x11)[at % 2] for at in range(sum(sizes) - len(data))]
    blocks, at = [], 0
    for size in sizes:
        blocks.append(data[at : at + size])
        at += size
    corrections = [_remainder(block, correction) for block in blocks]
    return [*_interleaved(blocks), *_interleaved(corrections)]


def _interleaved(blocks: list[list[int]]) -> Iterator[int]:
    for at in range(max(map(len, blocks))):
        yield from (block[at] for block in blocks if at < len(block))


def _bits(words: list[int]) -> Iterator[bool]:
    for word in words:
        yield from (bool(word >> bit & 1) for bit in range(7, -1, -1))


@lru_cache(maxsize=1)
def _powers() -> tuple[list[int], list[int]]:
    """Powers of 2 in GF(256), and their logarithms."""
    power, log, value = [0] * 512, [0] * 256, 1
    for exponent in range(255):
        power[exponent] = power[exponent + 255] = value
        log[value] = exponent
        value <<= 1
        if value > 255:
            value ^= _FIELD_POLYNOMIAL
    return power, log


def _times(a: int, b: int) -> int:
    power, log = _powers()
    return power[log[a] + log[b]] if a and b else 0


def _remainder(block: list[int], degree: int) -> list[int]:
    """Reed-Solomon correction words."""
    power, _ = _powers()
    generator = [1]
    for exponent in range(degree):
        longer = [*generator, 0]
        for at, factor in enumerate(generator):
            longer[at + 1] ^= _times(factor, power[exponent])
        generator = longer
    rest = block + [0] * degree
    for at in range(len(block)):
        factor = rest[at]
        for offset, term in enumerate(generator):
            rest[at + offset] ^= _times(term, factor)
    return rest[len(block) :]


# -- picture ---------------------------------------------------------------------------------------


def _patterns(version: int) -> tuple[Matrix, Matrix]:
    """What every code of this version has, and which modules that takes; format and version are left light."""
    size = 17 + 4 * version
    matrix = [[False] * size for _ in range(size)]
    is_fixed = [[False] * size for _ in range(size)]

    def put(row: int, column: int, dark: bool) -> None:
        if 0 <= row < size and 0 <= column < size:
            matrix[row][column], is_fixed[row][column] = dark, True

    for at in range(size):
        put(6, at, at % 2 == 0)
        put(at, 6, at % 2 == 0)
    for middle_row, middle_column in ((3, 3), (3, size - 4), (size - 4, 3)):
        for row in range(-4, 5):
            for column in range(-4, 5):
                put(middle_row + row, middle_column + column, max(abs(row), abs(column)) not in (2, 4))
    for middle_row in _ALIGNMENT[version]:
        for middle_column in _ALIGNMENT[version]:
            if (middle_row, middle_column) in ((6, 6), (6, size - 7), (size - 7, 6)):
                continue
            for row in range(-2, 3):
                for column in range(-2, 3):
                    put(middle_row + row, middle_column + column, max(abs(row), abs(column)) != 1)
    for row, column, _ in (*_format_bits(size, 0), *_version_bits(size, version)):
        put(row, column, False)
    put(size - 8, 8, True)
    return matrix, is_fixed


def _fill(matrix: Matrix, is_fixed: Matrix, bits: Iterator[bool]) -> None:
    """From the right, two columns at a time, upwards and downwards in turn."""
    size = len(matrix)
    is_upwards = True
    for right in range(size - 1, 0, -2):
        left_pair = right - 1 if right <= 6 else right
        for step in range(size):
            row = size - 1 - step if is_upwards else step
            for column in (left_pair, left_pair - 1):
                if not is_fixed[row][column]:
                    matrix[row][column] = next(bits, False)
        is_upwards = not is_upwards


def _masked(matrix: Matrix, is_fixed: Matrix, version: int, mask: int) -> Matrix:
    size = len(matrix)
    out = [[matrix[i][j] ^ (not is_fixed[i][j] and _is_flipped(mask, i, j)) for j in range(size)] for i in range(size)]
    for row, column, dark in (*_format_bits(size, mask), *_version_bits(size, version)):
        out[row][column] = dark
    return out


def _is_flipped(mask: int, i: int, j: int) -> bool:
    return (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2,
        ((i + j) % 2 + i * j % 3) % 2,
    )[mask] == 0


def _format_bits(size: int, mask: int) -> Iterator[tuple[int, int, bool]]:
    """Row, column and colour of both copies of level and mask."""
    value = _with_check(_LEVEL_M << 3 | mask, 10, _FORMAT_POLYNOMIAL) ^ _FORMAT_MASK
    for bit in range(15):
        dark = bool(value >> bit & 1)
        row = bit if bit < 6 else bit + 1 if bit < 8 else size - 15 + bit
        column = size - 1 - bit if bit < 8 else 7 if bit == 8 else 14 - bit
        yield row, 8, dark
        yield 8, column, dark


def _version_bits(size: int, version: int) -> Iterator[tuple[int, int, bool]]:
    if version < 7:
        return
    value = _with_check(version, 12, _VERSION_POLYNOMIAL)
    for bit in range(18):
        dark = bool(value >> bit & 1)
        yield bit // 3, size - 11 + bit % 3, dark
        yield size - 11 + bit % 3, bit // 3, dark


def _with_check(value: int, degree: int, polynomial: int) -> int:
    """The value followed by the remainder of its division (BCH code)."""
    rest = value << degree
    while rest.bit_length() > degree:
        rest ^= polynomial << (rest.bit_length() - degree - 1)
    return value << degree | rest


def _penalty(matrix: Matrix) -> int:
    """How hard a code is to read: long runs, blocks, what looks like a corner mark, and too much of one colour."""
    size = len(matrix)
    lines = ["".join("1" if dark else "0" for dark in row) for row in matrix]
    lines += ["".join("1" if row[j] else "0" for row in matrix) for j in range(size)]
    score = sum(_runs(line) + 40 * _corner_marks(line) for line in lines)
    score += 3 * sum(
        matrix[i][j] == matrix[i + 1][j] == matrix[i][j + 1] == matrix[i + 1][j + 1]
        for i in range(size - 1)
        for j in range(size - 1)
    )
    dark = sum(map(sum, matrix))
    return score + 10 * (abs(dark * 20 - size * size * 10) // (size * size))


def _runs(line: str) -> int:
    score, length = 0, 1
    for before, now in zip(line, line[1:] + " ", strict=True):
        if before == now:
            length += 1
            continue
        score += length - 2 if length >= 5 else 0
        length = 1
    return score


def _corner_marks(line: str) -> int:
    return sum(line.startswith(mark, at) for mark in ("10111010000", "00001011101") for at in range(len(line) - 10))

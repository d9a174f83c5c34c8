"""How does one spoil DER a little, and how is it told, without our reader, that it is canonical?

Shares no code with chalicelib: it is the second opinion.
"""

import random
import re
from dataclasses import dataclass, field

NUMBERS = ("00", "01", "02", "07", "7f", "80", "ff", "0001", "0080", "", "7f" * 130)
TEXTS = (b"", b"A", b"a b", b"a:b", b"\xff", b"\xc3\xa9", b"x" * 300, b"x" * 1025, b"e30=")
SECONDS = b"20250601123456"
INTERESTING: dict[int, list[bytes]] = {
    0x01: [b"\x00", b"\xff", b"\x01", b"", b"\xff\xff"],
    0x02: [bytes.fromhex(number) for number in NUMBERS],
    0x05: [b"", b"\x00"],
    0x0C: list(TEXTS),
    0x18: [SECONDS + rest for rest in (b"Z", b".5Z", b".500Z", b".000Z", b"", b"+0000")],
}
TAGS = bytes.fromhex("01 02 03 04 05 06 0c 18 13 30 31 80 81 a0 a1 a3 a7 a9")


@dataclass
class Node:
    """One element. `children` is None for a primitive; `wrapped` says: octets that hold DER."""

    tag: int
    content: bytes = b""
    children: "list[Node] | None" = None
    wrapped: bool = False
    length_form: str = "minimal"
    trailer: bytes = field(default=b"")


def parse(raw: bytes) -> list[Node]:
    """Trusts its input: only for the vectors."""
    nodes, at = [], 0
    while at < len(raw):
        tag, start, size = raw[at], *_length(raw, at + 1)
        content = raw[start : start + size]
        at = start + size
        if tag in (0x30, 0x31) or tag & 0xE0 == 0xA0:
            nodes.append(Node(tag, children=parse(content)))
        elif tag == 0x04 and content[:1] in (b"\x30", b"\xa0", b"\xa1") and len(content) > 40:
            nodes.append(Node(tag, children=parse(content), wrapped=True))
        else:
            nodes.append(Node(tag, content))
    return nodes


def write(node: Node) -> bytes:
    inside = node.content if node.children is None else b"".join(map(write, node.children))
    inside += node.trailer
    size = len(inside)
    width = max(1, (size.bit_length() + 7) // 8)
    minimal = bytes([size]) if size < 0x80 else bytes([0x80 | width]) + size.to_bytes(width, "big")
    length = {
        "minimal": minimal,
        "padded": bytes([0x81 + width]) + size.to_bytes(width + 1, "big"),
        "indefinite": b"\x80",
        "long": bytes([0x80 | width]) + size.to_bytes(width, "big"),
        "short": bytes([max(0, size - 1) & 0x7F]),
    }[node.length_form]
    return bytes([node.tag]) + length + inside


def mutate(raw: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """`raw` with one to three things changed in its structure."""
    root = parse(raw)[0]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        nodes = _walk(root)
        _spoil(chance.choice(nodes), chance, others)
    return write(root)


def scramble(raw: bytes, chance: random.Random) -> bytes:
    """`raw` with some bytes changed, added or taken, blindly; or plain noise."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(200))
    spoiled = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(spoiled))
        match chance.randrange(4):
            case 0:
                spoiled[at] ^= 1 << chance.randrange(8)
            case 1:
                spoiled[at] = chance.randrange(256)
            case 2:
                del spoiled[at]
            case _:
                spoiled.insert(at, chance.randrange(256))
    return bytes(spoiled)


def is_canonical(raw: bytes) -> bool:
    """Whether every element of `raw`, at any depth, has its one DER spelling (Keeta's for times)."""
    at = 0
    while at < len(raw):
        tag, (start, size) = raw[at], _length(raw, at + 1)
        content = raw[start : start + size]
        if raw[at : start + size] != write(Node(tag, content)) or not _content_is_canonical(tag, content):
            return False
        at = start + size
    return True


def _content_is_canonical(tag: int, content: bytes) -> bool:
    if tag in (0x30, 0x31) or tag & 0xE0 == 0xA0:
        return is_canonical(content)
    if tag == 0x01:
        return content in (b"\x00", b"\xff")
    if tag == 0x02:
        value = int.from_bytes(content, "big", signed=True)
        return content == value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True)
    if tag == 0x18:
        return re.fullmatch(rb"\d{14}(\.(?!000)\d{3})?Z", content) is not None
    return tag != 0x05 or content == b""


def _length(raw: bytes, at: int) -> tuple[int, int]:
    if raw[at] < 0x80:
        return at + 1, raw[at]
    width = raw[at] & 0x7F
    return at + 1 + width, int.from_bytes(raw[at + 1 : at + 1 + width], "big")


def _walk(node: Node) -> list[Node]:
    return [node, *(inner for child in node.children or () for inner in _walk(child))]


def _spoil(node: Node, chance: random.Random, others: list[bytes]) -> None:
    if node.children and chance.random() < 0.4:
        _spoil_children(node.children, chance, others)
    elif chance.random() < 0.15:
        node.length_form = chance.choice(("padded", "indefinite", "long", "short"))
    elif chance.random() < 0.1:
        node.tag = chance.choice(TAGS)
    elif chance.random() < 0.1:
        node.trailer = chance.randbytes(chance.randrange(1, 4))
    elif node.children is None:
        node.content = _other_content(node, chance)


def _spoil_children(children: list[Node], chance: random.Random, others: list[bytes]) -> None:
    at = chance.randrange(len(children))
    match chance.randrange(4):
        case 0:
            del children[at]
        case 1:
            children.insert(at, children[at])
        case 2:
            other = chance.randrange(len(children))
            children[at], children[other] = children[other], children[at]
        case _:
            donor = chance.choice(_walk(parse(chance.choice(others))[0]))
            children[at] = donor


def _other_content(node: Node, chance: random.Random) -> bytes:
    if node.tag in INTERESTING and chance.random() < 0.7:
        return chance.choice(INTERESTING[node.tag])
    spoiled = bytearray(node.content or b"\x00")
    spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)

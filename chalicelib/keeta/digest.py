"""What is the hash of some bytes on Keeta? Always SHA3-256."""

import hashlib


def digest(data: bytes) -> bytes:
    """32 bytes. (Keeta protocol: blocks, votes, addresses and signed messages all use it.)"""
    return hashlib.sha3_256(data).digest()

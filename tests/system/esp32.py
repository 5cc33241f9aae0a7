"""ESP32 application images, byte by byte (esp_app_format.h of ESP-IDF)."""

import hashlib
import random
import struct

IMAGE_MAGIC = 0xE9
DESCRIPTION_MAGIC = 0xABCD5432
CHECKSUM_START = 0xEF


def description(version, project):
    """esp_app_desc_t: 256 bytes at the start of the first segment."""
    return struct.pack(
        "<II8s32s32s16s16s32s32s80s",
        DESCRIPTION_MAGIC, 0, b"", version.encode(), project.encode(),
        b"04:00:00", b"Nov 21 2026", b"v3.3.5", bytes(range(32)), b"")


def image(version, size=64 * 1024, project="inklay", seed=1):
    """An image of about `size` bytes; the same arguments, the same bytes."""
    data = random.Random(f"{seed} {version}").randbytes
    first = description(version, project) + data(1024)
    second = data(max(4, (size - len(first) - 120) // 4 * 4))
    segments = [(0x3F400020, first), (0x400D0018, second)]
    header = struct.pack("<BBBBIB3sHBHH4sB", IMAGE_MAGIC, len(segments), 2,
                         0x20, 0x40081234, 0xEE, b"", 0, 0, 0, 0xFFFF, b"", 1)
    body = bytearray(header)
    checksum = CHECKSUM_START
    for address, content in segments:
        body += struct.pack("<II", address, len(content)) + content
        checksum ^= xor(content)
    body += bytes(15 - len(body) % 16) + bytes([checksum])
    return bytes(body) + hashlib.sha256(body).digest()


def xor(content):
    """All bytes of `content`, whose length is a multiple of 4, xor-ed."""
    value = int.from_bytes(content, "little")
    width = len(content)
    while width > 4:
        half = (width + 1) // 2
        value = (value >> 8 * half) ^ (value & ((1 << 8 * half) - 1))
        width = half
    return (value ^ value >> 8 ^ value >> 16 ^ value >> 24) & 0xFF

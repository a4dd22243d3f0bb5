"""Reads stored_tokens files as huggingface_hub does.

On stdin batches of files: a count, then each file after its length, in four bytes. On stdout one line of JSON for each
batch: for each file its sections in order with what _auth.py makes of them, and [DEFAULT]; null where it gives it up.
"""

import configparser
import json
import logging
import struct
import sys

from huggingface_hub import constants
from huggingface_hub.utils import _auth

path = constants.HF_STORED_TOKENS_PATH = sys.argv[1]
given_up = []


class Told(logging.Handler):
    def emit(self, record):
        given_up.append(record)


_auth.logger.addHandler(Told())
_auth.logger.propagate = False


def end_of(fields):
    end = _auth._parse_expires_at(fields)
    return None if end is None else max(-(2**63 - 1), min(end, 2**63 - 1))


def reading_of(file):
    with open(path, "wb") as out:
        out.write(file)
    given_up.clear()
    sections = _auth._read_stored_tokens_full()
    if given_up:
        return None
    default = configparser.ConfigParser(interpolation=None)
    if b"DEFAULT" in file:
        default.read(path, encoding="utf-8")
    return {
        "sections": [
            [name, fields, end_of(fields), _auth._clean_token(fields.get("hf_token"))] for name, fields in sections.items()
        ],
        "default": dict(default.defaults()),
    }


def number():
    four = sys.stdin.buffer.read(4)
    return struct.unpack("<I", four)[0] if four else None


while (count := number()) is not None:
    files = [sys.stdin.buffer.read(number()) for _ in range(count)]
    print(json.dumps([reading_of(file) for file in files]), flush=True)

"""Fielded devices: what each trusts, how it behaves, and which answer it
gives to each profile of the shadow PKI."""

import os
import pathlib
import subprocess

from daemon import BINARY, PATIENCE, SANITIZER
from shadow import ADDRESS, HOST

CLIENTS = pathlib.Path(os.environ.get("OTTERD_CLIENTS",
                                      BINARY.with_name("clients")))

# A profile's key pairs, its anchor or None for the chain as it was given,
# and what it sends, by the names of shadow.py.
PROFILES = {
    "modern": (["modern", "leaf"], None,
               [["modern", "ye1", "x2-by-x1"], ["leaf", "yr1", "yr-by-x1"]]),
    "x1": (["leaf"], "x1", [["leaf", "yr1", "yr-by-x1"]]),
    "old": (["leaf"], "old", [["leaf", "yr1", "yr-by-x1", "x1-by-old"]]),
    "r3": (["kept"], "r3-by-old", [["kept"]]),
    "old-kept": (["kept"], "old", [["kept", "r3-by-old"]]),
    "yr1": (["leaf"], "yr1", [["leaf"]]),
    "self": (["self-ca-again"], "self-ca", [["self-ca-again"]]),
    "self-end": (["self-end"], "self-end", [["self-end"]]),
    "address": (["address"], "address", [["address"]]),
}

NO, DENIED, EXPIRED, NAME, OK, CLOSED = "48", "49", "45", "42", "ok", "closed"


class Device:
    def __init__(self, stack, anchor, *options, host=HOST):
        self.stack, self.anchor = stack, anchor
        self.options, self.host = options, host

    def command(self, shadow, port, *more):
        words = [CLIENTS / f"client-{self.stack}", "--port", port, "--host",
                 self.host, "--anchor", shadow.anchor(self.anchor),
                 *self.options, *more]
        return [str(word) for word in words]

    def run(self, shadow, port, *more):
        """What became of each try: "ok", "closed" or the alert's number, all
        else as the device says it."""
        done = subprocess.run(self.command(shadow, port, *more), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE)
        return read_tries(done.returncode, done.stdout, done.stderr)


def read_tries(status, output, complaints):
    assert not SANITIZER.search(complaints), complaints
    *lines, last = output.splitlines() or [""]
    assert last == f"{'failed' if status else 'ok'} tries={len(lines)}", \
        f"exit {status}: {output}{complaints}"
    return [short(line.split(": ", 1)[1]) for line in lines]


def short(result):
    return {"ok status=200": OK, "refused closed": CLOSED}.get(
        result, result.removeprefix("refused alert="))

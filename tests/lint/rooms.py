#!/usr/bin/python3
"""rooms - does every include keep to the order of the rooms?

A file includes only headers of its own room and of the rooms before it, and
no modules include each other in a circle.  A module is x.c with its x.h.
"""

import os
import re
import sys

import tree

ROOMS = ["base", "pki", "image", "store", "tls", "fleet", "http", "cli", "top"]

# What a room must not know of although the order would allow it.
UNKNOWN_TO = {
    "pki": ["sys/socket.h", "netinet/", "microhttpd.h"],
    "image": ["sys/socket.h", "netinet/", "microhttpd.h", "openssl/ssl.h"],
    "store": ["microhttpd.h", "openssl/ssl.h"],
    "tls": ["microhttpd.h"],
    "fleet": ["tls/", "sys/socket.h", "netinet/", "microhttpd.h",
              "openssl/ssl.h"],
    "http": ["tls/", "openssl/ssl.h"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.M)


def room_of(path):
    """The room of a source or header, or None outside server/, include/."""
    parts = path.split("/")
    if parts[0] not in ("server", "include") or len(parts) < 2:
        return None
    return parts[1] if len(parts) > 2 else "top"


def module_of(path):
    """"store/db" for server/store/db.c and include/store/db.h."""
    return os.path.splitext(path.split("/", 1)[1])[0]


def resolve(path, name, known):
    """The repository's file that an include names, or None."""
    for candidate in ("include/" + name,
                      os.path.join(os.path.dirname(path), name)):
        if candidate in known:
            return candidate
    return None


def order_fault(room, target):
    """Why a file of `room` may not include `target`, or None."""
    other = room_of(target)
    if target == "include/config.h" and room not in ("cli", "top"):
        return "only commands and top-level files include config.h"
    if other not in ROOMS:
        return f"{target} is in no room"
    if room == "cli" and other == "top":
        return None  # a command works with what the daemon is made of
    if ROOMS.index(other) > ROOMS.index(room):
        return f"room {room} includes {target} of the later room {other}"
    return None


def include_faults(path, text, known):
    """Yield (line, fault or None, target or None) for each include."""
    room = room_of(path)
    if room not in ROOMS:
        yield 1, f"{path} is in no room", None
        return
    for match in INCLUDE.finditer(text):
        name = match.group(1)
        line = tree.line_of(text, match.start(1))
        if any(name.startswith(x) for x in UNKNOWN_TO.get(room, ())):
            yield line, f"room {room} knows nothing of {name}", None
        target = resolve(path, name, known)
        if target:
            yield line, order_fault(room, target), target


def find_circle(graph):
    """A list of modules that include each other in a circle, or None."""
    state = {}

    def visit(module, way):
        state[module] = "open"
        for other in sorted(graph.get(module, ())):
            if state.get(other) == "open":
                return way[way.index(other):] + [other]
            if other not in state:
                circle = visit(other, way + [other])
                if circle:
                    return circle
        state[module] = "done"
        return None

    for module in sorted(graph):
        if module not in state:
            circle = visit(module, [module])
            if circle:
                return circle
    return None


def check(sources):
    """Findings, as "file:line: text", for {path: text}."""
    findings = []
    graph = {}
    where = {}
    for path, text in sorted(sources.items()):
        for line, fault, target in include_faults(path, text, sources):
            if fault:
                findings.append(f"{path}:{line}: {fault}")
            if target and module_of(target) != module_of(path):
                edge = module_of(path), module_of(target)
                graph.setdefault(edge[0], set()).add(edge[1])
                where.setdefault(edge, (path, line))
    circle = find_circle(graph)
    if circle:
        path, line = where[circle[0], circle[1]]
        findings.append(f"{path}:{line}: a circle: {' -> '.join(circle)}")
    return findings


def main():
    root = sys.argv[1]
    sources = {path: tree.read(root, path) for path in tree.files(root)
               if room_of(path) and path.endswith((".c", ".h"))}
    findings = check(sources)
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Does each rule of the checker see its broken example, and only that?"""

import unittest

import rooms
import surface

GOOD = {
    "include/base/err.h": "",
    "include/store/db.h": '#include "base/err.h"\n',
    "include/store/writer.h": '#include "store/db.h"\n',
    "include/tls/front.h": '#include <openssl/ssl.h>\n',
    "include/http/request.h": '#include "store/db.h"\n',
    "include/cli/token.h": "",
    "include/config.h": '#include "base/err.h"\n',
    "server/base/err.c": '#include "base/err.h"\n',
    "server/store/db.c": '#include "store/db.h"\n#include "made.inc"\n',
    "server/http/request.c": '#include "http/request.h"\n',
    "server/http/admin/images.c": '#include "http/request.h"\n',
    "server/fleet/version.c": '#include "base/err.h"\n',
    "server/cli/token.c": '#include "config.h"\n#include "cli/token.h"\n',
    "server/main.c": '#include "cli/token.h"\n#include "config.h"\n',
}

# One file to change, what it becomes, and the finding.
BROKEN_ROOMS = [
    ("server/base/log.c", '\n#include "store/db.h"\n',
     "server/base/log.c:2: room base includes include/store/db.h of the later"
     " room store"),
    ("server/base/log.c", '  #  include "store/db.h"\n',
     "server/base/log.c:1: room base includes include/store/db.h of the later"
     " room store"),
    ("server/http/admin/images.c", '#include "cli/token.h"\n',
     "server/http/admin/images.c:1: room http includes include/cli/token.h of"
     " the later room cli"),
    ("server/http/request.c", '#include "tls/front.h"\n',
     "server/http/request.c:1: room http knows nothing of tls/front.h"),
    ("server/fleet/version.c", "#include <sys/socket.h>\n",
     "server/fleet/version.c:1: room fleet knows nothing of sys/socket.h"),
    ("server/store/db.c", '#include "config.h"\n',
     "server/store/db.c:1: only commands and top-level files include config.h"),
    ("server/attic/old.c", "",
     "server/attic/old.c:1: server/attic/old.c is in no room"),
    ("server/store/db.c", '#include "store/writer.h"\n',
     "server/store/db.c:1: a circle: store/db -> store/writer -> store/db"),
]


def function(lines):
    return "void f(void)\n{\n" + "\tg();\n" * (lines - 2) + "}\n"


SURFACE = [
    ("longest file", "a.c", "\n" * 600, None),
    ("file", "a.c", "\n" * 601, "a.c:601: 601 lines, at most 600"),
    ("long text", "a.md", "\n" * 601, None),
    ("longest function", "a.c", function(80), None),
    ("function", "a.c", function(81),
     "a.c:2: a function of 81 lines, at most 80"),
    ("call", "a.c", "\n\tstrcpy(a, b);\n",
     "a.c:2: strcpy() is not used here; see base/strbuf.h"),
    ("call with a blank", "a.h", "sprintf (a);\n",
     "a.h:1: sprintf() is not used here; see base/strbuf.h"),
    ("other call", "a.c", "snprintf(a); my_strcpy(b);\n", None),
    ("call in a comment", "a.c", "/* no strcat(a, b) */\n", None),
    ("call in a string", "a.c", 'puts("\\"strcat(a)");\n', None),
    ("call behind a string", "a.c", 'f("\\"", strcat(a));\n',
     "a.c:1: strcat() is not used here; see base/strbuf.h"),
    ("call in prose", "a.md", "strcpy(a, b)\n", None),
    ("unfinished", "a.md", "x\nTO" "DO\n", "a.md:2: unfinished: TO" "DO"),
    ("unfinished inside a word", "a.md", "TO" "DOs\n", None),
    ("machine", "run", "cd /ho" "me/me\n",
     "run:1: a path of one machine: /ho" "me/"),
    ("other path", "run", "cd $x/ho" "me/me build/wo" "rk/\n", None),
    ("outside", "run", "cp ../sha" "red/x .\n",
     "run:1: a path of one machine: ../sha" "red"),
]


class Rooms(unittest.TestCase):
    def test_good(self):
        self.assertEqual(rooms.check(GOOD), [])

    def test_broken(self):
        for path, text, finding in BROKEN_ROOMS:
            with self.subTest(finding):
                self.assertEqual(rooms.check({**GOOD, path: text}), [finding])


class Surface(unittest.TestCase):
    def test_table(self):
        for label, path, text, finding in SURFACE:
            with self.subTest(label):
                self.assertEqual(surface.check(path, text),
                                 [finding] if finding else [])


if __name__ == "__main__":
    unittest.main()

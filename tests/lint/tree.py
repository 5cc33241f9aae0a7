"""The files of the repository, and C source with its noise taken out."""

import os
import re
import subprocess

# A comment, a string or a character constant, whichever begins first.
NOISE = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def files(root):
    """Paths relative to root: what git knows or would add, or in an unpacked
    archive everything but build/."""
    git = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if git.returncode == 0:
        found = git.stdout.decode().split("\0")
    else:
        found = [os.path.relpath(os.path.join(at, name), root)
                 for at, _, names in os.walk(root) for name in names]
        found = [path for path in found if not path.startswith("build/")]
    return sorted(path for path in found
                  if path and os.path.isfile(os.path.join(root, path)))


def read(root, path):
    """The text of a file, or None when it is not text."""
    with open(os.path.join(root, path), "rb") as f:
        data = f.read()
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def bare(code):
    """C source with comments and literals blanked, line for line."""
    return NOISE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), code)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1

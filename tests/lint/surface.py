#!/usr/bin/python3
"""surface - sizes, calls that are not used here, and words left behind."""

import re
import sys

import tree

FILE_LINES = 600
FUNCTION_LINES = 80  # from the opening brace to the closing one

CODE = (".c", ".h", ".py", ".sql", ".sh")
C = (".c", ".h")

CALL = re.compile(
    r"\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets)\s*\(")
FUNCTION = re.compile(r"^\{\n.*?^\}", re.M | re.S)

# Written so that they do not match themselves.
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E)\b")
MACHINE = re.compile(r"(?<![\w.$}*~])/(?:home|root|work|Users)/|[.][.]/shared\b")


def sizes(path, text):
    lines = text.count("\n")
    if path.endswith(CODE) and lines > FILE_LINES:
        yield FILE_LINES + 1, f"{lines} lines, at most {FILE_LINES}"
    if not path.endswith(C):
        return
    for match in FUNCTION.finditer(text):
        lines = match.group().count("\n") + 1
        if lines > FUNCTION_LINES:
            yield (tree.line_of(text, match.start()),
                   f"a function of {lines} lines, at most {FUNCTION_LINES}")


def calls(path, text):
    if not path.endswith(C):
        return
    text = tree.bare(text)
    for match in CALL.finditer(text):
        yield (tree.line_of(text, match.start()),
               f"{match.group(1)}() is not used here; see base/strbuf.h")


def words(path, text):
    for pattern, what in ((UNFINISHED, "unfinished"),
                          (MACHINE, "a path of one machine")):
        for match in pattern.finditer(text):
            yield (tree.line_of(text, match.start()),
                   f"{what}: {match.group()}")


RULES = (sizes, calls, words)


def check(path, text):
    """Findings, as "file:line: text", for one file."""
    return [f"{path}:{line}: {fault}"
            for rule in RULES for line, fault in rule(path, text)]


def main():
    root = sys.argv[1]
    findings = []
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is not None:
            findings += check(path, text)
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

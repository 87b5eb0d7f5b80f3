"""Independent reference for statements of LaTeX problems, written from docs/AIME.md.

statements(text) -> (list of statements, index of the question)
"""
import re
import unicodedata

from splitters import ABBREVIATIONS, BEFORE_A_NUMBER

ESCAPED = r"\\[\s\S]"
FORMULA = re.compile(
    rf"""
      (?P<display>\\\[(?P<d1>(?:(?!\\\])(?:{ESCAPED}|[^\\]))*)\\\]
                | \$\$(?P<d2>(?:{ESCAPED}|[^\\$]|\$(?!\$))*)\$\$)
    | \\\((?P<i1>(?:(?!\\\))(?:{ESCAPED}|[^\\]))*)\\\)
    | \$(?P<i2>(?:{ESCAPED}|[^\\$])*)\$
    """,
    re.X,
)
TAG = re.compile(r"\\(?P<kind>begin|end)\{(?P<name>[A-Za-z*]{1,40})\}")
STOPS = re.compile("([.?!]+)(?:[\"')\\]]|\u201d|\u2019)*")
SELF_STOPPED = re.compile(r"(?:^|[^.\\])[.?!]\Z")
ASKS = re.compile(
    r"(?:\A|, *)(?:find|compute|determine|evaluate|calculate|what|how many|express)(?![A-Za-z0-9_])",
    re.I,
)


def environment(text, pos):
    """Span and content of the environment that begins at pos."""
    first = TAG.match(text, pos)
    if not first or first.group("kind") != "begin":
        return None
    depth, i = 0, pos
    while i < len(text):
        tag = TAG.match(text, i) if text[i] == "\\" else None
        if tag and tag.group("name") == first.group("name"):
            depth += 1 if tag.group("kind") == "begin" else -1
            if depth == 0:
                return tag.end(), text[first.end():i], True
        i += 2 if text[i] == "\\" else 1
    return None


def span(text, pos):
    if text[pos] not in "\\$":
        return None
    found = environment(text, pos)
    if found:
        return found
    m = FORMULA.match(text, pos)
    if not m:
        return None
    inner = next(g for g in m.group("d1", "d2", "i1", "i2") if g is not None)
    return m.end(), inner, m.group("display") is not None


def may_start(char):
    if char.isascii():
        return bool(re.match(r"[A-Z0-9$\\(\[\"'`*]", char))
    if char in "\u201c\u2018":
        return True
    return "\u00c0" <= char < "\u0530" and char != "\u00d7" and not is_lower(char)


def is_lower(char):
    """Of the ranges that docs/DATASETS.md's scripts use."""
    in_range = "\u00df" <= char <= "\u00ff" or "\u03ac" <= char <= "\u03ce" or "\u0430" <= char <= "\u045f"
    return in_range and unicodedata.category(char) in ("Ll", "Sm") and char != "\u00f7"


def abbreviates(text, pos, after):
    word = re.search(r"[A-Za-z.]*\Z", text[:pos]).group()
    if word.lower() in ABBREVIATIONS:
        return True
    if word.lower() in BEFORE_A_NUMBER and after in "0123456789":
        return True
    in_front = text[pos - 2:pos - 1] if pos >= 2 else ""
    return len(word) == 1 and "A" <= word <= "Z" and not (in_front and in_front in "0123456789")


def ends(text):
    """Positions behind statements."""
    i = 0
    while i < len(text):
        found = span(text, i)
        stops = STOPS.match(text, i)
        if found:
            i, inner, display = found
            rest = text[i:]
            start = rest.lstrip(" ")
            if not SELF_STOPPED.search(inner.strip(" ")):
                continue
            if not start or ((display or start != rest) and may_start(start[0])):
                yield i
        elif stops:
            i = stops.end()
            rest = text[i:]
            start = rest.lstrip(" ")
            if not start:
                yield i
            elif start != rest and may_start(start[0]):
                if stops.group(1) != "." or not abbreviates(text, stops.start(), start[0]):
                    yield i
        else:
            i += 2 if text[i] == "\\" else 1


def statements(text):
    found, before = [], 0
    for end in [*ends(text), len(text)]:
        part = text[before:end].strip(" ")
        if part:
            found.append(part)
        before = end
    asking = [k for k, s in enumerate(found) if "?" in s or ASKS.search(s)]
    return found, asking[-1] if asking else max(len(found) - 1, 0)

"""Independent reference for the two splitters: written from docs/DATASETS.md, not from the C code.

release(question), strict(question), tail(question) -> (context, query)
"""
import re
import unicodedata

ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "st", "mt", "vs", "e.g", "i.e", "approx"}
BEFORE_A_NUMBER = {"no", "fig"}
ASCII_BLANKS = " \t\n\v\f\r"
STOPS = re.compile(r"([.?!]+)((?:[\"')\]]|\u201d|\u2019)*)(?=[ ]|$)", re.S)


def release(question):
    """Cut at every point; the last piece that is not blank is the query."""
    pieces = [p for p in (part.strip() for part in question.split(".")) if p]
    *before, last = pieces or [""]
    return ". ".join(before) + ".", last


def is_boundary(text, stop):
    rest = text[stop.end():].lstrip(" ")
    if not rest:
        return True
    if unicodedata.category(rest[0]) == "Ll":
        return False
    if stop.group(1) != ".":
        return True
    word = re.search(r"[A-Za-z.]*$", text[:stop.start()]).group()
    if word.lower() in ABBREVIATIONS:
        return False
    if word.lower() in BEFORE_A_NUMBER and rest[0] in "0123456789":
        return False
    in_front = text[:stop.start() - len(word)][-1:]
    initial = len(word) == 1 and word.isupper() and not (in_front and in_front in "0123456789")
    return not initial


def sentences(text):
    start = 0
    found = []
    for stop in STOPS.finditer(text):
        if stop.start() >= start and is_boundary(text, stop):
            found.append(text[start:stop.end()].strip(" "))
            start = stop.end()
    if text[start:].strip(" "):
        found.append(text[start:].strip(" "))
    return found


def cut(question):
    """Sentences, and the index of the one that the query begins with."""
    text = " ".join(re.split("[%s]+" % ASCII_BLANKS, question.strip(ASCII_BLANKS)))
    parts = sentences(text)
    asking = [i for i, s in enumerate(parts) if "?" in s]
    return parts, asking[-1] if asking else len(parts) - 1


def strict(question):
    """Whole sentences; the query begins with the last one that asks."""
    parts, first = cut(question)
    return " ".join(parts[:first]), " ".join(parts[first:])


def tail(question):
    """strict, but what follows the question goes to the end of the context."""
    parts, first = cut(question)
    return " ".join(parts[:first] + parts[first + 1:]), parts[first] if parts else ""

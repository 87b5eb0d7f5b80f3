"""Independent reference for the graders: regular expressions and fractions instead of scanners.

Each takes (answer, gold) and returns (status, value as text or None).
"""
import re
from fractions import Fraction

DIGIT = "[0-9]"
BLANK = "[ \u00a0\u202f\u2009]"
CURRENCY = "[$\u00a3\u00a5\u20a0-\u20cf]"
SIGN = r"(?<![A-Za-z0-9)\]%.-])(?:-|\u2212)"
TOKEN = re.compile(
    rf"""
    (?P<sign>{SIGN}{CURRENCY}?|{CURRENCY}{SIGN}|{CURRENCY})?
    (?P<body>
        (?P<whole>
            {DIGIT}{{1,3}}(?!{DIGIT})(?:,{DIGIT}{{3}}(?!{DIGIT}))+
          | [1-9]{DIGIT}{{0,2}}(?!{DIGIT})(?:{BLANK}{DIGIT}{{3}}(?!{DIGIT}|[,/]{DIGIT}))+
          | {DIGIT}+
        )(?:\.(?P<part>{DIGIT}+))?
      | (?P<lead>\.)(?P<bare>{DIGIT}+)
    )
    (?:[eE](?P<shift>[+-]?{DIGIT}+)(?![A-Za-z0-9]))?
    (?:/(?P<below>(?=[0.]*[1-9]){DIGIT}+(?:\.{DIGIT}+)?))?
    %?
    """,
    re.X,
)
FILLERS = """a about approx approximately equal exactly is just now of only roughly rs simply then
therefore thus to total usd x""".split()
COUNTED_BITS = 2**63


def token_at(text, pos):
    """A token that begins at pos."""
    m = TOKEN.match(text, pos)
    if m and m.group("lead") and not m.group("sign") and re.match("[A-Za-z0-9]", text[pos - 1:pos]):
        return None
    return m


def is_script(text, pos):
    return bool(re.search(r"(\^|[A-Za-z0-9)]_)\Z", text[max(0, pos - 2):pos]))


def tokens(text):
    pos = 0
    while pos < len(text):
        m = token_at(text, pos)
        if m and not is_script(text, pos):
            yield m
        pos = m.end() if m else pos + 1


def canonical(whole, part):
    whole = re.sub("[^0-9]", "", whole or "").lstrip("0") or "0"
    part = (part or "").rstrip("0")
    return whole + ("." + part if part else "")


def fits(f):
    return abs(f.numerator) < COUNTED_BITS and f.denominator < COUNTED_BITS


def value(m):
    """Fraction, or text where 64-bit numbers do not hold it."""
    negative = bool(re.search("-|\u2212", m.group("sign") or ""))
    top = canonical(m.group("whole"), m.group("part") or m.group("bare"))
    bottom = canonical(*(m.group("below").split(".") + [""])[:2]) if m.group("below") else None
    shift = m.group("shift")
    num = Fraction(top)
    ok = fits(num) and len(top) < 400 and len(top.partition(".")[2]) <= 18
    ok = ok and int(top.replace(".", "")) < COUNTED_BITS
    if bottom:
        ok = ok and fits(Fraction(bottom)) and len(bottom.partition(".")[2]) <= 18
        ok = ok and int(bottom.replace(".", "")) < COUNTED_BITS
    if ok and shift and num:
        digits = shift.lstrip("+-")
        ok = len(digits) <= 4 and int(digits) <= 18
        num = num * Fraction(10) ** int(shift) if ok else num
        ok = ok and fits(num)
    if ok and bottom:
        num = num / Fraction(bottom)
        ok = fits(num)
    if ok:
        return -num if negative else num
    shown = ("-" if negative else "") + top
    if shift:
        shown += "e" + ("-" if shift[0] == "-" else "") + shift.lstrip("+-")
    return shown + ("/" + bottom if bottom else "")


def braces(text, pos, most, escapes):
    """Content of the braces that open at pos, and the end."""
    depth, i = 0, pos
    while i < len(text) and i - pos < most:
        c = text[i]
        if escapes and c == "\\":
            i += 1
        elif c == "{":
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                return text[pos + 1:i], i + 1
        i += 1
    return None


def fraction(text, pos):
    m = re.compile(" *([0-9])([0-9])").match(text, pos)
    if m:
        return m.group(1), m.group(2), m.end()
    pos = re.compile(" *").match(text, pos).end()
    above = braces(text, pos, 64, False) if text[pos:pos + 1] == "{" else None
    if not above or text[above[1]:above[1] + 1] != "{":
        return None
    below = braces(text, above[1], 64, False)
    return (above[0], below[0], below[1]) if below else None


def plain(text):
    out, i = "", 0
    while i < len(text):
        word = re.compile(r"\\([A-Za-z]+)").match(text, i)
        if text.startswith("{,}", i):
            out, i = out + ",", i + 3
        elif word:
            i = word.end()
            parts = fraction(text, i) if word.group(1) in ("frac", "dfrac", "tfrac", "cfrac") else None
            if parts:
                out += " " if re.search(r"[0-9]\Z", out) else ""
                out += plain(parts[0].strip()) + "/" + plain(parts[1].strip())
                i = parts[2]
            else:
                out += " "
        elif text[i] == "\\":
            c = text[i + 1:i + 2]
            out += c if c and c in "$%#_&\n" else "" if c == "!" else " "
            i += 2
        elif text[i] == "}" and text[i + 1:i + 2] == "{":
            out, i = out + " ", i + 1
        else:
            out, i = out + ("" if text[i] in "{}" else text[i]), i + 1
    return out


def last_token(text):
    found = list(tokens(text))
    return found[-1] if found else None


def in_box(answer):
    starts = [m.end() for m in re.finditer(r"\\boxed *(?=\{)", answer)]
    for pos in reversed(starts[-64:]):
        content = braces(answer, pos, 4096, True)
        found = last_token(plain(content[0])) if content else None
        if found:
            return found
    return None


def is_label(text, pos):
    return bool(re.compile(r"[*_]*[.):][*_]*[ \t]+[^ \t\r\n]").match(text, pos))


def behind_marks(text):
    for m in reversed(list(re.finditer(r"(?=####)", text))):
        pos = re.compile(r"####[ \t*_`(]*").match(text, m.start()).end()
        found = token_at(text, pos)
        if found and not is_script(text, pos) and not is_label(text, found.end()):
            return found
    return None


PHRASE = re.compile(r"(?i)(?<![a-z])answer(?:[ \t*_`]*[:=]|[ \t*_`]+is(?![a-z]))")


def behind_phrase(text):
    for m in reversed(list(PHRASE.finditer(text))):
        pos, stop = m.end(), m.end() + 120
        while pos < len(text) and pos < stop:
            found = token_at(text, pos)
            if found and not is_script(text, pos):
                if "\n" in text[m.end():pos] and is_label(text, found.end()):
                    break
                return last_result(text, found)
            if text[pos] in "0123456789":
                break
            word = re.compile("[A-Za-z]*").match(text, pos).group()
            if word and word.lower() not in FILLERS:
                break
            pos += len(word) or 1
    return None


def last_result(text, found):
    """The token behind the last '=' of a calculation on one line."""
    run = re.compile(r"[ +\-*/().,$%^0-9\u00d7\u00f7\u00b7\u2212]*?(?P<open>\( *)?= *(?:[ *]*)")
    while True:
        m = run.match(text, found.end())
        if not m or m.group("open") is not None or m.end() - found.end() > 120:
            return found
        after = token_at(text, m.end())
        if not after or is_script(text, m.end()):
            return found
        found = after


def strict(answer, gold):
    if not answer.strip(" \t\n\v\f\r"):
        return "no_answer", None
    text = plain(answer)
    found = in_box(answer) or behind_marks(text) or behind_phrase(text) or last_token(text)
    if not found:
        return "unparsed", None
    right = last_token(plain(gold))
    got = value(found)
    return "correct" if right and value(right) == got else "wrong", got


def tidy(text):
    return text.translate({ord("$"): None, ord(","): None}).strip(".")


def release(answer, gold):
    hits = re.findall("(-?[$0-9.,]{2,})|(-?[0-9]+)", answer)
    got = tidy("".join(hits[-1])) if hits else answer
    if got == tidy(gold):
        return "correct", got if hits else None
    if not answer.strip(" \t\n\v\f\r"):
        return "no_answer", None
    return ("wrong", got) if hits else ("unparsed", None)


def apple(answer, gold):
    last = lambda text: (re.findall(r"-?[0-9]+\.?[0-9]*", text.replace(",", "")) or [None])[-1]
    got, right = last(answer), last(gold)
    if not answer.strip(" \t\n\v\f\r"):
        return "no_answer", None
    if got is None:
        return "unparsed", None
    return "correct" if right is not None and float(got) == float(right) else "wrong", got


ORNAMENT = re.compile(
    r"\^\\circ|\^\{\\circ\}|\^\\degree|\^\{\\degree\}|\\circ|\\degree|\u00b0|\\[,;:! $]|[~${} \t\n\v\f\r]")
WORDING = re.compile(r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|bf)\{")


def stripped(text):
    out, i = "", 0
    while i < len(text):
        mark = ORNAMENT.match(text, i) or WORDING.match(text, i)
        if not mark:
            out, i = out + text[i], i + 1
            continue
        i = mark.end()
        content = braces(text, i - 1, len(text) + 1, False) if mark.re is WORDING else None
        if content and not re.search("[0-9]", content[0]):
            i = content[1]
    return out


def whole(content):
    """What a box holds, as decimal text; None if it is no whole number."""
    text = re.sub(r"\.\Z", "", stripped(content.rpartition("=")[2]))
    m = re.fullmatch("(-|\u2212)?([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)", text)
    if not m:
        return None
    digits = m.group(2).replace(",", "").lstrip("0") or "0"
    return ("-" if m.group(1) and digits != "0" else "") + digits


def boxed_whole(answer):
    starts = [m.end() for m in re.finditer(r"\\boxed *(?=\{)", answer)]
    seen = [m.end() for m in re.finditer(r"\\boxed", answer)][-64:]
    for pos in reversed(starts):
        content = braces(answer, pos, 4096, True)
        if seen and pos >= seen[0] and content and whole(content[0]) is not None:
            return whole(content[0])
    return None


def phrase_whole(text):
    found = behind_phrase(text)
    got = str(value(found)) if found else ""
    return got if re.fullmatch("-?[0-9]+", got) else None


def last_whole(text):
    powers = re.compile(r"\^[^ \t\n\v\f\r]")
    short = [m.group().removeprefix("$") for m in tokens(text) if not powers.match(text, m.end())]
    short = [t for t in short if re.fullmatch("[0-9]{1,3}", t)]
    return whole(short[-1]) if short else None


def aime_strict(answer, gold):
    if not answer.strip(" \t\n\v\f\r"):
        return "no_answer", None
    got = boxed_whole(answer)
    got = phrase_whole(plain(answer)) if got is None else got
    got = last_whole(plain(answer)) if got is None else got
    if got is None:
        return "unparsed", None
    return "correct" if 0 <= int(got) <= 999 and got == whole(gold) else "wrong", got


def aime_release(answer, gold):
    """As the released evaluator reads an answer: the last box, or a search for digits."""
    if not answer.strip(" \t\n\v\f\r"):
        return "no_answer", None
    start = answer.rfind("\\boxed")
    start = answer.rfind("\\fbox") if start < 0 else start
    got, depth = None, 0
    for i in range(start, len(answer)) if start >= 0 else ():
        depth += answer[i] == "{"
        if answer[i] == "}":
            depth -= 1
            if depth == 0:
                box = answer[start:i + 1]
                try:
                    got = int(box[7:-1]) if box.startswith("\\boxed{") else None
                except ValueError:
                    got = None
                break
    if got is None:
        hits = re.findall("[1-9][0-9][0-9]|[1-9][0-9]|[1-9]", answer)
        if not hits:
            return "unparsed", None
        got = int(hits[-1])
    return "correct" if got == int(gold) else "wrong", str(got)

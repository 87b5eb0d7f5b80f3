"""Independent check of generated problems: the template language read again, in exact fractions.

    template_check.py TEMPLATES ROWS    rows of `data generate gsm-symbolic --bindings`
    template_check.py --count TEMPLATES how often each construct of the language occurs

Written from docs/TEMPLATES.md, not from the C code; expressions are read by Python's own parser
and walked here, never executed. For every row: each value is in its domain, each condition holds,
question and worked lines are what this program writes for the same values, the gold is the ####
expression. Prints counts; exit code 1 if anything differs.
"""
import ast
import collections
import functools
import glob
import json
import os
import re
import sys
from fractions import Fraction

WORDS = os.path.join(os.path.dirname(__file__), "..", "..", "datasets", "words", "lists.json")
UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6,
         "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}
MULTIPLES = {"twice": 2, "thrice": 3, "double": 2, "triple": 3, "quadruple": 4, "quintuple": 5}
TITLES = {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "e.g", "i.e"}

Value = collections.namedtuple("Value", "text num")  # num is None for a plain text


class Trouble(Exception):
    pass


def show_number(x):
    """45, 2.5 or 7/3."""
    den = x.denominator
    digits = 0
    for p in (2, 5):
        k = 0
        while den % p == 0:
            den //= p
            k += 1
        digits = max(digits, k)
    if den != 1:
        return f"{x.numerator}/{x.denominator}"
    if digits == 0:
        return str(x.numerator)
    whole = abs(x.numerator) * 10 ** digits // x.denominator
    text = f"{whole:0{digits + 1}d}"
    return ("-" if x < 0 else "") + text[:-digits] + "." + text[-digits:]


def number_words(n):
    if n < 20:
        return UNITS[n]
    if n < 100:
        return TENS[n // 10 - 2] + (" " + UNITS[n % 10] if n % 10 else "")
    return UNITS[n // 100] + " hundred" + (" " + number_words(n % 100) if n % 100 else "")


def quantity(text):
    """Value of 1/2, 0.3, half, a third, two-sixths, three times, twice."""
    if text in MULTIPLES:
        return Fraction(MULTIPLES[text])
    if re.fullmatch(r"\d+(/\d+|\.\d+)?", text):
        return Fraction(text)
    first, _, second = text.replace("-", " ").rpartition(" ")
    count = 1 if first in ("", "a", "an") else UNITS.index(first)
    if second == "times":
        return Fraction(count)
    return Fraction(count, PARTS.get(second) or PARTS[second.rstrip("s")])


def load_words():
    lists = {}
    for name, entry in json.load(open(WORDS, encoding="utf-8")).items():
        if "join" in entry:
            lists[name] = [v for other in entry["join"] for v in lists[other]]
        else:
            has = entry["shape"] == "quantity"
            lists[name] = [Value(t, quantity(t) if has else None) for t in entry["items"]]
    return lists


def as_number(v):
    if isinstance(v, Value):
        v = v.num
    if isinstance(v, bool):
        return Fraction(int(v))
    if not isinstance(v, Fraction):
        raise Trouble("a text is used as a number")
    return v


def has_number(v):
    return not isinstance(v, str) and not (isinstance(v, Value) and v.num is None)


def as_text(v):
    return v.text if isinstance(v, Value) else v if isinstance(v, str) else show_number(v)


def truth(v):
    return bool(as_number(v)) if has_number(v) else bool(as_text(v))


def power(a, b):
    if b.denominator != 1 or abs(b) > 64:
        raise Trouble("a power out of reach")
    return Fraction(a) ** int(b)


ARITHMETIC = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b, ast.FloorDiv: lambda a, b: Fraction(a // b),
    ast.Mod: lambda a, b: a % b, ast.Pow: power,
}
COMPARISONS = {
    ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b, ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
}
FUNCTIONS = {
    "int": lambda a: Fraction(int(a)),
    "round": lambda a, n=Fraction(0): Fraction(round(a, int(n))),
    "Fraction": lambda a, b=Fraction(1): a / b,
    "is_int": lambda a: a.denominator == 1,
    "divides": lambda a, b: a % b == 0,
}


@functools.lru_cache(maxsize=None)
def tree_of(source):
    """The tree of an expression; its numbers are what is written, not floats."""
    source = re.sub(r"\$(?=\w)", "", source.strip())
    tree = ast.parse(source, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and not isinstance(node.value, (str, bool)):
            node.value = Fraction(ast.get_source_segment(source, node).rstrip("."))
    return tree


class Evaluator(ast.NodeVisitor):
    """An expression's value over a binding {name: Value}."""

    def __init__(self, binding):
        self.binding = binding

    def generic_visit(self, node):
        raise Trouble(f"no such construct: {type(node).__name__}")

    def visit_Expression(self, node):
        return self.visit(node.body)

    def visit_Constant(self, node):
        return node.value

    def visit_Name(self, node):
        return self.binding[node.id]

    def visit_UnaryOp(self, node):
        v = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            return not truth(v)
        return -as_number(v) if isinstance(node.op, ast.USub) else as_number(v)

    def visit_BinOp(self, node):
        a, b = as_number(self.visit(node.left)), as_number(self.visit(node.right))
        return ARITHMETIC[type(node.op)](a, b)

    def visit_Compare(self, node):
        left = self.visit(node.left)
        for op, other in zip(node.ops, node.comparators):
            right = self.visit(other)
            both = has_number(left) and has_number(right)
            a, b = map(as_number if both else as_text, (left, right))
            if not COMPARISONS[type(op)](a, b):
                return False
            left = right
        return True

    def visit_BoolOp(self, node):
        for part in node.values:
            v = self.visit(part)
            if truth(v) == isinstance(node.op, ast.Or):
                break
        return v

    def visit_IfExp(self, node):
        return self.visit(node.body if truth(self.visit(node.test)) else node.orelse)

    def visit_Subscript(self, node):
        return as_text(self.visit(node.value))[int(as_number(self.visit(node.slice)))]

    def visit_Call(self, node):
        return FUNCTIONS[node.func.id](*(as_number(self.visit(a)) for a in node.args))


def evaluate(source, binding):
    return Evaluator(binding).visit(tree_of(source))


class Steps:
    """start, start + step, ... below stop."""

    def __init__(self, start, stop, step=Fraction(1)):
        self.start, self.stop, self.step = start, stop, step

    def holds(self, v):
        at = (v.num - self.start) / self.step
        return v.text == show_number(v.num) and at.denominator == 1 and at >= 0 and v.num < self.stop

    def written(self):
        x, out = self.start, []
        while x < self.stop:
            out.append(Value(show_number(x), x))
            x += self.step
        return out


class Items:
    def __init__(self, values):
        self.values = values

    def holds(self, v):
        return v in self.values

    def written(self):
        return self.values


def call_name(node):
    return ast.unparse(node.func)


class Domains(ast.NodeVisitor):
    """The right side of an #init line as Steps or Items."""

    def __init__(self, words):
        self.words = words

    def generic_visit(self, node):
        raise Trouble(f"no domain: {type(node).__name__}")

    def scalar(self, node):
        return as_number(Evaluator({}).visit(node))

    def visit_Expression(self, node):
        return self.visit(node.body)

    def visit_Name(self, node):
        return Items(self.words[node.id])

    def visit_List(self, node):
        return Items([self.item(e) for e in node.elts])

    def item(self, node):
        if isinstance(node, ast.Tuple):
            text, num = node.elts
            num = self.scalar(num)
            plain = isinstance(text, ast.Constant) and isinstance(text.value, str)
            return Value(text.value if plain else show_number(num), num)
        v = Evaluator({}).visit(node)
        return Value(v, None) if isinstance(v, str) else Value(show_number(v), v)

    def visit_Call(self, node):
        name, args = call_name(node), node.args
        if name in ("range", "np.arange", "frange"):
            return Steps(*(self.scalar(a) for a in args))
        if name == "np.random.randint":
            return Steps(self.scalar(args[0]), self.scalar(args[1]))
        if name == "numbers_within":
            low, high = (int(self.scalar(a)) for a in args)
            return Items([Value(number_words(n), Fraction(n)) for n in range(low, high + 1)])
        if name in ("sample", "sample_sequential", "list", "fix_floats", "shuffle_list"):
            return self.visit(args[0])
        raise Trouble(f"no such function: {name}")

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Mult):
            return self.visit(node.left)
        return Items(self.visit(node.left).written() + self.visit(node.right).written())

    def visit_Subscript(self, node):
        low, high = (None if n is None else int(self.scalar(n))
                     for n in (node.slice.lower, node.slice.upper))
        return Items(self.visit(node.value).written()[low:high])


class Template:
    def __init__(self, path):
        doc = json.load(open(path, encoding="utf-8"))
        self.doc, self.read = doc, None
        self.text, self.inits, self.conditions = "", [], []
        section = "text"
        for line in doc["question_annotated"].split("\n"):
            head = re.match(r"\s*#(init|conditions|answer)", line)
            if head:
                section = head.group(1)
            elif section == "text":
                self.text += line + "\n"
            elif section != "answer" and line.strip():
                body = line.strip()[1:].strip()
                (self.inits if section == "init" else self.conditions).append(body)
        self.text = " ".join(self.text.split())
        self.lines = []
        for line in doc["answer_annotated"].split("\n"):
            line = re.sub(r"<<.*?>>", "", line).strip()
            if line.startswith("####"):
                self.gold = re.search(r"\{([^{}]*)\}|([^\s#]+)", line[4:])
                self.gold = self.gold.group(1) or self.gold.group(2)
            elif line:
                self.lines.append(line)

    def read_inits(self, words):
        """(names, domain, outermost function) of each #init line."""
        if self.read is None:
            self.read = []
            for line in self.inits:
                left, right = line.split("=", 1)
                tree = tree_of(right)
                names = [n.strip().lstrip("$") for n in left.split(",")]
                outer = call_name(tree.body) if isinstance(tree.body, ast.Call) else None
                self.read.append((names, Domains(words).visit(tree), outer))
        return self.read


def starts_sentence(literal, first):
    """True if what follows `literal` begins a sentence; first: nothing stands before literal."""
    if not literal:
        return first
    end = re.search(r"([.?!])([.?!\"')\]]*) $", literal)
    if not end:
        return False
    if end.group(1) != ".":
        return True
    word = re.search(r"[A-Za-z.]*$", literal[:end.start()]).group()
    return word.lower() not in TITLES and not re.fullmatch(r"[A-Z]", word)


def render(text, binding):
    out, at, first = "", 0, True
    for hole in re.finditer(r"\{([^{},]*)(?:,[^{}]*)?\}", text):
        literal = text[at:hole.start()]
        value = binding[hole.group(1).strip()].text
        if starts_sentence(literal, first) and "a" <= value[:1] <= "z":
            value = value[0].upper() + value[1:]
        out += literal + value
        at, first = hole.end(), False
    return out + text[at:]


class Check:
    def __init__(self):
        self.words = load_words()
        self.counts = collections.Counter()
        self.problems = []

    def domains(self, t, binding):
        """The last definition of a name counts."""
        final = {}
        for names, domain, outer in t.read_inits(self.words):
            for name in names:
                final[name] = domain
            values = [binding[n] for n in names]
            if len(names) > 1 and len(set(values)) != len(values):
                yield f"{', '.join(names)} are not different"
            if outer == "sample_sequential":
                ring = domain.written()
                first = ring.index(values[0])
                if values != [ring[(first + i) % len(ring)] for i in range(len(values))]:
                    yield f"{', '.join(names)} are not neighbours"
        for name, domain in final.items():
            self.counts["values"] += 1
            if not domain.holds(binding[name]):
                yield f"{name} = {binding[name]} is outside of its domain"
        if set(final) != set(binding):
            yield f"variables are {sorted(binding)}, not {sorted(final)}"

    def row(self, t, row):
        binding = {n: Value(v["text"], None if v["value"] is None else Fraction(v["value"]))
                   for n, v in row["variables"].items()}
        yield from self.domains(t, binding)
        for condition in t.conditions:
            self.counts["conditions"] += 1
            if not truth(evaluate(condition, binding)):
                yield f"condition {condition} does not hold"
        if row["question"] != render(t.text, binding):
            yield f"question should be {render(t.text, binding)!r}"
        gold = as_number(evaluate(t.gold, binding))
        *lines, last = row["answer"].split("\n")
        if not last.startswith("#### ") or Fraction(last[5:]) != gold or last[5:] != show_number(gold):
            yield f"{last!r} should be #### {show_number(gold)}"
        expected = [re.sub(r"\{([^{}]*)\}", lambda m: as_text(evaluate(m.group(1), binding)), line)
                    for line in t.lines]
        if lines != expected:
            yield f"worked lines should be {expected}"
        for key, expected in (("original_id", t.doc.get("id_orig")),
                              ("original_question", t.doc.get("question")),
                              ("original_answer", re.sub(r"<<.*?>>", "", t.doc.get("answer", "")))):
            if row.get(key) != (expected if expected != "" else None):
                yield f"{key} is not the template's"

    def rows(self, templates, path):
        seen = set()
        used = set()
        for line in open(path, encoding="utf-8"):
            row = json.loads(line)
            key = (row["level"], row["id"])
            used.add(key)
            self.counts["rows"] += 1
            if (key, row["question"]) in seen:
                self.problems.append(f"{key}/{row['instance']}: the question was there before")
            seen.add((key, row["question"]))
            try:
                found = list(self.row(templates[key], row))
            except (Trouble, KeyError, SyntaxError, ValueError, ZeroDivisionError) as e:
                found = [f"{type(e).__name__}: {e}"]
            self.problems += [f"{key}/{row['instance']}: {p}" for p in found]
        self.counts["templates"] = len(used)


def load_templates(folder):
    out = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json")) +
                       glob.glob(os.path.join(folder, "*", "*.json"))):
        stem = os.path.basename(path)[:-len(".json")]
        level = os.path.basename(os.path.dirname(os.path.realpath(path)))
        out[level, int(stem)] = Template(path)
    return out


def count_tree(counts, where, source):
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Call):
            counts[f"{where} {call_name(node)}"] += 1
        elif isinstance(node, ast.BinOp):
            counts[f"{where} {type(node.op).__name__}"] += 1
        elif isinstance(node, ast.Compare):
            counts[f"{where} chained"] += len(node.ops) > 1
            for op in node.ops:
                counts[f"{where} {type(op).__name__}"] += 1
        elif isinstance(node, (ast.UnaryOp, ast.BoolOp)):
            counts[f"{where} {type(node.op).__name__}"] += 1
        elif isinstance(node, (ast.IfExp, ast.Subscript, ast.Tuple)):
            counts[f"{where} {type(node).__name__}"] += 1


def count(folder):
    counts = collections.Counter()
    for t in load_templates(folder).values():
        counts["templates"] += 1
        counts["text placeholders"] += len(re.findall(r"\{", t.text))
        counts["init lines"] += len(t.inits)
        for line in t.inits:
            count_tree(counts, "init", line.split("=", 1)[1])
        counts["conditions"] += len(t.conditions)
        for line in t.conditions:
            count_tree(counts, "condition", line)
        answer = t.doc["answer_annotated"]
        counts["notes"] += answer.count("<<")
        holes = re.findall(r"\{([^{}]*)\}", answer)
        counts["answer placeholders"] += len(holes)
        counts["answer words"] += sum(1 for h in holes if re.fullmatch(r"\s*\w+\s*", h))
        for hole in holes:
            count_tree(counts, "answer", hole)
    for name, n in sorted(counts.items()):
        print(f"{name}: {n}")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--count":
        count(sys.argv[2])
        return
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    check = Check()
    check.rows(load_templates(sys.argv[1]), sys.argv[2])
    for problem in check.problems[:20]:
        print(problem)
    c = check.counts
    print(f"{c['rows']} rows of {c['templates']} templates, {c['values']} values, "
          f"{c['conditions']} conditions: {len(check.problems)} differ")
    sys.exit(bool(check.problems))


if __name__ == "__main__":
    main()

"""The C++ reference as one page of Markdown, from the public headers' own comments."""

import re

_NAME = re.compile(r"^(?:using|struct|(?:enum )?class)\s+(\w+)|(\w+)\(")


def declarations(text):
    """The declarations of a header's namespace in order: (name, comment, code), without private parts."""
    body = re.search(r"namespace bdglm \{\n(.*)\n\}  // namespace bdglm", text, flags=re.DOTALL)
    comment, code, depth = [], [], 0
    for line in (body[1] if body else "").split("\n"):
        if not code and line.startswith("///"):
            comment.append(line[3:].removeprefix(" ").rstrip())
            continue
        if not code and (not line.strip() or line.startswith("//")):
            comment = [] if not line.strip() else comment
            continue
        code.append(line)
        bare = re.sub(r'//.*|"[^"]*"', "", line)
        depth += sum(bare.count(c) for c in "{(") - sum(bare.count(c) for c in "})")
        if depth == 0 and bare.rstrip().endswith((";", "}")):
            yield_code = re.sub(r"\n private:\n.*?(?=\n\};)", "", "\n".join(code), flags=re.DOTALL)
            found = next((a or b for a, b in _NAME.findall(yield_code)), None)
            if found and not re.fullmatch(r"(struct|class) \w+;", yield_code):
                yield found, "\n".join(comment), yield_code
            comment, code = [], []


def opening(text):
    """The sentence that opens a header."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("//"):
            break
        lines.append(line[2:].strip())
    return " ".join(lines)


def page(folder):
    """The page of all headers in a folder."""
    out = ["# C++ reference", "", "`#include <bdglm/bdglm.hpp>` has all of it; everything is in the namespace `bdglm`. How to find and link the",
           "library: [guide](guide.md#from-c), section \"From C++\".", ""]
    for path in sorted(folder.glob("*.hpp"), key=lambda path: (path.name != "bdglm.hpp", path.name)):
        text = path.read_text()
        out += [f"## {path.name}", "", opening(text), ""]
        last = None
        for name, comment, code in declarations(text):
            if name != last:
                out += [f"### {name}", ""]
            last = name
            out += [*([comment, ""] if comment else []), "```cpp", code, "```", ""]
    return "\n".join(out)

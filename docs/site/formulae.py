"""The plain formulae of docs/math.md as HTML: subscripts, superscripts, italic variables, numbers of equations."""

import re

_SCRIPT = re.compile(
    r"([_^])"
    r"(?:\{((?:[^{}]|\{[^{}]*\})*)\}"  # _{...}, one level of braces within
    r"|((?:[A-Za-z0-9]+|[Α-ω]|[−-]\d+)(?:,[A-Za-z](?![A-Za-z]))*))"  # _ir, _L,i, _β
)
_VARIABLE = re.compile(r"(?<![A-Za-z&;])([A-Za-zα-ω])(?![A-Za-z;])")


def scripts(text):
    """Subscripts and superscripts of escaped text."""
    tag = {"_": "sub", "^": "sup"}

    def replace(match):
        inner = scripts(match[2]) if match[2] is not None else match[3]
        return f"<{tag[match[1]]}>{inner}</{tag[match[1]]}>"

    return _SCRIPT.sub(replace, text)


def formula(text):
    """One formula of escaped text: scripts, and single letters in italics."""
    return "".join(part if part.startswith("<") else _VARIABLE.sub(r"<i>\1</i>", part) for part in re.split(r"(<[^>]+>)", scripts(text)))


def display(block):
    """The lines of an indented block, each a formula with its number, if it has one, at the right."""
    lines = []
    for line in block.strip("\n").split("\n"):
        match = re.fullmatch(r"(.*?)(?:\s+\((\d+)\))?\s*", line)
        parts = [formula(part) for part in re.split(r"\s{2,}", match[1].strip())]
        number = f' id="equation-{match[2]}"' if match[2] else ""
        right = f'<span class="number">({match[2]})</span>' if match[2] else ""
        lines.append(f'<div class="formula"{number}><span>{"<span class=gap></span>".join(parts)}</span>{right}</div>')
    return "\n".join(lines)


def rendered(html):
    """A page's HTML with its code blocks as displayed formulae and with scripts in its prose; code in lines stays."""
    html = re.sub(r'<div class="[^"]*highlight[^"]*"><pre>(?:<span></span>)?<code>(.*?)</code></pre></div>', r"<pre><code>\1</code></pre>",
                  html, flags=re.DOTALL)
    out = []
    for part in re.split(r"(<pre><code>.*?</code></pre>|<code>.*?</code>|<[^>]+>)", html, flags=re.DOTALL):
        if part.startswith("<pre><code>"):
            out.append(display(re.sub(r"<[^>]+>", "", part)))
        else:
            out.append(part if part.startswith("<") else scripts(part))
    return "".join(out)

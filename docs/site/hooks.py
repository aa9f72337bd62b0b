"""What the site adds to docs/: pages of other folders, links between them, the C++ reference, formulae."""

import pathlib
import posixpath
import re
import sys

from mkdocs.structure.files import File

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import cpp_reference  # noqa: E402
import formulae  # noqa: E402

RESULTS = "benchmarks/results"
#: Files of the repository outside of docs/ and the page that each becomes.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "examples/README.md": "examples.md",
    "benchmarks/README.md": "benchmarks/index.md",
    "docs/site/python_reference.md": "python_reference.md",
}
#: Where links to files and folders that are no pages lead instead.
INSTEAD = {
    "README.md": "index.md",
    "examples": "examples.md",
    "examples/notebooks": "examples.md",
    RESULTS: "benchmarks/index.md",
    "include/bdglm": "cpp_reference.md",
}


def results():
    """The measurements, the latest first."""
    return sorted((ROOT / RESULTS).glob("*.md"), reverse=True)


def on_config(config):
    for entry in config["nav"]:
        if "Benchmarks" in entry:
            entry["Benchmarks"] += [{path.stem: f"benchmarks/{path.name}"} for path in results()]
    config["extra_css"].append("assets/site.css")
    return config


def sources():
    """The repository's file of every page that is not in docs/."""
    return {page: name for name, page in PAGES.items()} | {f"benchmarks/{path.name}": f"{RESULTS}/{path.name}" for path in results()}


def on_files(files, config):
    for page, name in sources().items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text()))
    files.append(File.generated(config, "cpp_reference.md", content=cpp_reference.page(ROOT / "include/bdglm")))
    files.append(File.generated(config, "assets/site.css", content=(HERE / "site.css").read_text()))
    return files


def linked(target, name, page, pages):
    """The site's target of a link in the repository's file `name`, which is `page`; None where the site has none."""
    path, mark, anchor = target.partition("#")
    if not path:
        return target
    at = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    to = pages.get(at) or INSTEAD.get(at)
    if to is None and at.startswith("docs/") and (ROOT / at).is_file():
        to = at.removeprefix("docs/")
    return None if to is None else posixpath.relpath(to, posixpath.dirname(page) or ".") + mark + anchor


def on_page_markdown(markdown, page, config, files):
    uri = page.file.src_uri
    names = sources()
    name = names.get(uri, f"docs/{uri}")
    pages = {source: of for of, source in names.items()}

    def replace(match):
        text, target = match[1], match[2]
        if re.match(r"[a-z]+:", target):
            return match[0]
        to = linked(target, name, uri, pages)
        return text.lstrip("!").strip("[]") if to is None else f"{text}({to})"

    markdown = re.sub(r"(!?\[[^\]\n]*\])\(([^()\s]+)\)", replace, markdown)
    # What belongs to an item of a numbered list is indented by three spaces; Python-Markdown asks for four, and for an empty
    # line before the next item.
    markdown = re.sub(r"^   (?=\S)", "    ", markdown, flags=re.MULTILINE)
    return re.sub(r"^(    .*\n)(?=\d+\. )", r"\1\n", markdown, flags=re.MULTILINE)


def on_page_content(html, page, config, files):
    html = re.sub(r"<td>.*?</td>", lambda cell: cell[0].replace("\\|", "|"), html, flags=re.DOTALL)
    return formulae.rendered(html) if page.file.src_uri == "math.md" else html

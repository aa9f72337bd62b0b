"""What `make docs` adds to the pages: formulae, the C++ reference, links; the site itself is built by scripts/docs.sh."""

import pathlib
import re
import sys

import pytest

import bdglm

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs/site"))

import cpp_reference  # noqa: E402
import formulae  # noqa: E402

PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").rglob("*.md"), ROOT / "examples/README.md",
         ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]


def test_scripts_of_formulae():
    assert formulae.scripts("A_{l-1} W_l") == "A<sub>l-1</sub> W<sub>l</sub>"
    assert formulae.scripts("A_L,iᵀ(B + u_{g(i)}), C_g, r_g") == "A<sub>L,i</sub>ᵀ(B + u<sub>g(i)</sub>), C<sub>g</sub>, r<sub>g</sub>"
    assert formulae.scripts("e^{-ω_k²}") == "e<sup>-ω<sub>k</sub>²</sup>"
    assert formulae.formula("log p(z)") == "log <i>p</i>(<i>z</i>)"


def test_equations_keep_their_numbers_and_code_stays():
    html = formulae.rendered("<p>x_i and <code>r_g</code></p>\n<pre><code>y_i = x_i  (1)\nz = 2  (2)\n</code></pre>")
    assert "x<sub>i</sub> and <code>r_g</code>" in html
    assert re.findall(r'id="equation-(\d+)"', html) == ["1", "2"]
    assert "<pre>" not in html


def test_no_equation_of_the_note_keeps_raw_scripts():
    note = (ROOT / "docs/math.md").read_text()
    blocks = re.findall(r"(?:^    .*\n)+", note, flags=re.MULTILINE)
    assert len(blocks) > 10
    for block in blocks:
        shown = re.sub(r"<[^>]+>", "", formulae.display(block))
        assert not re.search(r"[_^{}]", shown.replace("{y = c}", "")), shown


def test_every_public_declaration_is_in_the_cpp_reference():
    page = cpp_reference.page(ROOT / "include/bdglm")
    named = set(re.findall(r"^### (\w+)", page, flags=re.MULTILINE))
    assert {"Data", "ModelSpec", "RunOptions", "Watcher", "fit", "fit_to_file", "resume", "update", "Posterior", "compare", "DataError"} <= named
    for path in (ROOT / "include/bdglm").glob("*.hpp"):
        for name in re.findall(r"^(?:struct|class|enum class) (\w+)[^;]*\{", path.read_text(), flags=re.MULTILINE):
            assert name in named, f"{path.name}: {name}"
    assert "private:" not in page and "path_;" not in page


def test_every_public_name_is_in_the_python_reference():
    page = (ROOT / "docs/site/python_reference.md").read_text()
    for name in bdglm.__all__:
        assert f"bdglm.{name}" in page, name
    for name in dir(bdglm.Progress):
        assert name.startswith("_") or f"`{name}" in page, name


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text()
    for path in (ROOT / "docs").glob("*.md"):
        assert f": {path.name}" in navigation, path.name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path):
    for target in re.findall(r"\]\(([^()\s#]+)(?:#[^()\s]*)?\)", path.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), target

"""Results as Markdown: means over splits with standard errors, the best peer in bold."""

from collections.abc import Iterable

import peers
import scores

#: Figures whose best peer is in bold: smaller is better.
BEST = ("rmse", "rmse_truth", "nlpd", "log_loss")
#: Key of a line, heading, decimals.
FIGURES = {
    "rmse": ("RMSE", 3), "rmse_truth": ("RMSE to the truth", 3), "nlpd": ("negative log density", 3), "log_loss": ("log loss", 4),
    "accuracy": ("accuracy", 4),
    "cover95_truth": ("95 % covers the truth", 3), "cover50": ("50 % covers", 2), "cover90": ("90 % covers", 2), "rhat_worst": ("R-hat worst", 2), "rhat_median": ("R-hat median", 2),
    "rhat_sigma": ("R-hat of sigma", 2), "cpu_fit": ("CPU s fit", 1), "cpu_predict": ("CPU s predict", 2),
}
ERRORS = (*BEST, "accuracy")


def number(value: float, decimals: int) -> str:
    """A number without its leading zero; at least two digits of one that is small."""
    if value != 0 and abs(value) < 10**-decimals * 10:
        text = f"{value:.2g}"
    else:
        text = f"{value:.{decimals}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) and "e" not in text else text


def values(lines: list[dict], key: str) -> list[float]:
    return [line[key] for line in lines if line.get(key) is not None]


def cell(lines: list[dict], key: str, bold: bool = False) -> str:
    found = values(lines, key)
    if not found:
        return ""
    mean, error = scores.mean_and_error(found)
    decimals = FIGURES[key][1]
    text = number(mean, decimals)
    text = f"**{text}**" if bold else text
    return text if error is None or key not in ERRORS else f"{text} ± {number(error, decimals)}"


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def best_peer(by_method: dict[str, list[dict]], key: str) -> str | None:
    means = {m: scores.mean_and_error(values(lines, key))[0] for m, lines in by_method.items() if m in peers.METHODS and values(lines, key)}
    return min(means, key=means.__getitem__) if means else None


def paired(by_method: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """The splits that all methods have: splits differ by more than methods do."""
    common = set.intersection(*({line["split"] for line in lines} for lines in by_method.values()))
    return {method: [line for line in lines if line["split"] in common] for method, lines in by_method.items()} if common else by_method


def table(name: str, by_method: dict[str, list[dict]]) -> list[str]:
    """One set: a row a method."""
    keys = [key for key in FIGURES if any(values(lines, key) for lines in by_method.values())]
    bold = {key: best_peer(by_method, key) for key in keys if key in BEST}
    head = ["method", "splits", *(FIGURES[key][0] for key in keys)]
    rows = [row([method, str(len(lines)), *(cell(lines, key, bold.get(key) == method) for key in keys)]) for method, lines in by_method.items()]
    return [f"### {name}", "", row(head), row(["---"] * len(head)), *rows, ""]


def markdown(lines: list[dict], failed: list[dict], order: list[str]) -> str:
    """All sets, each by the splits that all of its methods have, what failed, and what made the figures; methods in the given order."""
    grouped: dict[str, dict[str, list[dict]]] = {}
    for line in sorted(lines, key=lambda line: order.index(line["method"]) if line["method"] in order else len(order)):
        grouped.setdefault(line["set"], {}).setdefault(line["method"], []).append(line)
    text: list[str] = []
    for name, by_method in grouped.items():
        text += table(name, paired(by_method))
    text += [f"- failed: {line['method']} on {line['set']}, split {line['split']}: {line['failed']}" for line in failed]
    made = sorted({f"{line['version']}{': ' + line['settings'] if line.get('settings') else ''}" for line in lines})
    return "\n".join([*text, "Means over splits ± their standard errors; bold: the best peer. " + "; ".join(made) + "."])

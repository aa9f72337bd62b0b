"""Data sets of the suite: each split is rows to fit, rows to score, and what the columns are."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import pandas as pd

RESPONSE = "target"
#: Columns of groups, of which a set has the first few.
GROUPS = ("group", "group2")
#: Splits of the sets that come without their own.
RANDOM_SPLITS = 20
FRIEDMAN_ROWS = 1000, 2000


@dataclasses.dataclass
class Split:
    """Rows `train` and `test` with the response `target`, the `inputs` beside it, and `groups` where there are any.

    `truth` is the expected response of the test rows where it is known."""

    train: pd.DataFrame
    test: pd.DataFrame
    family: str
    truth: np.ndarray | None = None

    @property
    def inputs(self) -> list[str]:
        return [name for name in self.train.columns if name not in (RESPONSE, *GROUPS)]

    @property
    def groups(self) -> list[str]:
        return [name for name in GROUPS if name in self.train.columns]


@dataclasses.dataclass
class Set:
    """`files` in the data folder, the number of `splits`, and `read(folder, split)`."""

    files: list[str]
    splits: int
    read: Callable[[pathlib.Path, int], Split]

    def missing(self, folder: pathlib.Path | None) -> str | None:
        """The first file that is not there."""
        for name in self.files:
            if folder is None or not (folder / name).is_file():
                return name
        return None


def named(table: pd.DataFrame, response: str) -> pd.DataFrame:
    """The response as `target`, inputs as v1, v2, ... so that names need no quotes; inputs that do not vary are left out."""
    inputs = [name for name in table.columns if name not in (response, *GROUPS) and table[name].nunique() > 1]
    kept = table[[*inputs, *(name for name in GROUPS if name in table.columns), response]]
    return kept.rename(columns={response: RESPONSE, **{name: f"v{k + 1}" for k, name in enumerate(inputs)}})


def parted(table: pd.DataFrame, held_out: np.ndarray, family: str) -> Split:
    return Split(table[~held_out].reset_index(drop=True), table[held_out].reset_index(drop=True), family)


def uci(name: str, splits: int = 20) -> Set:
    """The standard splits of Hernandez-Lobato and Adams (2015): a column of zeros and ones a split; the target is last."""
    files = [f"uci_regression/{name}/data.csv.gz", f"uci_regression/{name}/test_mask.csv.gz"]

    def read(folder: pathlib.Path, split: int) -> Split:
        table, masks = (pd.read_csv(folder / file) for file in files)
        return parted(named(table, table.columns[-1]), (masks.iloc[:, split] == 1).to_numpy(), "gaussian")

    return Set(files, splits, read)


def paired(train: str, test: str, response: str, family: str) -> Set:
    """A file to fit and one to score."""

    def read(folder: pathlib.Path, split: int) -> Split:
        tables = [pd.read_csv(folder / file) for file in (train, test)]
        held_out = np.repeat([False, True], [len(table) for table in tables])
        return parted(named(pd.concat(tables, ignore_index=True), response), held_out, family)

    return Set([train, test], 1, read)


def grouped(file: str, family: str) -> Set:
    """Rows that the file marks as train, val and test: the first two are fitted."""

    def read(folder: pathlib.Path, split: int) -> Split:
        table = pd.read_csv(folder / file)
        held_out = (table.pop("split") == "test").to_numpy()
        table[GROUPS[0]] = "g" + table[GROUPS[0]].astype(str)
        return parted(named(table, "y"), held_out, family)

    return Set([file], 1, read)


def folds(file: str, response: str, groups: tuple[str, ...], without: tuple[str, ...] = (), factors: tuple[str, ...] = ()) -> Set:
    """Five folds of the rows at random; each of `groups` is a grouping, each of `factors` a factor though it holds numbers."""

    def read(folder: pathlib.Path, split: int) -> Split:
        table = pd.read_csv(folder / file).drop(columns=list(without))
        for name in (*groups, *factors):
            table[name] = "g" + table[name].astype(str)
        held_out = np.random.default_rng(0).permutation(len(table)) % 5 == split
        return parted(named(table.rename(columns=dict(zip(groups, GROUPS))), response), held_out, "gaussian")

    return Set([file], 5, read)


def shuffled(file: str, response: str, family: str, without: tuple[str, ...] = (), share: float = 0.2) -> Set:
    """A share of the rows held out at random, the number of the split its seed; classes become their numbers."""

    def read(folder: pathlib.Path, split: int) -> Split:
        table = named(pd.read_csv(folder / file).drop(columns=list(without)), response)
        if family == "categorical":
            table[RESPONSE] = table[RESPONSE].astype("category").cat.codes
        held_out = np.zeros(len(table), bool)
        held_out[np.random.default_rng(split).permutation(len(table))[: round(share * len(table))]] = True
        return parted(table, held_out, family)

    return Set([file], RANDOM_SPLITS, read)


def friedman(split: int, family: str) -> Split:
    """Friedman's first function f of five of ten uniform inputs: noise of standard deviation 1, or 1 with probability logistic((f - 14) / 2.5)."""
    random = np.random.default_rng(split)
    x = random.random((sum(FRIEDMAN_ROWS), 10))
    mean = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    if family == "bernoulli":
        mean = 1 / (1 + np.exp(-(mean - 14) / 2.5))
        y = (random.random(len(x)) < mean).astype(int)
    else:
        y = mean + random.standard_normal(len(x))
    table = pd.DataFrame(x, columns=[f"v{k}" for k in range(1, 11)]).assign(target=y)
    rows = FRIEDMAN_ROWS[0]
    return Split(table[:rows], table[rows:].reset_index(drop=True), family, mean[rows:])


def simulated(family: str) -> Set:
    """The same function in a file: 5,000 rows to fit, 5,000 to score."""
    files = [f"synthetic/friedman_{part}.csv.gz" for part in ("train", "test")]
    response, mean = ("yb", "p") if family == "bernoulli" else ("y", "f")

    def read(folder: pathlib.Path, split: int) -> Split:
        train, test = (pd.read_csv(folder / file) for file in files)
        inputs = [f"x{k}" for k in range(1, 11)]
        return Split(named(train[[*inputs, response]], response), named(test[[*inputs, response]], response), family, test[mean].to_numpy())

    return Set(files, 1, read)


PAPER = "deepglm_paper"
SETS: dict[str, Set] = {
    **{name: uci(name) for name in ("yacht", "boston", "energy", "concrete", "wine_red", "kin8nm", "power", "naval")},
    "protein": uci("protein", 5),
    "friedman": Set([], RANDOM_SPLITS, lambda _, split: friedman(split, "gaussian")),
    "friedman_binary": Set([], RANDOM_SPLITS, lambda _, split: friedman(split, "bernoulli")),
    "friedman_5000": simulated("gaussian"),
    "friedman_5000_binary": simulated("bernoulli"),
    "abalone": paired(f"{PAPER}/abalone_split_train.csv.gz", f"{PAPER}/abalone_split_test.csv.gz", "y", "gaussian"),
    "direct_marketing": paired(f"{PAPER}/direct_marketing_train.csv.gz", f"{PAPER}/direct_marketing_test.csv.gz", "y", "gaussian"),
    "sim_binary": paired(f"{PAPER}/sim_binary_train.csv.gz", f"{PAPER}/sim_binary_test.csv.gz", "y", "bernoulli"),
    "cornwell": grouped(f"{PAPER}/glmm_cornwell.csv.gz", "gaussian"),
    "glmm_sim_easy": grouped(f"{PAPER}/glmm_sim_easy.csv.gz", "bernoulli"),
    "insteval": folds("insteval/insteval.csv.gz", "y", ("s", "d"), factors=("dept",)),
    "wages": folds("wages/wages_plm.csv.gz", "lwage", ("id",)),
    "chem97": folds("chem97/chem97.csv.gz", "score", ("school", "lea"), ("student", "gcsecnt")),
    "german": shuffled("german_credit/german.csv.gz", "bad", "bernoulli"),
    "adult": paired("adult/train.csv.gz", "adult/test.csv.gz", "income_gt_50k", "bernoulli"),
    "digits": shuffled("digits/digits.csv.gz", "digit", "categorical"),
    "letter": shuffled("letter/letter.csv.gz", "lettr", "categorical"),
    # The duration of a call is known only after it.
    "bank": shuffled("bank_marketing/bank_full.csv.gz", "y", "bernoulli", ("duration",)),
}

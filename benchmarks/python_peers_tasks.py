"""Tables of python_peers.py: a quarter of the rows held out, numbers standardised, and scores of what is predicted for those rows."""
import dataclasses

import numpy as np
import pandas as pd


@dataclasses.dataclass
class Task:
    """Rows with the response `y`, the columns of fixed effects, and of each grouping the column of its slope, if any."""

    name: str
    table: pd.DataFrame
    fixed: list
    groups: dict
    family: str
    note: str = ""

    def __post_init__(self):
        numbers = [name for name in self.fixed if pd.api.types.is_numeric_dtype(self.table[name])]
        order = np.random.default_rng(1).permutation(len(self.table))
        test = np.zeros(len(self.table), bool)
        test[order[: len(order) // 4]] = True
        for name in self.groups:
            test &= self.table[name].isin(self.table.loc[~test, name])
        rows = self.table[~test]
        self.table = self.table.assign(**{name: (self.table[name] - rows[name].mean()) / rows[name].std() for name in numbers})
        self.train, self.test = self.table[~test].reset_index(drop=True), self.table[test].reset_index(drop=True)
        dummies = pd.get_dummies(self.table[self.fixed], drop_first=True).astype(float)
        whole = np.column_stack([np.ones(len(dummies)), dummies])
        self.x, self.x_test = whole[~test], whole[test]
        levels = {name: self.table[name].astype("category").cat.codes.values for name in self.groups}
        self.codes, self.codes_test = ([codes[mask] for codes in levels.values()] for mask in (~test, test))

    def formula(self, fixed=None):
        terms = [f"(1 + {slope} | {name})" if slope else f"(1 | {name})" for name, slope in self.groups.items()]
        return "y ~ " + " + ".join([fixed or " + ".join(self.fixed) or "1", *terms])

    def slopes(self, table):
        """Of each grouping the columns that its effects multiply."""
        ones = np.ones(len(table))
        return [np.column_stack([ones, table[slope]]) if slope else ones[:, None] for slope in self.groups.values()]


def labelled(table, *names):
    return table.assign(**{name: name[0] + table[name].astype(str) for name in names})


def contraception(data):
    table = pd.read_csv(data / "contraception/contraception.csv.gz")
    table = table.assign(y=(table["use"] == "Y").astype(int), urban=(table["urban"] == "Y").astype(float), livch="n" + table["livch"].astype(str))
    return Task("contraception", labelled(table, "district"), ["age", "urban", "livch"], {"district": "urban"}, "bernoulli")


def verbagg(data):
    table = pd.read_csv(data / "verbagg/verbagg.csv.gz")
    table["y"] = (table["r2"] == "Y").astype(int)
    return Task("verbagg", labelled(table, "id"), ["Anger", "Gender", "btype", "situ"], {"id": None, "item": None}, "bernoulli")


def insteval(data, students=400):
    table = labelled(pd.read_csv(data / "insteval/insteval.csv.gz"), "s", "d", "service")
    kept = np.random.default_rng(2).choice(table["s"].unique(), students, replace=False)
    return Task("insteval", table[table["s"].isin(kept)].reset_index(drop=True), ["service"], {"s": None, "d": None}, "gaussian", f"{students} students")


def adult(data, rows=8000):
    table = pd.read_csv(data / "adult/train.csv.gz").sample(rows, random_state=3).reset_index(drop=True)
    table["y"] = table["income_gt_50k"]
    for name in ("capital_gain", "capital_loss"):
        table[name] = np.log1p(table[name])
    words = ["workclass", "marital_status", "occupation", "relationship", "race", "sex", "native_country"]
    for name in words:
        common = table[name].value_counts()
        table[name] = table[name].where(table[name].map(common) >= rows / 100, "other").str.replace("?", "unknown").str.replace("-", "_")
    return Task("adult", table, ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week", *words], {}, "bernoulli", f"{rows:,} rows")


def friedman(_, rows=2000):
    """Friedman's first function of five of ten uniform inputs; noise of standard deviation 1, so that no log score is expected above -1.419."""
    random = np.random.default_rng(4)
    x = random.random((rows, 10))
    mean = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    names = [f"x{k}" for k in range(1, 11)]
    return Task("friedman", pd.DataFrame(x, columns=names).assign(y=mean + random.standard_normal(rows)), names, {}, "gaussian", f"{rows:,} rows")


def scores(task, mean, sd=None):
    """Mean log predictive density and rmse or accuracy: of expected responses, (draws, rows) or (rows,), and sds that fit to them."""
    mean, y = np.atleast_2d(mean), task.test["y"].values
    if task.family == "bernoulli":
        p = np.clip(mean.mean(axis=0), 0.001, 0.999)
        return {"log_score": np.log(np.where(y == 1, p, 1 - p)).mean(), "error": ((p > 0.5) == y).mean()}
    density = (np.exp(-0.5 * ((y - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))).mean(axis=0)
    return {"log_score": np.log(np.maximum(density, 1e-300)).mean(), "error": np.sqrt(np.mean((y - mean.mean(axis=0)) ** 2))}


TASKS = {task.__name__: task for task in (contraception, verbagg, insteval, adult, friedman)}

"""Methods of python_peers.py: each takes a task and the options, and returns its seconds and scores, samplers their effective draws too."""
import argparse
import time

import numpy as np
import python_peers_tasks

CHAINS = 2
scores = python_peers_tasks.scores


def worst(draws):
    """Name and bulk effective draws of the worst of named draws, (chains, draws) each."""
    import arviz

    return min(((float(arviz.ess(np.asarray(values, float))), name) for name, values in draws.items()))[::-1]


def sampled(draws, seconds, compiling, **more):
    name, effective = worst(draws)
    return {"seconds": seconds, "compile": compiling, "worst": name, "effective": effective, "rate": effective / seconds, **more}


def fewer(options, times):
    return argparse.Namespace(warmup=options.warmup // times, draws=options.draws // times)


def bdglm_fit(task, options, formula):
    import bdglm

    start = time.perf_counter()
    fit = bdglm.fit(formula, task.train, family=task.family, chains=CHAINS, warmup=options.warmup, draws=options.draws, threads=2, seed=1, device="cpu",
                    progress=False)
    seconds = time.perf_counter() - start
    kinds = ("prediction", "sigma") if "deep(" in formula else ("b_", "sd_", "cor_", "sigma")
    found = fit.evaluate(task.test)
    return sampled({name: fit[name] for name in fit.names() if name.startswith(kinds)}, seconds, None, log_score=found["log_score"],
                   error=found["accuracy" if task.family == "bernoulli" else "rmse"])


def bdglm_linear(task, options):
    return bdglm_fit(task, options, task.formula())


def bdglm_deep(task, options):
    """The default network, half of the draws."""
    return bdglm_fit(task, fewer(options, 2), task.formula(f"deep({', '.join(task.fixed)})"))


def bdglm_small(task, options):
    """Two layers of 16 tanh units, as of NumPyro's network below."""
    return bdglm_fit(task, options, task.formula(f"deep({', '.join(task.fixed)}, layers = c(16, 16), activation = tanh)"))


def bambi_nutpie(task, options):
    """Mixed and linear models; the additive model of cubic splines on the simulated function. bambi's slopes have no correlation with intercepts."""
    import bambi
    import nutpie
    from sklearn.preprocessing import SplineTransformer

    knots = np.linspace(-1.8, 1.8, 5)[:, None]
    functions = {"spline": lambda x: SplineTransformer(knots=knots, include_bias=False).fit_transform(np.asarray(x)[:, None])}
    formula = task.formula(" + ".join(f"spline({name})" for name in task.fixed) if task.name == "friedman" else None)
    spent, compile_model = [], nutpie.compile_pymc_model

    def timed(*arguments, **words):
        start = time.perf_counter()
        compiled = compile_model(*arguments, **words)
        spent.append(time.perf_counter() - start)
        return compiled

    nutpie.compile_pymc_model = timed
    start = time.perf_counter()
    model = bambi.Model(formula, task.train, family=task.family, extra_namespace=functions)
    fit = model.fit(draws=options.draws, tune=options.warmup, chains=CHAINS, cores=2, random_seed=1, inference_method="nutpie", progressbar=False)
    seconds = time.perf_counter() - start
    draws = {}
    for name, values in fit.posterior.data_vars.items():
        if "|" not in name or name.endswith("_sigma"):
            flat = values.values.reshape(CHAINS, options.draws, -1)
            draws.update({f"{name}[{k}]" if flat.shape[2] > 1 else name: flat[:, :, k] for k in range(flat.shape[2])})
    posterior = model.predict(fit, data=task.test, inplace=False).posterior
    mean = posterior["p" if task.family == "bernoulli" else "mu"].values.reshape(-1, len(task.test))
    return sampled(draws, seconds - sum(spent), sum(spent), **scores(task, mean, posterior["sigma"].values.reshape(-1, 1) if "sigma" in posterior else None))


def numpyro_run(model, arguments, options):
    """Samples by chain, seconds, and those that JAX spent on tracing and compilation."""
    import jax
    from numpyro.infer import MCMC, NUTS

    spent = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, seconds, **_: spent.append((event, seconds)))
    start = time.perf_counter()
    chains = MCMC(NUTS(model), num_warmup=options.warmup, num_samples=options.draws, num_chains=CHAINS, progress_bar=False)
    chains.run(jax.random.PRNGKey(1), *arguments)
    samples = jax.block_until_ready(chains.get_samples(group_by_chain=True))
    whole = time.perf_counter() - start
    compiling = sum(seconds for event, seconds in spent if event.startswith("/jax/core/compile"))
    return {name: np.asarray(values, float) for name, values in samples.items()}, whole - compiling, compiling


def numpyro_mixed(task, options):
    import numpyro
    import numpyro.distributions as dist

    sizes = [int(max(a.max(), b.max())) + 1 for a, b in zip(task.codes, task.codes_test)]
    unit, centre = (task.train["y"].std(), task.train["y"].mean()) if task.family == "gaussian" else (1.0, 0.0)

    def model(x, codes, slopes, y):
        scale = unit * np.concatenate([[5.0], np.full(x.shape[1] - 1, 2.5)])
        eta = x @ numpyro.sample("beta", dist.Normal(np.concatenate([[centre], np.zeros(x.shape[1] - 1)]), scale))
        for k, z in enumerate(slopes):
            sd = numpyro.sample(f"sd{k}", dist.FoldedDistribution(dist.StudentT(2, 0, 2.5 * unit)).expand([z.shape[1]]))
            effects = numpyro.sample(f"z{k}", dist.Normal(0, 1).expand([sizes[k], z.shape[1]])) * sd
            if z.shape[1] > 1:
                root = numpyro.sample(f"root{k}", dist.LKJCholesky(z.shape[1], 1.0))
                numpyro.deterministic(f"cor{k}", root[1, 0])
                effects = (effects / sd) @ root.T * sd
            eta = eta + (numpyro.deterministic(f"u{k}", effects)[codes[k]] * z).sum(axis=1)
        if task.family == "gaussian":
            numpyro.sample("y", dist.Normal(eta, numpyro.sample("sigma", dist.FoldedDistribution(dist.StudentT(3, 0, 2.5 * unit)))), obs=y)
        else:
            numpyro.sample("y", dist.Bernoulli(logits=eta), obs=y)

    samples, seconds, compiling = numpyro_run(model, (task.x, task.codes, task.slopes(task.train), task.train["y"].values), options)
    draws = {}
    for name in samples:
        if name.startswith(("beta", "sd", "cor", "sigma")):
            flat = samples[name].reshape(CHAINS, options.draws, -1)
            draws.update({f"{name}[{k}]": flat[:, :, k] for k in range(flat.shape[2])})
    one_chain = {name: values.reshape(-1, *values.shape[2:])[::2] for name, values in samples.items()}
    eta = one_chain["beta"] @ task.x_test.T
    for k, z in enumerate(task.slopes(task.test)):
        eta += (one_chain[f"u{k}"][:, task.codes_test[k]] * z).sum(axis=2)
    mean = eta if task.family == "gaussian" else 1 / (1 + np.exp(-eta))
    return sampled(draws, seconds, compiling, **scores(task, mean, one_chain["sigma"][:, None] if "sigma" in one_chain else None))


def numpyro_network(task, options):
    """Two layers of 16 tanh units, a fifth of the draws; effective draws are those of ten held-out predictions and sigma."""
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist

    unit, centre = task.train["y"].std(), task.train["y"].mean()
    sizes = [task.x.shape[1], 16, 16, 1]

    def model(x, x_new, y):
        hidden = jnp.concatenate([x, x_new])
        for k, (inputs, outputs) in enumerate(zip(sizes[:-1], sizes[1:])):
            scale = numpyro.sample(f"scale{k}", dist.HalfNormal(2.0)) / np.sqrt(inputs)
            weights = numpyro.sample(f"w{k}", dist.Normal(0, 1).expand([inputs, outputs])) * scale
            hidden = hidden @ weights + numpyro.sample(f"bias{k}", dist.Normal(0, 1).expand([outputs]))
            hidden = jnp.tanh(hidden) if k < 2 else hidden
        mean = centre + unit * hidden[:, 0]
        numpyro.deterministic("new", mean[len(y):])
        numpyro.sample("y", dist.Normal(mean[: len(y)], numpyro.sample("sigma", dist.HalfNormal(unit))), obs=y)

    samples, seconds, compiling = numpyro_run(model, (task.x, task.x_test, task.train["y"].values), fewer(options, 5))
    draws = {"sigma": samples["sigma"], **{f"prediction[{k}]": samples["new"][:, :, k] for k in range(10)}}
    return sampled(draws, seconds, compiling, **scores(task, samples["new"].reshape(-1, len(task.test)), samples["sigma"].reshape(-1, 1)))


def gpboost_mixed(task, _):
    """Maximum marginal likelihood, of two values by Laplace's approximation; slopes have no correlation with intercepts."""
    import gpboost

    def grouped(table, ending):
        slopes = [table[slope].values for slope in task.groups.values() if slope]
        return {f"group_data{ending}": table[list(task.groups)].values, **({f"group_rand_coef_data{ending}": np.column_stack(slopes)} if slopes else {})}

    more = {"ind_effect_group_rand_coef": [1]} if any(task.groups.values()) else {}
    start = time.perf_counter()
    model = gpboost.GPModel(likelihood="bernoulli_logit" if task.family == "bernoulli" else "gaussian", num_parallel_threads=2, **grouped(task.train, ""),
                            **more)
    model.fit(y=task.train["y"].values.astype(float), X=task.x)
    seconds = time.perf_counter() - start
    found = model.predict(X_pred=task.x_test, predict_var=True, predict_response=True, **grouped(task.test, "_pred"))
    return {"seconds": seconds, **scores(task, found["mu"], np.sqrt(found["var"]))}


def plain_fit(task, make, x, x_test):
    """Seconds and scores of an estimator; the sd of a regression is that of the residuals of a fifth of the rows, after a fit to the others."""
    y, sd = task.train["y"].values, None
    if task.family == "gaussian":
        left = np.random.default_rng(5).random(len(y)) < 0.2
        sd = np.sqrt(np.mean((y[left] - make().fit(x[~left], y[~left]).predict(x[left])) ** 2))
    start = time.perf_counter()
    model = make().fit(x, y)
    seconds = time.perf_counter() - start
    mean = model.predict(x_test) if task.family == "gaussian" else model.predict_proba(x_test)[:, 1]
    return {"seconds": seconds, **scores(task, mean, sd)}


def gpboost_trees(task, _):
    import gpboost

    words = {"n_estimators": 300, "learning_rate": 0.05, "n_jobs": 2, "verbose": -1}
    make = gpboost.GPBoostClassifier if task.family == "bernoulli" else gpboost.GPBoostRegressor
    return plain_fit(task, lambda: make(**words), task.x, task.x_test)


def sklearn_linear(task, _):
    """Logistic or ridge regression at its default penalty; groups are indicators beside the other columns."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression, Ridge

    def columns(x, codes):
        sizes = [max(a.max(), b.max()) + 1 for a, b in zip(task.codes, task.codes_test)]
        ones = [sparse.csr_array((np.ones(len(x)), (np.arange(len(x)), code)), (len(x), size)) for code, size in zip(codes, sizes)]
        return sparse.csr_array(sparse.hstack([x[:, 1:], *ones])) if ones else x[:, 1:]

    make = (lambda: LogisticRegression(max_iter=1000)) if task.family == "bernoulli" else Ridge
    return plain_fit(task, make, columns(task.x, task.codes), columns(task.x_test, task.codes_test))


def sklearn_boosting(task, _):
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    make = GradientBoostingClassifier if task.family == "bernoulli" else GradientBoostingRegressor
    return plain_fit(task, lambda: make(n_estimators=300, random_state=1), task.x[:, 1:], task.x_test[:, 1:])


def sklearn_forest(task, _):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    make = RandomForestClassifier if task.family == "bernoulli" else RandomForestRegressor
    return plain_fit(task, lambda: make(n_estimators=300, n_jobs=2, random_state=1), task.x[:, 1:], task.x_test[:, 1:])


def sklearn_mlp(task, _):
    """A hundred units; the penalty is chosen by cross-validation, which the seconds include."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    words = {"max_iter": 1000, "random_state": 1}
    if task.family == "bernoulli":
        model, penalty = MLPClassifier(**words), "alpha"
    else:
        model, penalty = TransformedTargetRegressor(MLPRegressor(**words), transformer=StandardScaler()), "regressor__alpha"
    return plain_fit(task, lambda: GridSearchCV(model, {penalty: [0.1, 1.0]}, cv=3), task.x[:, 1:], task.x_test[:, 1:])


MIXED = {"bdglm": bdglm_linear, "bambi + nutpie": bambi_nutpie, "NumPyro": numpyro_mixed, "GPBoost": gpboost_mixed, "sklearn linear": sklearn_linear}
PLAIN = {"GPBoost trees": gpboost_trees, "sklearn boosting": sklearn_boosting, "sklearn forest": sklearn_forest, "sklearn MLP": sklearn_mlp}
LINEAR = {name: MIXED[name] for name in ("bambi + nutpie", "NumPyro", "sklearn linear")}
METHODS = {
    "contraception": MIXED,
    "verbagg": MIXED,
    "insteval": MIXED,
    "adult": {"bdglm": bdglm_linear, "bdglm deep": bdglm_deep, **LINEAR, **PLAIN},
    "friedman": {"bdglm deep": bdglm_deep, "bdglm 16 + 16": bdglm_small, "NumPyro network": numpyro_network, "bambi splines": bambi_nutpie,
                 "sklearn linear": sklearn_linear, **PLAIN},
}

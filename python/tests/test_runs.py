"""Runs that are watched and stopped: Ctrl-C within a sweep, signals that stop nothing, the interpreter meanwhile."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from test_fit import FORMULA, SHORT, table

import bdglm


def test_interrupt_leaves_a_fit_that_goes_on():
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as raised:
        bdglm.fit(FORMULA, table(), family="bernoulli", chains=2, warmup=100, draws=10**6, seed=3, progress=False)
    assert time.monotonic() - started < 4
    stopped = raised.value.fit
    assert not stopped.complete and stopped.draws_per_chain > 0
    wanted = stopped.draws_per_chain + 5
    assert stopped.resume(max_seconds=0.5).draws_per_chain >= wanted


def _large(rows):
    random = np.random.default_rng(4)
    inputs = {f"x{k}": random.normal(size=rows) for k in range(10)}
    return {**inputs, "y": (inputs["x0"] + random.normal(size=rows) > 0).astype(int)}


def test_interrupt_within_a_sweep_loses_no_draw(tmp_path):
    formula = f"y ~ deep({', '.join(f'x{k}' for k in range(10))}, layers = c(40, 40))"
    options = dict(family="bernoulli", chains=3, threads=2, warmup=1, draws=1, seed=3, progress=False)
    columns = _large(1500)
    whole = bdglm.fit(formula, columns, **options)
    path = tmp_path / "a.nc"
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    run = lambda: bdglm.fit(formula, columns, path=path, **options)  # noqa: E731
    for delay in (0.2, 0.7, 1.5):
        timer = threading.Timer(delay, interrupt)
        timer.start()
        try:
            run()
            break
        except bdglm.Interrupted as stopped:
            assert time.monotonic() - sent[-1] < 1
            run = stopped.fit.resume
    timer.cancel()
    assert sent and signal.getsignal(signal.SIGINT) is handler
    fit = bdglm.load(path).resume()
    for name in whole.names():
        np.testing.assert_array_equal(fit[name], whole[name], err_msg=name)


def test_handlers_that_do_not_raise_stop_nothing():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        fit = bdglm.fit(FORMULA, table(), family="bernoulli", chains=2, warmup=1000, draws=1000, seed=3, progress=False)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert fit.complete and seen == [signal.SIGALRM]


def test_watcher_sees_and_stops():
    seen = []

    def watch(progress):
        seen.append((progress.phase, progress.sweeps))
        return len(seen) < 5

    fit = bdglm.fit(FORMULA, table(), family="bernoulli", chains=2, warmup=100, draws=10**6, seed=3, progress=watch)
    assert not fit.complete and len(seen) >= 5

    kept = []
    least = []

    def keep(progress):
        kept.append(progress)
        least.append(progress.least_effective_draws())
        return len(kept) < 8

    bdglm.fit(FORMULA, table(), family="bernoulli", chains=2, warmup=100, draws=10**6, seed=3, progress=keep)
    assert kept[-1].sweeps > 0 and kept[-1].least_effective_draws() is None
    assert any(value is not None and value > 0 for value in least)

    def fail(progress):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        bdglm.fit(FORMULA, table(), family="bernoulli", chains=2, warmup=100, draws=10**6, seed=3, progress=fail)


def test_the_interpreter_goes_on_meanwhile():
    ticks = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: [ticks.append(time.monotonic()) or time.sleep(0.01) for _ in iter(stop.is_set, True)])
    thread.start()
    bdglm.fit(FORMULA, table(), family="bernoulli", chains=2, warmup=2000, draws=2000, seed=3, progress=False)
    stop.set()
    thread.join()
    assert np.diff(ticks).max() < 0.3


def test_interrupts_leave_what_looks_at_a_fit():
    fit = bdglm.fit("y ~ x0 + x1", _large(3000), chains=2, warmup=50, draws=1500, thin=1, seed=1, progress=False)
    rows = _large(200_000)
    for call in (lambda: fit.predict(rows), lambda: fit.evaluate(rows), lambda: fit.check(rows), lambda: fit.report_data(rows),
                 lambda: bdglm.Fit(fit._posterior).predictions("x0", points=500_000), lambda: [fit.loo() for _ in range(100)]):
        sent = []

        def interrupt():
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Timer(0.6, interrupt).start()
        with pytest.raises(KeyboardInterrupt) as raised:
            call()
        assert time.monotonic() - sent[0] < 2, "half a second, but on a busy machine"
        assert not isinstance(raised.value, bdglm.Interrupted)

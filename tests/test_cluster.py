"""On a real Dask cluster the answers are those of this machine, also when a worker is killed in the middle."""

import os
import threading
import time

import numpy as np
import pandas as pd
import pytest
from clusters import cluster as started
from micro import window
from synthetic import launch_data

from insights import cluster, parallel
from insights.features import themes
from insights.modeling import learned, tuning
from insights.modeling.search import automl
from insights.modeling.trials import Trials, Variant

SMALL = {"tpot_population": 3, "tpot_generations": 2, "tpot_rows": 160, "tuning_trials": 3}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with started(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def data():
    return launch_data(window())


def on(address=None, **changes):
    return window(modeling=SMALL, compute={"dask": address, **changes})


def slow(asked):
    """Leave a note of who works on it, and answer after a while."""
    number, folder = asked
    (folder / f"{number} by {os.getpid()}").touch()
    time.sleep(0.3)
    return number, os.getpid()


def tried(data, params):
    """Return what three models say of validation rows, refitted side by side."""
    makers = [learned.logistic, learned.forest, learned.boosting]
    models = [make(data.features, params) for make in makers]
    trials = Trials(params, "").of({model.name: Variant(model, data) for model in models})
    return {name: (one.said, one.score, one.calibration) for name, one in trials.items()}


def same(here, there):
    return all(np.array_equal(one, other) for one, other in zip(here, there, strict=True))


def test_answers_come_in_order_from_other_processes(running, tmp_path):
    answers = parallel.each(slow, [(number, tmp_path) for number in range(6)], on(running.address).compute)
    assert [number for number, _ in answers] == [*range(6)]
    assert {process for _, process in answers} == {worker.pid for worker in running.workers}


def test_models_are_refitted_to_the_last_bit_as_here(running, data):
    here, there = tried(data, on()), tried(data, on(running.address))
    assert here.keys() == there.keys() and all(same(here[name], there[name]) for name in here)


def test_tuning_finds_what_it_finds_here(running, data):
    models = [learned.logistic(data.features, on())]
    here, there = (tuning.bought(models, data.train, on(address)) for address in (None, running.address))
    pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_what_posts_speak_of_is_the_same_where_workers_read_them_in_parts(running):
    words = ("agents", "vision", "robots", "prices", "course", "video", "quiz")
    texts = [f"{words[n % 7]} {words[n % 5]} {words[n % 3]}" for n in range(90)]
    at = pd.to_datetime(np.repeat(["2025-01-01", "2025-02-01", "2025-03-01"], 30))
    documents = pd.DataFrame({"product_id": [f"P{n % 30}" for n in range(90)], "as_of": at, "text": texts})
    here = themes.directions([documents], on().compute)
    there = themes.directions([documents[n : n + 20] for n in range(0, 90, 20)], on(running.address).compute)
    assert list(here) == ["product_id", "as_of", *themes.THEMES]
    pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_a_worker_killed_in_the_middle_changes_nothing(data, tmp_path):
    with started(tmp_path) as made:
        first, second = made.workers
        notes = tmp_path / "notes"
        notes.mkdir()

        def end_first():
            while not [*notes.glob(f"* by {first.pid}")]:
                time.sleep(0.02)
            first.kill()

        killer = threading.Thread(target=end_first, daemon=True)
        killer.start()
        answers = parallel.each(slow, [(number, notes) for number in range(12)], on(made.address).compute)
        assert first.wait() != 0 and [number for number, _ in answers] == [*range(12)]
        assert {process for _, process in answers[-4:]} == {second.pid}
        after = tried(data, on(made.address))
    before = tried(data, on())
    assert all(same(before[name], after[name]) for name in before)


def test_the_search_survives_a_worker_that_is_killed_and_finds_what_it_finds_here(data, tmp_path):
    log = tmp_path / "kept"
    with started(tmp_path) as made:

        def end_one():
            while not (log.exists() and any(file.read_text() for file in log.iterdir())):
                time.sleep(0.05)
            made.workers[0].kill()

        killer = threading.Thread(target=end_one, daemon=True)
        killer.start()
        there = automl.search(data.train, data.features, on(made.address), log)
        killer.join(timeout=60)
        assert made.workers[0].wait() != 0
    here = automl.search(data.train, data.features, on())
    pd.testing.assert_frame_equal(here.log, there.log, check_exact=True)
    assert repr(here.model.estimator) == repr(there.model.estimator)


def test_where_no_scheduler_answers_it_is_said_before_work(monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS", 1)
    with pytest.raises(cluster.ClusterError, match=r"tcp://127.0.0.1:9, where no scheduler answers.*null"):
        cluster.check("tcp://127.0.0.1:9")


def test_a_scheduler_without_workers_is_refused(tmp_path):
    with started(tmp_path, workers=0) as made, pytest.raises(cluster.ClusterError, match=r"no worker\. Start one"):
        cluster.check(made.address)


def test_workers_with_other_code_are_refused_by_name(running, monkeypatch):
    other = cluster.installed() | {"insights": "another", "numpy": "1.0"}
    monkeypatch.setattr(cluster, "_here", lambda: other)
    with pytest.raises(cluster.ClusterError, match=r"numpy .* instead of 1.0, insights .* instead of another"):
        cluster.check(running.address)


class Told:
    """A client whose workers answer what is installed there, or are lost, or fail to tell."""

    def __init__(self, *answers):
        self.answers = {f"tcp://worker:{place}": answer for place, answer in enumerate(answers)}

    def run(self, ask, on_error):
        assert ask is cluster.installed and on_error == "return"
        return self.answers


def test_a_worker_that_is_just_lost_is_passed_over_and_one_that_cannot_tell_is_refused():
    cluster._require_alike(Told(OSError("closed"), cluster.installed()), "tcp://host:1")
    with pytest.raises(cluster.ClusterError, match=r"has no worker\. Start one"):
        cluster._require_alike(Told(OSError("closed")), "tcp://host:1")
    with pytest.raises(
        cluster.ClusterError, match=r"tcp://worker:1 cannot tell what is installed.*KeyError.*xgboost"
    ):
        cluster._require_alike(Told(cluster.installed(), KeyError("xgboost")), "tcp://host:1")


def test_without_an_address_there_is_nothing_to_refuse():
    cluster.check(None)

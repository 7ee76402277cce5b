"""Work on several cores: where it is done, and what it leaves behind."""

import os
import threading

import numpy as np
import pandas as pd
import pytest
from micro import window
from sklearn.base import BaseEstimator
from sklearn.utils.parallel import Parallel, delayed

from insights import parallel
from insights.modeling.learned import Learned

THREADED = {"n_jobs": 2, "prefer": "threads"}  # as scikit-learn fits the trees of a forest


def where(_=None):
    return os.getpid(), threading.current_thread() is threading.main_thread()


def places(_=None):
    """Return where the parts of one fit are worked on."""
    with parallel.processes():
        return os.getpid(), Parallel(**THREADED)(delayed(where)() for _ in range(8))


class Placed(BaseEstimator):
    """Notes while it is fitted where its parts are worked on."""

    def fit(self, X, y):
        self.places_ = Parallel(**THREADED)(delayed(where)() for _ in range(8))
        return self


@pytest.mark.parametrize("threads", [1, 2])
def test_answers_come_in_the_order_of_the_items(threads):
    assert parallel.each(str, range(20), window(compute={"threads": threads}).compute) == [
        str(number) for number in range(20)
    ]


def test_what_is_fitted_on_several_cores_is_fitted_in_other_processes_and_not_in_threads():
    model = Learned("placed", Placed(), ["x"]).fit(pd.DataFrame({"x": [0.0, 1.0]}), np.array([0, 1]))
    assert os.getpid() not in {process for process, _ in model.fitted_.places_}


def test_one_of_several_processes_starts_neither_threads_nor_processes():
    found = parallel.each(places, range(4), window(compute={"threads": 2}).compute)
    assert os.getpid() not in {process for process, _ in found}
    assert all(parts == [(process, True)] * 8 for process, parts in found)

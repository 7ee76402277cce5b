"""The process of a search, in which a fit begins that never ends once two pipelines were evaluated.

The fit leaves the number of its process in the file that ``ENDLESS_MARK`` names.
"""

import os
import sys
import time
from pathlib import Path

from sklearn.pipeline import Pipeline

from insights.modeling.search import log as search_log
from insights.modeling.search import process as search_process

LOG = Path(sys.argv[2])
fit_and_return = Pipeline.fit


def fit(self, X, y):
    if len(search_log.read(LOG)) < 2:
        return fit_and_return(self, X, y)
    Path(os.environ["ENDLESS_MARK"]).write_text(str(os.getpid()))
    time.sleep(600)


if __name__ == "__main__":
    Pipeline.fit = fit
    search_process.main(Path(sys.argv[1]), LOG, int(sys.argv[3]))

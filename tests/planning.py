"""A desk over the small company, and pages of it that a test can ask for."""

import asyncio
import contextlib
import re
import threading
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pandas as pd

from insights.features import build
from insights.modeling import learned, recommendation
from insights.modeling.dataset import from_frame
from insights.modeling.explanation import shapley, signals
from insights.scoring.scorer import Scorer
from insights.serving import app
from insights.serving.desk import FACTS, Desk

TOKEN = "token-of-the-test"


def desk_of(company, trusted: bool = True) -> Desk:
    """Return a desk over a small company, whose model is a regression of the margin."""
    _, frame = build.build_launch(company.con, company.tables, company.params)
    dataset = from_frame("launch", frame)
    rows = dataset.train
    model = learned.margin(dataset.features, company.params).fit(rows, rows["y"].to_numpy(dtype=int))
    model.threshold_ = float(model.score(dataset.candidates).mean())
    products = company.tables["products"].to_pandas().set_index("product_id")
    grouped, background = signals.groups("launch", dataset.features), shapley.background(dataset)
    scorer = Scorer(
        params=company.params, con=company.con, tables=company.tables, dataset=dataset, model=model, trusted=trusted,
        known={*products.index}, topics={*products["topic"].dropna()}, groups=grouped, background=background,
    )  # fmt: skip
    refits = list(recommendation.refitted(dataset, model, company.params))[:5]
    candidates = recommendation.recommend(dataset, model, trusted, company.params, refits)
    judged = dataset.validate[dataset.validate["kind"] == "launch"]
    return Desk(
        scorer=scorer, refits=refits,
        candidates=candidates.merge(products[["title", "topic"]], left_on="product_id", right_index=True),
        headline=headline(), importance=shapley.global_importance(model, judged, background, grouped, company.params),
        facts=products.reindex(columns=list(FACTS)), reasons=scorer.reasons(dataset.candidates), digest="d" * 64,
    )  # fmt: skip


def headline():
    """Return the headline of a window in which no launch was judged."""
    columns = ["question", "rows", "model", "value", "low", "high", "n", "chosen", "ahead_low", "ahead_high"]
    return pd.DataFrame(columns=columns)


class Planner:
    """One who asks for pages: keeps cookies, and reads the form token from the page before."""

    def __init__(self, port: int):
        self._port, self.page, self.answer = port, "", None
        self.cookies, self.set_cookies = {}, []

    def get(self, address: str, **headers) -> "Planner":
        """Ask for a page; redirections are followed."""
        return self._ask("GET", address, None, headers)

    def post(self, address: str, fields: dict, **headers) -> "Planner":
        """Send a form with the token of the page before."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask("POST", address, urlencode(self.form(fields)).encode(), headers)

    def form(self, fields: dict) -> dict:
        """Return the fields of a form, with the token of the page before where they have none."""
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.page)
        return {"_xsrf": found.group(1) if found else "", **fields}

    def enter(self) -> "Planner":
        """Open the address with the token."""
        return self.get(f"/?token={TOKEN}")

    @property
    def status(self) -> int:
        """Of the last answer."""
        return self.answer.status

    def _ask(self, method, address, body, headers):
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, address, body, {"Cookie": cookies, **headers} if cookies else headers)
        self.answer: HTTPResponse = connection.getresponse()
        self.page = self.answer.read().decode()
        for cookie in self.answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.split(";")[0]
            self.set_cookies.append(cookie)
        connection.close()
        target = self.answer.headers.get("Location")
        return self.get(target) if target else self


@contextlib.contextmanager
def served(desk: Desk):
    """Yield the port on which the pages of a desk are answered, from a thread of its own."""
    loop, port, ready = asyncio.new_event_loop(), [], threading.Event()

    async def serve():
        server, number = app.listen(desk, TOKEN)
        port.append(number)
        ready.set()
        await stop.wait()
        server.stop()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(30)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()

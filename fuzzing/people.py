"""Readers of what people send: candidates, the planner's forms and addresses, journals, posts and other free text."""

import asyncio
import html
import html.parser
import json
from dataclasses import replace
from functools import cache
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd

from fuzzing.choices import HOSTILE, Choices, encoded
from fuzzing.harness import Reader, require, written
from insights import journals, params, paths, privacy, texts
from insights.acceptance import signed
from insights.display import tables, wording
from insights.monitoring import deployed
from insights.planners import judgements, trial
from insights.scoring import CandidateError, read
from insights.serving import app
from insights.serving.desk import NEW, Case, Desk, PlannerError, Said

CANDIDATES = b"""product_id,title,topic,price,monthly_hurdle,level,margin,announced_at
n-1,Agents at Work,Agents,49,300,beginner,0.8,2025-10-01
n-2,"Prompting, again",Prompting,19.5,120,,,
"""
JUDGED = dict(
    zip(
        judgements.COLUMNS,
        [
            "2025-10-01T10:00:00+00:00",
            "Ann",
            "sample",
            "2026-01-01",
            "d" * 64,
            "p1",
            "Agents",
            "1",
            0.6,
            0.4,
            0.8,
            {},
            "disagree",
            "market",
            "too many of them",
        ],
        strict=True,
    )
)
DECIDED = dict(
    zip(
        trial.ANSWERS,
        [
            "2025-10-01T10:00:00+00:00",
            "answer",
            "0123456789abcdef",
            "sample",
            "d" * 64,
            1,
            "p1",
            "advised",
            1,
            1,
            0.6,
            1,
            70,
            3.5,
            1,
            100.0,
        ],
        strict=True,
    )
)
PROMOTED = dict(
    zip(
        deployed.COLUMNS,
        [1, "2025-10-01", "ann", "promote", "launch", "sample", "d" * 64, "it is better"],
        strict=True,
    )
)
SIGNED = dict(zip(signed.COLUMNS, ["2025-10-01", "ann", "sample", "reads", "accepted", "", "", ""], strict=True))
JOURNALS = (("judgements", JUDGED), ("trial", DECIDED), ("deployments", PROMOTED), ("signatures", SIGNED))
TOKEN = "token-of-the-fuzzer"
FORM = "application/x-www-form-urlencoded"
PATIENCE = 0.03  # seconds, for an answer to what may be half a request
NAMES = privacy.full_names(["Maria Okafor", "Doe, Jane", "Ann-Sofie van den Berg"])


@cache
def _parameters() -> params.Params:
    return params.load("sample")


def read_candidates(content: bytes) -> None:
    """Read the bytes as a file of candidates; what is accepted can be scored, and what is refused has a reason."""
    accepted, refused = read.candidates(written("data/candidates.csv", content), {"p1"}, _parameters())
    require(bool((refused["reasons"] != "").all()), "refused without a reason")
    require(accepted["product_id"].is_unique, "a product stands twice")
    require(bool(np.isfinite(accepted[["price", "monthly_hurdle"]].to_numpy(dtype=float)).all()), "no finite number")


def read_journal(content: bytes) -> None:
    """Read the bytes as one of four journals, by the first of them, and ask of it what pages ask."""
    name = JOURNALS[(content[0] if content else 0) % 4][0]
    file = getattr(paths, name)()
    file.write_bytes(content[1:])
    match name:
        case "judgements":
            mine = judgements.of_window("sample")
            judgements.agreement(mine)
            judgements.grounds(mine)
        case "trial":
            trial.answered("0123456789abcdef")
            trial.quality(trial.answers("sample"))
        case "deployments":
            deployed.in_use("launch")
        case _:
            signed.log()


def read_text(content: bytes) -> None:
    """Clean the bytes as a post; it is clean then, and a page shows it as text."""
    text = content.decode("utf-8", "replace")
    scrubbed = privacy.scrub(text, NAMES)
    require(privacy.scrub(scrubbed, NAMES) == scrubbed, "scrubbing twice is not scrubbing once")
    mended = texts.repaired(text)
    require(texts.repaired(mended) == mended, "repairing twice is not repairing once")
    require(texts.key(texts.key(text)) == texts.key(text), "a key of a key is another one")
    shown = tables.show(pd.DataFrame({"text": [text]}), "Posts")._repr_html_()
    shown += wording.say("They said {text}.", text=text)._repr_html_()
    require(set(_tags(shown)) <= OWN_TAGS, f"a page shows {sorted(set(_tags(shown)) - OWN_TAGS)}")


OWN_TAGS = {"figure", "figcaption", "div", "table", "thead", "tbody", "tr", "th", "td", "p"}


def _tags(markup: str) -> list[str]:
    found = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append(tag)
    parser.feed(markup)
    return found


def read_request(content: bytes) -> None:
    """Send the bytes to the planner's pages; none of them fails, runs a script, or lets in who has no token."""
    answer = _loop().run_until_complete(_asked(content))
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    require(status != [b"500"], f"a page failed: {_Failures.last}")
    if status == [b"200"] and b"text/html" in head:
        page = body.decode()
        require(
            b"default-src 'none'" in head and not {"script", "iframe", "object"} & {*_tags(page)},
            "a page with a script",
        )
        require("=alert" not in html_attributes(page), "an attribute that runs")


def html_attributes(page: str) -> str:
    """Return the attributes of a page that would run something."""
    found = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.extend(
        f"{n}={v}" for n, v in attributes if n.startswith("on")
    )
    parser.feed(page)
    return " ".join(found)


class _Failures:
    last = ""


class _Desk(Desk):
    """A desk whose model says the same of every product."""

    def __init__(self):
        listed = pd.DataFrame(
            {
                "product_id": ["p1", "p/2 <b>"],
                "title": ["Agents", "<script>alert(1)</script>"],
                "topic": ["AI", "=1+1"],
                "verdict": ["1", "0"],
                "probability": [0.6, 0.4],
                "low": [0.5, 0.2],
                "high": [0.8, 0.5],
                "expected_gain": [10.0, -5.0],
                "place": [1.0, np.nan],
                "within_capacity": [True, False],
            }
        )
        self.candidates, self.headline, self.digest = listed, _headline(), "d" * 64
        self._said = Said(0.6, 0.5, 0.8, "1", 10.0)
        self._past = pd.DataFrame(
            {
                "product_id": [f"p{n}" for n in range(9)],
                "probability": 0.5,
                "advice": [0, 1, 1] * 3,
                "y": [1, 0, 1] * 3,
                "gain": 1.0,
            }
        )

    params = property(lambda self: _parameters())
    threshold = property(lambda self: 0.5)
    scorer = property(lambda self: _Scorer)

    def signals(self):
        return {"waiting_list": "waiting list", "intent": "intent"}

    def case(self, product_id):
        mine = self.candidates[self.candidates["product_id"] == product_id]
        if mine.empty:
            raise PlannerError(f"{product_id[:80]!r} is no candidate of sample. Choose one of the list.")
        return self._of(product_id, {"title": mine["title"].iloc[0], "topic": mine["topic"].iloc[0], "price": 49.0})

    def entered(self, values):
        typed = {name: values.get(name, "").strip() for name in (*read.ASKED, *read.OPTIONAL)} | {"product_id": NEW}
        row, wrong = read.candidate(typed, {"p1"}, _parameters())
        return (
            (None, wrong) if wrong else (self._of(NEW, {name: row[name] for name in ("title", "topic", "price")}), [])
        )

    def changed(self, case, changes):
        for name, decile in changes.items():
            if name not in self.signals() or decile not in range(1, 10):
                raise PlannerError(f"{name[:80]!r} cannot be changed so.")
        return replace(self._said, probability=0.4)

    def grid(self, case, changes):
        return pd.DataFrame([["intent", "intent", *([0.5] * 9)]], columns=["signal", "title", *range(1, 10)])

    def tasks(self, number):
        return trial.tasks(self._past, number, 0.5, 1)

    def known_of(self, product_id):
        return ["price: 49"]

    def _of(self, product_id, facts):
        reasons = pd.DataFrame({"text": ["gives it more for <b>intent</b>"]})
        return Case(
            product_id, facts, pd.DataFrame(), self._said, reasons, pd.DataFrame({"text": []}), ["topic <i> is new"]
        )


class _Scorer:
    trusted, topics = True, {"AI", "<b>"}


def _headline():
    columns = ["question", "rows", "model", "value", "low", "high", "n", "chosen", "ahead_low", "ahead_high"]
    return pd.DataFrame(columns=columns)


@cache
def _loop():
    return asyncio.new_event_loop()


@cache
def _port() -> int:
    """Answer planners from now on, in this process and thread; return the port."""
    import logging

    class Keeps(logging.Handler):
        def emit(self, record):
            _Failures.last = str(record.exc_info[1])[:300] if record.exc_info else record.getMessage()[:300]

    for name in ("tornado.access", "tornado.application", "tornado.general"):
        logging.getLogger(name).addHandler(Keeps())

    async def begin():
        return app.listen(_Desk(), TOKEN)[1]

    return _loop().run_until_complete(begin())


@cache
def _cookies() -> tuple[str, str]:
    """Return the cookies of a planner who is let in, and the token of their forms."""
    _port()
    entered = _loop().run_until_complete(
        _sent(f"GET /?token={TOKEN} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    )
    cookie = entered.split(b"insights_planner=")[1].split(b";")[0].decode()
    asked = f"GET /new HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: insights_planner={cookie}\r\nConnection: close\r\n\r\n"
    page = _loop().run_until_complete(_sent(asked)).decode()
    xsrf = page.split("_xsrf=")[1].split(";")[0]
    return f"insights_planner={cookie}; _xsrf={xsrf}", page.split('name="_xsrf" value="')[1].split('"')[0]


async def _sent(request, patience=30.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", _port())
    writer.write(encoded(request))
    try:
        return await asyncio.wait_for(reader.read(), patience)
    except (TimeoutError, ConnectionError):  # half a request is waited for, and gets no answer
        return b""
    finally:
        writer.close()


async def _asked(content):
    for file in (paths.judgements(), paths.trial()):
        if file.exists() and file.stat().st_size > 20_000:
            file.unlink()
    return await _sent(content if b"\r\n\r\n" in content else content + b"\r\n\r\n", PATIENCE)


def make_request(choices: Choices) -> bytes:
    """Build a request of a planner who is let in, most of it true."""
    _port()
    cookies, xsrf = _cookies()
    place = choices.often(
        choices.one(["/", "/product/p1", "/new", "/record", "/said", "/trial", f"/trial/{_begun()}"]),
        [f"/product/{quote(choices.text().encode('utf-8', 'replace'))}", encoded(choices.text())],
    )
    fields = {"_xsrf": xsrf}
    true = {
        "title": "Agents",
        "topic": "AI",
        "price": "49",
        "monthly_hurdle": "300",
        "product_id": choices.one(["p1", NEW]),
        "who": "Ann",
        "says": choices.one(["agree", "disagree"]),
        "ground": "market",
        "comment": "so",
        "place": "1",
        "decision": "1",
        "confidence": "70",
        "s_intent": choices.one(["", "5", "0", "99"]),
        "find": "a",
        "verdict": choices.one(["1", "0", "x"]),
    }
    for name, value in true.items():
        fields[name] = choices.often(value, [choices.text().encode("utf-8", "replace"), "9" * 5_000, "٣" * 4_400])
    fields |= {choices.text().encode("utf-8", "replace"): choices.text().encode("utf-8", "replace")}
    is_form = choices.number(2)
    body = (
        encoded(choices.often(urlencode(fields), [choices.text(), json.dumps(choices.value(), default=str)]))
        if is_form
        else b""
    )
    query = b"" if is_form else b"?" + encoded(urlencode(fields))[:6_000]
    head = [
        f"Host: {choices.often('127.0.0.1', ['example.org', choices.text()])}",
        f"Cookie: {cookies}",
        f"Content-Type: {choices.often(FORM, ['multipart/form-data; boundary=x', choices.text()])}",
        f"Content-Length: {choices.often(str(len(body)), ['-1', '99999999', '0'])}",
        "Connection: close",
        choices.often("Accept: */*", [f"X: {choices.text()}", "Transfer-Encoding: chunked", "Expect: 100-continue"]),
    ]
    method = choices.often("POST" if is_form else "GET", ["PUT", "HEAD", "OPTIONS", choices.text()])
    return (
        encoded(method)
        + b" "
        + encoded(place)
        + query
        + b" HTTP/1.1\r\n"
        + encoded("\r\n".join(head))
        + b"\r\n\r\n"
        + body
    )


@cache
def _begun() -> str:
    for file in (paths.judgements(), paths.trial()):
        file.unlink(missing_ok=True)
    return trial.begin("sample", "d" * 64)


def _requests() -> list[bytes]:
    return [make_request(Choices(bytes([n]) * 60)) for n in range(12)]


def make_candidates(choices: Choices) -> bytes:
    """Build a file of candidates, most of whose cells are true."""
    header = [choices.often(name, [choices.text()]) for name in (*read.ASKED, "level", "margin", "announced_at")]
    true = ["n-1", "Agents", "AI", "49", "300", "beginner", "0.8", "2025-10-01"]
    rows = [
        [choices.often(cell, [choices.text(), f'"{choices.text()}"']) for cell in true]
        for _ in range(choices.number(6))
    ]
    for number, row in enumerate(rows):
        row[0] = choices.often(f"n-{number}", [row[0]])
    return encoded(choices.often("\n", ["\r\n", "\r"]).join(",".join(row) for row in [header, *rows]))


def make_journal(choices: Choices) -> bytes:
    """Build lines of a journal, most of whose values are of the right kind."""
    place = choices.number(3)
    true, lines = JOURNALS[place][1], []
    for _ in range(choices.number(5)):
        line = {key: choices.often(value, [choices.value(3)]) for key, value in true.items()}
        line |= choices.often({}, [{"action": "rollback"}, {"window": "../.."}, {"sha256": "../../x"}])
        lines.append(choices.often(json.dumps(line), [choices.text(), json.dumps(choices.value()), "9" * 5_000]))
    return bytes([place]) + encoded("\n".join(lines) + choices.often("\n", [""]))


def make_text(choices: Choices) -> str:
    """Build a post out of hostile pieces, names and marks."""
    pieces = (
        "Maria Okafor",
        "Doe",
        "Jane",
        " ",
        ".",
        "@",
        "+49 ",
        "555",
        "https://",
        "www.",
        "&",
        ";",
        "<",
        ">",
        "é",
        "a",
        "1",
    )
    return "".join(
        choices.one([choices.one(pieces), choices.one(HOSTILE), choices.one(pieces) * (1 + choices.number(50))])
        for _ in range(choices.number(12))
    )


POSTS = (
    "Finished Agentic AI, merci @deeplearningai! Write to cafe@example.org or https://example.org/a?b=c",
    "Call me on +31 20 555 01 23, says Maria Okafor (45 12 34 56).",
    "CafÃ© &amp; <b>more</b> &lt;i&gt; ï¿½",
)
READERS = [
    Reader(
        "candidates",
        "files of candidates for scoring (CSV, and what is none)",
        read_candidates,
        (CandidateError,),
        lambda: [CANDIDATES],
        25_000,
        make_candidates,
    ),
    Reader(
        "journals",
        "judgements, trial, deployments and signatures (JSON Lines)",
        read_journal,
        (journals.JournalError, deployed.DeploymentError),
        lambda: [bytes([n]) + json.dumps(one).encode() + b"\n" for n, (_, one) in enumerate(JOURNALS)],
        8_000,
        make_journal,
    ),
    Reader(
        "texts",
        "posts and free text: scrubbed, mended, shown on a page",
        read_text,
        (),
        lambda: [post.encode() for post in POSTS],
        20_000,
        make_text,
    ),
    Reader(
        "planner",
        "requests to the planner's pages (HTTP, forms, addresses)",
        read_request,
        (),
        _requests,
        4_000,
        make_request,
        allows=("socket.connect",),
    ),
]

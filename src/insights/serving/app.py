"""The application: addresses, what each takes, and who is let in.

It answers on this machine only, to whoever has the token of its address; remote planners come through a tunnel of
their own. Forms carry a token against requests from foreign pages. Nothing that is typed is run.
"""

import asyncio
import hmac
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import tornado.httpserver
import tornado.netutil
import tornado.web

from insights.planners import judgements, trial
from insights.serving import pages
from insights.serving.desk import NEW, Desk, PlannerError

HOST = "127.0.0.1"
MOST_BYTES, MOST_HEADER = 64_000, 16_000
COOKIE = "insights_planner"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Server": "insights",
}  # fmt: skip
SIGNAL = "s_"


class Page(tornado.web.RequestHandler):
    """What every page has in common: who is let in, headers, forms, and errors in words."""

    desk: Desk

    def initialize(self, desk: Desk, token: str, work: ThreadPoolExecutor, shown: dict) -> None:
        """Take what all requests share."""
        self.desk, self._token, self._work, self._shown, self._told = desk, token, work, shown, ""

    def set_default_headers(self) -> None:
        """Forbid scripts, frames, foreign contents, and keeping."""
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Let in who has the token, at an address of this machine."""
        if self.request.host_name not in (HOST, "localhost"):
            raise tornado.web.HTTPError(403)
        given = self.get_query_argument("token", "")
        if given and hmac.compare_digest(given.encode(), self._token.encode()):
            self.set_signed_cookie(COOKIE, "in", expires_days=None, httponly=True, samesite="Strict", path="/")
            self.redirect(self.request.path)
        elif self.get_signed_cookie(COOKIE) != b"in":
            raise tornado.web.HTTPError(403)

    def write_error(self, status_code: int, **told) -> None:
        """Say in words what went wrong, and nothing of how the application is made."""
        heading, text = _WORDS.get(status_code, _WORDS[500])
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(pages.message(self.desk, heading, self._told or text))

    def typed(self, names) -> dict[str, str]:
        """Return what was typed into fields of a form."""
        return {name: self.get_body_argument(name, "", strip=True) for name in names}

    def changes(self, arguments: dict) -> dict[str, int]:
        """Return the deciles that were set, by signal."""
        found = {}
        for name in arguments:
            if name.startswith(SIGNAL) and (value := self.get_argument(name)):
                found[name.removeprefix(SIGNAL)] = int(value) if value.isdecimal() and len(value) < 3 else 0
        return found

    def xsrf(self) -> str:
        """Return the token that forms are sent with."""
        return self.xsrf_token.decode()

    async def aside(self, work, *given):
        """Return what takes time, worked out in a thread while other planners are answered."""
        return await asyncio.get_running_loop().run_in_executor(self._work, work, *given)

    def refused(self, error: ValueError) -> tornado.web.HTTPError:
        """Return an error of the planner's as an answer in its words."""
        self._told = str(error)
        return tornado.web.HTTPError(400)


class DeskPage(Page):
    """The list of candidates."""

    def get(self) -> None:
        """Show the answer and the candidates, as far as they are looked for."""
        find, verdict = (self.get_query_argument(name, "", strip=True)[:80] for name in ("find", "verdict"))
        self.finish(pages.desk(self.desk, find, verdict if verdict in pages.VERDICTS else ""))


class ProductPage(Page):
    """One candidate."""

    def get(self, product_id: str) -> None:
        """Show what the model says of it, as it is and with signals changed."""
        try:
            case, changes = self.desk.case(product_id), self.changes(self.request.query_arguments)
            notice = "Recorded. Thank you." if self.get_query_argument("recorded", "") else ""
            self.finish(pages.product(self.desk, case, changes, self.xsrf(), notice=notice))
        except PlannerError as error:
            raise self.refused(error) from None


class NewPage(Page):
    """A product that is not in the list."""

    def get(self) -> None:
        """Show the form."""
        self.finish(pages.new(self.desk, {}, [], self.xsrf()))

    async def post(self) -> None:
        """Show what the model says of it, or what is wrong with it."""
        values = self.typed(pages.FIELDS)
        try:
            case, wrong = await self.aside(self.desk.entered, values)
            if wrong:
                self.finish(pages.new(self.desk, values, wrong, self.xsrf()))
            else:
                changes = self.changes(self.request.body_arguments)
                self.finish(pages.product(self.desk, case, changes, self.xsrf(), entered=values))
        except PlannerError as error:
            raise self.refused(error) from None


class RecordPage(Page):
    """A planner agrees or disagrees."""

    async def post(self) -> None:
        """Keep the judgement beside what the model said, which is asked anew and not taken from the form."""
        entered = self.typed(pages.FIELDS)
        is_new = self.get_body_argument("product_id", "") == NEW
        typed = self.typed(("who", "says", "ground", "comment"))
        try:
            if is_new:
                case, wrong = await self.aside(self.desk.entered, entered)
                if wrong:
                    raise PlannerError("; ".join(wrong))
            else:
                case = self.desk.case(self.get_body_argument("product_id", ""))
            changes = self.changes(self.request.body_arguments)
            said = self.desk.changed(case, changes) if changes else case.said
        except PlannerError as error:
            raise self.refused(error) from None
        given = entered if is_new else None
        try:
            judgements.record(judgements.checked(typed), self._shown_of(case, said, changes))
        except judgements.JudgementError as error:
            self.set_status(422)
            self.finish(pages.product(self.desk, case, changes, self.xsrf(), given, problem=str(error), typed=typed))
            return
        if is_new:
            self.finish(pages.product(self.desk, case, changes, self.xsrf(), given, notice="Recorded. Thank you."))
        else:
            self.redirect(f"/product/{quote(case.product_id, safe='')}?recorded=1", status=303)

    def _shown_of(self, case, said, changes):
        window = self.desk.params
        return {
            "window": window.window, "as_of": str(window.dates.end), "model": self.desk.digest,
            "product_id": case.product_id, "title": case.facts.get("title") or "", "verdict": said.verdict,
            "probability": said.probability, "low": said.low, "high": said.high, "changes": changes,
        }  # fmt: skip


class SaidPage(Page):
    """What planners said."""

    def get(self) -> None:
        """Show agreement and reasons."""
        self.finish(pages.said(self.desk))


class TrialPage(Page):
    """The way into the trial."""

    def get(self) -> None:
        """Say what it is."""
        self.finish(pages.trial_begin(self.desk, self.xsrf()))

    def post(self) -> None:
        """Begin it."""
        token = trial.begin(self.desk.params.window, self.desk.digest)
        self.redirect(f"/trial/{token}", status=303)


class TaskPage(Page):
    """A task of the trial."""

    def get(self, token: str) -> None:
        """Show the first task that is not answered, or how it all came out."""
        self._show(token)

    def post(self, token: str) -> None:
        """Keep the decision, and show the next task."""
        try:
            tasks, done = self._tasks(token)
            place = self.get_body_argument("place", "")
            if done < len(tasks) and place == str(tasks[done].place):
                typed = self.typed(("decision", "confidence"))
                seconds = time.monotonic() - self._shown.get((token, done), time.monotonic())
                trial.answer(token, tasks[done], self.desk.params.window, self.desk.digest, typed, seconds)
        except trial.TrialError as error:
            self.set_status(422)
            self._show(token, str(error), self.typed(("confidence",)))
            return
        self.redirect(f"/trial/{token}", status=303)

    def _tasks(self, token):
        return self.desk.tasks(trial.number_of(token)), trial.answered(token)

    def _show(self, token, problem="", typed=None):
        try:
            tasks, done = self._tasks(token)
        except trial.TrialError as error:
            raise self.refused(error) from None
        if done >= len(tasks):
            self.finish(pages.trial_end(self.desk, trial.answers(self.desk.params.window), token))
            return
        self._shown.setdefault((token, done), time.monotonic())
        self.finish(pages.trial_task(self.desk, tasks[done], len(tasks), token, self.xsrf(), problem, typed))


class Style(tornado.web.RequestHandler):
    """The style sheet, which tells nothing."""

    def get(self) -> None:
        """Return it."""
        self.set_header("Content-Type", "text/css; charset=UTF-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(pages.style())


class Nothing(Page):
    """Any other address."""

    def prepare(self) -> None:
        """Say that there is nothing, to those who are let in."""
        super().prepare()
        if not self._finished:
            raise tornado.web.HTTPError(404)


_WORDS = {
    400: ("That cannot be answered", "Something in the address or the form is not known here."),
    403: (
        "Not let in",
        "Open the address that make planner printed, with its token; a form has to be sent from its own page.",
    ),
    404: ("Nothing here", "There is no page at this address."),
    405: ("Nothing here", "This address takes forms only from its own page."),
    500: (
        "Something went wrong",
        "Nothing was recorded. Try again; what happened is written where the planner was started.",
    ),
}


def application(desk: Desk, token: str) -> tornado.web.Application:
    """Return the application over a desk, for whoever has the token."""
    shared = {"desk": desk, "token": token, "work": ThreadPoolExecutor(1), "shown": {}}
    routes = [
        (r"/", DeskPage), (r"/product/([^/]+)", ProductPage), (r"/new", NewPage), (r"/record", RecordPage),
        (r"/said", SaidPage), (r"/trial", TrialPage), (r"/trial/([0-9a-f]{16})", TaskPage),
    ]  # fmt: skip
    return tornado.web.Application(
        [*((address, page, shared) for address, page in routes), (r"/style\.css", Style)],
        default_handler_class=Nothing, default_handler_args=shared, cookie_secret=secrets.token_hex(32),
        xsrf_cookies=True, xsrf_cookie_kwargs={"httponly": True, "samesite": "Strict"}, log_function=lambda _: None,
    )  # fmt: skip


def listen(desk: Desk, token: str, port: int = 0) -> tuple[tornado.httpserver.HTTPServer, int]:
    """Answer on this machine from now on, once the event loop runs; return the server and its port.

    Raises
    ------
    PlannerError
        If the port is taken.
    """
    server = tornado.httpserver.HTTPServer(
        application(desk, token), max_body_size=MOST_BYTES, max_header_size=MOST_HEADER, idle_connection_timeout=60
    )
    try:
        sockets = tornado.netutil.bind_sockets(port, HOST)
    except OSError as error:
        raise PlannerError(f"port {port} cannot be used ({error.strerror}). Name another: PORT=…") from None
    server.add_sockets(sockets)
    return server, sockets[0].getsockname()[1]

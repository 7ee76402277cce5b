"""The registers of the handover as pages of ``docs/``, in Markdown."""

from collections import Counter
from collections.abc import Sequence

from insights.handover.registers import MET, MISSING, PARTLY, Assumption, Paper, Requirement

WRITTEN = "<!-- written by make docs from registers/{name}.yaml -->\n"
MARKS = {MET: "met", PARTLY: "in part", MISSING: "**missing**"}


def requirements(found: Sequence[Requirement]) -> str:
    """Return what was asked for, a row per line: where it is answered, what shows it, what is not there."""
    counted = Counter(one.state for one in found)
    rows = [
        [one.id, one.asked, MARKS[one.state], one.says, _files(one.lives), _shown(one.shown), one.missing]
        for one in found
    ]
    return (
        "# What was asked for, and where it is\n\n" + WRITTEN.format(name="requirements") + "\n"
        f"Each line of the request, held against what a first-rate answer would be: **{counted[MET]} are met**, "
        f"{counted[PARTLY]} in part, {counted[MISSING]} missing, of {len(found)}. The last column says what is not "
        "there. A test holds that every line is listed and that all it refers to exists.\n\n"
        + _table(["id", "asked for", "state", "answered", "where", "shown by", "not there"], rows)
    )


def papers(found: Sequence[Paper]) -> str:
    """Return the research, a row per paper: its claim, where the code uses it, and our own figure for it."""
    rows = [[_citation(one), one.claim, _files(one.used), _ours(one)] for one in sorted(found, key=_by_author)]
    measured = sum(bool(one.ours) for one in found)
    return (
        f"{len(found)} papers, each with the claim that matters here, where the code uses it, and, for {measured} of "
        "them, what we measured of it ourselves.\n\n"
        + _table(["paper", "claim", "used in", "our own figure"], rows)
    )  # fmt: skip


def assumptions(found: Sequence[Assumption]) -> str:
    """Return what is assumed, the most doubtful first."""
    counted = Counter(one.rating for one in found)
    rows = [
        [one.id, f"**{one.rating}**", one.area, one.assumes, one.why_it_matters, one.what_if_wrong, _checked(one)]
        for one in found
    ]
    return (
        "# Assumptions\n\n" + WRITTEN.format(name="assumptions") + "\n"
        f"What the results rest on: {counted['red']} red (unchecked, or known to be doubtful), {counted['amber']} "
        f"amber (checked in part, or on the simulated company only), {counted['green']} green (something would fail "
        "if it did not hold).\n\n"
        + _table(["id", "rating", "about", "we assume", "it matters, for", "if it is wrong", "checked by"], rows)
    )


def _table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _files(files):
    return ", ".join(f"`{one.removeprefix('src/').replace('::', ': ')}`" for one in files)


def _shown(shown):
    return ", ".join(map(_reference, shown))


def _reference(text):
    file, _, name = text.partition("::")
    return (
        f"{name.removeprefix('test_').replace('_', ' ')} (`{file.removeprefix('tests/')}`)" if name else f"`{text}`"
    )


def _checked(one):
    return _shown(one.checked_by.split("; ")) if one.checked_by else "nothing"


def _citation(one):
    doi = f", doi:{one.doi}" if one.doi else ""
    return f"{one.authors} ({one.year}): *{one.title}*. {one.venue}{doi}"


def _ours(one):
    return f"{one.ours.says} ({_shown(one.ours.source.split('; '))})" if one.ours else "none"


def _by_author(one):
    return one.authors.split(",")[0].split()[-1], one.year

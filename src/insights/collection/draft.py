"""A first draft of a mapping, proposed from the names and contents of the exports in a folder.

A draft is read and corrected by a person: it names what it does not know. Columns of an export that a shipped mapping
fits are left to that; of others each is held against the contract by its name, and by what its first records hold.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import yaml

from insights import contract, warehouse, yamls
from insights.collection import files, mapped, mapping, shipped
from insights.collection.mapping import Export
from insights.collection.source import CollectionError

FIRST_RECORDS = 500
MOST_COMMENT = 20_000  # letters
ALIKE = 0.82  # of two names, by the measure of difflib
LEAST_SCORE = 0.7
FITS = 0.95  # share of the first records that have to fit
CALLED = {
    "learner_id": "email|email address|e mail|contact e mail|customer email|user email|user mail|user id|contact id|"
    "member id|distinct id|recipient|respondent|buyer|buyer email|attendee email",
    "registered_at": "create date|created at|signup date|sign up date|registration date|rsvped on|order date",
    "name": "full name|customer name|attendee name", "country": "country region|country code",
    "job_title": "title|role|position|occupation",
    "enrollment_id": "id|order id|order no|order number|transaction id|payment id|invoice|charge id",
    "enrolled_at": "created date|purchase date|purchased on|purchased at|bought on|paid at|order date",
    "completed_at": "course finished|finished|finished on|completion date",
    "completion_recorded_at": "finish reported|completion reported", "withdrawn_at": "refunded on|cancelled on",
    "city": "town", "gender": "sex", "event": "action",
    "birth_year": "born|year of birth", "price": "list price", "amount": "total|price paid|gross",
    "product_id": "course id|course|sku|item id|product|article|article no", "units": "quantity|qty",
    "title": "course name|product name", "user_agent": "browser", "monthly_hurdle": "monthly target",
    "viewed_at": "timestamp|time|visit time|event time", "url": "page|page location|path|page url",
    "anonymous_id": "cookie|device id|client id|visitor id", "happened_at": "timestamp|created|event time|when",
    "campaign": "campaign id|campaign name|mailing|subject", "post_id": "post link|permalink|id",
    "posted_at": "publish time|created date|date|posted", "text": "message|post title|caption|content",
    "reactions": "likes|like count", "answered_at": "submit date|submitted at|timestamp|submit date utc",
    "intent": "how likely|likelihood|nps", "comment": "comments|anything you would like to add|feedback",
    "event_id": "meetup id|event|event name", "starts_at": "start date|start time",
    "announced_at": "announced|announcement date",
    "launched_at": "published|launch date|release date|on sale from", "family": "series|line", "level": "difficulty",
    "subscribed_at": "confirm time|optin time|subscribed", "unsubscribed_at": "unsub time|unsubscribed",
}  # fmt: skip
DAYS = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%b %d, %Y", "%d %b %Y")
DATES = ("iso", *(day + clock for day in DAYS for clock in ("", " %H:%M", " %H:%M:%S")))
SWAPPED = {"%m/%d/%Y": "%d/%m/%Y"}  # which of both comes first the records may not tell
COMMA = r"[-+]?\d{1,3}(\.\d{3})*,\d{1,2}|[-+]?\d+,\d{1,2}"  # 1.234,50


@dataclass(frozen=True)
class Proposal:
    """What a draft says of one file.

    Attributes
    ----------
    file : str
        Its name below the folder.
    table : str or None
        Table of the contract; None where none fits.
    export : dict
        What a mapping would say of it.
    unfilled : list of str
        Required columns that nothing in it seems to fill.
    unread : list of str
        Its columns that nothing asks for.
    doubts : list of str
        What its first records do not tell, and a person must.
    """

    file: str
    table: str | None
    export: dict
    unfilled: Sequence[str]
    unread: Sequence[str]
    doubts: Sequence[str] = ()


def propose(folder: Path) -> list[Proposal]:
    """Return what a mapping might say of each export in a folder.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    CollectionError
        If there is no such folder, it holds no export, or one that is broken.
    """
    if not folder.is_dir():
        raise CollectionError(f"{folder}: there is no such folder. Name the one that holds the exports.")
    con = warehouse.local()
    found = sorted(file for file in folder.rglob("*") if file.is_file() and _is_export(file))
    if not found:
        raise CollectionError(f"{folder}: no export is in there ({', '.join(files.FORMATS)}). Put them there.")
    return [proposal for file in found for proposal in _proposals(con, folder, file)]


def written(proposals: Sequence[Proposal]) -> str:
    """Return proposals as the text of a mapping file, with what is left to a person in comments."""
    tables: dict[str, list[Proposal]] = {}
    named = [proposal.file for proposal in proposals]
    for proposal in proposals:
        tables.setdefault(proposal.table or "", []).append(proposal)
    unknown = [_comment(f"# {p.file}: fits no table; its columns are", p.unread) for p in tables.pop("", [])]
    lines = ["# A draft: read every line, correct it, and delete what is not wanted.", *unknown]
    lines += ["time_zone: UTC # to be settled: of times that name no offset", "tables:"]
    for table, each in tables.items():
        lines.append(f"  {table}:")
        lines += [line for proposal in _alike_together(each, named) for line in _lines(proposal)]
    return "\n".join(lines) + "\n"


def _is_export(file):
    try:
        files.format_of(file)
    except CollectionError:
        return False
    return True


def _proposals(con, folder, file) -> list[Proposal]:
    name, way = file.relative_to(folder).as_posix(), _way(file)
    table = files.open_files(con, [file], **way)
    fitting = _shipped(table.columns)
    if fitting:
        return [_with_shipped(name, used, table.columns) for used in fitting]
    with files.reading([file], Exception):  # whatever a library says of records that it cannot hand over
        first = table.limit(FIRST_RECORDS).to_pandas()
    scored = {candidate: _matches(candidate, first) for candidate in contract.TABLES}
    best = max(scored, key=lambda candidate: _score(candidate, scored[candidate]))
    if _score(best, scored[best]) < LEAST_SCORE:
        return [Proposal(name, None, {}, [], list(table.columns))]
    return [_by_names(name, best, scored[best], first, way)]


def _way(file) -> dict[str, str]:
    """Return how a CSV is written: its encoding, and what separates its columns, by its beginning."""
    if files.format_of(file) != "csv" or set(file.suffixes) & set(files.COMPRESSED):
        return {}
    with file.open("rb") as opened:
        begins = opened.read(files.READ_AHEAD)
    encoding = "utf-16" if begins[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        first = begins.decode(encoding, "strict" if len(begins) < files.READ_AHEAD else "ignore").partition("\n")[0]
    except UnicodeDecodeError:
        encoding, first = "latin-1", begins.decode("latin-1").partition("\n")[0]
    counts = {mark: first.count(mark) for mark in (",", ";", "\t", "|")}
    separates = max(counts, key=counts.__getitem__) if any(counts.values()) else files.delimiter_of(file)
    return {"encoding": encoding, "delimiter": separates}


def _shipped(columns) -> list[str]:
    """Return the shipped mappings that fit an export: the one that reads most of it, and others of that export."""
    needed = {name: _parts(_export(name)) for name in shipped.names()}
    fitting = [name for name, parts in needed.items() if all(mapped.origin(part, columns) for part in parts)]
    if not fitting:
        return []
    best = max(fitting, key=lambda name: len(needed[name]))
    return [name for name in fitting if _place(name) == _place(best)]


def _place(name):
    told = shipped.told(name)
    return told["system"], told["export"]


def _parts(export):
    """Return what an export must have to be read by a mapping."""
    needed = [part for c, parts in export.columns.items() if c not in export.if_there for part in parts]
    return [*needed, *export.only]


def _export(name) -> Export:
    return Export.model_validate(shipped.read(name)[1])


def _with_shipped(name, used, columns):
    asked = [column for column in shipped.told(used)["ask"].split(", ") if column]
    unread = mapped.unmapped(_export(used), columns)
    return Proposal(name, shipped.told(used)["table"], {"use": used, "files": name}, asked, unread)


def _matches(table, first: pd.DataFrame) -> Mapping[str, str]:
    """Return, by column of the contract, the column of the export that seems to be it."""
    near = []
    for column, spec in contract.columns(table).items():
        for other in first.columns:
            likeness = _likeness(column, other)
            if likeness >= ALIKE and _can_be(spec, first[other]):
                near.append((likeness, column, other))
    chosen: dict[str, str] = {}
    for _, column, other in sorted(near, key=lambda found: (-found[0], found[1], found[2])):
        if column not in chosen and other not in chosen.values():
            chosen[column] = other
    return chosen


def _likeness(column, other):
    names = [column.replace("_", " "), *filter(None, CALLED.get(column, "").split("|"))]
    said = re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(other)).lower()).strip()
    begins = ALIKE if any(said.startswith(f"{name} ") for name in names) else 0.0  # course id (metadata)
    return max(begins, *(difflib.SequenceMatcher(None, name, said).ratio() for name in names))


def _can_be(spec: contract.Column, values: pd.Series):
    """Tell whether the first records of a column can be read as what the contract asks for."""
    texts = values.dropna().astype(str)
    texts = texts[texts.str.strip() != ""]
    if spec.name.endswith("_id") and len(texts) and texts.str.contains(r"[-/.:]").all() and _format(texts):
        return False  # a day names nothing
    if spec.dtype.is_timestamp():
        return len(texts) == 0 or _format(texts) is not None
    if spec.dtype.is_numeric():
        plain = pd.to_numeric(texts.str.replace(r"[,$€£ ]", "", regex=True), errors="coerce").notna()
        return bool((plain | _without_signs(texts).str.fullmatch(COMMA)).mean() >= FITS)
    return True


def _without_signs(texts):
    return texts.str.replace(r"[$€£\s]", "", regex=True)


def _has_commas(values: pd.Series) -> bool:
    """Tell whether numbers are written with a decimal comma: most of them are, or all that have any mark."""
    texts = _without_signs(values.dropna().astype(str))
    marked = texts[texts.str.contains(r"[.,]")]
    return len(marked) > 0 and bool((marked.str.fullmatch(COMMA)).mean() >= FITS)


def _format(texts: pd.Series) -> str | None:
    """Return the format in which dates are written; None where they are none."""
    if (texts.str.fullmatch(r"\d{10}|\d{13}|\d{16}")).mean() >= FITS:
        return {10: "epoch", 13: "epoch_ms", 16: "epoch_us"}[texts.str.len().mode().iloc[0]]
    return next((codes for codes in DATES if _reads(texts, codes)), None)


def _reads(texts, codes) -> bool:
    way = {"format": "ISO8601"} if codes == "iso" else {"format": codes}
    return bool(pd.to_datetime(texts, errors="coerce", utc=True, **way).notna().mean() >= FITS)


def _doubt(column, other, codes, texts):
    """Say that day and month may be the other way round, where the first records fit both."""
    day, _, clock = codes.partition(" ")
    swapped = f"{SWAPPED[day]} {clock}".strip() if day in SWAPPED else ""
    if swapped and _reads(texts, swapped):
        yield f"{column}: {other} may have the day first; then its date is {swapped!r}"


def _score(table, matches):
    """Return the share of what a table requires that is there, and a tenth for each column of it that is."""
    needed = _needed(table)
    return sum(column in matches for column in needed) / len(needed) + len(matches) / 10


def _needed(table):
    return [column for column in contract.required(table) if column not in mapping.assumptions(table)]


def _by_names(name, table, matches, first, way):
    declared = contract.columns(table)
    texts = {c: first[o].dropna().astype(str) for c, o in matches.items() if declared[c].dtype.is_timestamp()}
    dates = {c: _format(said) for c, said in texts.items()}
    doubts = [d for c, codes in dates.items() if codes for d in _doubt(c, matches[c], codes, texts[c])]
    numeric = [o for c, o in matches.items() if declared[c].dtype.is_numeric()]
    values = {c: _meanings(declared[c], first[o]) for c, o in matches.items() if declared[c].allowed}
    usual = {"encoding": "utf-8", "delimiter": files.delimiter_of(Path(name))}
    export = {
        "files": name,
        **{key: said for key, said in way.items() if said != usual[key]},
        "columns": dict(matches),
    }
    sections = {"dates": {c: f for c, f in dates.items() if f not in (None, "iso")},
                "values": {c: meant for c, meant in values.items() if meant}}  # fmt: skip
    export |= {key: section for key, section in sections.items() if section}
    if any(_has_commas(first[other]) for other in numeric):
        export["decimal_mark"] = ","
    unfilled = [column for column in _needed(table) if column not in matches]
    unread = [c for c in first.columns if c not in matches.values()]
    return Proposal(name, table, export, unfilled, unread, doubts)


def _meanings(spec, values):
    """Propose what words mean that the contract writes otherwise: those that are alike but for capitals and marks."""
    plain = {re.sub(r"\W|_", "", allowed).casefold(): allowed for allowed in spec.allowed}
    said = [str(value) for value in values.dropna().unique()[:50]]
    return {v: plain.get(re.sub(r"\W|_", "", v).casefold(), "") for v in said if v not in spec.allowed}


def _alike_together(proposals, named):
    """Make one proposal of those that differ in nothing but the file; its files are a pattern where that says all."""
    together: dict[str, Proposal] = {}
    for proposal in proposals:
        key = str({k: said for k, said in proposal.export.items() if k != "files"})
        held = together.get(key)
        if held is None:
            together[key] = proposal
            continue
        every = [*_many(held.export["files"]), *_many(proposal.export["files"])]
        unread = dict.fromkeys([*held.unread, *proposal.unread])
        doubts = list(dict.fromkeys([*held.doubts, *proposal.doubts]))
        together[key] = replace(held, export=held.export | {"files": every}, unread=list(unread), doubts=doubts)
    return [
        replace(one, export=one.export | {"files": _pattern(one.export["files"], named)}) for one in together.values()
    ]


def _pattern(files_said, named):
    """Return a pattern that later files of the same folder fit as well, if no file of another kind fits it."""
    several = _many(files_said)
    ends = {(Path(name).parent.as_posix(), _ending(name)) for name in several}
    alike = {name for name in named if (Path(name).parent.as_posix(), _ending(name)) in ends}
    if len(several) == 1 or len(ends) > 1 or alike != {*several}:
        return files_said
    folder, ending = ends.pop()
    return f"*{ending}" if folder == "." else f"{folder}/*{ending}"


def _ending(name):
    suffixes = Path(name).suffixes
    return "".join(suffixes[-2:]) if suffixes[-1] in files.COMPRESSED else suffixes[-1]


def _many(files_said):
    return files_said if isinstance(files_said, list) else [files_said]


def _lines(proposal):
    text = yaml.safe_dump(proposal.export, sort_keys=False, allow_unicode=True, width=1_000)
    if len(text.splitlines()) != text.count("\n"):  # other marks end lines for some readers of YAML
        text = yaml.safe_dump(proposal.export, sort_keys=False, width=1_000)
    first, *rest = text.splitlines()
    yield f"    - {first}"
    yield from (f"      {line}" for line in rest)
    yield from (_comment("      # to be settled:", [doubt]) for doubt in proposal.doubts)
    if proposal.unfilled:
        yield _comment("      # add under columns or constants:", proposal.unfilled)
    if proposal.unread:
        yield _comment("      # not read:", proposal.unread)


def _comment(what, said):
    """Return a comment, which no name from an export may end: what stood below it would be taken for the mapping."""
    return yamls.shown(f"{what} {', '.join(map(str, said))}", MOST_COMMENT)

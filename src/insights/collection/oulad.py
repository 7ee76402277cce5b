"""The Open University Learning Analytics Dataset (Kuzilek, Hlosta, Zdrahal 2017, Scientific Data 4:170171).

It has no calendar: it counts days from the first day of a presentation. A presentation named B starts on
1 February here, one named J on 1 October. A day is known at its first instant, so that at an ``as_of`` of
``n`` days after the start the clicks of days before ``n`` are known and those of day ``n`` are not. Nothing tells
when a piece of work was marked: its score is taken as known when it was handed in. A final result is known at the
end of the course.
"""

import datetime
import re
from pathlib import Path

import ibis
import ibis.selectors

from insights import privacy, warehouse
from insights.collection import files
from insights.collection.oulad_terms import FILES, NOTES, NUMBERS, PAGE_TYPES, PASSED, REMEDY, STARTS, TABLES
from insights.collection.source import CollectionError, Exclusion, Extract, locate
from insights.params import Params


def check(params: Params) -> None:
    """Refuse absent files, or a window that trains or validates on presentations that are not there.

    Raises
    ------
    CollectionError
    """
    _, found = _find(params)
    con = warehouse.local()
    opened = {name: _open(con, name, file) for name, file in found.items()}
    presentations = _presentations(opened["courses"])
    days = params.dates
    for role, first, last in (("trains", days.start, days.split), ("validates", days.split, days.end)):
        if not any(first <= start < last for start in presentations.values()):
            listed = ", ".join(f"{name} ({start})" for name, start in presentations.items())
            raise CollectionError(
                f"params/{params.window}.yaml: the window {role} on presentations that start from {first} to "
                f"{last}, and the data have none there, only {listed}. Choose dates around one of these, "
                "or add the files that hold the presentation."
            )


def files_of(params: Params) -> list[Path]:
    """Return the seven files, and their folder."""
    folder, found = _find(params)
    return [folder, *found.values()]


def read(params: Params, con: ibis.BaseBackend, progress) -> Extract:
    """Return the raw tables of OULAD in contract columns; nothing but small counts is read yet."""
    folder, found = _find(params)
    source = {name: _open(con, name, file) for name, file in found.items()}
    courses, registrations = _courses(source["courses"]), _registrations(source)
    students = _first_registration(registrations)
    tables = {
        "learners": _learners(students),
        "protected": _protected(students),
        "products": _products(courses, registrations),
        "enrollments": _enrollments(registrations),
        "page_views": _page_views(source["studentVle"], source["vle"], courses),
        "submissions": _submissions(source, courses),
    }
    banked = (source["studentAssessment"].is_banked == 1).sum().fill_null(0).to_pyarrow().as_py()
    return Extract(
        tables=tables,
        key=privacy.public_key("oulad"),
        inputs=files.inputs(found.values(), folder),
        files={name: ", ".join(found[part].name for part in parts) for name, parts in FILES.items()},
        notes=NOTES,
        exclusions=[Exclusion("submissions", "result carried over from an earlier presentation", int(banked))],
    )


def _find(params) -> tuple[Path, dict[str, Path]]:
    folder = locate(params, REMEDY)
    found = {name: _one(folder, name) for name in TABLES}
    absent = [name for name, file in found.items() if file is None]
    if absent:
        raise CollectionError(
            f"window {params.window}: {folder.name} holds no {', '.join(absent)} (.csv or .parquet). {REMEDY}"
        )
    return folder, found


def _one(folder, name):
    candidates = (folder / f"{name}{ending}" for ending in (".parquet", ".csv", ".csv.gz"))
    return next((file for file in candidates if file.exists()), None)


def _open(con, name, file):
    table = files.open_files(con, [file], missing=["?", ""])
    absent = [column for column in TABLES[name] if column not in table.columns]
    if absent:
        raise CollectionError(
            f"{file.name}: no column {', '.join(absent)}, only {', '.join(table.columns)}. {REMEDY}"
        )
    return table.select(
        **{c: table[c].cast("float64" if c == "score" else "int64" if c in NUMBERS else "string")
           for c in TABLES[name]}
    )  # fmt: skip


def _presentations(courses) -> dict[str, datetime.date]:
    names = sorted(courses.code_presentation.as_table().distinct().to_pyarrow()["code_presentation"].to_pylist())
    odd = [name for name in names if not re.fullmatch(r"\d{4}[BJ]", name)]
    if odd:
        raise CollectionError(
            f"courses: the presentation {odd[0]!r} is no year followed by B or J, so nobody can tell when it "
            f"starts. {REMEDY}"
        )
    return {name: datetime.date(int(name[:4]), *STARTS[name[4:]]) for name in names}


def _courses(courses):
    year = courses.code_presentation[:4].cast("int32")
    letter = courses.code_presentation[4:5]
    month = ibis.cases(*((letter == name, first) for name, (first, _) in STARTS.items()))
    start = ibis.timestamp(year, month, 1, 0, 0, 0)
    return courses.mutate(
        product_id=_product_id(courses), starts_at=start, ends_at=_day(start, courses.module_presentation_length)
    )


def _registrations(source):
    joined = source["studentRegistration"].left_join(
        source["studentInfo"], ["code_module", "code_presentation", "id_student"]
    )
    joined = joined.drop(ibis.selectors.endswith("_right"))
    courses = _courses(source["courses"]).select("product_id", "starts_at", "ends_at")
    dated = joined.mutate(product_id=_product_id(joined)).inner_join(courses, "product_id")
    first = ibis.coalesce(dated.date_registration, ibis.least(0, dated.date_unregistration), 0)
    return dated.mutate(enrolled_at=_day(dated.starts_at, first))


def _first_registration(registrations):
    order = ibis.window(group_by="id_student", order_by=["enrolled_at", "product_id"])
    ranked = registrations.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0)


def _learners(students):
    return students.select(
        learner_id=students.id_student,
        registered_at=students.enrolled_at,
        recorded_at=students.enrolled_at,
        country=ibis.literal("United Kingdom"),
        city=students.region,
        education=students.highest_education,
    )


def _protected(students):
    return students.select(
        learner_id=students.id_student,
        declared_at=students.enrolled_at,
        recorded_at=students.enrolled_at,
        gender=students.gender,
        age_band=students.age_band,
        disability=students.disability,
        deprivation_band=students.imd_band,
    )


def _products(courses, registrations):
    earliest = registrations.group_by("product_id").agg(first=registrations.enrolled_at.min())
    known = courses.left_join(earliest, "product_id")
    announced = ibis.least(known.starts_at - ibis.interval(days=365), known.first)
    return known.select(
        product_id=known.product_id,
        family=known.code_module,
        title=ibis.literal("Module ") + known.code_module + ", presentation " + known.code_presentation,
        announced_at=announced,
        recorded_at=announced,
        launched_at=known.starts_at,
        ends_at=known.ends_at,
        kind=ibis.literal("course"),
    )


def _enrollments(registrations):
    order = ibis.window(group_by="product_id", order_by=["enrolled_at", "id_student"])
    r = registrations.mutate(number=ibis.row_number().over(order) + 1)
    withdrawn = _day(r.starts_at, r.date_unregistration)
    completed = ibis.ifelse(r.final_result.isin(PASSED), r.ends_at, ibis.null("timestamp"))
    return r.select(
        enrollment_id=r.product_id + "-" + r.number.cast("string").lpad(5, "0"),
        learner_id=r.id_student,
        product_id=r.product_id,
        enrolled_at=r.enrolled_at,
        recorded_at=r.enrolled_at,
        units=ibis.literal(1),
        amount=ibis.literal(0),
        completed_at=completed,
        completion_recorded_at=completed,
        withdrawn_at=withdrawn,
        withdrawal_recorded_at=withdrawn,
        prior_attempts=r.num_of_prev_attempts,
        study_load=r.studied_credits,
    )


def _page_views(clicks, sites, courses):
    kinds = sites.select("id_site", page_type=ibis.cases(
        *((sites.activity_type == activity, kind) for activity, kind in PAGE_TYPES.items()), else_="other"
    ))  # fmt: skip
    daily = clicks.group_by("code_module", "code_presentation", "id_student", "id_site", "date").agg(
        views=clicks.sum_click.sum()
    )
    starts = courses.select("code_module", "code_presentation", "product_id", "starts_at")
    known = daily.inner_join(starts, ["code_module", "code_presentation"]).left_join(kinds, "id_site")
    viewed = _day(known.starts_at, known.date)
    return known.select(
        learner_id=known.id_student,
        viewed_at=viewed,
        recorded_at=viewed,
        page_type=known.page_type.fill_null("other"),
        product_id=known.product_id,
        views=known.views,
        url=ibis.literal("/site/") + known.id_site,
    )


def _submissions(source, courses):
    handed_in, starts = source["studentAssessment"], courses.select("product_id", "starts_at")
    assessments = source["assessments"]
    due = assessments.select("id_assessment", "date", product_id=_product_id(assessments))
    joined = handed_in.filter(handed_in.is_banked == 0).inner_join(due, "id_assessment")
    known = joined.inner_join(starts, "product_id")
    submitted = _day(known.starts_at, known.date_submitted)
    return known.select(
        learner_id=known.id_student,
        product_id=known.product_id,
        submitted_at=submitted,
        recorded_at=submitted,
        due_at=_day(known.starts_at, known.date),
        score=known.score,
    )


def _product_id(table):
    return table.code_module + "-" + table.code_presentation


def _day(start, days):
    return start + days.as_interval("D")

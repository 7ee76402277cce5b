"""Features computed again: only what rests on a changed table changes, and all is as if computed anew."""

import pandas as pd
import pytest

from insights.ablation import core, steps
from insights.ablation.components import AS_IS
from insights.features import build, registry
from insights.modeling import learned
from insights.modeling.dataset import from_frame


@pytest.fixture(scope="module", params=["launch", "completion"])
def built(request, company):
    """A model's name and its feature table."""
    _, frame = build.BUILDERS[request.param](company.con, company.tables, company.params)
    return request.param, frame


def test_where_nothing_changed_all_is_as_it_was_to_the_last_bit(built, company):
    model, frame = built
    same = build.again(company.con, model, frame, company.tables, company.params, [])
    pd.testing.assert_frame_equal(same[frame.columns], frame, check_exact=True)


def test_with_a_changed_table_all_is_as_if_computed_anew(built, company):
    model, frame = built
    views = company.tables["page_views"]
    half = company.tables | {"page_views": views.filter(views.seconds > 60)}
    fast = build.again(company.con, model, frame, half, company.params, ["page_views"])
    slow = build.again(company.con, model, frame, half, company.params, list(half))
    pd.testing.assert_frame_equal(fast, slow[fast.columns], check_exact=True)
    assert not fast[frame.columns].equals(frame)


def test_a_table_that_is_gone_takes_its_features_with_it_and_no_other(built, company):
    model, frame = built
    rest = {name: table for name, table in company.tables.items() if name != "page_views"}
    less = build.again(company.con, model, frame, rest, company.params, ["page_views"])
    gone = {f.name for f in registry.features(model, frame.columns) if "page_views" in f.sources}
    assert gone and {*frame} - {*less} == gone


def test_a_feature_made_from_another_rests_on_the_tables_of_that():
    assert registry.named("launch", "visitors_per_need").sources == registry.named("launch", "visitors").sources
    assert registry.named("launch", "units_before_per_need").sources == ("enrollments",)
    assert registry.named("completion", "submissions_rank").sources == ("submissions",)
    assert all(f.sources for model in ("launch", "completion") for f in registry.features(model))


@pytest.fixture(scope="module")
def frames(company):
    _, frame = build.build_launch(company.con, company.tables, company.params)
    dataset = from_frame("launch", frame)
    model = learned.logistic(dataset.features, company.params)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.cleaning, "tables", lambda *_, **__: company.tables)
        patch.setattr(core.forecasts, "tables", lambda *_: {})
        return core.changed(company.con, "launch", dataset, model, company.params)


def test_without_a_network_its_posts_are_gone_from_what_is_read_of_all(frames, company):
    whole, less = frames[AS_IS].frame, frames["without Instagram"].frame
    assert (less["instagram_posts"].fillna(0) == 0).all() and whole["instagram_posts"].sum() > 0
    assert not less["novelty"].equals(whole["novelty"])
    pd.testing.assert_series_equal(less["facebook_posts"], whole["facebook_posts"])
    both = frames["without Facebook and Instagram"].frame
    assert (both[["instagram_posts", "facebook_posts"]].fillna(0) == 0).all(axis=None)


def test_opens_change_no_feature_and_clicks_of_scanners_do(frames):
    assert frames["cleaning of machine opens"] is frames[AS_IS]
    clicks = frames["cleaning of scanner clicks"].frame["clicks_lookback"]
    assert clicks.sum() > frames[AS_IS].frame["clicks_lookback"].sum()


def test_uncleaned_mail_takes_machines_for_people_and_touches_nothing_else(company):
    changed = steps.uncleaned(company.tables, "cleaning of machine opens")
    mails = changed["email_events"]
    assert mails.filter(mails.event == "opened").human_probability.min().execute() == 1.0
    before, after = (t["email_events"].filter(lambda m: m.event == "clicked") for t in (company.tables, changed))
    assert float(before.human_probability.sum().execute()) == pytest.approx(after.human_probability.sum().execute())
    assert changed["page_views"] is company.tables["page_views"]

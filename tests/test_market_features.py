"""Features of who looks at a product, of the market it comes to, and of what is said: by hand on a few records."""

import numpy as np
import pandas as pd
import pytest
from launches import AS_OF, PRODUCTS, SALES, asked, features, post, sale, view
from micro import window

from insights.features import themes

VIEWS = [
    view("2024-12-31", learner_id="p", views=50), view("2024-12-31", product_id="NEW", learner_id="p"),
    view("2025-01-01 09:00", learner_id="p", views=3), view("2025-01-01 11:00", learner_id="p"),
    view("2025-03-02", "announcement", learner_id="p"), view("2025-03-02", learner_id="q"),
    view("2025-03-03", product_id="ALONE", learner_id="q"), view("2025-03-04"),
    view("2025-04-01", learner_id="r"), view("2025-02-01", product_id="B", learner_id="q"),
]  # fmt: skip


def test_the_audience_is_told_per_known_visitor_of_the_lookback():
    built = features(page_views=VIEWS)
    names = ["views_per_visitor", "days_per_visitor", "topics_per_visitor"]
    assert built.loc["A", names].tolist() == [(5 + 1) / 2, (2 + 1) / 2, (1 + 2) / 2]
    assert built.loc["ALONE", names].tolist() == [1, 1, 2]
    assert built.loc["NEW", names].isna().all()


def test_the_overlap_counts_other_products_that_visitors_bought():
    bought = [
        sale("B", "2025-02-02", learner_id="p"), sale("B", "2025-03-02", learner_id="p"),
        sale("ALONE", "2025-02-02", learner_id="p"),
        sale("A", "2025-02-02", learner_id="p"), sale("A", "2025-02-02", learner_id="q"),
        sale("B", "2025-03-03", units=-1, learner_id="q"), sale("B", "2025-04-01", learner_id="q"),
    ]  # fmt: skip
    built = features(page_views=VIEWS, enrollments=bought)
    names = ["buyers_among_visitors", "products_per_visitor"]
    assert built.loc["A", names].tolist() == [1 / 2, 2 / 2]
    assert built.loc["ALONE", names].tolist() == [1, 1]


def registered(*days):
    return [{"learner_id": f"l{i}", "registered_at": day} for i, day in enumerate(days)]


def test_the_season_is_what_the_coming_month_brought_a_year_ago_over_the_mean_month():
    people = registered("2024-01-05", *["2024-04-10"] * 4, "2024-05-02", *["2025-01-01"] * 7, "2025-04-01")
    built = features(learners=people)
    assert built["season_ahead"].tolist() == pytest.approx([np.log(4.5 / 1.5)] * 5)


def test_without_a_year_of_registrations_nothing_is_known_of_the_season():
    assert features(learners=registered("2024-04-02", "2025-01-01"))["season_ahead"].isna().all()


def test_rivals_are_counted_without_the_product_itself():
    built = features(enrollments=SALES)
    assert built["rival_units_last_month"].to_dict() == {"A": 0, "B": 3, "NEW": 3, "ALONE": 0, "BLANK": 0}
    assert built.loc[["A", "B", "NEW"], "share_of_topic"].tolist() == [8 / 10, 2 / 10, 0]
    assert built["launches_beside"].to_dict() == {"A": 1, "B": 1, "NEW": 0, "ALONE": 0, "BLANK": 0}


def launched(product_id, launched_at, topic="agents", kind="course", hurdle=100):
    return {
        "product_id": product_id, "family": product_id, "title": product_id, "announced_at": "2024-12-01",
        "launched_at": launched_at, "topic": topic, "kind": kind, "margin": 0.5, "monthly_hurdle": hurdle,
        "price": 10, "level": "beginner",
    }  # fmt: skip


def test_past_launches_are_those_whose_first_month_is_over_and_on_record():
    products = [
        launched("GOOD", "2025-01-10"), launched("POOR", "2025-02-01", kind="series"),
        launched("EARLY", "2025-01-01"), launched("LATE", "2025-03-02"), launched("NEW", None),
        launched("ELSEWHERE", None, topic="vision"), launched("EDGE", "2025-03-01", topic="vision", kind="other"),
        launched("NOTOPIC", "2025-01-15", topic=None), launched("FREE", "2025-01-20", kind="other", hurdle=0),
    ]  # fmt: skip
    sales = [
        sale("EARLY", "2025-01-02", amount=999), sale("GOOD", "2025-01-10", amount=200),
        sale("GOOD", "2025-02-09 23:00", amount=200), sale("GOOD", "2025-02-10", amount=500),
        sale("LATE", "2025-03-03", amount=900),
    ]  # fmt: skip
    built = features(asked(products=products), products=products, enrollments=sales)
    good, poor = np.log((400 * 0.5 / 100 + 0.05) / 1.05), np.log(0.05 / 1.05)
    names = ["topic_launches", "topic_launches_reached", "kind_launches_reached"]
    assert built.loc["NEW", names].tolist() == pytest.approx([2, (good + poor) / 6, (good + poor) / 6])
    assert built.loc["ELSEWHERE", names].tolist() == pytest.approx([1, poor / 5, (good + poor) / 6])


def test_acceleration_is_the_growth_of_the_last_month_beyond_that_of_the_one_before():
    months = {"2025-01-15": 2, "2025-02-15": 4, "2025-03-15": 16}
    built = features(
        enrollments=[sale("A", day, units=units) for day, units in months.items()],
        page_views=[view(day, views=2 * units) for day, units in months.items()],
    )
    assert built.loc["A", "sales_acceleration"] == pytest.approx(np.log(16.5 * 2.5 / 4.5**2))
    assert built.loc["A", "views_acceleration"] == pytest.approx(np.log(32.5 * 4.5 / 8.5**2))


def placed_of(first, later=(), part=themes.PARTITION, **compute):
    """Return the directions of documents of two decisions, read in parts of so many."""
    found = documents(first, later)
    parts = [found.iloc[start : start + part] for start in range(0, len(found), part)]
    return themes.directions(parts, window(compute=compute).compute)


def documents(first, later=()):
    at = [AS_OF] * len(first) + [AS_OF + pd.DateOffset(months=1)] * len(later)
    texts = [*first, *later]
    return pd.DataFrame({"product_id": [f"P{i}" for i in range(len(texts))], "as_of": at, "text": texts})


SPOKEN = [f"{a} {b} {a}" for a in ("agents", "vision", "robots", "prices") for b in ("course", "video", "quiz")] * 2


def test_products_that_are_spoken_of_alike_lie_together():
    placed = placed_of(SPOKEN).set_index("product_id")[themes.THEMES]
    np.testing.assert_allclose(placed.loc["P0"], placed.loc["P12"])
    near = np.linalg.norm(placed.loc["P0"] - placed.loc["P1"])
    assert near < np.linalg.norm(placed.loc["P0"] - placed.loc["P4"])


def test_what_is_said_later_changes_no_theme_of_an_earlier_decision():
    alone = placed_of(SPOKEN)
    later = placed_of(SPOKEN, ["agents agents", "something nobody said before"])
    pd.testing.assert_frame_equal(later.iloc[: len(SPOKEN)], alone)
    np.testing.assert_allclose(later.iloc[-1][themes.THEMES].astype(float), 0, atol=1e-12)


@pytest.mark.parametrize("texts", [SPOKEN[:19], [f"word{i}" for i in range(30)], ["the of and"] * 30])
def test_too_few_documents_or_words_give_no_themes(texts):
    assert list(placed_of(texts)) == ["product_id", "as_of"]


@pytest.mark.parametrize(("part", "threads"), [(1, 1), (5, 2), (len(SPOKEN), 2)])
def test_themes_are_the_same_to_the_last_bit_however_documents_are_parted_and_whoever_reads_them(part, threads):
    later = ["agents agents", *SPOKEN[:7]]
    whole, parted = placed_of(SPOKEN, later), placed_of(SPOKEN, later, part, threads=threads)
    pd.testing.assert_frame_equal(whole, parted, check_exact=True)


def test_where_nobody_posts_there_are_no_themes():
    nobody = placed_of([])
    assert list(nobody) == ["product_id", "as_of"] and nobody.empty
    assert "theme_1" not in features(social_posts=[post("1", "2025-02-01", product_id=None, text="agents")])


def test_themes_are_read_from_the_posts_of_the_lookback():
    products = [p | {"product_id": f"Q{i:02d}"} for i, p in enumerate(PRODUCTS[:1] * len(SPOKEN))]
    posts = [post(str(i), "2025-02-01", product_id=f"Q{i:02d}", text=text) for i, text in enumerate(SPOKEN)]
    built = features(asked(products=products), products=products, social_posts=[*posts, post("x", "2025-04-01")])
    placed = placed_of(SPOKEN)
    np.testing.assert_allclose(built[themes.THEMES], placed[themes.THEMES])

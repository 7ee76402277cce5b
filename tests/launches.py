"""Records of a handful of products, and their features at a decision.

The decision is taken at the close of 31 March 2025 (``as_of`` 1 April); the look-back begins with the year.
"""

import ibis
import pandas as pd
from micro import table, window

from insights.features import launch

AS_OF = pd.Timestamp("2025-04-01")
OPTIONAL = ["launched_at", "topic", "level", "price", "monthly_hurdle"]
PRODUCTS = [
    {"product_id": "A", "announced_at": "2024-12-01", "launched_at": "2025-03-01", "topic": "agents",
     "level": "advanced", "price": 30},
    {"product_id": "B", "announced_at": "2024-06-01", "launched_at": "2024-07-01", "topic": "agents",
     "level": "beginner", "price": 60},
    {"product_id": "NEW", "announced_at": "2025-03-01", "launched_at": "2025-04-10", "topic": "agents",
     "level": "intermediate", "price": 90},
    {"product_id": "ALONE", "announced_at": "2025-03-01", "launched_at": None, "topic": "vision", "price": 5},
    {"product_id": "BLANK", "announced_at": "2024-06-01", "launched_at": "2024-07-01", "topic": None},
]  # fmt: skip
PRODUCTS = [{"family": p["product_id"], "title": p["product_id"]} | p for p in PRODUCTS]


def asked(as_of=AS_OF, hurdle=100.0, margin_rate=0.5, products=PRODUCTS):
    """Return the rows of all products at one decision."""
    names = [p["product_id"] for p in products]
    frame = pd.DataFrame({"product_id": names, "as_of": as_of, "asked": hurdle, "margin_rate": margin_rate})
    return frame.astype({"as_of": "datetime64[us]"})


def features(rows=None, products=PRODUCTS, drop=(), **records):
    """Return the features of all products by product, given records of other tables."""
    con = ibis.duckdb.connect()
    tables = {"products": table(con, "products", products, OPTIONAL).drop(*drop)}
    tables |= {name: table(con, name, listed) for name, listed in records.items()}
    rows = asked(products=products) if rows is None else rows
    return launch.launch_features(con, tables, rows, window()).set_index("product_id")


def sale(product_id, enrolled_at, units=1, amount=10, learner_id="l", **more):
    return {
        "enrollment_id": f"{product_id}{enrolled_at}{learner_id}", "product_id": product_id,
        "enrolled_at": enrolled_at, "units": units, "amount": amount, "learner_id": learner_id,
    } | more  # fmt: skip


SALES = [
    sale("A", "2024-12-31 23:59:59", units=50),
    sale("A", "2025-01-01", units=3, amount=30, learner_id="p"),
    sale("A", "2025-02-28 23:59:59", units=2, amount=20, learner_id="q"),
    sale("A", "2025-03-01", units=4, amount=40, learner_id="q"),
    sale("A", "2025-03-31 23:59:59", units=-1, amount=-10, learner_id="q"),
    sale("A", "2025-03-20", units=70, recorded_at="2025-04-01"),
    sale("A", "2025-04-01", units=90),
    sale("B", "2025-02-01", units=2, amount=120, learner_id=None),
]


def view(viewed_at, page_type="product", product_id="A", learner_id=None, views=1, **more):
    return {
        "viewed_at": viewed_at, "page_type": page_type, "product_id": product_id, "learner_id": learner_id,
        "views": views,
    } | more  # fmt: skip


def mail(happened_at, event, human=1.0, product_id="A"):
    return {
        "learner_id": "l", "happened_at": happened_at, "event": event, "campaign": "c",
        "product_id": product_id, "human_probability": human,
    }  # fmt: skip


def vote(panelist, cast, decision="2025-04-01", voted_at="2025-03-25", product_id="A"):
    return {
        "panelist_id": panelist, "team": "marketing", "product_id": product_id, "decision_at": decision,
        "voted_at": voted_at, "vote": cast,
    }  # fmt: skip


def post(post_id, posted_at, network="linkedin", product_id="A", topic="agents", reactions=10, text="so so"):
    return {
        "post_id": post_id, "network": network, "posted_at": posted_at, "product_id": product_id, "topic": topic,
        "reactions": reactions, "text": text,
    }  # fmt: skip

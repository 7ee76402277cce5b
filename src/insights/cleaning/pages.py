"""Paths of pages: what the address of a product's page tells about the product."""

import ibis

from insights import texts


def topics(products: ibis.Table) -> list[str]:
    """Return the topics of a catalogue, sorted; those that at least two products share, so that no typo is one."""
    if "topic" not in products.columns:
        return []
    counted = products.filter(products.topic.notnull()).group_by("topic").agg(products=ibis._.count())
    frame = counted.to_pandas()
    shared = frame.loc[frame["products"] > 1, "topic"] if (frame["products"] > 1).any() else frame["topic"]
    return sorted(shared)


def topics_of(products: ibis.Table, views: ibis.Table) -> dict[str, str] | None:
    """Return the topics of products that have none, by the paths of the pages about them.

    Parameters
    ----------
    products, views : ibis.Table
        Tables of the contract.

    Returns
    -------
    dict of str to str, or None
        Topics by product, where the topic is a part of the path in most of its page views; None where the source
        has no paths.
    """
    if not {"url", "product_id"} <= {*views.columns}:
        return None
    asked = products.filter(products.topic.isnull()).product_id
    seen = views.filter(views.product_id.isin(asked), views.url.notnull())
    counts = seen.group_by("product_id", "url").agg(views=seen.count()).to_pandas()
    if counts.empty:
        return {}
    known = {texts.key(topic): topic for topic in topics(products)}
    counts["topic"] = [_topic(url, known) for url in counts["url"]]
    total = counts.groupby("product_id")["views"].sum()
    counts = counts.dropna(subset="topic")
    by_topic = counts.groupby(["product_id", "topic"], as_index=False)["views"].sum()
    most = by_topic[by_topic["views"] * 2 > by_topic["product_id"].map(total)]
    return dict(zip(most["product_id"], most["topic"], strict=True))


def _topic(url, known):
    parts = (texts.key(part) for part in url.split("/"))
    return next((known[part] for part in parts if part in known), None)

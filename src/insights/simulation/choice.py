"""Choice: which topic a person turns to, and which product of that topic, by how much each attracts."""

import numpy as np


def choose_topics(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a topic for each row.

    Parameters
    ----------
    weights : array of shape (n, topics)
        Not negative, and not all zero in a row; they need not sum to one.

    Returns
    -------
    array of shape (n,)
        Indices of topics.
    """
    total = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * total[:, -1:] >= total).sum(axis=1)


def choose_products(
    attraction: np.ndarray, topics: np.ndarray, month: np.ndarray, topic: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw a product of the given topic in the given month, each as likely as it attracts.

    Parameters
    ----------
    attraction : array of shape (products, months)
        Not negative; not all zero for a topic and month that is asked for.
    topics : array of shape (products,)
        Index of the topic of each product.
    month, topic : arrays of shape (n,)

    Returns
    -------
    array of shape (n,)
        Indices of products.
    """
    product = np.empty(len(month), dtype=int)
    order = np.lexsort((topic, month))
    edges = np.flatnonzero(np.diff(month[order] * 1000 + topic[order])) + 1
    for rows in np.split(order, edges) if len(order) else ():
        members = np.flatnonzero(topics == topic[rows[0]])
        total = np.cumsum(attraction[members, month[rows[0]]])
        product[rows] = members[np.searchsorted(total, rng.random(len(rows)) * total[-1], side="right")]
    return product

"""Accounts: which of them are one person, and which are the company's own."""

import ibis

PEOPLE = "learners"


def second_contacts(learners: ibis.Table | None) -> ibis.Table | None:
    """Return the accounts of people who have an earlier one, with that one; None where the source has no contacts.

    Parameters
    ----------
    learners : ibis.Table

    Returns
    -------
    ibis.Table
        ``account`` and ``person``: of the accounts with one ``contact_id`` the person is the one registered first.
    """
    if learners is None or "contact_id" not in learners.columns:
        return None
    alike = ibis.window(group_by=learners.contact_id, order_by=[learners.registered_at, learners.learner_id])
    known = learners.filter(learners.contact_id.notnull())
    every = known.select(account=known.learner_id, person=known.learner_id.first().over(alike))
    return every.filter(every.account != every.person)


def own(learners: ibis.Table | None) -> ibis.Table | None:
    """Return the accounts of staff and of tests, as ``account``; None where the source does not tell them."""
    if learners is None or "account_kind" not in learners.columns:
        return None
    return learners.filter(learners.account_kind.isin(["staff", "test"])).select(account=learners.learner_id)

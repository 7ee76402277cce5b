"""Contacts: what an e-mail address tells about an account, taken down before the address is gone.

Two accounts with one address are one person; an address of the company's own domains is no customer's. What is kept
is the address as a keyed pseudonym and the kind of account, never the address.
"""

from collections.abc import Sequence

import ibis

ALIASED = ("gmail.com", "googlemail.com")  # their mailboxes ignore dots


def described(learners: ibis.Table, own_domains: Sequence[str]) -> ibis.Table:
    """Return learners with ``contact_id`` and ``account_kind`` where their source has addresses and does not say.

    Parameters
    ----------
    learners : ibis.Table
        Raw, in contract columns.
    own_domains : sequence of str
        Domains of the company's own addresses, from the parameters.
    """
    if "email" not in learners.columns:
        return learners
    address = learners.email.cast("string").strip().lower()
    local, domain = address.re_extract(r"^([^@]+)@", 1), address.re_extract(r"@([^@]+)$", 1)
    told = {"contact_id": _mailbox(local, domain), "account_kind": _kind(local, domain, own_domains)}
    return learners.mutate(**{name: value for name, value in told.items() if name not in learners.columns})


def _mailbox(local, domain):
    """Write a mailbox in one way: no capitals, no tag behind a plus, no dots where they do not count."""
    plain = local.re_replace(r"\+.*$", "")
    plain = ibis.ifelse(domain.isin(ALIASED), plain.replace(".", ""), plain)
    return ibis.ifelse((plain != "") & (domain != ""), plain + "@" + domain, ibis.null("string"))


def _kind(local, domain, own_domains):
    test = local.re_search(r"^(test|qa|demo)[\d._-]*$")
    own = domain.isin(list(own_domains)) if own_domains else ibis.literal(False)
    return ibis.cases(
        (own & test, "test"), (own, "staff"), (domain != "", "person"), else_=ibis.null("string")
    )

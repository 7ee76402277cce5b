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
    local, domain = _parts(learners.email)
    told = {"contact_id": mailbox(learners.email), "account_kind": _kind(local, domain, own_domains)}
    return learners.mutate(**{name: value for name, value in told.items() if name not in learners.columns})


def mailbox(email: ibis.Value) -> ibis.Value:
    """Write a mailbox in one way: no capitals, no tag behind a plus, no dots where they do not count."""
    local, domain = _parts(email)
    plain = local.re_replace(r"\+.*$", "")
    plain = ibis.ifelse(domain.isin(ALIASED), plain.replace(".", ""), plain)
    return ibis.ifelse((plain != "") & (domain != ""), plain + "@" + domain, ibis.null("string"))


def _parts(email):
    address = email.cast("string").strip().lower()
    return address.re_extract(r"^([^@]+)@", 1), address.re_extract(r"@([^@]+)$", 1)


def _kind(local, domain, own_domains):
    test = local.re_search(r"^(test|qa|demo)[\d._-]*$")
    own = domain.isin(list(own_domains)) if own_domains else ibis.literal(False)
    return ibis.cases((own & test, "test"), (own, "staff"), (domain != "", "person"), else_=ibis.null("string"))

import os

import pytest
from faults import ALL, FAULTS, HEAD, MOUNTS, TABLE, House, can_mount

EVERY = os.environ.get(ALL) == "1"
STRIKING = [fault for fault in FAULTS if EVERY or fault.often]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return House(tmp_path_factory.mktemp("faults"), whole=EVERY)


@pytest.mark.parametrize("fault", STRIKING, ids=lambda fault: fault.name)
def test_a_fault_is_told_spares_what_was_good_and_is_gone_with_the_next_run(fault, house):
    if MOUNTS in fault.needs and not can_mount():
        pytest.skip("no disk can be mounted here")
    assert house.outcome(fault).wrong == []


def test_the_table_lists_every_fault_and_nothing_that_went_wrong():
    text = TABLE.read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.removeprefix(HEAD).splitlines()]
    assert text.startswith(HEAD) and len(rows) > 40
    assert [row[0] for row in rows] == [fault.name for fault in FAULTS]
    assert {answer for row in rows for answer in row[-3:]} == {"yes"}
    assert [row[0] for row, fault in zip(rows, FAULTS, strict=True) if (row[3] == "0") != fault.harmless] == []

"""A small sales export in every shape, and a project whose window reads it through a mapping."""

import io

import pandas as pd
import pytest
import yaml
from collecting import collected, make_project, run, write_window

from insights.collection import CollectionError

SALES = pd.DataFrame(
    {
        "id": ["s1", "s2", "s3"],
        "who": ["7", "8", None],
        "what": ["p1", "p1", "p2"],
        "when": ["2025-03-01 10:00:00", "2025-03-02 11:30:00", "2025-04-05 00:00:00"],
        "paid": ["49.00", "49.00", "-49.00"],
        "number": ["1", "1", "-1"],
    }
)
MAPPING = {
    "files": "sales*",
    "columns": {
        "enrollment_id": "id", "learner_id": "who", "product_id": "what", "enrolled_at": "when",
        "amount": "paid", "units": "number",
    },
}  # fmt: skip


def folder_project(tmp_path, monkeypatch):
    """Make a project root whose window ``test`` reads the folder ``data/mine``."""
    folder = make_project(tmp_path, monkeypatch)
    (folder / "data" / "mine").mkdir(parents=True)
    write_window(folder, source={"kind": "folder", "mapping": "data/mine/mapping.yaml"})
    return folder


def put(root, name, content):
    data = content if isinstance(content, bytes) else content.encode()
    (root / "data" / "mine" / name).write_bytes(data)


def map_tables(root, zone="UTC", **tables):
    put(root, "mapping.yaml", yaml.safe_dump({"time_zone": zone, "tables": tables}, sort_keys=False))


def map_sales(root, **changes):
    map_tables(root, enrollments=MAPPING | changes)


def csv(frame=SALES, **options):
    return frame.to_csv(index=False, **options)


def take_sales(root, content=None, **changes):
    put(root, "sales.csv", content or csv())
    map_sales(root, **changes)
    run("test")
    return collected("test", "enrollments").set_index("enrollment_id")


def fault(root, content=None, **changes):
    """Return the one sentence with which a collection is refused."""
    with pytest.raises(CollectionError) as caught:
        take_sales(root, content, **changes)
    message = str(caught.value)
    assert "\n" not in message
    return message


def parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def workbook(frame):
    buffer = io.BytesIO()
    frame.to_excel(buffer, index=False)
    return buffer.getvalue()

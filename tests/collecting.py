"""What the tests of collection share: a project root of their own, tiny sources, and a look at what was written."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import ibis
import pandas as pd
import yaml

from insights import contract, paths, store, warehouse
from insights.collection import collect, core
from insights.collection.source import Extract

HERE = Path(__file__).parent.parent
DATES = {"start": "2025-01-01", "split": "2025-10-01", "end": "2026-01-01"}
KEY = b"a key of at least sixteen bytes"


def make_project(folder: Path, monkeypatch) -> Path:
    """Make a project root with the repository's parameters, and a pseudonym key of its own."""
    shutil.copytree(HERE / "params", folder / "params")
    monkeypatch.setenv("INSIGHTS_ROOT", str(folder))
    monkeypatch.setenv("INSIGHTS_PSEUDONYM_KEY", KEY.decode())
    return folder


def write_window(root: Path, name="test", dates=None, **sections) -> str:
    """Write the parameter file of a window and return its name."""
    days = {key: pd.Timestamp(value).date() for key, value in (dates or DATES).items()}
    (root / "params" / f"{name}.yaml").write_text(yaml.safe_dump({"dates": days, **sections}))
    return name


def run(window: str, progress=None):
    """Collect a window and put it in place; return the account."""
    step = store.open_step("00_data_collection", window)
    account = collect(step, warehouse.connect(step.params.compute), progress)
    step.finish()
    return account


def collected(window: str, table: str) -> pd.DataFrame:
    """Return a collected table, in its order on disk."""
    return warehouse.read(ibis.duckdb.connect(), paths.collected(window, table)).to_pandas()


def everything(window: str) -> str:
    """Return the text of every value of every file of the window, Parquet decoded."""
    files = [file for file in paths.window(window).rglob("*") if file.is_file()]
    return "\n".join(_text(file) for file in files)


def digests(window: str) -> dict[str, str]:
    """Return the hash of each Parquet file of the window."""
    folder = paths.window(window)
    return {str(file.relative_to(folder)): store.file_hash(file) for file in sorted(folder.rglob("*.parquet"))}


def use_tables(monkeypatch, tables: dict[str, pd.DataFrame], key=KEY, monthly=False) -> None:
    """Let the folder source hand over these tables, in contract columns, whatever its parameters."""

    def read(params, con, progress):
        raw = {name: _typed(con, name, frame) for name, frame in tables.items()}
        return Extract(tables=raw, key=key, inputs=[], files={}, monthly=monthly)

    monkeypatch.setitem(core.SOURCES, "folder", SimpleNamespace(check=lambda params: None, read=read))


def _typed(con, name, frame):
    declared = contract.columns(name)
    schema = {column: declared[column].dtype if column in declared else "string" for column in frame}
    table = con.create_table(ibis.util.gen_name(f"raw_{name}"), obj=frame)
    return table.select(**{column: table[column].cast(dtype) for column, dtype in schema.items()})


def _text(file):
    if file.suffix == ".parquet":
        return pd.read_parquet(file).to_csv()
    return file.read_text(errors="replace")

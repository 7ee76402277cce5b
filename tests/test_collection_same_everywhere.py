"""One company, three ways in: its own Parquet, a folder of exports, and a PostgreSQL server give the same bytes."""

import ibis
import pytest
import yaml
from collecting import digests, make_project, run
from database import fill, server

from insights import cleaning, contract, dictionary, params, privacy, store, warehouse
from insights.collection import simulated

DATES = {"start": "2023-02-01", "split": "2023-10-01", "end": "2024-01-01"}
SIMULATION = {"people": 500, "months": 13}


def write(root, window, **source):
    text = yaml.safe_dump({"source": source, "simulation": SIMULATION} | {"cleaning": {"max_loss": 0.5}})
    days = "\n".join(f"  {key}: {value}" for key, value in DATES.items())
    (root / "params" / f"{window}.yaml").write_text(f"{text}dates:\n{days}\n")


def clean(window):
    """Collect a window and clean it; return the hash of every file written."""
    run(window)
    step = store.open_step("02_data_cleaning", window)
    con = warehouse.connect(step.params.compute)
    cleaning.clean(step, con, dictionary.collected_tables(con, window, protected=False))
    step.finish()
    return {name: hash for name, hash in digests(window).items() if "/tables/" not in name}


@pytest.fixture(scope="module")
def hashes(tmp_path_factory):
    """Collect and clean one simulated company from Parquet, from its exports and from a database."""
    with pytest.MonkeyPatch.context() as at:
        root = make_project(tmp_path_factory.mktemp("same"), at)
        at.setattr(privacy, "secret_key", lambda: privacy.public_key("simulation"))
        write(root, "parquet", kind="simulation")
        world = simulated.made(params.load("parquet"), print)
        simulated.write_exports(params.load("parquet"), root / "exports", print)
        write(root, "folder", kind="folder", mapping="exports/mapping.yaml")
        with server(root / "server") as address:
            con = ibis.duckdb.connect()
            raw = {
                n: con.read_parquet(f"{world}/raw/{n}/**/*.parquet")
                for n in contract.TABLES
                if (world / "raw" / n).exists()
            }
            fill(address, "crm", raw, root)
            mapping = {n: {"relation": f"crm.{n}", "columns": {c: c for c in t.columns}} for n, t in raw.items()}
            (root / "database.yaml").write_text(yaml.safe_dump({"tables": mapping}))
            write(root, "database", kind="database", path=address, mapping="database.yaml")
            return {window: clean(window) for window in ("parquet", "folder", "database")}


def test_the_company_is_there_at_all(hashes):
    assert len(hashes["parquet"]) > 25
    assert any("clean/page_views" in name for name in hashes["parquet"])


@pytest.mark.parametrize("way", ["folder", "database"])
def test_every_file_of_the_collected_and_clean_tables_is_the_same_byte_for_byte(hashes, way):
    differing = [n for n in hashes["parquet"] | hashes[way] if hashes["parquet"].get(n) != hashes[way].get(n)]
    assert differing == []

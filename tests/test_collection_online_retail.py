"""Online Retail: a few invoices worked out by hand, and the real year."""

from decimal import Decimal

import pandas as pd
import pytest
from collecting import HERE, collected, digests, make_project, run, write_window

from insights import params
from insights.collection import CollectionError, check_source

COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
TINY = [
    ["536365", "85123A", None, 6, "2010-12-01 08:26", 2.55, 17850, "France"],
    ["536365", "85123a", "WHITE HEART", 2, "2010-12-01 08:26", 2.55, 17850, "France"],
    ["536365", "85123A", "WHITE HEART", 2, "2010-12-01 08:26", 2.55, 17850, "France"],
    ["536365", "POST", "POSTAGE", 1, "2010-12-01 08:26", 18.0, 17850, "France"],
    ["C536379", "85123A", "WHITE HEART", -3, "2010-12-02 09:41", 2.55, 17850, "Germany"],
    ["536400", 22423, "damaged", -9, "2010-12-03 10:00", 0.0, None, "United Kingdom"],
    ["536401", 22423, "CAKESTAND", 1, "2011-01-05 10:00", 12.755, None, "United Kingdom"],
    ["gift", "gift_0001_20", "Voucher", 1, "2011-01-05 10:00", 16.67, None, "United Kingdom"],
    ["581483", "23843", "BIRDIE", 80995, "2011-12-09 09:15", 2.08, 16446, "United Kingdom"],
    ["C581484", "23843", "BIRDIE", -80995, "2011-12-09 09:27", 2.08, 16446, "United Kingdom"],
]
FRAME = pd.DataFrame(TINY, columns=COLUMNS).assign(InvoiceDate=lambda f: pd.to_datetime(f["InvoiceDate"]))
DATES = {"start": "2010-12-01", "split": "2011-09-01", "end": "2011-12-10"}


@pytest.fixture
def root(tmp_path, monkeypatch):
    folder = make_project(tmp_path, monkeypatch)
    (folder / "data" / "online_retail").mkdir(parents=True)
    typed = FRAME.assign(StockCode=FRAME["StockCode"].astype("str"))
    typed.to_parquet(folder / "data" / "online_retail" / "online_retail.parquet")
    write_window(folder, dates=DATES, source={"kind": "online_retail"})
    return folder


def test_units_and_amounts_are_those_of_the_lines_with_a_stock_code(root):
    account = run("test")
    sold = collected("test", "enrollments").groupby("product_id")[["units", "amount"]].sum()
    assert sold["units"].to_dict() == {"22423": -8, "23843": 0, "85123A": 7}
    assert sold["amount"].to_dict() == {
        "22423": Decimal("12.76"), "23843": Decimal("0.00"), "85123A": Decimal("17.85"),
    }  # fmt: skip
    assert account.exclusions["rows"].tolist() == [2]


def test_a_product_is_known_from_its_first_sale_for_money(root):
    run("test")
    products = collected("test", "products").set_index("product_id")
    assert products["launched_at"].to_dict() == {
        "22423": pd.Timestamp("2011-01-05 10:00"),
        "23843": pd.Timestamp("2011-12-09 09:15"),
        "85123A": pd.Timestamp("2010-12-01 08:26"),
    }
    assert products["title"].to_dict() == {"22423": "CAKESTAND", "23843": "BIRDIE", "85123A": "WHITE HEART"}
    assert products.loc["85123A", "price"] == Decimal("2.55")


def test_lines_alike_on_one_invoice_stay_two_sales(root):
    run("test")
    sales = collected("test", "enrollments")
    assert len(sales) == 8
    assert sales["enrollment_id"].is_unique


def test_a_customer_is_known_from_the_first_invoice(root):
    run("test")
    customers = collected("test", "learners")
    assert customers["country"].tolist() == customers.sort_values("learner_id")["country"].tolist()
    assert set(customers["country"]) == {"France", "United Kingdom"}
    assert collected("test", "enrollments")["learner_id"].isna().sum() == 2


def test_the_official_workbook_gives_the_bytes_that_parquet_gives(root):
    run("test")
    expected = digests("test")
    folder = root / "data" / "online_retail"
    (folder / "online_retail.parquet").unlink()
    FRAME.to_excel(folder / "Online Retail.xlsx", index=False)
    run("test")
    assert digests("test") == expected


def test_the_order_of_lines_does_not_change_a_byte(root):
    run("test")
    expected = digests("test")
    file = root / "data" / "online_retail" / "online_retail.parquet"
    pd.read_parquet(file).iloc[::-1].to_parquet(file)
    run("test")
    assert digests("test") == expected


def test_a_window_past_the_last_invoice_is_refused(root):
    write_window(root, dates=DATES | {"end": "2011-12-11"}, source={"kind": "online_retail"})
    with pytest.raises(CollectionError, match=r"2010-12-01 to 2011-12-11 reaches past .* 2010-12-01 to 2011-12-10"):
        check_source(params.load("test"))


def test_a_file_that_was_cut_short_is_named_before_anything_runs(root):
    file = root / "data" / "online_retail" / "online_retail.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(CollectionError, match=r"^online_retail.parquet: not readable as parquet"):
        check_source(params.load("test"))


def test_an_absent_file_is_named_with_what_to_download(root):
    (root / "data" / "online_retail" / "online_retail.parquet").unlink()
    with pytest.raises(CollectionError, match=r"holds no .xlsx or .parquet file. Download Online Retail.xlsx"):
        check_source(params.load("test"))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Collect the whole real year that lies beside the project, once."""
    places = ("data/online_retail", "../shared/data/online_retail")
    found = [HERE / place for place in places if (HERE / place).exists()]
    if not found:
        pytest.skip("the real Online Retail is in neither of " + ", ".join(places))
    with pytest.MonkeyPatch.context() as patch:
        root = make_project(tmp_path_factory.mktemp("real"), patch)
        write_window(root, dates=DATES, source={"kind": "online_retail", "path": str(found[0].resolve())})
        yield run("test")


@pytest.mark.real
def test_every_real_line_is_a_sale_or_counted_as_something_else(real):
    kept = real.tables.set_index("table").loc["enrollments", "rows"]
    assert kept + real.exclusions["rows"].sum() == 541_909


@pytest.mark.real
def test_the_two_cancelled_bulk_orders_are_netted(real):
    units = collected("test", "enrollments").groupby("product_id")["units"].sum()
    assert units["23843"] == 0
    assert units["23166"] == 3_539


@pytest.mark.real
def test_the_real_lines_without_a_customer_are_kept_without_one(real):
    sales = collected("test", "enrollments")
    assert sales["learner_id"].nunique() == real.tables.set_index("table").loc["learners", "rows"]
    assert sales["learner_id"].isna().sum() == 134_005

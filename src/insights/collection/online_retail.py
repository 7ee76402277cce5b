"""UCI Online Retail (Chen, Sain, Guo 2012): every invoice line of a gift wholesaler, December 2010 to December 2011.

Amounts are in pounds, which the source does not convert. Cancellations are lines with negative units. A product
is known from its first sale. Times are as printed on the invoice, taken as UTC.
"""

import datetime
from pathlib import Path

import ibis

from insights import privacy, warehouse
from insights.collection import files, parsing
from insights.collection.source import CollectionError, Exclusion, Extract, locate, require_reach
from insights.params import Params

FIRST, LAST = datetime.date(2010, 12, 1), datetime.date(2011, 12, 10)
COLUMNS = {
    "InvoiceNo": "string", "StockCode": "string", "Description": "string", "Quantity": "int64",
    "InvoiceDate": "timestamp(6)", "UnitPrice": "decimal(12, 3)", "CustomerID": "string", "Country": "string",
}  # fmt: skip
REMEDY = (
    "Download Online Retail.xlsx from the UCI Machine Learning Repository (dataset 352, CC BY 4.0) into "
    "data/online_retail, or name its folder as source.path."
)
PRODUCT = "^[0-9]"
NOTES = {
    ("learners", "registered_at"): "first purchase",
    ("learners", "recorded_at"): "assumed equal to registered_at",
    ("learners", "country"): "country of the first invoice",
    ("products", "family"): "the product itself: the source knows no editions",
    ("products", "title"): "description on the first sale that has one",
    ("products", "announced_at"): "first sale",
    ("products", "recorded_at"): "first sale",
    ("products", "launched_at"): "first sale; for products on sale before December 2010, the first one seen",
    ("products", "price"): "in pounds, on the first sale",
    ("enrollments", "enrollment_id"): "invoice, and a number for the line within it",
    ("enrollments", "enrolled_at"): "time of the invoice, taken as UTC",
    ("enrollments", "recorded_at"): "assumed equal to enrolled_at",
    ("enrollments", "units"): "negative for cancellations",
    ("enrollments", "amount"): "in pounds: units times price",
}


def check(params: Params) -> None:
    """Refuse an absent file or a window beyond the year that the data cover.

    Raises
    ------
    CollectionError
    """
    file = _find(params)
    if file.suffix == ".parquet":  # a workbook takes a minute to open
        files.open_files(warehouse.local(), [file])
    require_reach(params, FIRST, LAST, "the invoices of Online Retail")


def files_of(params: Params) -> list[Path]:
    """Return the workbook or its Parquet file, and its folder."""
    file = _find(params)
    return [file.parent, file]


def read(params: Params, con: ibis.BaseBackend, progress) -> Extract:
    """Return the raw tables of Online Retail in contract columns."""
    file = _find(params)
    every = _lines(con, file)
    lines = every.filter(every.product_id.re_search(PRODUCT))
    others = every.filter(~every.product_id.re_search(PRODUCT)).count().to_pyarrow().as_py()
    return Extract(
        tables={"learners": _learners(lines), "products": _products(lines), "enrollments": _enrollments(lines)},
        key=privacy.public_key("online_retail"),
        inputs=files.inputs([file], file.parent),
        files=dict.fromkeys(("learners", "products", "enrollments"), file.name),
        notes=NOTES,
        exclusions=[Exclusion("enrollments", "postage, fees, vouchers and corrections: no stock code", others)],
    )


def _find(params) -> Path:
    place = locate(params, REMEDY)
    if place.is_file():
        return place
    found = [file for ending in (".parquet", ".xlsx") for file in sorted(place.glob(f"*{ending}"))]
    if not found:
        raise CollectionError(f"window {params.window}: {place.name} holds no .xlsx or .parquet file. {REMEDY}")
    return found[0]


def _lines(con, file):
    table = files.open_files(con, [file])
    absent = [column for column in COLUMNS if column not in table.columns]
    if absent:
        raise CollectionError(
            f"{file.name}: no column {', '.join(absent)}, only {', '.join(table.columns)}. {REMEDY}"
        )
    texts = {
        name: parsing.identifier(parsing.as_text(table[name])) for name, dtype in COLUMNS.items() if dtype == "string"
    }
    typed = table.select(**{name: texts.get(name, table[name]).cast(dtype) for name, dtype in COLUMNS.items()})
    # Lines are numbered by their content, so that neither threads nor the file's order decide.
    alike = ["StockCode", "Description", "Quantity", "UnitPrice", "InvoiceDate"]
    order = ibis.window(group_by="InvoiceNo", order_by=alike)
    numbered = typed.mutate(number=ibis.row_number().over(order) + 1)
    return numbered.mutate(
        product_id=numbered.StockCode.upper(),
        title=numbered.Description,
        enrollment_id=numbered.InvoiceNo + "-" + numbered.number.cast("string").lpad(4, "0"),
        sold=(numbered.Quantity > 0) & (numbered.UnitPrice > 0),
    )


def _learners(lines):
    first = _first(lines.filter(lines.CustomerID.notnull()), "CustomerID", ["InvoiceDate", "enrollment_id"])
    return first.select(
        learner_id=first.CustomerID,
        registered_at=first.InvoiceDate,
        recorded_at=first.InvoiceDate,
        country=first.Country,
    )


def _products(lines):
    sale = _first(lines, "product_id", [ibis.desc("sold"), "InvoiceDate", "enrollment_id"])
    named = lines.filter(lines.title.notnull())
    titles = _first(named, "product_id", [ibis.desc("sold"), "InvoiceDate", "enrollment_id"])
    titled = sale.drop("title").left_join(titles.select("product_id", "title"), "product_id")
    return titled.select(
        product_id=titled.product_id,
        family=titled.product_id,
        title=titled.title.fill_null(titled.product_id),
        announced_at=titled.InvoiceDate,
        recorded_at=titled.InvoiceDate,
        launched_at=titled.InvoiceDate,
        kind=ibis.literal("good"),
        price=titled.UnitPrice,
    )


def _enrollments(lines):
    return lines.select(
        enrollment_id=lines.enrollment_id,
        learner_id=lines.CustomerID,
        product_id=lines.product_id,
        enrolled_at=lines.InvoiceDate,
        recorded_at=lines.InvoiceDate,
        units=lines.Quantity,
        amount=(lines.UnitPrice * lines.Quantity.cast("decimal(9, 0)")).cast("decimal(12, 2)"),
    )


def _first(lines, of, order_by):
    ranked = lines.mutate(place=ibis.row_number().over(ibis.window(group_by=of, order_by=order_by)))
    return ranked.filter(ranked.place == 0)

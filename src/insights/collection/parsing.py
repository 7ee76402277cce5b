"""Reading typed values from the text of an export: null where a value cannot be read, never a guess.

A whole number with a fraction is not rounded, a time with an offset is brought to UTC, a time without one is
taken in the zone that the mapping names.
"""

import ibis
import ibis.expr.datatypes as dt

ISO = "iso"
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
# Digits at most, and microseconds of one.
EPOCHS = {"epoch": (11, 1_000_000), "epoch_ms": (14, 1_000), "epoch_us": (17, 1)}
WHOLE, FINITE = 9e18, 1e300  # beyond which a number fits no integer of the engine, or is infinite
EARLIEST, LATEST = ibis.timestamp("1900-01-01"), ibis.timestamp("2200-01-01")  # what lies beyond was misread
_NO_NAME = r"[\x00-\x1f\x{200b}\x{feff}]|^[{[]|^\d(?:\.\d+)?[eE][+]?\d+$"
_NAIVE, _ZONED = dt.Timestamp(scale=6), dt.Timestamp(timezone="UTC", scale=6)
_NUMBER = r"^[+-]?(?:\d{{1,3}}(?:[{thousands}]\d{{3}})+|\d*)(?:[{decimal}]\d+)?(?:[eE][+-]?\d+)?$"
_OFFSET = r":\d{2}(?:[.,]\d+)?(?:Z|z| ?UTC| ?[+-]\d{2}(?::?\d{2})?)$"


def as_text(value: ibis.Value, missing=()) -> ibis.Value:
    """Return any value as stripped text, null where it is empty or one of the marks of a missing value."""
    text = value.cast("string").strip()
    return ibis.ifelse(text.isin(["", *missing]), ibis.null("string"), text)


def identifier(text: ibis.Value) -> ibis.Value:
    """Return an identifier without the fraction that a number gets when its column has gaps: 17850, not 17850.0."""
    return text.re_replace(r"^(\d+)\.0+$", r"\1")


def named(text: ibis.Value) -> ibis.Value:
    """Return an identifier, null where it cannot be one: rounded (1.2E+19), nested, or with letters nobody sees."""
    return ibis.ifelse(text.re_search(_NO_NAME), ibis.null("string"), text)


def parsed(text: ibis.Value, dtype: dt.DataType, *, date_format=ISO, zone="UTC", decimal_mark=".") -> ibis.Value:
    """Return text as a value of a contract type, null where it cannot be read as one.

    Parameters
    ----------
    text : ibis.Value
        From :func:`as_text`.
    dtype : ibis.expr.datatypes.DataType
    date_format : str
        ``strptime`` codes, a key of ``EPOCHS``, or ``iso``: ISO 8601.
    zone : str
        Zone of times without an offset.
    decimal_mark : str
        ``.`` or ``,``.
    """
    if dtype.is_string():
        return text
    if dtype.is_timestamp():
        return _plausible(_instant(text, date_format, zone))
    if dtype.is_boolean():
        lower = text.lower()
        return ibis.cases((lower.isin(TRUE), True), (lower.isin(FALSE), False))
    return _number(text, dtype, decimal_mark)


def in_utc(time: ibis.Value, zone: str) -> ibis.Value:
    """Return a typed date or time as naive UTC; one without an offset is taken in ``zone``."""
    if time.type().is_timestamp() and time.type().timezone:
        return time.cast(_ZONED).cast(_NAIVE)
    local = time.cast(_NAIVE)
    return local if zone == "UTC" else timezone(zone, local).cast(_NAIVE)


def plausible_in_utc(time: ibis.Value, zone: str) -> ibis.Value:
    """Return :func:`in_utc`, null where the year was misread."""
    return _plausible(in_utc(time, zone))


def _plausible(time):
    return ibis.ifelse(time.between(EARLIEST, LATEST), time, ibis.null(_NAIVE))


@ibis.udf.scalar.builtin
def timezone(zone: str, local: _NAIVE) -> _ZONED:
    """Return the instant of a local time (DuckDB)."""


@ibis.udf.scalar.builtin
def make_timestamp(microseconds: dt.int64) -> _NAIVE:
    """Return the instant so many microseconds after 1970 began (DuckDB)."""


@ibis.udf.scalar.builtin(name="try_strptime")
def _local(text: str, codes: str) -> _NAIVE:
    """Read a time without an offset, null where it does not fit (DuckDB)."""


@ibis.udf.scalar.builtin(name="try_strptime")
def _zoned(text: str, codes: str) -> _ZONED:
    """Read a time with an offset, null where it does not fit (DuckDB)."""


def _instant(text, date_format, zone):
    if date_format in EPOCHS:
        digits, scale = EPOCHS[date_format]
        fits = text.re_search(rf"^-?\d{{1,{digits}}}(?:\.\d{{1,6}})?$")
        number = ibis.ifelse(fits, text, ibis.null("string")).try_cast("decimal(23, 6)")
        return make_timestamp((number * scale).cast("int64"))
    if "%z" in date_format.lower():
        return _zoned(text, date_format).cast(_NAIVE)
    if date_format != ISO:
        return in_utc(_local(text, date_format), zone)
    local = in_utc(text.try_cast(_NAIVE), zone)
    return ibis.ifelse(text.re_search(_OFFSET), text.try_cast(_ZONED).cast(_NAIVE), local)


def _number(text, dtype, decimal_mark):
    thousands = "," if decimal_mark == "." else "."
    plain = text.re_replace(r"^([+-]?)[$€£¥]\s?|\s?[$€£¥]$", r"\1")
    spaced = plain.re_search(r"^[+-]?\d{1,3}(?:[ \x{a0}\x{202f}]\d{3})+(?:[.,]\d+)?$")
    plain = ibis.ifelse(spaced, plain.re_replace(r"[ \x{a0}\x{202f}]", ""), plain)
    fits = plain.re_search(_NUMBER.format(thousands=thousands, decimal=decimal_mark))
    digits = ibis.ifelse(fits, plain.replace(thousands, "").replace(decimal_mark, "."), ibis.null("string"))
    number = digits.try_cast("float64")
    number = ibis.ifelse(number.abs() < (WHOLE if dtype.is_integer() else FINITE), number, ibis.null("float64"))
    if dtype.is_integer():
        return ibis.ifelse(number == number.floor(), number.try_cast(dtype), ibis.null(dtype))
    value = digits.try_cast(dtype) if dtype.is_decimal() else number.cast(dtype)
    kept = (value.cast("float64") - number).abs() < 1e-6  # nothing is rounded
    return ibis.ifelse(kept, value, ibis.null(dtype)) if dtype.is_decimal() else value

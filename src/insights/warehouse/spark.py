"""Spark as the table engine: the same expressions, and in one place whatever they have to be told differently.

Tables live in files that every worker can read: the outputs must lie on a disk that the cluster shares. Differences
from DuckDB that are settled here, each held by a test: temporary tables, lists of files, tables handed over from
memory and back without pandas, white space, floating-point literals, texts joined and values taken in order. What
remains is the last bit of logarithms, which Java computes differently.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.common.exceptions import UnsupportedOperationError
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from insights.params import Compute
from insights.warehouse.errors import EngineError

SETTINGS = {
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # times are UTC, and no zone is added to them
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",  # few large files instead of many small ones
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",  # what matters is raised
}


def connect(compute: Compute) -> "Spark":
    """Open a session on the master that the parameters name; a second call in one process shares it.

    Raises
    ------
    EngineError
        If no session can be had there.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    number, unit = compute.memory[:-2], compute.memory[-2]
    megabytes = round(float(number) * 1024.0 ** ("KMGT".index(unit) - 1))  # a JVM takes whole numbers only
    builder = SparkSession.builder.appName("insights").master(compute.spark)
    asked = {"spark.driver.memory": f"{megabytes}m", "spark.sql.shuffle.partitions": str(2 * compute.threads)}
    for name, value in (SETTINGS | asked).items():
        builder = builder.config(name, value)
    with _told():
        session = builder.getOrCreate()
    ibis.pyspark  # noqa: B018 - registers the options of Ibis's backend
    con = Spark()
    con.do_connect(session)
    return con


class Compiler(PySparkCompiler):
    """Write expressions for Spark so that they mean what they mean on DuckDB."""

    UNSUPPORTED_OPS = tuple(op for op in PySparkCompiler.UNSUPPORTED_OPS if op is not ops.RandomUUID)

    def visit_Strip(self, op, *, arg):  # noqa: N802
        """Take white space off both ends; Spark reads the escapes for two kinds of it as letters."""
        spaces = self.f.concat(sge.convert(" \t\n\r"), self.f.anon.char(11), self.f.anon.char(12))
        return sge.Trim(this=arg, expression=spaces)

    def visit_NonNullLiteral(self, op, *, value, dtype):  # noqa: N802
        """Say that a number with a point is a floating-point one; Spark takes it for a decimal, and rounds."""
        made = super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        return self.cast(made, dtype) if dtype.is_floating() else made

    def visit_GroupConcat(self, op, *, arg, sep, where, order_by):  # noqa: N802
        """Join texts in a stated order, which Spark can since its version 4."""
        if not order_by:
            return super().visit_GroupConcat(op, arg=arg, sep=sep, where=where, order_by=order_by)
        told = arg if where is None else self.if_(where, arg, NULL)
        return sge.WithinGroup(this=self.f.anon.listagg(told, sep), expression=sge.Order(expressions=order_by))

    def visit_BitOr(self, op, *, arg, where):  # noqa: N802
        """Join the bits of numbers, which Spark can and Ibis does not know of."""
        return self.f.anon.bit_or(arg if where is None else self.if_(where, arg, NULL))

    def visit_RandomUUID(self, op, **unused):  # noqa: N802
        """Name a row, which Spark can and Ibis forbids."""
        return self.f.anon.uuid()

    def visit_First(self, op, *, arg, where, order_by, include_null):  # noqa: N802
        """Take the first value in a stated order, missing keys last, as the one with the least key."""
        if not order_by:
            return super().visit_First(op, arg=arg, where=where, order_by=order_by, include_null=include_null)
        if include_null or any(key.args.get("desc") for key in order_by):
            raise UnsupportedOperationError(
                "On Spark, first() goes by ascending keys and passes missing values over."
            )
        keys = [part for key in order_by for part in (key.this.is_(NULL), key.this)]
        there = arg.is_(sge.Not(this=NULL))
        counts = there if where is None else sge.and_(where, there)
        return self.f.min_by(arg, self.if_(counts, self.f.struct(*keys), NULL))


class Spark(Backend):
    """Ibis's backend for Spark, with the temporary tables, lists of files and Arrow that DuckDB's has."""

    compiler = Compiler()

    def create_table(self, name, /, obj=None, *, temp=None, overwrite=False, **more):
        """Hold a temporary table in the cluster's memory; make any other as Ibis does."""
        if not temp:
            return super().create_table(name, obj, overwrite=overwrite, **more)
        if overwrite and name in self._cached_dataframes:
            self._drop_cached_table(name)
        table = obj if isinstance(obj, ibis.Table) else ibis.memtable(obj)
        self._run_pre_execute_hooks(table)
        return self._create_cached_table(name, table)

    def drop_table(self, name, /, **more):
        """Drop a table, temporary or not."""
        if name in self._cached_dataframes:
            self._drop_cached_table(name)
        else:
            super().drop_table(name, **more)

    def read_parquet(self, path, /, *, table_name=None, **more):
        """Return one Parquet file, or several as one table."""
        several = [str(one) for one in path] if isinstance(path, list | tuple) else [str(path)]
        name = table_name or ibis.util.gen_name("read_parquet")
        with _told():
            self._session.read.parquet(*several, **more).createOrReplaceTempView(name)
        return self.table(name)

    def to_pyarrow(self, expr, /, *, params=None, limit=None, **unused):
        """Return what an expression says, as Arrow, so that a missing number stays one."""
        schema = expr.as_table().schema()
        with _told():
            found = self._query(expr, params, limit).toArrow()
        return expr.__pyarrow_result__(found.rename_columns(list(schema.names)).cast(schema.to_pyarrow()))

    def execute(self, expr, /, *, params=None, limit=None, **unused):
        """Return what an expression says, as pandas, typed as DuckDB's answer is."""
        table = expr.as_table()
        found = self.to_pyarrow(table, params=params, limit=limit).to_pandas()
        return expr.__pandas_result__(found, schema=table.schema())

    def to_parquet(self, expr, path, /, *, params=None, limit=None, compression="zstd", **unused):
        """Write a table from the workers: one file, or a folder of files whose names are in the order of the rows."""
        path = Path(path)
        aside = path.with_name(f".{path.name}.parts")
        with _told():
            self._query(expr, params, limit).write.mode("overwrite").parquet(str(aside), compression=compression)
        parts = sorted(aside.glob("part-*.parquet"))
        if len(parts) == 1:
            parts[0].replace(path)
        else:
            path.mkdir(parents=True)
            for place, part in enumerate(parts):
                part.replace(path / f"{place:05}.parquet")
        shutil.rmtree(aside)

    def _query(self, expr, params, limit):
        self._run_pre_execute_hooks(expr)
        return self._session.sql(self.compile(expr.as_table(), params=params, limit=limit))

    def _register_in_memory_table(self, op):
        data: pa.Table = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(data).createOrReplaceTempView(op.name)


@contextmanager
def _told() -> Iterator[None]:
    """Say in one line what Spark complains of; its own message holds pages of Java."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        said = error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else str(error)
        raise EngineError(f"Spark broke off: {next(iter((said or type(error).__name__).splitlines()))}") from error

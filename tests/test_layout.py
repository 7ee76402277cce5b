"""Layout of code: it means the same at any width, and is as a formatter would have it."""

import ast
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk

from insights.modeling import layout
from insights.modeling.layout import Group


def grouped(value):
    """Return the text of nested lists, tuples and constants."""
    if isinstance(value, list | tuple):
        items = [("", grouped(item)) for item in value]
        return Group("[", items, "]") if isinstance(value, list) else Group("(", items, ")", single=",")
    return layout.literal(value)


constants = st.one_of(st.none(), st.booleans(), st.integers(-999, 999), st.text(max_size=12))
nested = st.recursive(
    constants, lambda inner: st.one_of(st.lists(inner, max_size=3), st.tuples(inner), st.tuples(inner, inner))
)


@brisk
@given(nested, st.integers(0, 60), st.sampled_from([0, 4]))
def test_an_expression_means_the_same_at_any_width(value, width, indent):
    text = grouped(value)
    for written in (layout.flat(text), layout.laid(text, width, indent)):
        assert ast.literal_eval(written) == value
        assert repr(ast.literal_eval(written)) == repr(value)


def test_what_fits_is_on_one_line_and_what_does_not_has_an_item_to_a_line():
    call = Group("f(", [("x=", Group("[", [("", "1"), ("", "2")], "]")), ("y=", "3")], ")")
    assert layout.laid(call, 40, 0, "return ") == "return f(x=[1, 2], y=3)"
    assert layout.laid(call, 23, 4, "return ") == "return f(\n        x=[1, 2],\n        y=3,\n    )"


@pytest.mark.parametrize(
    ("value", "written"),
    [("a", '"a"'), ("it's", '"it\'s"'), ('say "a"', "'say \"a\"'"), (True, "True"), (None, "None")],
)
def test_texts_stand_in_double_quotes_unless_they_hold_some(value, written):
    assert layout.literal(value) == written


def test_imports_that_do_not_fit_have_a_name_to_a_line():
    assert layout.imported("a.b", ["C", "D"], 40) == "from a.b import C, D"
    assert layout.imported("a.b", ["C", "D"], 10) == "from a.b import (\n    C,\n    D,\n)"


def test_a_formatter_has_nothing_to_change():
    deep = Group("f(", [("steps=", grouped([("name", ["a long text of a kind"] * n, 1) for n in range(9)]))], ")")
    code = f"x = 1\ny = {layout.laid(deep, 88, 0, 'y = ').removeprefix('y = ')}\n"
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "88", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    assert done.stdout == code

"""Texts: put right once, left alone where nothing is wrong, compared without accents and capitals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import texts


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("MÃ¼nchen", "München"), ("Lucía GarcÃ\xada", "Lucía García"), ("R&amp;D", "R&D"), ("R&D", "R&D"),
        ("<p>We <b>love</b> it</p>", "We love it"), ("Data&nbsp;Scientist ", "Data Scientist"),
        ('<span class="x">Pune</span>', "Pune"), ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ('<script>alert("x")</script>', None), ("Best <script>alert(1)</script> ever", "Best ever"),
        ("a < b & c", "a < b & c"), ("x <3 you", "x <3 you"), ("“quoted”", "“quoted”"), ("日本", "日本"),
        ("", ""), (None, None),
    ],
)  # fmt: skip
def test_a_text_is_put_right_and_a_sound_one_is_left_alone(typed, meant):
    assert texts.repaired(typed) == meant


@given(st.text(max_size=60))
def test_repairing_twice_is_repairing_once(text):
    once = texts.repaired(text)
    assert texts.repaired(once) == once


@pytest.mark.parametrize(
    "text", ["München", "Médico", "Bogotá", "São Paulo", "Geschäftsführer", "Científico de datos"]
)
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_word_that_was_read_in_the_wrong_encoding_reads_as_before(text, encoding):
    assert texts.repaired(text.encode().decode(encoding, errors="replace")) == text


@pytest.mark.parametrize(
    ("text", "key"), [("São  Paulo", "sao paulo"), ("ŁÓDŹ", "lodz"), ("Straße", "strasse"), ("R&D, Lead", "r d lead")]
)
def test_texts_are_compared_without_accents_capitals_and_punctuation(text, key):
    assert texts.key(text) == key

"""Privacy: what a pseudonym promises, and what scrubbing leaves of a text."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import paths, privacy

KEY, OTHER = b"a key of at least sixteen bytes", b"another key of sixteen bytes"
words = st.text(st.characters(categories=["L"]), min_size=1, max_size=8)
plain = st.lists(st.text("abcdefgh ,.!?ABCäöñ'-", max_size=12), max_size=6).map(" ".join)
names = st.lists(words, min_size=2, max_size=4).map(" ".join)
handles = st.from_regex(r"@[a-z_]{2,12}", fullmatch=True)
addresses = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,12}@[a-z0-9-]{1,10}(\.[a-z]{2,4}){1,2}", fullmatch=True)
phones = st.from_regex(r"\+[1-9][0-9]{1,2} [0-9]{2,3} [0-9]{3} [0-9]{4}", fullmatch=True)
links = st.from_regex(r"https?://[a-z]{1,8}\.[a-z]{2,3}/[a-z0-9?=&]{0,12}", fullmatch=True)


@given(st.lists(st.text(), unique=True))
def test_a_pseudonym_depends_on_the_value_and_the_key_alone(values):
    made = privacy.pseudonyms(values, KEY)
    assert made == [privacy.pseudonyms([value], KEY)[0] for value in values]
    assert len(set(made)) == len(values)
    assert not set(made) & set(privacy.pseudonyms(values, OTHER))
    assert all(re.fullmatch("[0-9a-f]{16}", pseudonym) for pseudonym in made)


def test_a_pseudonym_is_the_start_of_the_keyed_hash():
    # printf jane | openssl dgst -sha256 -hmac 'a key of at least sixteen bytes'
    assert privacy.pseudonyms(["jane"], KEY) == ["ac00eb4edb2c71b8"]


@given(plain, addresses, plain)
def test_an_address_is_gone_wherever_it_stands(before, address, after):
    scrubbed = privacy.scrub(f"{before} {address} {after}")
    assert address not in scrubbed
    assert address.partition("@")[2] not in scrubbed.replace("[e-mail]", "")
    assert "[e-mail]" in scrubbed


@given(plain, handles, plain)
def test_a_handle_is_gone_wherever_it_stands(before, handle, after):
    assert "@" not in privacy.scrub(f"{before} {handle} {after}")


@given(plain, phones, plain)
def test_a_telephone_number_is_gone_wherever_it_stands(before, phone, after):
    assert not re.search(r"\d", privacy.scrub(f"{before} {phone} {after}"))


@given(plain, links, plain)
def test_a_link_is_gone_wherever_it_stands(before, link, after):
    assert "://" not in privacy.scrub(f"{before} {link} {after}")


@given(plain, names, plain, st.sampled_from([" ", "  ", "\n", "-", ". "]))
def test_a_known_name_is_gone_however_it_is_written(before, name, after, gap):
    known = privacy.full_names([name])
    for written in (name, name.upper(), name.title(), name.replace(" ", gap), f"{name}'s", f"({name})"):
        scrubbed = privacy.scrub(f"{before} {written} {after}", known)
        words = f" {' '.join(privacy._plain(word) for word in privacy._WORD.findall(scrubbed))} "
        assert not any(f" {one} " in words for one in known)
        assert "[name]" in scrubbed


@given(st.text(), st.lists(names, max_size=3))
def test_scrubbing_twice_is_scrubbing_once(text, people):
    known = privacy.full_names(people)
    once = privacy.scrub(text, known)
    assert privacy.scrub(once, known) == once


@given(plain)
def test_a_text_that_names_nobody_stays_as_it_is(text):
    assert privacy.scrub(text, privacy.full_names(["Zelda Quackenbush"])) == text


def test_names_that_overlap_are_both_gone():
    known = privacy.full_names(["Mary Ann", "Ann Smith", "Mary Ann Smith"])
    assert privacy.scrub("Ask Mary Ann Smith, or Ann Smith.", known) == "Ask [name], or [name]."
    assert privacy.scrub("Mary Ann and Smith", known) == "[name] and Smith"


def test_a_possessive_a_hyphen_and_an_accent_do_not_hide_a_name():
    known = privacy.full_names(["Conan O'Brien", "Jean-Luc Núñez"])
    assert privacy.scrub("Conan O’Brien's and JEAN LUC NÚÑEZ-like", known) == "[name]'s and [name]-like"


def test_a_name_of_any_script_is_found_with_or_without_its_marks():
    known = privacy.full_names(["Núñez Maté", "प्रिया रामन"])
    decomposed = "Nu\u0301n\u0303ez Mate\u0301"
    assert privacy.scrub(f"{decomposed}, Nunez Mate, प्रिया रामन", known) == "[name], [name], [name]"


def test_a_single_name_is_left_alone_for_it_is_a_word_too():
    known = privacy.full_names(["April", "Will"])
    assert known == frozenset()
    assert privacy.scrub("In April we will see", known) == "In April we will see"


def test_numbers_that_are_no_telephone_numbers_stay():
    text = "Lesson 12 of 40, 2025-03-01, 1,204 reactions, 3.5 stars"
    assert privacy.scrub(text) == text


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("ask @jane.doe-smith.", "ask [handle]."),
        ("see Https://facebook.com/jane.doe", "see [link]"),
        ("or linkedin.com/in/jane-doe now", "or [link] now"),
        ("call +49\u00a0170\u00a01234567", "call [phone]"),
        ("call 415\u2013555\u20132671", "call [phone]"),
        ("either and/or e.g./i.e. 3.5/5", "either and/or e.g./i.e. 3.5/5"),
    ],
)
def test_what_names_a_person_is_gone_however_it_is_typed(text, scrubbed):
    assert privacy.scrub(text) == scrubbed


@pytest.mark.parametrize("known", ["Doe, Jane", "Jane M. Doe", "Dr. Jane Doe", "Jane Doe Jr."])
def test_a_person_goes_by_the_short_form_of_a_long_name(known):
    assert privacy.scrub("Thanks to Jane Doe!", privacy.full_names([known])) == "Thanks to [name]!"


def test_a_missing_text_stays_missing():
    assert privacy.scrub(None, privacy.full_names(["Ann Lee"])) is None


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    monkeypatch.delenv(privacy.KEY_VARIABLE, raising=False)
    return tmp_path


def test_a_key_is_made_once_for_its_owner_alone(root):
    key = privacy.secret_key()
    assert privacy.secret_key() == key
    assert len(key) == 64
    assert paths.key_file().stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_may_read_is_refused(root):
    privacy.secret_key()
    paths.key_file().chmod(0o640)
    with pytest.raises(privacy.PrivacyError, match="chmod 600"):
        privacy.secret_key()


def test_a_key_from_the_environment_comes_first(root, monkeypatch):
    monkeypatch.setenv(privacy.KEY_VARIABLE, KEY.decode())
    assert privacy.secret_key() == KEY
    assert not paths.key_file().exists()


def test_a_short_key_is_refused_with_the_way_to_a_longer_one(root, monkeypatch):
    monkeypatch.setenv(privacy.KEY_VARIABLE, "x" * 15)
    with pytest.raises(privacy.PrivacyError, match=r"15 bytes is too short.*openssl rand"):
        privacy.secret_key()


def test_a_source_of_invented_people_has_a_key_of_its_own():
    assert privacy.public_key("oulad") == privacy.public_key("oulad")
    assert privacy.public_key("oulad") != privacy.public_key("simulation")


def test_small_groups_are_held_back_and_counted():
    frame = pd.DataFrame({"group": ["a", "b", "c"], "people": [9, 10, 11]})
    shown, held = privacy.suppress(frame, "people", 10)
    assert shown["group"].tolist() == ["b", "c"]
    assert held == 1


def test_make_sees_another_key_by_a_fingerprint_that_does_not_hold_it(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    monkeypatch.delenv(privacy.KEY_VARIABLE, raising=False)
    assert privacy.key_files() == []
    seen = []
    for key in (
        "a first key of thirty-two letters",
        "a second key of thirty-two letter",
        "a second key of thirty-two letter",
    ):
        monkeypatch.setenv(privacy.KEY_VARIABLE, key)
        (file,) = privacy.key_files()
        seen.append((file.read_text(), file.stat().st_mtime_ns))
        assert key not in file.read_text()
    assert seen[0] != seen[1] == seen[2]
    monkeypatch.delenv(privacy.KEY_VARIABLE)
    privacy.secret_key()
    (file,) = privacy.key_files()
    assert file.read_text() != seen[1][0] and paths.key_file().read_text() not in file.read_text()


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("call 22334455 now", "call [phone] now"), ("call 9123 4567", "call [phone]"),
        ("on 20250501 and 2025-05-01", "on 20250501 and 2025-05-01"), ("order 12345678", "order 12345678"),
    ],
)  # fmt: skip
def test_numbers_of_eight_digits_are_telephone_numbers_where_a_country_has_such(text, scrubbed):
    assert privacy.scrub(text) == scrubbed


def test_a_weak_key_stops_nobody_who_does_not_use_it(tmp_path, monkeypatch):
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    monkeypatch.setenv(privacy.KEY_VARIABLE, "short")
    assert privacy.key_files() == [paths.key_fingerprint()]
    with pytest.raises(privacy.PrivacyError, match="too short"):
        privacy.secret_key()


def test_only_people_who_are_invented_or_were_anonymous_have_pseudonyms_by_a_key_that_everybody_knows():
    asking = {file.stem for file in Path(privacy.__file__).parent.rglob("*.py") if "public_key(" in file.read_text()}
    assert asking == {"privacy", "simulated", "oulad", "online_retail", "defects"}

"""Exports in object storage, opened like a folder: a storage in memory stands in for S3, by the same way in."""

import shutil

import pytest
from collecting import HERE, digests, make_project, run, write_window
from upath import UPath

from insights import paths
from insights.collection import CollectionError, check_source, source_files
from insights.params import load

EXAMPLES = HERE / "examples"


@pytest.fixture
def bucket():
    """A bucket that holds both example folders, without their mappings."""
    place = UPath("memory://bucket/exports")
    for file in [*(EXAMPLES / "folder").rglob("*"), *(EXAMPLES / "systems").rglob("*")]:
        if file.is_file() and file.name != "mapping.yaml":
            held = place / file.relative_to(EXAMPLES).as_posix()
            held.parent.mkdir(parents=True, exist_ok=True)
            held.write_bytes(file.read_bytes())
    yield place
    place.fs.rm("/bucket", recursive=True)


@pytest.mark.parametrize("name", ["folder", "systems"])
def test_exports_in_object_storage_give_the_same_bytes_as_in_a_folder(tmp_path, monkeypatch, bucket, name):
    root = make_project(tmp_path, monkeypatch)
    shutil.copytree(EXAMPLES / name, root / "exports")
    source = {"kind": "folder", "mapping": "exports/mapping.yaml"}
    here = run(write_window(root, "here", source=source))
    there = run(write_window(root, "there", source=source | {"path": f"memory://bucket/exports/{name}"}))
    assert digests("here") == digests("there")
    assert here.inputs.equals(there.inputs)


def test_make_watches_what_lies_on_this_machine_alone(tmp_path, monkeypatch, bucket):
    root = make_project(tmp_path, monkeypatch)
    (root / "mapping.yaml").write_text((EXAMPLES / "systems" / "mapping.yaml").read_text())
    source = {"kind": "folder", "mapping": "mapping.yaml", "path": "memory://bucket/exports/systems"}
    watched = source_files(load(write_window(root, source=source)))
    assert watched == [root / "mapping.yaml", paths.key_fingerprint()]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("memory://elsewhere/exports", "memory://elsewhere/exports, which is no folder"),
        ("s3://bucket/exports", "s3fs"),  # nothing here opens it
    ],
)
def test_storage_that_is_not_there_or_cannot_be_opened_is_one_clear_error(tmp_path, monkeypatch, path, said):
    root = make_project(tmp_path, monkeypatch)
    (root / "mapping.yaml").write_text((EXAMPLES / "systems" / "mapping.yaml").read_text())
    source = {"kind": "folder", "mapping": "mapping.yaml", "path": path}
    with pytest.raises(CollectionError, match=said):
        check_source(load(write_window(root, source=source)))

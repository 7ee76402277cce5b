import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from tiny_project import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
DECLARED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
LOCK = (REPOSITORY / "requirements.lock").read_text()
SPARK = (REPOSITORY / "requirements-spark.lock").read_text()
CONDA = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
PYTHONS = ("3.11", "3.12", "3.13")


def locked():
    """Return the pinned versions of each package, with the marker under which each holds."""
    found = {}
    for line in re.findall(r"(?m)^[a-z0-9][^\\\n]*", LOCK):
        pinned = Requirement(line.strip())
        found.setdefault(pinned.name, []).append(pinned)
    return found


def holds(pinned, python):
    environment = {"python_version": python, "python_full_version": f"{python}.5", "sys_platform": "linux"}
    return pinned.marker is None or pinned.marker.evaluate(environment | {"platform_machine": "x86_64"})


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("declared", DECLARED)
def test_every_declared_package_is_locked_once_within_its_range(declared, python):
    wanted = Requirement(declared)
    versions = [pinned for pinned in locked().get(wanted.name, []) if holds(pinned, python)]
    assert len(versions) == 1
    (pin,) = versions[0].specifier
    assert pin.operator == "==" and wanted.specifier.contains(pin.version)


def test_what_a_cluster_of_spark_needs_is_locked_too():
    (wanted,) = map(Requirement, PROJECT["optional-dependencies"]["spark"])
    assert wanted.specifier.contains(re.search(rf"(?m)^{wanted.name}==(\S+)", SPARK)[1])


@pytest.mark.parametrize("lock", [LOCK, SPARK])
def test_every_locked_package_has_a_hash(lock):
    for block in re.split(r"(?m)^(?=[a-z0-9])", lock)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_what_the_overrides_leave_out_is_never_installed():
    left_out = [
        Requirement(line).name
        for line in (REPOSITORY / "requirements.overrides").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert left_out
    for name in left_out:
        assert not any(holds(pinned, python) for pinned in locked().get(name, []) for python in PYTHONS)


def test_conda_leads_to_the_same_python_and_the_same_lock():
    python = next(entry for entry in CONDA["dependencies"] if str(entry).startswith("python "))
    (pip,) = (entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict))
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["requires-python"])
    assert pip == ["-r requirements.lock"]


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_that_the_project_allows_is_looked_for_by_make_and_tested(python):
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)
    assert f"python{python}" in (REPOSITORY / "Makefile").read_text()


@pytest.mark.parametrize("file", ["requirements.lock", "environment.yml", "pyproject.toml", "requirements.overrides"])
def test_no_file_names_a_package_registry(file):
    text = (REPOSITORY / file).read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|file://", text)


def test_the_licence_is_the_one_that_is_declared():
    assert PROJECT["license"] == "Apache-2.0"
    licence = (REPOSITORY / "LICENSE").read_text()
    assert "Apache License" in licence and "END OF TERMS AND CONDITIONS" in licence

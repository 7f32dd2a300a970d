"""The documentation keeps its promises."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from contract.errors import TriremeError
from trireme import reference

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


def test_the_generated_pages_are_up_to_date() -> None:
    stale = [path.relative_to(ROOT) for path, text in reference.pages().items() if path.read_text() != text]
    assert stale == [], "run `make reference`"


def test_every_setting_is_described() -> None:
    for settings in reference.SETTINGS:
        for name, field in reference.variables(settings):
            assert field.description, name


def test_every_error_code_belongs_to_one_error_with_a_title_of_its_own() -> None:
    errors = reference.errors()
    codes = [error.code for error in errors]
    assert sorted(codes) == sorted(set(codes))
    for error in errors:
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", error.code)
        assert 400 <= error.status < 600
        assert error.title
        assert error.__doc__


@pytest.mark.parametrize("module", reference.ERROR_MODULES)
def test_the_tree_on_top_of_an_errors_module_names_each_of_its_errors(module: str) -> None:
    tree = import_module(module).__doc__ or ""
    for error in reference.errors():
        if error.__module__ == module and error is not TriremeError:
            assert re.search(rf"\b{error.__name__}\b.*", tree), error


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_test_that_the_threat_model_names_exists_and_every_attack_names_one() -> None:
    page = (ROOT / "docs/threat-model.md").read_text()
    named = re.findall(r"^- `(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`$", page, re.MULTILINE)
    assert len(named) == page.count("\n- `tests/")
    for path, test in named:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{test}"
    attacks = page.partition("\n## Attacks\n")[2].partition("\n## ")[0].split("\n### ")[1:]
    assert [attack.splitlines()[0] for attack in attacks if "- `tests/" not in attack] == []


def test_the_readme_s_map_names_every_package() -> None:
    readme = (ROOT / "README.md").read_text()
    for package in ROOT.glob("*/__init__.py"):
        assert f"`{package.parent.name}/`" in readme


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        assert page.name in index


def test_no_page_names_a_registry_s_host() -> None:
    host = re.compile(r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|proxy\.golang\.org)\b")
    text = [*PAGES, ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("requirements/*")]
    assert [path.name for path in text if host.search(path.read_text())] == []

"""An upgrade of the generator shows what changed in the templates that ours replace."""

import shutil
from importlib.resources import as_file
from pathlib import Path

import pytest

from codegen import stock_templates


@pytest.fixture
def upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed generator's templates that a test may change, as an upgrade would."""
    with as_file(stock_templates.INSTALLED) as folder:
        shutil.copytree(folder, tmp_path / "installed")
    shutil.copytree(stock_templates.ACCEPTED, tmp_path / "accepted")
    monkeypatch.setattr(stock_templates, "INSTALLED", tmp_path / "installed")
    monkeypatch.setattr(stock_templates, "ACCEPTED", tmp_path / "accepted")
    return tmp_path / "installed"


def difference() -> str:
    """Return the difference that is shown."""
    with pytest.raises(stock_templates.ChangedTemplatesError) as refused:
        stock_templates.check_stock_templates()
    return refused.value.difference


def test_changed_lines_are_shown_as_a_unified_diff(upgraded: Path) -> None:
    """Each changed template with its lines as they were and as they are, and no other."""
    path = upgraded / "api_init.py.jinja"
    old = path.read_text(encoding="utf-8")
    path.write_text("new\n", encoding="utf-8")
    (upgraded / "client.py.jinja").write_text("ours does not replace it", encoding="utf-8")
    shown = difference().splitlines()
    assert shown[:3] == ["--- was/api_init.py.jinja", "+++ is/api_init.py.jinja", "@@ -1 +1 @@"]
    assert shown[3] == f"-{old.splitlines()[0]}"
    assert shown[-1] == "+new"


def test_template_that_is_gone_is_shown_whole(upgraded: Path) -> None:
    """One that the generator no longer has is removed line by line, and is no longer kept once that is accepted."""
    (upgraded / "str_enum.py.jinja").unlink()
    assert difference().splitlines()[:2] == ["--- was/str_enum.py.jinja", "+++ /dev/null"]
    stock_templates.accept_stock_templates()
    stock_templates.check_stock_templates()
    assert not (stock_templates.ACCEPTED / "str_enum.py.jinja").exists()


def test_what_is_accepted_is_no_difference(upgraded: Path) -> None:
    """After `--accept-stock-templates` the new ones are those that ours were written against."""
    (upgraded / "model.py.jinja").write_text("new", encoding="utf-8")
    assert "\\ No newline at end of file" in difference()
    stock_templates.accept_stock_templates()
    stock_templates.check_stock_templates()

"""Options shared by all tests: folders of real documents and recordings, which the default run does not need."""

from pathlib import Path

import pytest

_OPTIONS = {
    "documents": "a folder of published OpenAPI documents (*.openapi.yaml); runs the tests that read them",
    "recordings": "a folder of recorded answers of the live API; runs the tests that read them",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--documents DIR` and `--recordings DIR`."""
    for name, meaning in _OPTIONS.items():
        parser.addoption(f"--{name}", type=Path, metavar="DIR", help=meaning)


def pytest_configure(config: pytest.Config) -> None:
    """Register a marker per option, and refuse a folder that is not there."""
    for name in _OPTIONS:
        config.addinivalue_line("markers", f"{name}: needs --{name} DIR, and is deselected without it")
        given: Path | None = config.getoption(name)
        if given is not None and not given.is_dir():
            raise pytest.UsageError(f"--{name} {given} is no folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests whose folder was not given."""
    missing = [name for name in _OPTIONS if config.getoption(name) is None]
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in missing)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def documents(pytestconfig: pytest.Config) -> Path:
    """Give the folder of published documents given by `--documents`."""
    return _folder(pytestconfig, "documents")


@pytest.fixture(scope="session")
def recordings(pytestconfig: pytest.Config) -> Path:
    """Give the folder of recorded answers given by `--recordings`."""
    return _folder(pytestconfig, "recordings")


def _folder(config: pytest.Config, name: str) -> Path:
    folder: Path | None = config.getoption(name)
    if folder is None:
        pytest.fail(f"mark this test with @pytest.mark.{name}: it uses the fixture of that name")
    return folder.resolve()

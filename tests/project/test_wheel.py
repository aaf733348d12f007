"""The wheel alone, beside attrs and httpx and nothing else, makes a call."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from openrouter_mock.server import MockServer

REPOSITORY = Path(__file__).parents[2]
NEEDED = ("attr", "attrs", "httpx", "httpcore", "anyio", "certifi", "h11", "idna", "sniffio", "typing_extensions")
"""What `pip install openrouter-embeddings` brings: attrs, httpx, and what those need."""

CALL = """
import sys
sys.path[:0] = sys.argv[1:3]
from openrouter_embeddings import CONTRACT, Client, EmbeddingsRequest, create_embeddings, list_embeddings_models
with Client("sk-or-v1-wheel", sys.argv[3]) as client:
    body = EmbeddingsRequest(model="openai/text-embedding-3-small", input=["a", "b"], encoding_format="base64")
    answer = create_embeddings.sync(client=client, body=body)
    print(CONTRACT.date, [len(vector) for vector in answer.vectors(2)], answer.usage.total_tokens)
    print(len(list_embeddings_models.sync(client=client).data))
try:
    Client(retries=3)
except ImportError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and give its contents, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture
def needed(tmp_path: Path) -> Path:
    """Give a folder with the needed packages and no others."""
    folder = tmp_path / "needed"
    folder.mkdir()
    for name in NEEDED:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:  # sniffio is gone from newer versions
            origin = Path(found.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (folder / source.name).symlink_to(source)
    return folder


def test_the_wheel_without_extras_makes_a_call(wheel: Path, needed: Path) -> None:
    """No package but attrs and httpx is there; the extras say how to get them."""
    with MockServer() as server:
        command = [sys.executable, "-I", "-S", "-W", "error", "-c", CALL, str(wheel), str(needed), server.url]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "2026-08-22 [1536, 1536] 2",
        "31",
        "retries need the package tenacity: pip install 'openrouter-embeddings[retries]'",
    ]


def test_the_wheel_holds_the_contract_types_and_licence(wheel: Path) -> None:
    """The contract ships with the client, requirements with the suite, models with the mock, type markers with each."""
    for name in (
        "openrouter_embeddings/openapi.yaml",
        "openrouter_embeddings/py.typed",
        "openrouter_conformance/py.typed",
        "openrouter_conformance/requirements/create-embeddings/response.yaml",
        "openrouter_conformance/report/assets/page.html.jinja",
        "openrouter_mock/py.typed",
        "openrouter_mock/catalog.json",
    ):
        assert (wheel / name).is_file()
    assert list(wheel.glob("*.dist-info/licenses/LICENSE"))
    assert list(wheel.glob("*.dist-info/licenses/NOTICE"))

"""The /assets route: code, weights and pictures for the browser, addressed by their content and cached for ever.

A URL names what it delivers (a hash of the bytes, or of all our browser code), so a browser asks once and a changed
file is a new URL. Relative imports between our modules work because they all live under one hash.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Route
from streamlit import config

from deepgen import idx

UI = Path(__file__).parent
PRETRAINED = UI.parent / "pretrained"
MEDIA_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".safetensors": "application/octet-stream",
               ".bin": "application/octet-stream", ".png": "image/png"}
FOREVER = "public, max-age=31536000, immutable"
MAX_PUBLISHED_PER_OWNER = 8  # a browser may still be fetching the newest but one when the next arrives
MAX_PUBLISHED_BYTES = 512 * 2**20

_published: OrderedDict[str, tuple[str, bytes]] = OrderedDict()  # path -> (owner, content)
_publishing = threading.Lock()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@cache
def _code() -> dict[str, bytes]:
    """Our browser modules by their path below ui/; read once, so a running server serves one consistent version."""
    files = [path for path in UI.rglob("*") if path.suffix in (".js", ".wasm")]
    return {path.relative_to(UI).as_posix(): path.read_bytes() for path in sorted(files)}


@cache
def _code_version() -> str:
    return _digest(b"\0".join(name.encode() + content for name, content in _code().items()))


def _absolute(path: str) -> str:
    base = (config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/assets/{path}" if base else f"/assets/{path}"


def code(path: str) -> bytes:
    """The content of a module below ui/."""
    if path not in _code():
        raise ValueError(f"there is no browser module {path!r} below ui/")
    return _code()[path]


def code_url(path: str) -> str:
    """URL of a module below ui/, for example "engine/engine.js"."""
    code(path)
    return _absolute(f"{_code_version()}/{path}")


@cache
def _weights(name: str) -> tuple[str, bytes]:
    content = (PRETRAINED / f"{name}.safetensors").read_bytes()
    return f"{_digest(content)}/weights/{name}.safetensors", content


def has_weights(name: str) -> bool:
    """Whether pretrained/ holds a file of that name (without its ending)."""
    return (PRETRAINED / f"{name}.safetensors").is_file()


def weights_url(name: str) -> str:
    """URL of pretrained/NAME.safetensors."""
    return _absolute(_weights(name)[0])


def images_url(dataset: str, count: int = 1000) -> str:
    """URL of the first ``count`` test images: count x 784 bytes of grey, then count bytes of labels."""
    return publish(_image_bytes(dataset, count), owner=f"images of {dataset} {count}", suffix=".bin")


def statistics_url(dataset: str) -> str:
    """URL of the mean and the deviation of every training pixel, 784 float32 each; computed when first asked for."""
    source = idx.fingerprint(dataset, "train-images-idx3-ubyte")
    return _absolute(f"{source[:16]}/statistics/{dataset}.bin")


@cache
def _statistics(dataset: str) -> bytes:
    from deepgen import datasets

    statistics = datasets.statistics(datasets.load(dataset).images)
    return b"".join(part.numpy().tobytes() for part in statistics)


@cache
def _image_bytes(dataset: str, count: int) -> bytes:
    images = idx.read(dataset, "t10k-images-idx3-ubyte")[:count]
    return images.tobytes() + idx.read(dataset, "t10k-labels-idx1-ubyte")[:count].tobytes()


def publish(content: bytes, *, owner: str, suffix: str = ".safetensors") -> str:
    """URL under which ``content`` can be fetched for a while; an owner keeps the last few, the oldest go first."""
    path = f"{_digest(content)}/published/content{suffix}"
    with _publishing:
        _published.pop(path, None)
        _published[path] = (owner, content)
        own = [p for p, (who, _) in _published.items() if who == owner]
        for old in own[:-MAX_PUBLISHED_PER_OWNER]:
            del _published[old]
        while sum(len(body) for _, body in _published.values()) > MAX_PUBLISHED_BYTES and len(_published) > 1:
            _published.popitem(last=False)
    return _absolute(path)


@cache
def _compressed(path: str) -> bytes:
    return gzip.compress(_code()[path], 6)


def _find(path: str) -> tuple[bytes, dict] | None:
    """Body and extra headers for a path below /assets/, or None."""
    version, _, rest = path.partition("/")
    if version == _code_version() and rest in _code():
        return _compressed(rest), {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    if path in _published:
        return _published[path][1], {}
    for dataset in idx.NAMES:
        if _absolute(path) == statistics_url(dataset):
            return _statistics(dataset), {}
    name = rest.removeprefix("weights/").removesuffix(".safetensors")
    if rest == f"weights/{name}.safetensors" and "/" not in name and has_weights(name) and _weights(name)[0] == path:
        return _weights(name)[1], {}
    return None


def serve(request) -> Response:
    """Answer GET /assets/{path}; a plain 404 for anything that is not ours."""
    path = request.path_params["path"]
    found = _find(path)
    if found is None:
        return Response("no such asset", status_code=404, media_type="text/plain")
    body, headers = found
    media_type = MEDIA_TYPES.get(Path(path).suffix, "application/octet-stream")
    return Response(body, media_type=media_type, headers={"Cache-Control": FOREVER, **headers})


route = Route("/assets/{path:path}", serve)

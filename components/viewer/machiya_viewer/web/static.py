"""The files that pages load. A name holds the digest of its content, so whoever has it may keep it for good."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from machiya_viewer.assets import MEDIA_TYPES, asset, served

FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}


def static(request: Request) -> Response:
    """``/static/{name}``: one of the files of ``assets``, by its fingerprinted name."""
    name = served().get(request.path_params["name"])
    if name is None:
        raise HTTPException(404)
    return Response(asset(name), media_type=MEDIA_TYPES[name], headers=FOR_GOOD)

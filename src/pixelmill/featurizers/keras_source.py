"""Names in `keras.applications`, read from its source because importing Keras takes seconds."""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_PIN = re.compile(r"https?://|.*\.h5$|[0-9a-f]{32}$|[0-9a-f]{64}$")


@cache
def networks() -> dict[str, tuple[str, str]]:
    """Find the networks.

    Returns:
        By name in snake_case: the module that defines it, relative to `keras.src.applications`,
        and its name there.
    """
    package = ast.parse((_folder() / "applications" / "__init__.py").read_text())
    return {
        _snake_case(alias.name): (node.module.rpartition(".")[2], alias.name)
        for node in package.body
        if isinstance(node, ast.ImportFrom) and node.module and ".src." in node.module
        for alias in node.names
    }


def pinned_weights(name: str) -> list[str]:
    """Find by which addresses, file names and hashes Keras takes a network's ImageNet weights.

    Args:
        name: Network name, in snake_case.

    Returns:
        The strings in the network's module that are one of these, in their order.
    """
    tree = _parse(networks()[name][0])
    trees = [tree, *(_parse(module) for module in _siblings(tree))]
    nodes = (node for tree in trees for node in ast.walk(tree))
    strings = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return [text for text in strings if isinstance(text, str) and _PIN.match(text)]


def _siblings(tree: ast.Module) -> list[str]:
    """Return the modules of `keras.src.applications` that one builds on: resnet_v2 on resnet."""
    return [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "keras.src.applications"
        for alias in node.names
    ]


def _parse(module: str) -> ast.Module:
    return ast.parse((_folder() / "src" / "applications" / f"{module}.py").read_text())


def _folder() -> Path:
    spec = find_spec("keras")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("keras")
    return Path(spec.origin).parent


def _snake_case(name: str) -> str:
    """Return the snake case of a name: resnet50_v2 of ResNet50V2."""
    words = name.replace("NeXt", "next").replace("Net", "net")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower()

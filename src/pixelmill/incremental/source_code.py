"""The code that a node runs: its own module and all project modules that it imports.

Imports are read from the source, also those inside functions, but not those for type checkers
alone. A package that finds its modules by name at run time (it uses its own `__name__` or
`__path__`) counts with all of them. Files beside the modules of a package, such as templates and
style sheets, belong to it.
"""

import ast
import hashlib
import os
import re
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

PLUMBING = frozenset(
    {
        *("kedro", "kedro_datasets", "omegaconf", "click", "pydantic", "pydantic_core"),
        *("fsspec", "s3fs", "boto3", "botocore", "aiobotocore", "aiohttp", "requests", "filelock"),
    }
)
"""Libraries that start nodes and move bytes; no version of them changes a number or a picture."""


NAMED_OTHERWISE = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "yaml": "pyyaml",
}
"""Distributions of libraries that are imported by another name; others are in the metadata."""


class Imports(NamedTuple):
    """What one file of source code imports.

    Attributes:
        modules: Names of modules and of what is taken from them, with dots.
        is_registry: Whether it finds modules of its own package by name.
    """

    modules: Sequence[str]
    is_registry: bool


class SourceCode:
    """The source code of the project's packages, read once.

    Attributes:
        imports: What modules import, by their names and the digests of their content.

    Args:
        packages: Names of the top-level packages that belong to the project.
        imports: What an earlier run found, so that only changed files are parsed.
    """

    def __init__(
        self, packages: Iterable[str], imports: Mapping[str, Sequence[Any]] | None = None
    ) -> None:
        self._folders = {name: folder for name in packages if (folder := _folder(name))}
        self._known = {key: Imports(*found) for key, found in (imports or {}).items()}
        self.imports: dict[str, Imports] = {}
        self._digests: dict[str, str] = {}
        self._needed: dict[str, list[str]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._libraries: dict[frozenset[str], dict[str, str]] = {}

    def modules_of(self, module: str) -> dict[str, str]:
        """Return the modules that a module runs, itself among them, and the files beside them.

        Args:
            module: Full name; one of another package has no modules here.

        Returns:
            Digests by module name, and by `package/file name` for files that are no modules.
        """
        return {name: self._digest(name) for name in sorted(self._closure(module))}

    def libraries_of(self, modules: Iterable[str]) -> dict[str, str]:
        """Return the versions of the libraries that some modules import, by distribution.

        Args:
            modules: Names of modules of the project.
        """
        names = frozenset(modules)
        if names not in self._libraries:
            self._libraries[names] = self._find_libraries(names)
        return self._libraries[names]

    def _find_libraries(self, modules: frozenset[str]) -> dict[str, str]:
        imported = {
            name.partition(".")[0]
            for module in modules
            if module in self._files
            for name in self._imports_of(module).modules
        }
        others = imported - self._folders.keys() - sys.stdlib_module_names - PLUMBING
        return dict(sorted(self._versions(others)))

    def _versions(self, libraries: Iterable[str]) -> Iterator[tuple[str, str]]:
        for library in libraries:
            own = plain_name(NAMED_OTHERWISE.get(library, library))
            names = [own] if own in self._installed else self._distributions.get(library, [])
            found = (plain_name(name) for name in names)
            yield from ((name, self._installed[name]) for name in found if name in self._installed)

    @cached_property
    def _installed(self) -> dict[str, str]:
        """Versions by distribution, from the names of folders: reading them all takes a second."""
        folders = (Path(place) for place in reversed(sys.path))
        found = (
            info for folder in folders if folder.is_dir() for info in folder.glob("*.dist-info")
        )
        parts = (info.stem.rpartition("-") for info in found)
        return {plain_name(name): version for name, _, version in parts}

    @cached_property
    def _distributions(self) -> Mapping[str, list[str]]:
        return packages_distributions()

    def _closure(self, module: str) -> frozenset[str]:
        """Return all modules whose code can change what a module does.

        Importing `a.b.c` runs the packages `a` and `a.b` before. They count too, but not what they
        import: only who imports from a package itself depends on that.
        """
        if module not in self._closures:
            found: set[str] = set()
            waiting = [module] if module in self._files else []
            while waiting:
                name = waiting.pop()
                if name not in found:
                    found.add(name)
                    if name not in self._needed:
                        self._needed[name] = list(self._needed_by(name))
                    waiting += self._needed[name]
            parents = {parent for name in found for parent in _parents(name)}
            packages = parents & self._files.keys()
            beside = {file for name in found | packages for file in self._beside.get(name, ())}
            self._closures[module] = frozenset(found | packages | beside)
        return self._closures[module]

    def _needed_by(self, module: str) -> Iterator[str]:
        """Yield the modules that a module imports, or finds by name."""
        imports = self._imports_of(module)
        yield from (name for name in imports.modules if name in self._files)
        if imports.is_registry and "." in module:
            yield from (name for name in self._files if name.rpartition(".")[0] == module)

    def _imports_of(self, module: str) -> Imports:
        key = f"{module} {self._digest(module)}"  # relative imports depend on the module's name
        if key not in self.imports:
            source = self._files[module].read_bytes()
            self.imports[key] = self._known.get(key) or read_imports(source, module)
        return self.imports[key]

    @cached_property
    def _found(self) -> tuple[dict[str, Path], dict[str, Path]]:
        """Files of source code by module name, and others by `package/name`."""
        files = [
            (package, file.relative_to(folder), file)
            for package, folder in self._folders.items()
            for file in _files_below(folder)
        ]
        modules = {
            _module_name(package, name): file for package, name, file in files if _is_code(file)
        }
        others = {
            _name_beside(package, name, modules): file
            for package, name, file in files
            if not _is_code(file)
        }
        return modules, others

    @property
    def _files(self) -> dict[str, Path]:
        return self._found[0]

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        """Names of the files that are no modules, by the package that they belong to."""
        found: dict[str, list[str]] = {}
        for name in self._found[1]:
            found.setdefault(name.partition("/")[0], []).append(name)
        return found

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            modules, others = self._found
            self._digests[name] = digest_of((modules.get(name) or others[name]).read_bytes())
        return self._digests[name]


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name


def digest_of(content: bytes) -> str:
    """Return 16 hexadecimal digits of the BLAKE2b digest of some bytes."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def plain_name(distribution: str) -> str:
    """Return the normalized name of a distribution, such as `scikit_learn`."""
    return re.sub(r"[-_.]+", "_", distribution).lower()


@lru_cache(maxsize=2048)
def read_imports(source: bytes, module: str) -> Imports:
    """Find what source code imports.

    Args:
        source: The content of the file.
        module: Full name of the module, for relative imports.

    Example:
        >>> read_imports(b"import os.path\\nfrom numpy import linalg", "module").modules
        ('numpy', 'numpy.linalg', 'os.path')
    """
    tree = ast.parse(source)
    names: set[str] = set()
    registry = False
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        names.update(_imported(node, module))
        registry |= isinstance(node, ast.Name) and node.id in ("__name__", "__path__")
        waiting += ast.iter_child_nodes(node)
    return Imports(tuple(sorted(names)), registry)


def _imported(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = ".".join(module.split(".")[: -node.level]) if node.level else ""
        source = ".".join(filter(None, (base, node.module)))
        yield source
        yield from (f"{source}.{alias.name}" for alias in node.names)


def _folder(package: str) -> Path | None:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, but for what Python compiled, which is as many."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (file for name in names if (file := Path(place, name)).is_file())


def _is_code(file: Path) -> bool:
    return file.suffix == ".py"


def _name_beside(package: str, file: Path, modules: Container[str]) -> str:
    """Return `package/rest`, with the innermost folder that is a package."""
    parts = [package, *file.parts]
    inner = 1
    while ".".join(parts[: inner + 1]) in modules:
        inner += 1
    return f"{'.'.join(parts[:inner])}/{'/'.join(parts[inner:])}"


def _module_name(package: str, file: Path) -> str:
    parts = [package, *file.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

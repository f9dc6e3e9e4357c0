"""The code that a node runs: its own module and whatever of the project that one imports.

Imports are read from the source, also those inside functions, but not those for type checkers
alone. A package that finds its modules by name at run time (it uses its own `__name__` or
`__path__`) counts with all of them. Files beside the modules of a package, such as templates and
style sheets, belong to it.
"""

import ast
import contextlib
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, packages_distributions, version
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
        imports: What files import, by the digest of their content.

    Args:
        packages: Names of the top-level packages that belong to the project.
        imports: What an earlier run found, so that only changed files are parsed.
    """

    def __init__(
        self, packages: Iterable[str], imports: Mapping[str, Sequence[Any]] | None = None
    ) -> None:
        self._folders = {name: folder for name in packages if (folder := _folder(name))}
        self._known = {digest: Imports(*found) for digest, found in (imports or {}).items()}
        self.imports: dict[str, Imports] = {}
        self._needed: dict[str, list[str]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._libraries: dict[frozenset[str], dict[str, str]] = {}

    def modules_of(self, module: str) -> dict[str, str]:
        """The modules that a module runs, itself among them, and the files beside them.

        Args:
            module: Full name; one of another package has no modules here.

        Returns:
            Digests by module name, and by `package/file name` for files that are no modules.
        """
        names = sorted(self._closure(module))
        return {name: self._digests[name] for name in names if name in self._digests}

    def libraries_of(self, modules: Iterable[str]) -> dict[str, str]:
        """Versions of the libraries that some modules import, by distribution.

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
            for name in self._distributions.get(library, ()):
                with contextlib.suppress(PackageNotFoundError):  # removed meanwhile
                    yield name, version(name)

    @cached_property
    def _distributions(self) -> Mapping[str, list[str]]:
        return packages_distributions()

    def _closure(self, module: str) -> frozenset[str]:
        """All modules whose code can change what a module does.

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
            packages = {parent for name in found for parent in _parents(name)}
            beside = {file for name in found | packages for file in self._beside.get(name, ())}
            self._closures[module] = frozenset(found | packages | beside)
        return self._closures[module]

    def _needed_by(self, module: str) -> Iterator[str]:
        """The modules that a module imports, or finds by name."""
        imports = self._imports_of(module)
        yield from (name for name in imports.modules if name in self._files)
        if imports.is_registry and "." in module:
            yield from (name for name in self._files if name.rpartition(".")[0] == module)

    def _imports_of(self, module: str) -> Imports:
        digest = self._digests[module]
        if digest not in self.imports:
            source = self._files[module].read_bytes()
            self.imports[digest] = self._known.get(digest) or read_imports(source, module)
        return self.imports[digest]

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Files of source code by the names of their modules."""
        return {
            _module_name(package, file.relative_to(folder)): file
            for package, folder in self._folders.items()
            for file in folder.rglob("*.py")
        }

    @cached_property
    def _beside(self) -> dict[str, list[str]]:
        """Names of the files that are no modules, by the package that they belong to."""
        found: dict[str, list[str]] = {}
        for name in self._others:
            found.setdefault(name.partition("/")[0], []).append(name)
        return found

    @cached_property
    def _others(self) -> dict[str, Path]:
        return {
            name: file
            for package, folder in self._folders.items()
            for file in folder.rglob("*")
            if file.suffix not in (".py", ".pyc") and file.is_file()
            for name in [self._name_beside(package, file.relative_to(folder))]
        }

    def _name_beside(self, package: str, file: Path) -> str:
        """`package/rest`, with the innermost folder that is a package."""
        parts = [package, *file.parts]
        inner = max(
            end for end in range(1, len(parts)) if end == 1 or ".".join(parts[:end]) in self._files
        )
        return f"{'.'.join(parts[:inner])}/{'/'.join(parts[inner:])}"

    @cached_property
    def _digests(self) -> dict[str, str]:
        files = self._files | self._others
        return {name: digest_of(file.read_bytes()) for name, file in files.items()}


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name


def digest_of(content: bytes) -> str:
    """A short name for some bytes: 16 hexadecimal digits of their BLAKE2b digest."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


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


def _module_name(package: str, file: Path) -> str:
    parts = [package, *file.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

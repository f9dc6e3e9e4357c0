"""Names of estimators: the classifiers of scikit-learn, and nothing else."""

import importlib
import inspect
import pkgutil
from typing import Any

from pixelmill.errors import InputError
from pixelmill.parameters.method import nearest

FORM = "sklearn.<module>.<Class>, as sklearn.svm.SVC"


def find_classifier(name: str) -> Any:
    """Return the class of scikit-learn of that name.

    Only public modules of scikit-learn are imported, and only a class that is defined in the one
    that is named, and is a classifier, is returned: a name can lead to nothing else.

    Args:
        name: `sklearn.<module>.<Class>`.

    Raises:
        InputError: For every other name, with the nearest one, and for classifiers that are made
            of another estimator.
    """
    package, _, rest = name.partition(".")
    module, _, kind = rest.partition(".")
    found = _classifiers(module).get(kind) if package == "sklearn" else None
    if found is None:
        raise InputError(f"modelling.estimator: there is no '{name}'; {_hint(name)}")
    needed = _needed(found)
    if needed:
        raise InputError(
            f"modelling.estimator: {name} is made of other estimators ({needed}), which cannot "
            f"be named here: name a classifier that stands alone ({FORM})"
        )
    return found


def _modules() -> list[str]:
    """Return the public modules of scikit-learn, by name; imports none of them."""
    import sklearn

    names = (found.name for found in pkgutil.iter_modules(sklearn.__path__))
    hidden = ("tests", "externals", "conftest", "experimental")
    return [name for name in names if name[0] != "_" and name not in hidden]


def _classifiers(module: str) -> dict[str, Any]:
    """Return the classifiers that a module of scikit-learn defines, by name."""
    if module not in _modules():
        return {}
    members = vars(importlib.import_module(f"sklearn.{module}"))
    return {
        name: value
        for name, value in members.items()
        if name[0] != "_" and _is_classifier(value, f"sklearn.{module}")
    }


def _is_classifier(value: Any, module: str) -> bool:
    from sklearn.base import BaseEstimator, ClassifierMixin

    return (
        inspect.isclass(value)
        and issubclass(value, BaseEstimator)
        and issubclass(value, ClassifierMixin)
        and not inspect.isabstract(value)
        and f"{value.__module__}.".startswith(f"{module}.")
    )


def _needed(kind: Any) -> str | None:
    """Return the parameter that has no default, or an estimator that may not be None: always
    another.
    """
    for name, parameter in inspect.signature(kind).parameters.items():
        if parameter.default is parameter.empty:
            return name
        if name == "estimator" and None not in kind._parameter_constraints[name]:
            return name
    return None


def _hint(name: str) -> str:
    """Return the nearest name: the same class elsewhere, or a similar one."""
    known = {
        f"sklearn.{module}.{kind}": kind
        for module in _modules()
        for kind, found in _classifiers(module).items()
        if _needed(found) is None
    }
    wanted = name.rpartition(".")[2].lower()
    same = [full for full, kind in known.items() if kind.lower() == wanted]
    return nearest(same[0] if same else name, known)

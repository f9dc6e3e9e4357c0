"""`--params` as text, read by the types of the parameters.

Text arrives as it was typed: `2024`, `null` in a list, a regular expression with braces, brackets
and commas. A list of texts needs no brackets. Everything else is YAML, as Kedro reads it.

A comma begins the next parameter where a name and '=' follow it. Quotes around a value, or around
a text in a list, keep what would end it.
"""

import json
import re
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel

from pixelmill.errors import InputError
from pixelmill.parameters.project import ProjectParameters

_NEXT = re.compile(r",\s*(?=(?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+)*+)\s*=)")
_QUOTED = re.compile(
    rf"""\s*(?P<quote>['"])(?P<text>.*?)(?P=quote)\s*(?=$|{_NEXT.pattern})""", re.S
)
_PAIRS = {"]": "[", "}": "{", ")": "("}
_INTERPOLATION = re.compile(r"(\\*)\$\{")


def params_option(_: click.Context, __: click.Parameter, value: Any) -> Any:
    """Read `--params` of a command, for click; a recipe's are a dictionary already.

    Args:
        value: Value as it was typed.
    """
    if isinstance(value, dict):
        return value
    try:
        return read_params(value or "")
    except InputError as problem:
        raise click.ClickException(str(problem)) from problem


def read_params(text: str) -> dict[str, Any]:
    """Read the value of `--params`.

    Args:
        text: `name=value,group.name=value`.

    Returns:
        Values by name, those of a group nested; a text that holds OmegaConf's '${' has it escaped.

    Raises:
        InputError: A part has no name or no '=', or its value cannot be read.

    Example:
        >>> read_params("dataset=2024,modelling.pairs=[[3,5]],splitting.seed=1")
        {'dataset': '2024', 'modelling': {'pairs': [['3', '5']]}, 'splitting': {'seed': 1}}
        >>> read_params(r"ingestion.pattern=^[a-z]{2,3},(\\d+)$,images=/photos")
        {'ingestion': {'pattern': '^[a-z]{2,3},(\\\\d+)$'}, 'images': '/photos'}
    """
    found: dict[str, Any] = {}
    for name, value in _items(text):
        *groups, last = name.split(".")
        place = found
        for group in groups:
            inner = place.get(group)
            place[group] = inner if isinstance(inner, dict) else {}
            place = place[group]
        place[last] = _read(name, value)
    return found


def _items(text: str) -> Iterator[tuple[str, str]]:
    rest = text
    while rest.strip(" ,"):
        name, equals, rest = rest.partition("=")
        if not equals or not name.strip(" ,"):
            raise InputError(
                f"--params: '{name.strip() or '='}' is no parameter: write name=value, several of "
                "them with a comma between them"
            )
        end = _end(_type_of(name.strip(" ,")), rest)
        yield name.strip(" ,"), rest[:end]
        rest = rest[end:]


def _end(kind: Any, text: str) -> int:
    """Return where the value ends that a text begins with."""
    if quoted := _QUOTED.match(text):
        return quoted.end()
    enclosed = _enclosed(text)
    for comma in _NEXT.finditer(text):
        is_certain = _is_text(kind) and _type_of(comma["name"]) is not Any
        if is_certain or not any(first < comma.start() < last for first, last in enclosed):
            return comma.start()
    return len(text)


def _enclosed(text: str) -> list[tuple[int, int]]:
    """Return the brackets that are closed again, by the places of both."""
    opened: list[int] = []
    pairs = []
    for place, character in enumerate(text):
        if character in _PAIRS.values():
            opened.append(place)
        elif character in _PAIRS:
            first = next((one for one in opened[::-1] if text[one] == _PAIRS[character]), None)
            if first is not None:
                pairs.append((first, place))
                del opened[opened.index(first) :]
    return pairs


def _type_of(name: str) -> Any:
    """Return the annotation of a parameter; Any if unknown, or a key of a free dictionary."""
    kind: Any = ProjectParameters
    for part in name.split("."):
        model = next((one for one in _choices(kind) if _is_model(one)), None)
        field = model.model_fields.get(part) if model else None
        if field is None:
            return Any
        kind = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return kind


def _choices(kind: Any) -> list[Any]:
    """Return what a value may be, without None."""
    if get_origin(kind) is Annotated:
        return _choices(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [one for part in get_args(kind) for one in _choices(part)]
    return [] if kind is NoneType else [kind]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _is_text(kind: Any) -> bool:
    """Return whether every value is a text."""
    return kind is not None and all(
        one is str
        or (get_origin(one) is Literal and all(isinstance(a, str) for a in get_args(one)))
        for one in _choices(kind)
    )


def _items_of(kind: Any) -> Any:
    """Return what a list holds; None where a value is no list."""
    lists = (one for one in _choices(kind) if get_origin(one) in (list, tuple))
    return next((get_args(one)[0] for one in lists), None)


def _is_list_of_texts(kind: Any) -> bool:
    inner = _items_of(kind)
    return inner is not None and (_is_text(inner) or _is_list_of_texts(inner))


def _is_optional(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return _is_optional(get_args(kind)[0])
    return NoneType in get_args(kind)


def _read(name: str, value: str) -> Any:
    kind = _type_of(name)
    if _is_optional(kind) and value.strip() in ("", "null"):
        return None
    if _is_text(kind):
        return _as_text(kind, value)
    text = value.strip(" ,")
    if not text.startswith("[") and _is_text(_items_of(kind)):
        text = f"[{text}]"
    if _is_list_of_texts(kind) and text.startswith("["):
        return _ListReader(name, text).read()
    return _from_yaml(name, kind, value)


def _as_text(kind: Any, value: str) -> str:
    if quoted := _QUOTED.fullmatch(value):
        return _escaped(quoted["text"])
    # A regular expression or a path may begin or end with a blank or a comma; what has a pattern of
    # its own, or is one of some names, does not.
    is_free = get_origin(kind) is not Annotated and _choices(kind) == [str]
    return _escaped(value if is_free else value.strip(" ,"))


def _escaped(text: str) -> str:
    """Return the text that OmegaConf resolves to this one; backslashes count only before '${'."""
    try:
        OmegaConf.create([text])  # Kedro reads it once more after it was resolved
    except OmegaConfBaseException:
        raise InputError(
            f"--params: {text!r} holds '${{' that opens no '${{NAME}}', which Kedro cannot read: "
            "rename what is called so; a regular expression may have [$][{] in its place"
        ) from None
    return _INTERPOLATION.sub(lambda found: found[1] * 2 + r"\${", text)


class _ListReader:
    """Reads a list of texts, or of lists of texts, whose items need no quotes."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._place = 0

    def read(self) -> list[Any]:
        try:
            found = self._list()
        except RecursionError:
            raise self._unreadable() from None
        if self._text[self._place :].strip(" ,"):
            raise self._unreadable()
        return found

    def _list(self) -> list[Any]:
        self._place += 1  # the bracket
        found: list[Any] = []
        while not self._accept("]"):
            if found and not self._accept(","):
                raise self._unreadable()
            if not self._accept("]", peek=True):  # a comma may be at the end
                found.append(self._item())
        return found

    def _item(self) -> Any:
        rest = self._text[self._place :]
        if rest.startswith("["):
            return self._list()
        quoted = re.match(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?=[],])""", rest, re.S)
        plain = quoted or re.match(r"[^][,]+", rest)
        if plain is None:
            raise self._unreadable()
        self._place += plain.end()
        return _escaped(_unquoted(quoted[1]) if quoted else plain[0].strip())

    def _accept(self, mark: str, peek: bool = False) -> bool:
        """Return whether this mark comes next; moves behind it."""
        while self._place < len(self._text) and self._text[self._place].isspace():
            self._place += 1
        found = self._text.startswith(mark, self._place)
        if self._place >= len(self._text):
            raise self._unreadable()
        self._place += found and not peek
        return found

    def _unreadable(self) -> InputError:
        return InputError(
            f"parameter '{self._name}' is {self._text!r}, which cannot be read as a list: check "
            'its brackets and commas, and put what holds either into double quotes: ["a,b",c]'
        )


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    try:
        return str(json.loads(text, strict=False))
    except ValueError:  # a backslash that starts no escape of JSON
        return text[1:-1].replace('\\"', '"')


def _from_yaml(name: str, kind: Any, value: str) -> Any:
    text = value.strip(" ,")
    try:
        parsed: Any = OmegaConf.to_container(OmegaConf.from_dotlist([f"value={text}"]))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, RecursionError) as problem:
        raise InputError(
            f"parameter '{name}' is {value!r}, which cannot be read as YAML: "
            f"{' '.join(str(problem).split())}"
        ) from problem
    return _with_texts(kind, parsed["value"], node)


def _with_texts(kind: Any, value: Any, node: yaml.Node | None) -> Any:
    """Return the value with the texts of a group as they were typed, where YAML saw numbers."""
    if isinstance(node, yaml.MappingNode) and isinstance(value, dict):
        model = next((one for one in _choices(kind) if _is_model(one)), None)
        fields = {} if model is None else dict(model.model_fields)
        for key, inner in node.value:
            if key.value in fields:
                annotation = fields[key.value].annotation
                value[key.value] = _with_texts(annotation, value[key.value], inner)
    elif isinstance(node, yaml.SequenceNode) and isinstance(value, list):
        inner_kind = _items_of(kind)
        return [_with_texts(inner_kind, *each) for each in zip(value, node.value, strict=True)]
    elif (
        isinstance(node, yaml.ScalarNode)
        and value is not None
        and _choices(kind)
        and _is_text(kind)
    ):
        return _escaped(node.value)
    return value

"""AWS's query protocol, both ways, from the model of a service that botocore brings.

Source of the rules: Smithy's specification, "AWS query protocol".
"""

from datetime import UTC, datetime
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.session import Session
from botocore.validate import ParamValidator

RESULT = (
    '<{name}Response xmlns="{space}"><{name}Result>{content}</{name}Result>{request}'
    "</{name}Response>"
)
REQUEST = "<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>"
ERROR = (
    '<ErrorResponse xmlns="{space}"><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>"
)


class QueryProtocol:
    """Reads requests of a service and writes its answers.

    Args:
        service: botocore's name of it.
    """

    def __init__(self, service):
        self.model = Session().get_service_model(service)
        self._space = self.model.metadata["xmlNamespace"]

    def read(self, body):
        """The operation of a request, and its arguments, which must fit the model.

        Raises:
            ValueError: They do not.
        """
        pairs = dict(parse_qsl(body, keep_blank_values=True))
        name = pairs.pop("Action")
        pairs.pop("Version")
        shape = self.model.operation_model(name).input_shape
        found, used = _read(shape, pairs, "") if shape else ({}, set())
        unknown = pairs.keys() - used
        problems = ParamValidator().validate(found, shape).generate_report() if shape else ""
        if unknown or problems:
            raise ValueError(f"{name}: {sorted(unknown)} {problems}")
        return name, found

    def write(self, name, answer, request):
        """An answer as XML; what the model does not know is refused."""
        shape = self.model.operation_model(name).output_shape
        content = "" if shape is None else _write(shape, answer)
        metadata = REQUEST.format(id=request)
        return RESULT.format(name=name, space=self._space, content=content, request=metadata)

    def write_error(self, code, message, request):
        """An error as XML."""
        return ERROR.format(space=self._space, code=code, message=escape(message), id=request)


def _read(shape, pairs, prefix):
    """A value and the names of the pairs that it was read from."""
    if shape.type_name == "structure":
        found, used = {}, set()
        for name, member in shape.members.items():
            place = f"{prefix}.{name}" if prefix else name
            if any(key == place or key.startswith(f"{place}.") for key in pairs):
                found[name], own = _read(member, pairs, place)
                used |= own
        return found, used
    if shape.type_name == "list":
        return _read_list(shape, pairs, f"{prefix}.member.")
    return _scalar(shape.type_name, pairs[prefix]), {prefix}


def _read_list(shape, pairs, prefix):
    numbers = {int(key[len(prefix) :].split(".")[0]) for key in pairs if key.startswith(prefix)}
    read = [_read(shape.member, pairs, f"{prefix}{number}") for number in sorted(numbers)]
    return [value for value, _ in read], set().union(*(own for _, own in read))


def _scalar(kind, text):
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind in ("integer", "long"):
        return int(text)
    if kind == "timestamp":
        return datetime.fromisoformat(text)
    return text


def _write(shape, value):
    if shape.type_name == "structure":
        unknown = value.keys() - shape.members.keys()
        assert not unknown, f"{shape.name} has no {unknown}"
        return "".join(
            f"<{name}>{_write(shape.members[name], inner)}</{name}>"
            for name, inner in value.items()
        )
    if shape.type_name == "list":
        return "".join(f"<member>{_write(shape.member, inner)}</member>" for inner in value)
    if shape.type_name == "timestamp":
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return escape(str(value).lower() if isinstance(value, bool) else str(value))

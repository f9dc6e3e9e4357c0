"""Typed parameters of estimators, with one-line errors."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from pixelmill.errors import InputError
from pixelmill.parameters import Parameters
from pixelmill.parameters.method import nearest

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, lt=2**31)]


class EstimatorParameters(Parameters):
    """Parameters that go by Spark ML's own names: `reg_param` here is `regParam` in the YAML."""

    model_config = ConfigDict(alias_generator=to_camel)

    @classmethod
    def names(cls) -> list[str]:
        """Return the names that the user writes."""
        return [str(field.alias) for field in cls.model_fields.values()]


P = TypeVar("P", bound=EstimatorParameters)


def read_parameters(model: type[P], estimator: str, parameters: Mapping[str, Any]) -> P:
    """Check the parameters that the user gave to an estimator.

    Args:
        model: The parameters that there are.
        estimator: Estimator name, for the error message.
        parameters: Parameters by Spark ML's names.

    Raises:
        InputError: For the first unknown name, with the nearest one, or impossible value.
    """
    where = f"modelling.parameters of {estimator}"
    for name in parameters:
        if name not in model.names():
            hint = nearest(str(name), model.names())
            raise InputError(f"{where}: there is no parameter '{name}'; {hint}")
    try:
        return model.model_validate(dict(parameters))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{where}: {first['loc'][0]} cannot be {first['input']!r}: "
            + first["msg"].removeprefix("Value error, ")
        ) from error

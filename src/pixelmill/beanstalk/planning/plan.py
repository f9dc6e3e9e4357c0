"""Monthly cost of a service, on one machine and behind a load balancer."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from pixelmill.aws.assumptions import Reason, read_assumptions, reasons_in
from pixelmill.beanstalk.planning.rates import Machine, Rates
from pixelmill.beanstalk.settings import ServiceSettings
from pixelmill.errors import InputError
from pixelmill.parameters import Parameters

FILE = Path(__file__).with_name("assumptions.yml")
NO_LOAD = "the load or its cost is not finite: check the numbers that --assume gives"
HOURS = 730.0  # of a month
DAYS = HOURS / 24
SECONDS_A_DAY = 86_400
KILOBYTE, GIGABYTE = 1e3, 1e9
# Of a capacity unit of an Application Load Balancer: new connections a second, GB an hour.
# Source: aws.amazon.com/elasticloadbalancing/pricing.
LCU_CONNECTIONS, LCU_GIGABYTES = 25.0, 1.0

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Assumptions(Parameters):
    """The numbers; `assumptions.yml` says of each what it is and why it is so.

    Attributes:
        images_a_second: Images a second that a reference core answers.
        utilisation: Share of that which is planned with.
        images_a_request: Images of a request.
        peak_factor: The busiest hour against the mean.
        image_kb: Size of an image.
        answer_kb: Size of an answer.
        log_kb: Size of what a request adds to the logs.
        free_transfer: GB a month to the internet that cost nothing.
        zones: Zones of a load balancer.
        model_gb: Size of all on S3.
        asks_a_minute: Requests of a machine to S3.
        surplus_dollars: For a vCPU hour beyond what a burstable machine earns.
    """

    images_a_second: Positive
    utilisation: Annotated[float, Field(gt=0, le=1)]
    images_a_request: Positive
    peak_factor: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    image_kb: Positive
    answer_kb: Positive
    log_kb: NotNegative
    free_transfer: NotNegative
    zones: Annotated[int, Field(ge=2, le=6)]
    model_gb: NotNegative
    asks_a_minute: NotNegative
    surplus_dollars: NotNegative


def load_assumptions(changes: Sequence[str] = ()) -> Assumptions:
    """Return the numbers of the file, and those that the command line gives instead.

    Args:
        changes: `name=value` each.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return read_assumptions(FILE, Assumptions, changes)


def reasons() -> dict[str, Reason]:
    """Return the reason of each, by name."""
    return reasons_in(FILE)


@dataclass(frozen=True)
class Cost:
    """The parts of a month's bill, in US dollars.

    Attributes:
        machines: Instances on demand.
        surplus: Cost of CPU credits beyond those that burstable instances earn.
        disks: EBS.
        balancer: Hours of the load balancer.
        capacity: Cost of load balancer capacity units.
        addresses: Public IPv4 addresses.
        transfer: Cost of transfer to the internet.
        storage: S3, with the requests to it.
        logs: CloudWatch.
    """

    machines: float
    surplus: float
    disks: float
    balancer: float
    capacity: float
    addresses: float
    transfer: float
    storage: float
    logs: float

    @property
    def parts(self) -> dict[str, float]:
        """By name."""
        return asdict(self)

    @property
    def total(self) -> float:
        """Of all parts."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class Choice:
    """One way to run the service.

    Attributes:
        balanced: Whether behind a load balancer.
        machines: Mean number of machines.
        needed: Machines that the busiest hour takes.
        cost: Cost for a month in US dollars.
    """

    balanced: bool
    machines: float
    needed: int
    cost: Cost


@dataclass(frozen=True)
class Plan:
    """What `kedro beanstalk plan` shows.

    Attributes:
        rates: Prices of the region and the machine.
        requests: A day.
        mean: Images a second, over the day.
        peak: Images a second in the busiest hour.
        choices: Choice without a load balancer, and with one.
        advice: Sentences on what does not fit.
    """

    rates: Rates
    requests: float
    mean: float
    peak: float
    choices: tuple[Choice, Choice]
    advice: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON, with the totals."""
        found = asdict(self)
        found["rates"]["service"] = self.rates.service.model_dump()
        sources = self.rates.sources.items()
        found["rates"]["sources"] = {part: each.model_dump(mode="json") for part, each in sources}
        for choice, described in zip(self.choices, found["choices"], strict=True):
            described["cost"]["total"] = choice.cost.total
        return found


def images_of(machine: Machine, assumed: Assumptions) -> float:
    """Return images a second that a machine answers well while it has all of its vCPUs."""
    return machine.vcpus * machine.speed * assumed.images_a_second * assumed.utilisation


def make_plan(
    settings: ServiceSettings, rates: Rates, requests: float, assumed: Assumptions
) -> Plan:
    """Price a service.

    Args:
        settings: Service settings.
        rates: Prices of the machine.
        requests: A day.
        assumed: Assumptions of the plan.

    Raises:
        InputError: If an assumption leads to no finite load or cost.
    """
    mean = requests * assumed.images_a_request / SECONDS_A_DAY
    peak = mean * assumed.peak_factor
    capacity = images_of(rates.machine, assumed)
    if not capacity or not math.isfinite(peak / capacity):
        raise InputError(NO_LOAD)
    load = _Load(settings, rates, assumed, requests, mean, peak)
    choices = (load.choice(balanced=False), load.choice(balanced=True))
    if not all(math.isfinite(choice.cost.total) for choice in choices):
        raise InputError(NO_LOAD)
    return Plan(rates, requests, mean, peak, choices, list(load.advice(*choices)))


@dataclass(frozen=True)
class _Load:
    settings: ServiceSettings
    rates: Rates
    assumed: Assumptions
    requests: float
    mean: float
    peak: float

    @property
    def machine(self) -> Machine:
        return self.rates.machine

    def choice(self, *, balanced: bool) -> Choice:
        capacity = images_of(self.machine, self.assumed)
        needed = max(1, math.ceil(self.peak / capacity))
        least = self.settings.least if balanced else 1
        machines = max(float(least), self.mean / capacity) if balanced else 1.0
        return Choice(balanced, machines, needed, self._cost(machines, balanced))

    def advice(self, alone: Choice, balanced: Choice) -> Any:
        name, answered = self.machine.name, images_of(self.machine, self.assumed)
        if alone.needed > 1:
            peak = f"{self.peak:,.1f}"
            yield (
                f"one {name} does not answer the busiest hour ({peak} images a second of "
                f"{answered:,.1f}): take a larger one, or balanced=true with "
                f"most={balanced.needed} or more"
            )
        if balanced.needed > self.settings.most:
            most = self.settings.most
            yield f"the busiest hour takes {balanced.needed} machines, and most is {most}"
        if self._surplus(1.0) > 0:
            yield (
                f"one {name} earns {self.machine.share:.0%} of its vCPUs, and the mean load takes "
                "more: what it uses beyond is charged; c7i.large is made for that"
            )

    def _surplus(self, machines: float) -> float:
        """Return the vCPU hours a month beyond what burstable machines earn."""
        busy = self.mean / (self.machine.speed * self.assumed.images_a_second)
        earned = machines * self.machine.vcpus * self.machine.share
        return max(0.0, min(busy, machines * self.machine.vcpus) - earned) * HOURS

    def _cost(self, machines: float, balanced: bool) -> Cost:
        service, assumed = self.rates.service, self.assumed
        a_month = self.requests * DAYS
        sent = a_month * assumed.answer_kb * KILOBYTE / GIGABYTE
        logs = a_month * assumed.log_kb * KILOBYTE / GIGABYTE
        addresses = machines + (assumed.zones if balanced else 0)
        burstable = self.machine.share < 1
        return Cost(
            machines=machines * HOURS * self.machine.hour,
            surplus=self._surplus(machines) * assumed.surplus_dollars if burstable else 0.0,
            disks=machines * self.settings.disk * self.rates.disk,
            balancer=HOURS * service.load_balancer if balanced else 0.0,
            capacity=HOURS * self._capacity_units() * service.capacity_unit if balanced else 0.0,
            addresses=addresses * HOURS * service.address,
            transfer=max(0.0, sent - assumed.free_transfer) * service.transfer,
            storage=assumed.model_gb * self.rates.storage + self._asked(machines),
            logs=logs * (service.logs + service.logs_storage * self.settings.log_days / DAYS),
        )

    def _capacity_units(self) -> float:
        """Return the capacity units of the mean load: the largest of its dimensions counts."""
        a_second = self.requests / SECONDS_A_DAY
        size = self.assumed.image_kb * self.assumed.images_a_request + self.assumed.answer_kb
        an_hour = a_second * 3600 * size * KILOBYTE / GIGABYTE
        return max(a_second / LCU_CONNECTIONS, an_hour / LCU_GIGABYTES)

    def _asked(self, machines: float) -> float:
        asks = machines * self.assumed.asks_a_minute * 60 * HOURS * 2
        return asks * self.rates.get / 1000

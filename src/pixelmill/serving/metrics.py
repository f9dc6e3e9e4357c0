"""Prometheus metrics of the service."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pixelmill.serving.frames import Answer, Status

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Reasons repeat what a file holds: beside these beginnings, they are counted together.
REASONS = (
    "corrupt image",
    "download failed",
    "empty file",
    "it ended the process",
    "not an image",
    "not base64",
    "too many pixels",
    "too much memory",
    "too much time",
    "too much work",
    "truncated image",
    "unreadable",
)


class Metrics:
    """Counters and histograms of one service.

    Attributes:
        reloads: Looks at a replaced model, by result: loaded, refused.
        restarts: Number of restarts of the model's process.
        in_flight: Images that wait or are in work.
    """

    def __init__(self) -> None:
        """Start at zero."""
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "pixelmill_requests", "Requests", ["route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "pixelmill_request_seconds",
            "Time of a request",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        steps = Histogram(
            "pixelmill_step_seconds",
            "Time of an image in a step: queue, decode, infer",
            ["step"],
            buckets=SECONDS,
            registry=registry,
        )
        self._queue, self._decode, self._infer = map(steps.labels, ("queue", "decode", "infer"))
        self._batch = Histogram(
            "pixelmill_batch_images",
            "Images of the batch that an image was in",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
        self._images = Counter("pixelmill_images", "Images answered", registry=registry)
        self._failures = Counter(
            "pixelmill_failed_images", "Images that failed", ["reason"], registry=registry
        )
        self.reloads = Counter(
            "pixelmill_model_reloads", "Replaced models", ["result"], registry=registry
        )
        self.restarts = Counter(
            "pixelmill_process_restarts", "Restarts of the model's process", registry=registry
        )
        self.in_flight = Gauge(
            "pixelmill_images_in_flight", "Images that wait or are in work", registry=registry
        )

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            route: Path of the route, as in its description.
            status: HTTP status.
            seconds: Seconds from the end of the request's header to the end of its answer.
        """
        self._requests.labels(route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count(self, answer: Answer) -> None:
        """Count an image by its result."""
        if answer.status is not Status.DONE:
            self.count_failure(answer.content.decode() or "a mistake of the service")
            return
        self._images.inc()
        self._queue.observe(answer.queue_seconds)
        self._decode.observe(answer.decode_seconds)
        self._infer.observe(answer.infer_seconds)
        self._batch.observe(answer.batch)

    def count_failure(self, reason: str) -> None:
        """Count an image that failed."""
        known = (one for one in REASONS if reason.startswith(one))
        self._failures.labels(next(known, "other")).inc()

    def to_text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)

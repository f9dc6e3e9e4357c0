"""Elastic Beanstalk on loopback: applications, versions, environments and events.

moto knows eight of its calls and no event. This server validates each request by the model that
botocore brings, keeps what it makes, and lets environments come and go as AWS does: each look at
one takes it a step further.
"""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from botocore import xform_name

from tests.beanstalk.eb_applications import Applications, RefusedError
from tests.beanstalk.query_protocol import QueryProtocol

STACKS = [
    "64bit Amazon Linux 2 v4.9.1 running Docker",
    "64bit Amazon Linux 2023 v4.9.0 running Docker",
    "64bit Amazon Linux 2023 v4.13.9 running Docker",
    "64bit Amazon Linux 2023 v4.14.0 running ECS",
    "64bit Amazon Linux 2023 v6.99.0 running Node.js 24",
]
ACCOUNT = "123456789012"
REGION = "us-east-1"


class BeanstalkServer(Applications):
    """Serves the query protocol, and the health page of every environment.

    Attributes:
        applications: Descriptions, by name.
        versions: Descriptions, by application and label.
        environments: Descriptions, by name; those that are gone too.
        options: Of each environment, by namespace and name.
        asked: Operations in their order, with their arguments.
        failing: What the next operations that make or change an environment end with: an event.
        health: Status of the health page.
        health_of_environments: Of those that are made or changed.
        tail: Path of the page with a machine's logs.
        machines: Ids of the machines of every environment.
        silent: Machines that send no logs.
        make_bucket: Makes the bucket of CreateStorageLocation.
    """

    def __init__(self):
        self._protocol = QueryProtocol("elasticbeanstalk")
        handler = type("Handler", (_Handler,), {"beanstalk": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        self.make_bucket = lambda _: None
        self.reset()

    def reset(self):
        """Forgets everything."""
        self.applications, self.versions, self.environments, self.options = {}, {}, {}, {}
        self.asked, self.failing, self.health, self._events = [], None, 200, []
        self.health_of_environments, self.tail = "Green", "tail"
        self.machines, self.silent = ["i-0123456789abcdef0"], set()
        self._numbers, self._ends = count(1), {}

    def __enter__(self):
        """Serves in a thread."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()

    def operations(self):
        """Names of what was asked for."""
        return [name for name, _ in self.asked]

    def alive(self):
        """Names of environments that are not gone."""
        return [name for name, each in self.environments.items() if each["Status"] != "Terminated"]

    def answer(self, body):
        """Status and XML for the body of a request."""
        request = f"request-{next(self._numbers)}"
        try:
            name, given = self._protocol.read(body)
        except (ValueError, KeyError) as problem:
            return 400, self._protocol.write_error("ValidationError", str(problem), request)
        self.asked.append((name, given))
        try:
            found = getattr(self, f"_{xform_name(name)}")(given, request)
        except RefusedError as refused:
            return 400, self._protocol.write_error(*refused.args, request)
        return 200, self._protocol.write(name, found, request)

    def _event(self, name, request, message, severity="INFO"):
        # Of different moments, as those of AWS.
        when = datetime.now(UTC) + timedelta(milliseconds=len(self._events))
        self._events.append(
            {
                "EventDate": when,
                "Message": message,
                "ApplicationName": name,
                "EnvironmentName": name,
                "RequestId": request,
                "Severity": severity,
            }
        )

    def _list_available_solution_stacks(self, _given, _request):
        return {"SolutionStacks": STACKS}

    def _create_storage_location(self, _given, _request):
        bucket = f"elasticbeanstalk-{REGION}-{ACCOUNT}"
        self.make_bucket(bucket)
        return {"S3Bucket": bucket}

    def _create_environment(self, given, request):
        name = given["EnvironmentName"]
        if name in self.alive():
            raise RefusedError("InvalidParameterValue", f"Environment {name} already exists.")
        if given["SolutionStackName"] not in STACKS:
            raise RefusedError("InvalidParameterValue", "No Solution Stack of that name found.")
        self._check_version(given["ApplicationName"], given["VersionLabel"])
        self.options[name] = {}
        self._set_options(name, given)
        self.environments[name] = {
            "EnvironmentName": name,
            "EnvironmentId": f"e-{len(self._events):010}",
            "ApplicationName": given["ApplicationName"],
            "SolutionStackName": given["SolutionStackName"],
            "CNAME": self.host,
            "Status": "Launching",
            "Health": "Grey",
        }
        self._event(name, request, "createEnvironment is starting.")
        self._begin(name, request, given["VersionLabel"], "Successfully launched environment")
        return self.environments[name]

    def _update_environment(self, given, request):
        name = given["EnvironmentName"]
        found = self._ready(name)
        self._check_version(found["ApplicationName"], given["VersionLabel"])
        self._set_options(name, given)
        found |= {"Status": "Updating"}
        if "SolutionStackName" in given:
            found["SolutionStackName"] = given["SolutionStackName"]
        self._event(name, request, "Environment update is starting.")
        self._begin(name, request, given["VersionLabel"], "Environment update completed")
        return found

    def _terminate_environment(self, given, request):
        name = given["EnvironmentName"]
        found = self._ready(name)
        found |= {"Status": "Terminating"}
        self._event(name, request, "terminateEnvironment is starting.")
        self._ends[name] = [("Terminated", {}), ("Terminating", {})]
        return found

    def _describe_environments(self, given, _request):
        found = []
        for name in given.get("EnvironmentNames", list(self.environments)):
            if name in self.environments:
                found.append(dict(self.environments[name]))
                self._step(name)
        return {"Environments": found}

    def _describe_events(self, given, _request):
        start = given.get("StartTime", datetime.min.replace(tzinfo=UTC))
        found = [
            each
            for each in self._events
            if each["EnvironmentName"] == given["EnvironmentName"] and each["EventDate"] >= start
        ]
        return {"Events": found[::-1][: given.get("MaxRecords", 100)]}

    def _describe_instances_health(self, given, _request):
        """One machine a page."""
        page = int(given.get("NextToken", 0))
        machine = {
            "InstanceId": self.machines[page],
            "HealthStatus": "Ok",
            "InstanceType": "t3.small",
            "Causes": ["\x1b[2Jall is well".replace("\x1b", "")],
        }
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.machines) else {}
        return {"InstanceHealthList": [machine], **more}

    def _request_environment_info(self, given, _request):
        self._ready(given["EnvironmentName"])
        return {}

    def _retrieve_environment_info(self, _given, _request):
        """First what an earlier request had collected, then of one machine more at each look."""
        now, asked = datetime.now(UTC), self.operations().count("RetrieveEnvironmentInfo")
        old = now - timedelta(minutes=5)
        samples = [(machine, now, self.tail) for machine in self.machines[: asked - 1]]
        samples = [sample for sample in samples if sample[0] not in self.silent]
        return {
            "EnvironmentInfo": [
                {
                    "InfoType": "tail",
                    "Ec2InstanceId": machine,
                    "SampleTimestamp": when,
                    "Message": f"{self.url}/{page}",
                }
                for machine, when, page in samples or [(self.machines[0], old, "old")]
            ]
        }

    def _begin(self, name, request, label, message):
        """What the looks that follow will find."""
        if self.failing is None:
            self._ends[name] = [
                ("Ready", {"VersionLabel": label, "Health": self.health_of_environments})
            ]
            self._event(name, request, message)
        else:
            self._ends[name] = [("Ready", {"Health": "Red"})]
            self._event(name, request, self.failing, "ERROR")
            self.failing = None

    def _step(self, name):
        if self._ends.get(name):
            status, changes = self._ends[name].pop()
            self.environments[name] |= {"Status": status, **changes}

    def _ready(self, name):
        found = self.environments.get(name)
        if found is None or found["Status"] != "Ready":
            state = "gone" if found is None else found["Status"]
            raise RefusedError(
                "InvalidParameterValue",
                f"Environment named {name} is in an invalid state for this operation. Must be "
                f"Ready, and is {state}.",
            )
        return found

    def _check_version(self, application, label):
        if (application, label) not in self.versions:
            raise RefusedError(
                "InvalidParameterValue", f"No Application Version named '{label}' found."
            )

    def _set_options(self, name, given):
        for option in given.get("OptionSettings", []):
            self.options[name][option["Namespace"], option["OptionName"]] = option["Value"]
        for option in given.get("OptionsToRemove", []):
            self.options[name].pop((option["Namespace"], option["OptionName"]), None)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(*self.beanstalk.answer(body), "text/xml")

    def do_GET(self):
        pages = {"/tail": "the last line\x1b[2J\n", "/old": "the last line of yesterday\n"}
        if self.path in pages:
            self._send(200, pages[self.path], "text/plain")
        elif self.path == "/expired":
            self._send(403, "<Error><Code>AccessDenied</Code></Error>", "application/xml")
        else:
            self._send(self.beanstalk.health, json.dumps({"ready": True}), "application/json")

    def _send(self, status, text, kind):
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Says nothing."""

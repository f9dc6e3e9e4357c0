"""Applications of Elastic Beanstalk on loopback, and their versions."""

from datetime import UTC, datetime


class RefusedError(Exception):
    """An error of the service: its code, and what it says."""


class Applications:
    """Operations on applications and versions, which the server keeps."""

    def _describe_applications(self, given, _request):
        names = given.get("ApplicationNames", list(self.applications))
        return {"Applications": [self.applications[n] for n in names if n in self.applications]}

    def _create_application(self, given, _request):
        name = given["ApplicationName"]
        if name in self.applications:
            raise RefusedError("InvalidParameterValue", f"Application {name} already exists.")
        self.applications[name] = {"ApplicationName": name, "DateCreated": datetime.now(UTC)}
        return {"Application": self.applications[name]}

    def _delete_application(self, given, _request):
        name = given["ApplicationName"]
        if name in self.alive():
            raise RefusedError(
                "OperationInProgressFailure", f"Application {name} has environments."
            )
        self.applications.pop(name, None)
        self.versions = {key: each for key, each in self.versions.items() if key[0] != name}
        return {}

    def _describe_application_versions(self, given, _request):
        labels = given.get("VersionLabels")
        return {
            "ApplicationVersions": [
                each
                for (name, label), each in self.versions.items()
                if name == given["ApplicationName"] and (labels is None or label in labels)
            ]
        }

    def _create_application_version(self, given, _request):
        name, label = given["ApplicationName"], given["VersionLabel"]
        if name not in self.applications:
            raise RefusedError("InvalidParameterValue", f"No Application named '{name}' found.")
        self.versions[name, label] = {
            "ApplicationName": name,
            "VersionLabel": label,
            "SourceBundle": given["SourceBundle"],
            "Status": "UNPROCESSED",
        }
        return {"ApplicationVersion": self.versions[name, label]}

    def _delete_application_version(self, given, _request):
        del self.versions[given["ApplicationName"], given["VersionLabel"]]
        return {}

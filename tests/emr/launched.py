"""Runs on moto's EMR, in whatever state a test needs them, as `kedro emr launch` records them."""

import gzip
from datetime import UTC, datetime, timedelta

from pixelmill.emr.record import Launch, save_launch

ACCOUNT = "123456789012"
REGION = "us-east-1"
STORAGE = "s3://photos/mill"
LOGS = f"{STORAGE}/_emr/pets/20260101T000000Z-0000/logs"
GROUPS = [
    {"InstanceRole": "MASTER", "InstanceType": "m7i.2xlarge", "InstanceCount": 1},
    {"InstanceRole": "CORE", "InstanceType": "c7i.4xlarge", "InstanceCount": 1},
    {"InstanceRole": "TASK", "InstanceType": "c7i.4xlarge", "InstanceCount": 4, "Market": "SPOT"},
]


def record(target, owner, run, **changes):
    """Writes the record of a launch."""
    launch = Launch(
        **{
            "target": target,
            "owner": owner,
            "run": run,
            "dataset": "pets",
            "storage": STORAGE,
            "region": REGION,
            "release": "emr-spark-8.1.0",
            "started": datetime.now(UTC) - timedelta(hours=2),
            "logs": LOGS,
            "settings": {"core": {"disk": 64}},
        }
        | changes
    )
    save_launch(launch)
    return launch


def launch_cluster(aws, nodes=GROUPS, **changes):
    """A cluster of six nodes, two hours old, whose step runs."""
    emr = aws("emr")
    groups = [{"Market": "ON_DEMAND"} | group for group in nodes]
    cluster = emr.run_job_flow(
        Name="pixelmill pets",
        ReleaseLabel="emr-7.0.0",
        Instances={"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": False},
        Steps=[{"Name": "run", "HadoopJarStep": {"Jar": "command-runner.jar"}}],
    )["JobFlowId"]
    step = emr.list_steps(ClusterId=cluster)["Steps"][0]["Id"]
    set_cluster(cluster, "RUNNING", "RUNNING")
    began = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=2)
    for instance in _cluster(cluster).ec2_instances:
        instance.instance_group.creation_date_time = began
    return record("cluster", cluster, step, **changes)


def set_cluster(owner, state, step, reason=None):
    """Has EMR say something of a cluster and its step."""
    cluster = _cluster(owner)
    cluster.state, cluster.last_state_change_reason = state, reason
    cluster.steps[0].state = step


def _cluster(owner):
    from moto.emr.models import emr_backends

    return emr_backends[ACCOUNT][REGION].clusters[owner]


def launch_serverless(aws, **changes):
    """An application with a job that runs."""
    client = aws("emr-serverless")
    application = client.create_application(
        name="pixelmill", releaseLabel="emr-7.0.0", type="SPARK", clientToken="token"
    )["applicationId"]
    run = client.start_job_run(
        applicationId=application,
        clientToken="token",
        executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/pixelmill-serverless",
    )["jobRunId"]
    set_job(application, "RUNNING", "STARTED")
    return record("serverless", application, run, **changes)


def set_job(owner, state, application, run=None, **used):
    """Has EMR Serverless say something of an application and its job."""
    from moto.emrserverless.models import emrserverless_backends

    backend = emrserverless_backends[ACCOUNT][REGION]
    backend.applications[owner].state = application
    jobs = {job.id: job for job in backend.job_runs[owner]}
    job = jobs[run or next(iter(jobs))]
    job.state = state
    job.billed_resource_utilization = used


def put_log(s3, path, text):
    """Writes a log as EMR does."""
    key = f"{LOGS}/{path}".removeprefix("s3://photos/")
    s3.put_object(Bucket="photos", Key=key, Body=gzip.compress(text.encode()))

"""Shared by `kedro emr` and `kedro beanstalk`: AWS clients, digests on S3, prices, quotas."""

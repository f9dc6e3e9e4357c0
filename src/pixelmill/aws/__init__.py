"""What `kedro emr` and `kedro beanstalk` share: clients, digests on S3, prices, quotas."""

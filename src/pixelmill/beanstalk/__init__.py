"""The service on AWS Elastic Beanstalk, from the laptop: plan, deploy, status, logs, stop."""

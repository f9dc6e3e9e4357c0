"""Resources and cost of a service on Elastic Beanstalk, before anything is created."""

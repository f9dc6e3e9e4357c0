"""What a service on Elastic Beanstalk needs and costs, before anything is made."""

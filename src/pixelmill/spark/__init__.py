"""Where Spark maps a featurizer over a DataFrame, and how its session starts."""

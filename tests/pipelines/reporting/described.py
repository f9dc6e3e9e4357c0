"""How earlier pipelines describe a run: its profile, featurizer and classifier."""

PROFILE = {
    "images": 123,
    "failed": 3,
    "already_done": 0,
    "seconds": 4.1,
    "images_per_second": 30.0,
    "cores": 2,
    "share": {
        "start_up": 0.2,
        "read": 0.01,
        "decode": 0.14,
        "infer": 0.6,
        "write": 0.04,
        "idle": 0.01,
    },
    "seconds_by_step": {
        "start_up": 1.64,
        "read": 0.08,
        "decode": 1.15,
        "infer": 4.92,
        "write": 0.33,
        "idle": 0.08,
    },
    "batches": 8,
    "peak_worker_memory_bytes": 412_000_000,
    "engine": "openvino",
    "precision": "float32",
    "cpu_has_bfloat16": True,
    "bottleneck": "60% of the core time is inference in float32",
    "advice": "set featurization.precision to bfloat16, about 1.5 times faster in all",
    "failures": {"truncated": 2, "not an image": 1},
}
IDLE_PROFILE = {
    "images": 0,
    "failed": 0,
    "already_done": 123,
    "seconds": 0.0,
    "images_per_second": None,
    "cores": None,
    "share": None,
    "seconds_by_step": None,
    "batches": 0,
    "peak_worker_memory_bytes": None,
    "engine": "openvino",
    "precision": "float32",
    "bottleneck": "nothing to do",
    "advice": "every image of the index has its features",
    "failures": {},
}
FEATURIZER = {
    "fingerprint": "0123456789abcdef",
    "parts": [
        {
            "fingerprint": "0123456789abcdef",
            "network": "efficientnet_lite0",
            "layer": None,
            "input_size": [224, 224],
            "parameters": {"network": "efficientnet_lite0", "batch_size": 8},
        }
    ],
}
CLASSIFIER = {
    "trained": True,
    "reason": None,
    "estimator": "logistic_regression",
    "strategy": "multinomial",
    "parameters": {"maxIter": 100},
    "labels": [],
    "train": 60,
    "seconds": 1.25,
    "warnings": [],
    "probabilities": True,
    "features": ["efficientnet_lite0"],
    "preparation": {"scale": True, "normalize": False, "pca": None},
    "variance_share": None,
}

"""Kedro's settings of the project."""

from kedro.config import OmegaConfigLoader
from omegaconf.resolvers import oc

from pixelmill.hooks import ProjectHooks

HOOKS = (ProjectHooks(),)
CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says what differs; the rest of an entry is that of conf/base.
    "merge_strategy": {"catalog": "soft", "parameters": "soft", "globals": "soft"},
    # Kedro keeps this resolver for credentials; the place of the tables needs it too.
    "custom_resolvers": {"oc.env": oc.env},
}

"""Kedro's settings of the project."""

from pathlib import Path

from kedro.config import OmegaConfigLoader
from omegaconf.resolvers import oc

from pixelmill.hooks import ProjectHooks
from pixelmill.log_lines import use_project_logging
from pixelmill.project_session import ProjectSession
from pixelmill.storage.locations import without_empty_names
from pixelmill.tables import SCHEMAS

use_project_logging(Path(__file__).parents[2])

HOOKS = (ProjectHooks(),)
SESSION_CLASS = ProjectSession
CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says which parameters differ. A catalog entry replaces the whole one of
    # conf/base, as Kedro documents: another type has other arguments.
    "merge_strategy": {"parameters": "soft", "globals": "soft"},
    # Kedro keeps `oc.env` for credentials; the place of the tables needs it too.
    "custom_resolvers": {
        "oc.env": oc.env,
        "schema": SCHEMAS.__getitem__,
        "without_empty_names": without_empty_names,
    },
}

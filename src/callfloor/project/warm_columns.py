"""After a start: the journal's newest columns and the callbacks are read before anybody asks for them."""

import logging

from callfloor.errors import StoreError
from callfloor.store.store import ProjectStore, Store

logger = logging.getLogger(__name__)


async def warm_columns(store: Store, project: ProjectStore) -> None:
    """Step by step, so that other questions come in between; a store that is down is asked when somebody needs it."""
    steps = project.journal.warming()
    try:
        while await store.run(next, steps, None) is not None:
            pass
        await store.run(project.callbacks.warm)
    except StoreError as error:
        logger.info(
            "the journal's columns were not read ahead",
            extra={"project_id": project.project_id, "error_id": error.error_id},
        )

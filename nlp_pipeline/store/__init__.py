"""The store: letters, what runs found out about them, what clerks said, and the audit.

`open_store` gives a `Store`; SQL is spoken here and nowhere else. Every query of letters
takes the one who asks, and hides letters that accuse from all but the entitled role.
"""

from nlp_pipeline.store.engine import default_url
from nlp_pipeline.store.life import MODES, RATINGS, STATES, Kind
from nlp_pipeline.store.reports import RateSettings
from nlp_pipeline.store.store import Store, open_store
from nlp_pipeline.store.upkeep import backup, restore, status, upgrade
from nlp_pipeline.store.views import (
    AuditRow,
    BoardRow,
    Clerk,
    Counts,
    Event,
    Filed,
    Filing,
    Forgotten,
    Lease,
    LetterView,
    Quality,
    QueueFilter,
    QueueItem,
    QueuePage,
    Rate,
    Review,
    Reviewed,
    Role,
    Run,
    StoredPrediction,
    StoreStatus,
    Viewer,
)

__all__ = [
    "MODES",
    "RATINGS",
    "STATES",
    "AuditRow",
    "BoardRow",
    "Clerk",
    "Counts",
    "Event",
    "Filed",
    "Filing",
    "Forgotten",
    "Kind",
    "Lease",
    "LetterView",
    "Quality",
    "QueueFilter",
    "QueueItem",
    "QueuePage",
    "Rate",
    "RateSettings",
    "Review",
    "Reviewed",
    "Role",
    "Run",
    "Store",
    "StoreStatus",
    "StoredPrediction",
    "Viewer",
    "backup",
    "default_url",
    "open_store",
    "restore",
    "status",
    "upgrade",
]

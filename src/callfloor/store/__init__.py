"""Everything that knows SQL: tables, migrations, directory, journal."""

from callfloor.store.directory import DirectoryStore
from callfloor.store.journal import Journal, JournalCall, JournalEmployee, JournalPage
from callfloor.store.lines import Lines
from callfloor.store.links import Links, Outage, StoredLink
from callfloor.store.memberships import Membership, Memberships, Role
from callfloor.store.migrate import MigrationStep
from callfloor.store.projects import Project, Projects
from callfloor.store.proposals import Accepted
from callfloor.store.sessions import Session, Sessions
from callfloor.store.store import FirstStart, ProjectStore, Store
from callfloor.store.users import User, Users, UserSecret
from callfloor.store.writer import Backlog, JournalWriter

__all__ = [
    "Accepted",
    "Backlog",
    "DirectoryStore",
    "FirstStart",
    "Journal",
    "JournalCall",
    "JournalEmployee",
    "JournalPage",
    "JournalWriter",
    "Lines",
    "Links",
    "Membership",
    "Memberships",
    "MigrationStep",
    "Outage",
    "Project",
    "ProjectStore",
    "Projects",
    "Role",
    "Session",
    "Sessions",
    "Store",
    "StoredLink",
    "User",
    "UserSecret",
    "Users",
]

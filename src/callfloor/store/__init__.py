"""Everything that knows SQL: tables, migrations, directory, journal."""

from callfloor.store.audit import Audit, AuditEntry, AuditPage
from callfloor.store.directory import DirectoryStore
from callfloor.store.journal import Journal, JournalCall, JournalEmployee, JournalPage
from callfloor.store.lines import Lines
from callfloor.store.links import Links, Outage, StoredLink
from callfloor.store.memberships import Membership, Memberships, Role
from callfloor.store.migrate import MigrationStep
from callfloor.store.profile import ProfileStore
from callfloor.store.projects import Project, Projects
from callfloor.store.proposals import Accepted
from callfloor.store.rollups import Rebuilding, Rollups
from callfloor.store.rules import ProjectRules, Rules
from callfloor.store.sessions import Session, Sessions
from callfloor.store.statuses import Statuses
from callfloor.store.store import FirstStart, ProjectStore, Store
from callfloor.store.switches import Switches
from callfloor.store.tally import CallCounts
from callfloor.store.users import User, Users, UserSecret
from callfloor.store.working_hours import WorkingHours
from callfloor.store.writer import Backlog, JournalWriter, StatusWriter

__all__ = [
    "Accepted",
    "Audit",
    "AuditEntry",
    "AuditPage",
    "Backlog",
    "CallCounts",
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
    "ProfileStore",
    "Project",
    "ProjectRules",
    "ProjectStore",
    "Projects",
    "Rebuilding",
    "Role",
    "Rollups",
    "Rules",
    "Session",
    "Sessions",
    "StatusWriter",
    "Statuses",
    "Store",
    "StoredLink",
    "Switches",
    "User",
    "UserSecret",
    "Users",
    "WorkingHours",
]

"""The directory's tables that came after the first ones: employees' photos, whose queues are whose, trunks."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from callfloor.store.columns import metadata, project, within

employee_photos = Table(
    "employee_photos",
    metadata,
    project(),
    Column("employee_id", BigInteger, nullable=False, autoincrement=False),
    Column("image", LargeBinary, nullable=False),  # WebP, as we encoded it
    Column("digest", Text, nullable=False),  # of the image: its address changes with it
    PrimaryKeyConstraint("project_id", "employee_id"),
    within("employee_id", "employees", ondelete="CASCADE"),
)

queue_departments = Table(
    "queue_departments",
    metadata,
    project(),
    Column("queue", Text, nullable=False),  # by the PBX's name
    Column("department_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "queue"),
    ForeignKeyConstraint(["project_id", "queue"], ["queues.project_id", "queues.name"], ondelete="CASCADE"),
    within("department_id", "departments", ondelete="CASCADE"),
)

trunks = Table(
    "trunks",
    metadata,
    project(),
    Column("name", Text, nullable=False),  # the endpoint, as calls and tariffs name it
    Column("label", Text, nullable=True),
    Column("tech", Text, nullable=True),  # pjsip | sip | iax2 | dahdi; None: nobody knows
    Column("disabled", Boolean, nullable=False),
    PrimaryKeyConstraint("project_id", "name"),
)

outbound_routes = Table(
    "outbound_routes",
    metadata,
    project(),
    Column("name", Text, nullable=False),  # the PBX's key of it, with the PBX's mark
    Column("label", Text, nullable=True),
    Column("position", Integer, nullable=True),  # the PBX asks them in this order, from 1
    Column("patterns", Text, nullable=False),  # one a line, as Asterisk writes them
    Column("trunks", Text, nullable=False),  # their names, one a line, in the order they are tried
    PrimaryKeyConstraint("project_id", "name"),
)

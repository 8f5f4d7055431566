"""The directory's tables that came after the first ones: employees' photos, and whose queues are whose."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, LargeBinary, PrimaryKeyConstraint, Table, Text

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

"""Who is who, as the floor knows it: the durable directory's part that live calls are shown by."""

import msgspec


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A group of employees; departments nest."""

    id: int
    name: str
    parent_id: int | None = None


class Employee(msgspec.Struct, frozen=True, kw_only=True):
    """A person with their accounts (SIP endpoints, extensions, mobile numbers)."""

    id: int
    name: str
    department_id: int | None = None
    accounts: tuple[str, ...] = ()
    photo: str | None = None  # the digest of their photo; None: they have none


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue by the PBX's name, with the name that people use."""

    name: str
    label: str | None = None
    department_id: int | None = None


class BusinessNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the company."""

    number: str
    label: str | None = None
    source: str | None = None  # the advertising source
    scheme: str | None = None  # the inbound route's name


class Trunk(msgspec.Struct, frozen=True, kw_only=True):
    """A line to a carrier, by the name that calls know it by."""

    name: str
    label: str | None = None


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """One project's directory at an instant."""

    departments: tuple[Department, ...] = ()
    employees: tuple[Employee, ...] = ()
    queues: tuple[Queue, ...] = ()
    numbers: tuple[BusinessNumber, ...] = ()
    trunks: tuple[Trunk, ...] = ()

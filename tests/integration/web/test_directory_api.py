"""The directory in the settings: edited by revision, audited, live at once; as a file; with photos."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from callfloor.store.memberships import Role
from support.web_site import Site


class Editor:
    """An administrator with the settings open."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self.site, self.client = site, client
        self.base = f"/api/v1/projects/{site.ours}"

    async def entries(self) -> dict[str, Any]:
        return dict((await self.client.get(f"{self.base}/directory/entries")).json())

    async def one(self, kind: str, name: str) -> dict[str, Any]:
        key = "number" if kind == "numbers" else "name"
        return next(each for each in (await self.entries())[kind] if each[key] == name)

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.client.request(method, self.base + path, json=body)

    async def newest(self, action: str) -> dict[str, Any]:
        entries = (await self.client.get(f"{self.base}/audit")).json()["entries"]
        return next(each for each in entries if each["action"] == action)


@pytest.fixture
async def editor(ours: Site) -> Editor:
    return Editor(ours, await ours.signed_in("administrator"))


def names(site: Site) -> set[str]:
    return {each.name for each in site.floor.directory.employees}


async def test_an_employee_comes_changes_leaves_and_returns(editor: Editor) -> None:
    site = editor.site
    sales = await editor.one("departments", "Sales")
    accounts = [{"account": "301", "kind": "webrtc"}, {"account": "+48600100200", "kind": "mobile"}]
    made = await editor.ask(
        "POST", "/employees", {"name": " Cleo ", "department_id": sales["id"], "accounts": accounts}
    )
    assert made.status_code == 201, made.text
    cleo = made.json()
    assert (cleo["name"], cleo["department_id"], cleo["left_at"]) == ("Cleo", sales["id"], None)
    assert cleo["accounts"] == sorted(accounts, key=lambda each: each["account"])
    assert "Cleo" in names(site)
    assert (await editor.newest("add_employee"))["details"]["made"]["name"] == "Cleo"
    taken = await editor.ask("POST", "/employees", {"name": "Dan", "accounts": [{"account": "301"}]})
    assert (taken.status_code, taken.json()["details"]["account"]) == (409, "301")
    path = f"/employees/{cleo['id']}"
    body = {"name": "Cleo B", "accounts": accounts[:1], "revision": cleo["revision"]}
    changed = (await editor.ask("PUT", path, body)).json()
    assert [each["account"] for each in changed["accounts"]] == ["301"]
    assert {"account": "+48600100200", "kind": "mobile"} in (await editor.entries())["free_accounts"]
    deed = await editor.newest("change_employee")
    assert (deed["subject"], deed["details"]["before"]["name"]) == (f"employee:{cleo['id']}", "Cleo")
    assert deed["details"]["after"]["department_id"] is None
    left = await editor.ask("POST", f"{path}/leave", {"revision": changed["revision"]})
    assert left.json()["left_at"] is not None
    assert "Cleo B" not in names(site)
    entries = await editor.entries()
    assert ([each["name"] for each in entries["left"]], left.json()["accounts"]) == (["Cleo B"], [])
    assert (await editor.ask("PUT", path, {"name": "Nobody"})).status_code == 404
    back = await editor.ask("POST", f"{path}/return", {"accounts": changed["accounts"]})
    assert [each["account"] for each in back.json()["accounts"]] == ["301"]
    assert "Cleo B" in names(site)
    assert (await editor.ask("POST", f"{path}/return", {})).status_code == 409


async def test_who_leaves_signs_in_no_more_where_that_is_asked(editor: Editor) -> None:
    site = editor.site
    anna = await editor.one("employees", "Anna")
    theirs = await site.signed_in("employee")
    assert (await theirs.get("/api/v1/session")).status_code == 200
    users = (await editor.ask("GET", "/users")).json()["users"]
    (user,) = [each for each in users if each["employee_id"] == anna["id"]]
    asked = {"revision": anna["revision"], "account": "shut_out"}
    stale = await editor.ask("POST", f"/employees/{anna['id']}/leave", {**asked, "revision": "0"})
    assert stale.json()["error_id"] == "stale_edit"
    assert (await theirs.get("/api/v1/session")).status_code == 200, "all of it, or nothing"
    left = await editor.ask("POST", f"/employees/{anna['id']}/leave", asked)
    assert (left.status_code, left.json()["left_at"] is not None) == (200, True)
    assert (await theirs.get("/api/v1/session")).status_code == 401, "at once"
    deed = await editor.newest("disable_user")
    assert (deed["subject"], deed["details"]) == (f"user:{user['id']}", {"login": user["login"]})
    assert (await editor.newest("employee_left"))["details"]["account"] == "shut_out"
    users = (await editor.ask("GET", "/users")).json()["users"]
    assert [each["disabled_at"] is not None for each in users if each["id"] == user["id"]] == [True]


async def test_whoever_is_in_another_project_too_loses_this_one_alone(editor: Editor) -> None:
    site = editor.site
    anna = await editor.one("employees", "Anna")
    user_id = site.users["employee"]
    site.store.memberships.grant(user_id, site.theirs, Role.ANALYST)
    theirs = await site.signed_in("employee")
    left = await editor.ask("POST", f"/employees/{anna['id']}/leave", {"account": "shut_out"})
    assert left.status_code == 200, left.text
    assert [each["id"] for each in (await theirs.get("/api/v1/session")).json()["projects"]] == [site.theirs]
    assert (await editor.newest("remove_user"))["subject"] == f"user:{user_id}"


async def test_nobody_shuts_themself_out_by_leaving(editor: Editor) -> None:
    site = editor.site
    anna = await editor.one("employees", "Anna")
    site.store.memberships.grant(site.users["administrator"], site.ours, Role.ADMINISTRATOR, employee_id=anna["id"])
    refused = await editor.ask("POST", f"/employees/{anna['id']}/leave", {"account": "shut_out"})
    assert (refused.status_code, refused.json()["error_id"]) == (409, "conflict")
    assert (await editor.one("employees", "Anna"))["left_at"] is None


async def test_who_saves_what_somebody_else_changed_is_told_so_and_loses_nothing(editor: Editor) -> None:
    other = Editor(editor.site, await editor.site.signed_in("administrator"))
    await editor.ask("PUT", "/queues/sales", {"label": "Sales line", "revision": "new"})
    await editor.ask("PUT", "/numbers/48221234567", {"label": "Main"})
    await editor.ask("PUT", "/trunks/kyivstar", {"label": "Kyivstar", "revision": "new"})
    await editor.ask("PUT", "/outbound-routes/1", {"patterns": ["00X."], "trunks": ["kyivstar"], "revision": "new"})
    for kind, name, path, mine, theirs in (
        ("employees", "Anna", "/employees/{id}", {"name": "Anna A"}, {"name": "Anna B"}),
        ("departments", "Help", "/departments/{id}", {"name": "Care"}, {"name": "Support"}),
        ("queues", "sales", "/queues/sales", {"label": "A"}, {"label": "B"}),
        ("numbers", "48221234567", "/numbers/48221234567", {"source": "A"}, {"source": "B"}),
        ("trunks", "kyivstar", "/trunks/kyivstar", {"label": "A", "tech": "sip"}, {"label": "B", "disabled": True}),
        ("routes", "1", "/outbound-routes/1", {"label": "A", "position": 2}, {"label": "B", "patterns": ["0X."]}),
    ):
        seen = await editor.one(kind, name)
        address = path.format(id=seen.get("id"))
        assert (await other.ask("PUT", address, {**theirs, "revision": seen["revision"]})).status_code == 200
        refused = await editor.ask("PUT", address, {**mine, "revision": seen["revision"]})
        assert (refused.status_code, refused.json()["error_id"]) == (409, "stale_edit")
        now = refused.json()["details"]["now"]
        assert now.items() >= theirs.items()
        assert (await editor.ask("PUT", address, {**mine, "revision": now["revision"]})).status_code == 200
    assert (await editor.ask("PUT", "/queues/sales", {"label": "C", "revision": "new"})).status_code == 409
    assert (await editor.newest("put_queue"))["outcome"] == "stale_edit"
    was = (await editor.client.get(f"{editor.base}/rules")).json()
    policy = {**was["supervision"], "ask_reason": True}
    assert (await editor.ask("PUT", "/rules", {"supervision": policy, "was": was})).status_code == 200
    was = (await editor.client.get(f"{editor.base}/rules")).json()
    assert (await other.ask("PUT", "/rules", {"missed_after_s": 9})).status_code == 200
    refused = await editor.ask("PUT", "/rules", {"missed_after_s": 7, "was": was})
    assert (refused.json()["error_id"], refused.json()["details"]) == ("stale_edit", {"rules": ["missed_after_s"]})
    assert (await editor.ask("PUT", "/rules", {"pause_is_dnd": True, "was": was})).status_code == 200


async def test_departments_move_merge_and_go(editor: Editor) -> None:
    site = editor.site
    sales, help_ = await editor.one("departments", "Sales"), await editor.one("departments", "Help")
    north = (await editor.ask("POST", "/departments", {"name": "North", "parent_id": sales["id"]})).json()
    other = (await editor.ask("POST", "/departments", {"name": "North", "parent_id": help_["id"]})).json()
    await editor.ask("POST", "/employees", {"name": "Cleo", "department_id": north["id"]})
    await editor.ask("PUT", "/queues/sales", {"department_id": sales["id"]})
    within = await editor.ask("PUT", f"/departments/{sales['id']}", {"name": "Sales", "parent_id": north["id"]})
    assert (within.status_code, within.json()["error_id"]) == (409, "conflict")
    merged = await editor.ask("POST", f"/departments/{sales['id']}/merge", {"into_id": help_["id"]})
    assert merged.json()["id"] == help_["id"], merged.text
    found = site.floor.directory
    assert {each.id: each.parent_id for each in found.departments} == {help_["id"]: None, other["id"]: help_["id"]}
    assert {each.name: each.department_id for each in found.employees} == {
        **dict.fromkeys(("Anna", "Boris"), help_["id"]),
        "Cleo": other["id"],
    }
    assert [each.department_id for each in found.queues] == [help_["id"]]
    deed = (await editor.newest("merge_department"))["details"]
    assert (deed["merged"]["name"], deed["into"]["name"]) == ("Sales", "Help")
    overseen = site.store.memberships.of_user(site.users["supervisor"])[0].department_ids
    assert overseen == (help_["id"],)
    assert (await editor.client.delete(f"{editor.base}/departments/{other['id']}")).status_code == 204
    assert {each.department_id for each in site.floor.directory.employees} == {help_["id"]}


async def test_a_file_is_looked_at_and_then_taken_over_or_not_at_all(editor: Editor) -> None:
    exported = await editor.client.get(f"{editor.base}/directory/export?delimiter=semicolon")
    text = exported.content.decode("utf-8-sig")
    assert text.startswith("record;id;name;department;accounts")
    same = (await editor.ask("POST", "/directory/import", {"text": text})).json()
    assert (same["same"], same["changes"], same["errors"]) == (4, [], [])
    changed = text.replace("Anna", "Анна") + "number;;+48 22 123-45-67;;;=cmd;Google;;toll-free;;;;\r\n"
    changed += "employee;;Cleo;Sales / North;301 | mobile:+48600100200;;;;;;;;\r\n"
    dry = (await editor.ask("POST", "/directory/import", {"text": changed})).json()
    told = [(each["line"], each["what"], each["record"], each["name"]) for each in dry["changes"]]
    assert told == [
        (4, "changed", "employee", "Анна"),
        (6, "added", "number", "+4822123-45-67"),
        (7, "added", "department", "Sales / North"),
        (7, "added", "employee", "Cleo"),
    ]
    assert "Анна" not in names(editor.site)
    await editor.ask("PUT", "/queues/late", {"label": "Late"})
    asked = {"text": changed, "dry": False, "revision": dry["revision"]}
    stale = await editor.ask("POST", "/directory/import", asked)
    assert (stale.status_code, stale.json()["error_id"]) == (409, "stale_edit")
    done = (await editor.ask("POST", "/directory/import", {**asked, "revision": None})).json()
    assert (done["applied"], done["added"], done["changed"]) == (True, 3, 1)
    assert {"Анна", "Cleo"} <= names(editor.site)
    again = (await editor.client.get(f"{editor.base}/directory/export")).content.decode("utf-8-sig")
    assert "'=cmd" in again
    wrong = changed + "employee;;Dan;;301;;;;;;;;\r\nqueue;;;;;;;;;;;;\r\n"
    refused = (await editor.ask("POST", "/directory/import", {"text": wrong, "dry": False})).json()
    assert [(each["line"], each["reason"]) for each in refused["errors"]] == [(9, "name")]
    assert not refused["applied"]
    assert (await editor.newest("import_directory"))["details"]["applied"] is False


def picture(form: str, size: tuple[int, int] = (400, 300), **more: Any) -> bytes:
    out = io.BytesIO()
    left = Image.new("RGB", size, "blue")
    left.paste("red", (0, 0, size[0] // 2, size[1]))
    left.save(out, form, **more)
    return out.getvalue()


async def test_a_photo_is_made_small_and_nothing_else_of_the_file_is_kept(editor: Editor) -> None:
    anna = f"{editor.base}/employees/{editor.site.anna}/photo"
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    exif[0x0112] = 6  # the camera was held upright
    for data in (picture("PNG"), picture("WEBP")):
        assert (await editor.client.put(anna, content=data)).status_code == 200
    put = await editor.client.put(anna, content=picture("JPEG", exif=exif))
    assert put.status_code == 200, put.text
    digest = put.json()["photo"]
    assert next(each for each in editor.site.floor.directory.employees if each.id == editor.site.anna).photo == digest
    shown = await editor.client.get(f"{anna}?v={digest}")
    assert shown.headers["content-type"] == "image/webp"
    assert "immutable" in shown.headers["cache-control"]
    assert b"secret" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.size, image.format, dict(image.getexif())) == ((256, 256), "WEBP", {})
        top, bottom = image.convert("RGB").getpixel((128, 20)), image.convert("RGB").getpixel((128, 236))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]
    employee = await editor.site.signed_in("employee")
    assert (await employee.get(anna)).status_code == 200
    stranger = await editor.site.signed_in("stranger")
    assert (await stranger.get(anna)).status_code == 404
    assert (await editor.client.delete(anna)).json() == {"photo": None}
    assert (await editor.client.get(anna)).status_code == 404
    assert (await editor.newest("remove_photo"))["details"]["before"] == {"photo": digest}


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, picture("PNG")[:200], picture("GIF"), picture("BMP")],
)
async def test_what_is_no_photo_is_refused(editor: Editor, data: bytes) -> None:
    answer = await editor.client.put(f"{editor.base}/employees/{editor.site.anna}/photo", content=data)
    assert (answer.status_code, answer.json()["error_id"]) == (422, "photo")


async def test_a_picture_that_would_fill_the_memory_is_not_decoded(editor: Editor) -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")  # 81 million pixels in some kilobytes
    answer = await editor.client.put(f"{editor.base}/employees/{editor.site.anna}/photo", content=out.getvalue())
    assert answer.json()["error_id"] == "photo"
    large = await editor.client.put(f"{editor.base}/employees/{editor.site.anna}/photo", content=b"x" * 5_300_000)
    assert large.status_code == 413


async def test_the_project_itself_is_changed(editor: Editor) -> None:
    was = (await editor.client.get(f"{editor.base}/project")).json()
    body = {"name": "Acme", "timezone": "Europe/Warsaw", "country": "pl", "language": "pl"}
    answer = await editor.ask("PUT", "/project", {**body, "revision": was["revision"]})
    assert answer.status_code == 200, answer.text
    assert answer.json().items() >= {**body, "country": "PL"}.items()
    session = (await editor.client.get("/api/v1/session")).json()
    assert [(each["name"], each["timezone"]) for each in session["projects"]] == [("Acme", "Europe/Warsaw")]
    assert (await editor.newest("change_project"))["details"]["after"]["name"] == "Acme"
    stale = await editor.ask("PUT", "/project", {**body, "revision": was["revision"]})
    assert stale.json()["error_id"] == "stale_edit"
    for wrong in ({"timezone": "Mars/Base"}, {"country": "POL"}, {"language": "de"}, {"name": ""}):
        assert (await editor.ask("PUT", "/project", {**body, **wrong})).status_code == 422

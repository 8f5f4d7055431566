"""What the doctor makes of a PBX's answers: rights, filters, clocks, modules; from a PBX that answers as it is told."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from callfloor.asterisk import doctor
from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.doctor_found import Report, own_address
from callfloor.asterisk.doctor_rights import EVENTS, classes_of, hidden_by, shown_user
from callfloor.project.doctor_words import WORDS, words
from callfloor.project.examining import repairs
from support.ami_peer import Action, AmiPeer, PeerLink
from support.virtual_time import virtual_time

FRONTEND = Path(__file__).resolve().parents[2] / "frontend/src/i18n"
ALL = "system,call,agent,user,reporting,dialplan"
# As Asterisk 22 answers ListCommands: every action this user may ask, with the classes of which it needs one.
COMMANDS = {
    "Filter": "system,all", "ModuleCheck": "system,all", "Redirect": "call,all", "QueuePause": "agent,all",
    "Originate": "originate,all", "Command": "command,all", "UserEvent": "user,all",
    "CoreShowChannels": "system,reporting,all", "DBGet": "system,reporting,all", "GetConfig": "system,config,all",
    "Ping": "<none>",
}  # fmt: skip


class Pbx:
    """A peer whose user has these classes; ``ask`` has the doctor look at it."""

    def __init__(self, read: str = ALL, write: str = "system,call,agent,originate,reporting,command") -> None:
        self.peer = AmiPeer()
        self.read, self.write = read, set(write.split(","))
        self.peer.system = "system" in self.write
        self.ahead_s = 0.0
        self.modules = {"app_queue", "app_mixmonitor", "app_chanspy", "func_devstate", "chan_audiosocket", "chan_pjsip"}
        self.config: dict[str, dict[str, str]] = {
            "manager.conf": {"timestampevents": "yes"}, "logger.conf": {}, "extconfig.conf": {},
            "cel.conf": {"enable": "yes", "events": "ALL", "apps": "queue,voicemail,mixmonitor"},
            "asterisk.conf": {"astspooldir": "/var/spool/asterisk", "astlogdir": "/var/log/pbx"},
        }  # fmt: skip
        self.filters: tuple[str, ...] = ()
        self.cdr = "Yes"
        self.clock = 1_700_000_000.0
        for name, answer in {
            "ListCommands": self._commands, "GetConfig": self._config, "ModuleCheck": self._module,
            "Ping": self._ping, "Command": self._command, "CoreSettings": self._settings,
        }.items():  # fmt: skip
            self.peer.answers[name] = answer
        for listing in ("ExtensionStateList", "PJSIPShowContacts", "Status", "CoreShowChannels", "QueueStatus"):
            self.peer.answers[listing] = self._listing(listing)

    def _may(self, needed: str) -> bool:
        return needed == "<none>" or bool(self.write & set(needed.split(",")))

    def _commands(self, link: PeerLink, action: Action) -> None:
        offered = {name: f"Does it.  (Priv: {needs})" for name, needs in COMMANDS.items() if self._may(needs)}
        link.reply(action, **offered)

    def _config(self, link: PeerLink, action: Action) -> None:
        if not self.write & {"system", "config"}:
            link.reply(action, "Error", Message="Permission denied")
            return
        own = action["Category"] == self.peer.user
        lines = {"read": self.read, **self.config["manager.conf"]} if own else self.config[action["Filename"]]
        told = {f"Line-000000-{place:06}": f"{name}={value}" for place, (name, value) in enumerate(lines.items())}
        if own:
            told |= {f"Line-000000-1{place:05}": f"eventfilter={text}" for place, text in enumerate(self.filters)}
        link.reply(action, **{"Category-000000": action["Category"]}, **told)

    def _module(self, link: PeerLink, action: Action) -> None:
        if "system" not in self.write:
            link.reply(action, "Error", Message="Permission denied")
        elif action["Module"] in self.modules:
            link.reply(action, Version="")
        else:
            link.reply(action, "Error", Message="Module not loaded")

    def _ping(self, link: PeerLink, action: Action) -> None:
        link.reply(action, Ping="Pong", Timestamp=f"{self.clock + self.ahead_s:.6f}")

    def _settings(self, link: PeerLink, action: Action) -> None:
        if self.write & {"system", "reporting"}:
            link.reply(action, AsteriskVersion=self.peer.version, CoreCDRenabled=self.cdr)
        else:
            link.reply(action, "Error", Message="Permission denied")

    def _command(self, link: PeerLink, action: Action) -> None:
        link.reply(action, "Error", Message="Permission denied")

    def _listing(self, name: str) -> Callable[[PeerLink, Action], None]:
        def answer(link: PeerLink, action: Action) -> None:
            if name == "CoreShowChannels" and not self.write & {"system", "reporting"}:
                link.reply(action, "Error", Message="Permission denied")
            else:
                link.listing(action, [], last=f"{name}Complete")

        return answer

    async def ask(self, url: str = "ami://monitor:s3cret@127.0.0.1") -> Report:
        return await doctor.examine(parse_url(url), clock=lambda: self.clock, dial=self.peer.dial)


def levels(report: Report) -> dict[str, str]:
    return {found.id: found.level for found in report.found if found.level != "ok"}


@virtual_time
async def test_a_pbx_that_allows_and_has_everything_is_told_so() -> None:
    report = await Pbx().ask()
    assert report.connected
    assert (report.version, report.accounts, report.queues, report.calls) == ((22, 10, 1), 0, 0, 0)
    assert report.spool == "/var/spool/asterisk"
    assert levels(report) == {}
    assert {
        "connected",
        "version",
        "rights",
        "clock",
        "chanspy",
        "audiosocket",
        "pjsip",
        "cel",
        "cdr",
        "queue_log",
    } <= {found.id for found in report.found}


@pytest.mark.parametrize("missing", ["system", "call", "agent", "user", "reporting", "dialplan"])
@virtual_time
async def test_each_class_that_may_not_be_heard_is_told_with_the_line(missing: str) -> None:
    report = await Pbx(read=",".join(each for each in ALL.split(",") if each != missing)).ask()
    (found,) = [each for each in report.found if each.level != "ok"]
    assert found.id == f"no_read_{missing}"
    assert found.level == {"user": "note", "reporting": "note", "dialplan": "warning"}.get(missing, "problem")
    assert found.lines[:2] == ("[monitor]", f"read = {ALL}")


@pytest.mark.parametrize("missing", ["call", "agent", "originate", "command"])
@virtual_time
async def test_each_class_that_may_not_be_used_is_told_with_the_line(missing: str) -> None:
    every = "system,call,agent,originate,reporting,command"
    report = await Pbx(write=",".join(each for each in every.split(",") if each != missing)).ask()
    (found,) = [each for each in report.found if each.level != "ok"]
    assert (found.id, found.level) == (f"no_write_{missing}", "warning")
    assert f"write = {every}" in found.lines


@virtual_time
async def test_what_cannot_be_asked_is_not_told_as_missing() -> None:
    told = levels(await Pbx(write="call,agent").ask())
    unknown = {"read_unknown", "modules_unknown", "cel_unknown", "cdr_unknown", "queue_log_unknown"}
    assert unknown <= told.keys()
    assert not {"no_chanspy", "cel_off", "no_read_call"} & told.keys()
    assert told["no_channels"] == told["no_write_system"] == told["no_write_reporting"] == "problem"


@virtual_time
async def test_reporting_alone_lets_the_channels_be_listed() -> None:
    told = levels(await Pbx(write="call,agent,originate,reporting,command").ask())
    assert told["no_write_system"] == "problem"
    assert not {"no_write_reporting", "no_channels"} & told.keys()


@pytest.mark.parametrize(
    ("ahead_s", "expected"),
    [
        (0.4, {}),
        (-1.9, {}),
        (7.0, {"clock_ahead": "warning"}),
        (-29.0, {"clock_behind": "warning"}),
        (3_600.0, {"clock_ahead": "problem"}),
    ],
)
@virtual_time
async def test_how_far_its_clock_is_off(ahead_s: float, expected: dict[str, str]) -> None:
    pbx = Pbx()
    pbx.ahead_s = ahead_s
    assert levels(await pbx.ask()) == expected


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("app_chanspy", "no_chanspy"),
        ("chan_audiosocket", "no_audiosocket"),
        ("app_queue", "no_queue_module"),
        ("app_mixmonitor", "no_mixmonitor"),
        ("func_devstate", "no_devstate"),
        ("chan_pjsip", "no_sip"),
    ],
)
@virtual_time
async def test_a_module_that_is_not_loaded(module: str, expected: str) -> None:
    pbx = Pbx()
    pbx.modules.remove(module)
    (found,) = [each for each in (await pbx.ask()).found if each.level != "ok"]
    assert (found.id, found.lines) == (expected, (f"load = {module}.so",))


@virtual_time
async def test_an_old_asterisk_and_old_phones() -> None:
    pbx = Pbx()
    pbx.peer.version = "16.28.0"
    pbx.modules |= {"chan_sip"}
    assert levels(await pbx.ask()) == {"audiosocket_old": "warning", "chan_sip": "note"}
    pbx.peer.version = "13.38.3"
    assert levels(await pbx.ask())["version_old"] == "problem"


@pytest.mark.parametrize(
    ("file", "settings", "expected"),
    [
        ("cel.conf", {}, {"cel_off": "warning"}),
        ("cel.conf", {"enable": "no"}, {"cel_off": "warning"}),
        ("cel.conf", {"enable": "yes", "events": "CHAN_START,HANGUP", "apps": "queue"}, {"cel_partial": "warning"}),
        ("logger.conf", {"queue_log": "no"}, {"queue_log_off": "warning"}),
    ],
)
@virtual_time
async def test_records_that_are_not_kept(file: str, settings: dict[str, str], expected: dict[str, str]) -> None:
    pbx = Pbx()
    pbx.config[file] = settings
    assert levels(await pbx.ask()) == expected


@virtual_time
async def test_call_records_that_are_off() -> None:
    pbx = Pbx()
    pbx.cdr = "No"
    assert levels(await pbx.ask()) == {"cdr_off": "warning"}


@virtual_time
async def test_events_without_the_time() -> None:
    pbx = Pbx()
    for said in ({}, {"timestampevents": "no"}):
        pbx.config["manager.conf"] = said
        (found,) = [each for each in (await pbx.ask()).found if each.level != "ok"]
        assert (found.id, found.level, found.lines) == ("no_stamps", "note", ("[general]", "timestampevents = yes"))


@pytest.mark.parametrize(
    ("modules", "settings", "expected", "lines"),
    [
        ((), {}, "no_repair_source", "Master.csv => ${CSV_QUOTE(${eventtype})},"),
        (("cel_custom", "cdr_csv"), {}, "repair_files", "CALLFLOOR_PBX_LOGS=/var/log/pbx"),
        (("cel_odbc", "cdr_adaptive_odbc"), {}, "repair_tables", "-- mysql://callfloor:…@127.0.0.1/asteriskcdrdb"),
        (("cdr_csv", "cel_pgsql"), {}, "repair_tables", "-- postgresql://callfloor:…@127.0.0.1/asterisk"),
        (("cel_odbc",), {"queue_log": "odbc,asterisk"}, "repair_tables", "GRANT SELECT ON asteriskcdrdb.* TO "),
    ],
)
@virtual_time
async def test_from_what_outages_could_be_repaired(
    modules: tuple[str, ...], settings: dict[str, str], expected: str, lines: str
) -> None:
    pbx = Pbx()
    pbx.modules |= set(modules)
    pbx.config["extconfig.conf"] = settings
    url = parse_url("ami://monitor:s3cret@127.0.0.1")
    kept = (await pbx.ask()).records
    assert kept is not None
    assert ("queue_log" in kept.tables) == bool(settings)
    assert ("queue_log" in kept.files) != bool(settings)
    (found,) = repairs(kept, url, repaired=False)
    assert (found.id, found.level) == (expected, "warning")
    assert any(line.startswith(lines) for line in found.lines)
    assert words(found.id, found.values)[0]
    assert [each.id for each in repairs(kept, url, repaired=True)] == ["repair_source"]


@virtual_time
async def test_where_the_records_go_is_not_made_up() -> None:
    assert (await Pbx(write="call,agent").ask()).records is None


@virtual_time
async def test_filters_that_hide_what_is_needed() -> None:
    pbx = Pbx()
    pbx.filters = ("!Event: Hangup", "!Event: RTCP")
    (found,) = [each for each in (await pbx.ask()).found if each.level != "ok"]
    assert (found.id, found.values["events"]) == ("filters_hide", "Hangup, HangupRequest")


@pytest.mark.parametrize(
    ("filters", "hidden"),
    [
        ([], set()),
        (["!Event: RTCPSent", "!Event: VarSet[[:cntrl:]].*Variable: X"], set()),
        (["!Event: (Newexten|VarSet)"], {"Newexten", "VarSet"}),
        (["Event: Newchannel"], {name for group in EVENTS.values() for name in group} - {"Newchannel"}),
        (["action(exclude),name(Hangup)="], {"Hangup"}),
        (["action(exclude),name(Hangup),header(Channel),method(starts_with)=Local/"], set()),
        (["!(broken"], set()),
    ],
)
def test_what_filters_hide(filters: list[str], hidden: set[str]) -> None:
    assert hidden_by(filters) == hidden


def test_rights_as_they_are_written() -> None:
    assert classes_of(["all"]) >= set(ALL.split(","))
    assert classes_of(["call, agent", "user"]) == {"call", "agent", "user"}
    shown = ["         username: few", "        read perm: call,agent", "       write perm: none"]
    assert shown_user(shown) == {"read": {"call", "agent"}, "write": {"none"}}


@virtual_time
async def test_a_refused_user_gets_the_section_to_paste() -> None:
    report = await Pbx().ask("ami://monitor:wrong@127.0.0.1")
    assert not report.connected
    (found,) = report.found
    assert found.id == "login_refused"
    assert found.lines[0] == "[monitor]"
    assert "permit = 127.0.0.1/255.255.255.255" in found.lines
    assert not any("wrong" in line for line in found.lines)


@virtual_time
async def test_nobody_answers() -> None:
    pbx = Pbx()
    pbx.peer.refuses = ConnectionRefusedError(111, "Connection refused")
    (found,) = (await pbx.ask()).found
    assert (found.id, found.values["reason"]) == ("unreachable", "cannot connect to the PBX: Connection refused")
    assert "bindaddr = 0.0.0.0" in found.lines


@virtual_time
async def test_what_answers_is_something_else() -> None:
    pbx = Pbx()
    pbx.peer.banner = b"220 mail.example.com ESMTP\r\n"
    assert [each.id for each in (await pbx.ask()).found] == ["not_ami"]


@virtual_time
async def test_a_link_that_breaks_ends_the_examination_with_what_is_known() -> None:
    pbx = Pbx()
    pbx.peer.answers["ModuleCheck"] = lambda link, _action: link.close()
    report = await pbx.ask()
    assert report.connected
    assert [each.id for each in report.found][-1] == "broke_off"
    assert report.version == (22, 10, 1)


def test_our_own_address_on_the_way_there() -> None:
    assert own_address(parse_url("ami://u:s@127.0.0.1")) == "127.0.0.1"


def test_every_finding_has_words_in_every_language() -> None:
    ids = set(WORDS)
    for language in ("ru", "pl", "uk"):
        text = (FRONTEND / f"doctor-{language}.ts").read_text()
        assert set(re.findall(r"^  (\w+): \[", text, re.MULTILINE)) == ids, language
        for finding_id, (title, _) in WORDS.items():
            (theirs,) = re.findall(rf"^  {finding_id}: \[(.*?)\],$", text, re.MULTILINE | re.DOTALL)
            wanted = set(re.findall(r"{(\w+)}", title))
            assert wanted <= set(re.findall(r"(?<!\$){(\w+)}", theirs)), (language, finding_id)


def test_words_are_filled() -> None:
    assert words("clock_ahead", {"seconds": "7.0"})[0] == "The PBX's clock is 7.0 s ahead of Callfloor's."
    folder = Path(doctor.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("doctor*.py"))
    told = set(re.findall(r'\.tell\(\s*"(\w+)"', source)) | set(re.findall(r'Found\(id="(\w+)"', source))
    assert len(told) > 40
    assert told <= set(WORDS)

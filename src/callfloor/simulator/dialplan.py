"""What the dialplan does to a channel on its way: where it is, and the noise that it makes on the way.

About two thirds of a real PBX's messages are VarSet and Newexten (measured); here they follow the recorded sessions
step by step, and are sent only when the world is noisy. The channel's place is kept either way.
"""

from datetime import UTC, datetime

from callfloor.simulator.channel import Channel
from callfloor.simulator.switch import Switch
from callfloor.simulator.wire import headers

_QOS = ("", "JITTER", "LOSS", "RTT", "MES")
_DIAL_VARIABLES = (
    "DIALSTATUS", "DIALEDPEERNUMBER", "DIALEDPEERNAME", "ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME",
    "DIALEDTIME_MS", "RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS",
)  # fmt: skip


def recording_name(s: Switch, ch: Channel, kind: str, called: str, calling: str) -> str:
    """FreePBX's pattern: when, what, whom, who, the channel."""
    return f"{datetime.fromtimestamp(s.now, UTC):%Y%m%d-%H%M%S}-{kind}-{called}-{calling}-{ch.uid}.wav"


def record(s: Switch, ch: Channel, kind: str, called: str) -> None:
    """The subroutine that starts the recording, once in a call."""
    calling = ch.cid_num
    name = "" if ch.recorded else recording_name(s, ch, kind, called, calling)
    if s.noise:
        s.newexten(ch, ch.context, ch.exten, ch.priority, "Gosub", f"sub-record,s,1({kind},{called},{calling})")
        for variable, value in (("ARG1", kind), ("ARG2", called), ("ARG3", calling), ("ARGC", "3")):
            s.varset(ch, f"LOCAL({variable})", value)
        s.newexten(ch, "sub-record", "s", 1, "GotoIf", f"{int(ch.recorded)}?done")
    if not ch.recorded:
        s.newexten(ch, "sub-record", "s", 2, "Set", f"__RECORDING={name}")
        s.varset(ch, "__RECORDING", name)
        s.newexten(ch, "sub-record", "s", 3, "Set", f"CDR(userfield)=rec:{name}")
        s.newexten(ch, "sub-record", "s", 4, "MixMonitor", f"{name},b")
        s.record(ch, name)
    if s.noise:
        s.newexten(ch, "sub-record", "s", 5, "Return", "")
        for variable in ("ARGC", "ARG3", "ARG2", "ARG1", "GOSUB_RETVAL"):
            s.varset(ch, variable, "")


def from_trunk(s: Switch, ch: Channel, did: str) -> None:
    """The first steps of an inbound call."""
    s.varset(ch, "SIPDOMAIN", "127.0.0.1")
    s.newexten(ch, "from-trunk", did, 1, "NoOp", f"inbound DID {did} from {ch.cid_num}")
    s.newexten(ch, "from-trunk", did, 2, "Set", f"__FROM_DID={did}")
    s.varset(ch, "__FROM_DID", did)
    s.newexten(ch, "from-trunk", did, 3, "Set", f"CDR(userfield)=DID:{did}")
    record(s, ch, "in", did)


def ext_local(s: Switch, ch: Channel, account: str) -> None:
    """The steps before an extension is dialled."""
    s.newexten(ch, "ext-local", account, 1, "NoOp", f"extension {account}")
    s.newexten(ch, "ext-local", account, 2, "Set", f"__CALLEE={account}")
    s.varset(ch, "__CALLEE", account)
    record(s, ch, "int", account)
    s.newexten(ch, "ext-local", account, 4, "GotoIf", "0?busy")


def dial(s: Switch, ch: Channel, place: tuple[str, str, int], what: str) -> None:
    """The Dial application begins."""
    s.newexten(ch, *place, "Dial", what)
    for variable in _DIAL_VARIABLES if s.noise else ():
        s.varset(ch, variable, "")


def called_leg(s: Switch, leg: Channel, src: Channel, number: str, application: str) -> None:
    """What a new outgoing leg inherits. Its extension becomes the caller's."""
    for variable, value in (
        (("DIALEDPEERNUMBER", number), ("__CALLEE", number), ("__RECORDING", "rec"), ("__FROM_DID", src.dnid))
        if s.noise
        else ()
    ):
        s.varset(leg, variable, value)
    s.newexten(
        leg,
        leg.context,
        src.exten if leg.endpoint is None or not leg.endpoint.startswith("trunk") else number,
        1,
        application,
        "(Outgoing Line)",
    )


def bridged(s: Switch, a: Channel, b: Channel) -> None:
    """The two get to know each other."""
    for one, other in ((a, b), (b, a)) if s.noise else ():
        s.varset(one, "BRIDGEPEER", other.name)
        s.varset(one, "BRIDGEPVTCALLID", f"{other.uid}@sim")


def queue_variables(s: Switch, ch: Channel, queue: str, position: int) -> None:
    """setinterfacevar, setqueueentryvar, setqueuevar of app_queue."""
    for variable in ("MEMBERINTERFACE", "MEMBERNAME", "MEMBERCALLS", "MEMBERLASTCALL", "MEMBERPENALTY", "MEMBERDYNAMIC",
                     "MEMBERREALTIME", "QEHOLDTIME", "QEORIGINALPOS", "QUEUENAME", "QUEUEMAX", "QUEUESTRATEGY",
                     "QUEUECALLS", "QUEUEHOLDTIME", "QUEUETALKTIME", "QUEUECOMPLETED", "QUEUEABANDONED",
                     "QUEUESRVLEVEL", "QUEUESRVLEVELPERF") if s.noise else ():  # fmt: skip
        s.varset(ch, variable, queue if variable == "QUEUENAME" else str(position))


def quality(s: Switch, ch: Channel, peer: Channel | None) -> None:
    """The RTP statistics, ten variables for each leg of a pair: they come just before the hangup."""
    if not s.noise or ch.endpoint is None:
        return
    value = (
        f"ssrc={ch.order * 7919 % 2**31};themssrc={ch.order * 104729 % 2**31};lp=0;rxjitter=0.000000;rxcount=226;"
        "txjitter=0.000875;txcount=225;rlp=0;rtt=0.000000;rxmes=0.000000;txmes=0.000000"
    )
    for kind in _QOS:
        s.varset(ch, f"RTPAUDIOQOS{kind}", value)
        if peer is not None:
            s.varset(peer, f"RTPAUDIOQOS{kind}BRIDGED", value)


def ended(s: Switch, ch: Channel) -> None:
    """What Dial leaves behind."""
    for variable in (
        ("BRIDGEPEER", "BRIDGEPVTCALLID", "ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS")
        if s.noise
        else ()
    ):
        s.varset(ch, variable, "0")


def rtcp(s: Switch, ch: Channel) -> None:
    """One sender's report, every 5 s on each channel that talks."""
    n = ch.order * 40503 % 65536
    s.emit(
        "RTCPSent",
        "reporting",
        ch.headers()
        + headers(
            To=f"127.0.0.2:{20000 + n % 20000}",
            From=f"127.0.0.1:{30000 + n % 20000}",
            MES="88.1",
            SSRC=f"0x{n * 65537:08x}",
            PT="200(SR)",
            ReportCount=1,
            SentNTP=f"{s.now:.6f}",
            SentRTP=n * 12073,
            SentPackets=249,
            SentOctets=39840,
            Report0SourceSSRC=f"0x{n * 65521:08x}",
            Report0FractionLost=0,
            Report0CumulativeLost=0,
            Report0HighestSequence=31023,
            Report0SequenceNumberCycles=0,
            Report0IAJitter=1,
            Report0LSR=0,
            Report0DLSR="0.0000",
        ),
    )

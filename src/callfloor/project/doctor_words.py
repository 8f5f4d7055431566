"""The doctor's findings in English: what was found, and what it costs. The page has its own words by the same ids.

``{name}`` is one of the finding's values. A test holds the page's words and these to the same ids.
"""

WORDS: dict[str, tuple[str, str | None]] = {
    # the link
    "connected": ("Connected to {address} and signed in.", None),
    "login_refused": (
        "The PBX refused the manager user or its secret.",
        "Nothing can be seen. If the user is new, the PBX must read its settings again: manager reload.",
    ),
    "address_refused": (
        "The PBX closed the connection at the sign-in: it does not permit this address, {address}.",
        "Nothing can be seen.",
    ),
    "certificate_refused": ("The PBX's certificate was not accepted: {reason}.", "Nothing can be seen."),
    "not_ami": ("What answers there is not Asterisk's manager interface.", "Nothing can be seen."),
    "unreachable": (
        "No connection: {reason}.",
        "Nothing can be seen. Look at address and port, the PBX's firewall, and where its manager interface listens.",
    ),
    "broke_off": ("The examination broke off: {reason}.", "What follows was not looked at."),
    "one_login": (
        "The PBX lets a manager user sign in once at a time.",
        "A second Callfloor, or the doctor beside a running one, is turned away.",
    ),
    # version
    "version": ("Asterisk {version}.", None),
    "version_old": ("Asterisk {version} is older than 16.", "Live calls may be wrong: its events differ."),
    "version_new": ("Asterisk {version} is newer than this Callfloor was tried with.", None),
    "version_unknown": ("The PBX does not tell its version.", "What it can do has to be guessed."),
    # rights
    "rights": ("The manager user has every right that is needed.", None),
    "read_unknown": (
        "What the manager user may hear cannot be asked with its rights.",
        "If a class is missing, calls, queues or registrations are not seen, and nobody is told.",
    ),
    "no_read_system": (
        "May not hear system.",
        "Phones that register or vanish are noticed late, and restarts of the PBX.",
    ),
    "no_read_call": ("May not hear call.", "No live calls."),
    "no_read_agent": ("May not hear agent.", "Queues, their members and their pauses stand still."),
    "no_read_user": ("May not hear user.", "Events of the PBX's own scripts are not seen."),
    "no_read_reporting": ("May not hear reporting.", "Call quality is not seen."),
    "no_read_dialplan": (
        "May not hear dialplan.",
        "Recordings' names, faxes' outcomes, and do-not-disturb by a feature code are not seen.",
    ),
    "no_write_system": (
        "May not use system.",
        "Devices, do-not-disturb from here, the spam list of the PBX, and most of this examination are missing.",
    ),
    "no_write_call": (
        "May not use call.",
        "No switching between listening, whispering and joining; no hanging up or transfer.",
    ),
    "no_write_agent": ("May not use agent.", "No pausing, and no adding to or taking off queues."),
    "no_write_originate": ("May not use originate.", "No listening in, no callbacks."),
    "no_write_reporting": ("May not use reporting.", "Live channels cannot be listed: the floor cannot be shown."),
    "no_write_command": (
        "May not use command.",
        "Do-not-disturb that only the PBX's database knows, and its black list, are not found at the start.",
    ),
    "no_channels": ("The PBX does not let this user list its channels.", "The floor cannot be shown."),
    "filters": ("The manager user has event filters of its own, and none hides what is needed: {filters}", None),
    "filters_hide": (
        "Event filters of the manager user hide what is needed: {events}.",
        "The floor is wrong or empty.",
    ),
    "no_own_filters": (
        "The PBX takes no event filter from this user.",
        "Three times the traffic on the link; nothing else.",
    ),
    "events_disabled": ("The PBX is told to send some events to nobody: {events}.", "The floor is wrong or empty."),
    "stamps": ("The PBX stamps its events with its own clock.", None),
    "no_stamps": (
        "The PBX sends its events without the time.",
        "A slow link, or a machine that is busy for a moment, makes the times of calls wrong by as much.",
    ),
    # clock
    "clock": ("The clocks agree ({seconds} s).", None),
    "clock_ahead": (
        "The PBX's clock is {seconds} s ahead of Callfloor's.",
        "Wrap-up, expiring registrations, and history from the PBX's records are off by as much.",
    ),
    "clock_behind": (
        "The PBX's clock is {seconds} s behind Callfloor's.",
        "Wrap-up, expiring registrations, and history from the PBX's records are off by as much.",
    ),
    "clock_unknown": ("The PBX does not tell its clock.", None),
    # modules
    "modules_unknown": ("Which modules are loaded cannot be asked with these rights.", None),
    "queue_module": ("Queues are there.", None),
    "no_queue_module": ("app_queue is not loaded.", "No queues."),
    "mixmonitor": ("Calls can be recorded.", None),
    "no_mixmonitor": ("app_mixmonitor is not loaded.", "No recordings."),
    "chanspy": ("ChanSpy is there: listening, whispering and joining work.", None),
    "no_chanspy": ("app_chanspy is not loaded.", "No listening, whispering or joining."),
    "devstate": ("Custom device states are there.", None),
    "no_devstate": ("func_devstate is not loaded.", "Do-not-disturb cannot be set from here."),
    "audiosocket": ("AudioSocket is there: supervisors can listen in the browser.", None),
    "no_audiosocket": ("chan_audiosocket is not loaded.", "Supervisors listen by phone only, not in the browser."),
    "audiosocket_old": (
        "Asterisk {version} has no AudioSocket; 18 and later have.",
        "Supervisors listen by phone only, not in the browser.",
    ),
    "audio_port": ("The PBX reaches Callfloor's port for sound at {address}.", None),
    "no_audio_port": (
        "The PBX does not reach Callfloor's port for sound at {address}.",
        "Supervisors listen by phone only, not in the browser. Open the port, or set CALLFLOOR_AUDIOSOCKET_ADDRESS.",
    ),
    "pjsip": ("Phones by PJSIP: each device is seen.", None),
    "chan_sip": ("Phones by chan_sip.", "Of these, only whether an extension is registered is seen, not each device."),
    "no_sip": ("Neither chan_pjsip nor chan_sip is loaded.", "No SIP phones."),
    # records
    "cel": ("The call event log is on.", None),
    "cel_off": ("The call event log is off.", "What Callfloor did not watch cannot be filled in exactly afterwards."),
    "cel_partial": ("The call event log leaves something out: {lacking}.", "History made from it has gaps."),
    "cel_nowhere": (
        "The call event log is on, and nothing keeps it.",
        "What Callfloor did not watch cannot be filled in.",
    ),
    "cel_unknown": ("Whether the call event log is on cannot be asked with these rights.", None),
    "cdr": ("Call records are kept.", None),
    "cdr_off": ("Call records are off.", "Earlier history cannot be imported."),
    "cdr_nowhere": ("Call records are on, and nothing keeps them.", "Earlier history cannot be imported."),
    "cdr_unknown": ("Whether call records are kept cannot be asked with these rights.", None),
    "cdr_index": ("The table of call records has its indexes.", None),
    "no_cdr_index": ("The table of call records has no index on {column}.", "Importing and looking up are slow."),
    "cdr_database": (
        "The PBX's database cannot be read: {reason}.",
        "Whether its tables have their indexes is not known.",
    ),
    "pbx_database": (
        "FreePBX's tables can be read: {employees} people, {queues} queues, {numbers} numbers.",
        None,
    ),
    "pbx_database_unread": (
        "FreePBX's database cannot be read: {reason}.",
        "Names, departments and routes come from what the manager interface tells, which is less.",
    ),
    "pbx_database_lacks": (
        "Not all of FreePBX's tables can be read: {tables}.",
        "What stands in them is not found. A module that is not installed has none.",
    ),
    "queue_log": ("The queue log is written.", None),
    "queue_log_off": ("The queue log is off.", "Earlier history of queues cannot be imported."),
    "queue_log_unknown": ("Whether the queue log is written cannot be asked with these rights.", None),
    "repair_source": ("The PBX's own records tell what an outage hides.", None),
    "repair_files": (
        "Nobody said where this PBX's records lie: below {folder} it writes {kinds}.",
        "Calls of an outage stay missing. Mount the folder where Callfloor runs, and name it there.",
    ),
    "repair_tables": (
        "Nobody said where this PBX's records lie: it keeps {kinds} in a database.",
        "Calls of an outage stay missing. Let a user read the tables, and give their address at the PBX's connection.",
    ),
    "no_repair_source": (
        "The PBX writes its call events and records where nobody can read them again.",
        "Calls of an outage stay missing.",
    ),
    # on the way
    "tls": ("The link is encrypted, and the PBX's certificate is good.", None),
    "tls_unverified": (
        "The link is encrypted; the PBX's certificate is not looked at.",
        "Somebody in between could read and change everything.",
    ),
    "tls_not_needed": ("The PBX is on this machine; the link needs no encryption.", None),
    "no_tls": (
        "The link is not encrypted.",
        "Whoever is on the way hears names and numbers. Use TLS, or a private network.",
    ),
    # files
    "recordings": ("Recordings can be reached: {places}.", None),
    "recordings_unread": ("The folder of recordings cannot be read: {places}.", "Recordings cannot be played."),
    "no_recordings": ("Nobody said where the recordings are.", "Recordings cannot be played."),
    "voicemail": ("Voicemail can be reached.", None),
    "voicemail_unread": ("The folder of voicemail cannot be read.", "No voicemail."),
    "no_voicemail": ("Nobody said where the PBX keeps voicemail.", "No voicemail."),
}


def words(finding_id: str, values: dict[str, str]) -> tuple[str, str | None]:
    """A finding's text, and what it costs."""
    title, costs = WORDS[finding_id]
    return title.format_map(values), costs

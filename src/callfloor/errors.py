"""One error tree. What reaches a client has a status, a stable ``error_id`` and details.

The docstring of a class is its message where none is given. This module imports nothing of Callfloor's.

long: one tree in one place; nobody reads it through, everybody looks a name up.
"""

from typing import Any, ClassVar


class CallfloorError(Exception):
    """Something went wrong inside Callfloor; the log has the details under this id."""

    error_id: ClassVar[str] = "internal"
    status: ClassVar[int] = 500  # the HTTP status where it reaches a client

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or (self.__doc__ or self.error_id).strip().splitlines()[0])
        self.details = details


class ConfigurationError(CallfloorError):
    """A setting is missing or cannot be understood."""

    error_id = "configuration"


# --- the PBX link -----------------------------------------------------------------------------------------------


class AmiError(CallfloorError):
    """The PBX's manager interface did not behave."""

    error_id = "ami"
    status = 502


class AmiProtocolError(AmiError):
    """What arrived is not AMI, or is larger than the limits allow; the link is closed."""

    error_id = "ami_protocol"


class AmiLoginRefusedError(AmiError):
    """The PBX refused the manager user or its secret."""

    error_id = "ami_login_refused"


class AmiActionFailedError(AmiError):
    """The PBX answered an action with an error."""

    error_id = "ami_action_failed"


class AmiTimeoutError(AmiError):
    """The PBX did not answer an action in time."""

    error_id = "ami_timeout"
    status = 503


class AmiDisconnectedError(AmiError):
    """The link to the PBX is down."""

    error_id = "ami_disconnected"
    status = 503


class AudioSocketProtocolError(CallfloorError):
    """What arrived on the audio port is not AudioSocket; the connection is closed."""

    error_id = "audiosocket_protocol"


class AudioLinesFullError(CallfloorError):
    """No more calls can be listened to at once; end another session first."""

    error_id = "audio_lines_full"
    status = 503


class SecretUnreadableError(CallfloorError):
    """The secret was sealed with another key than this data folder's: enter it again."""

    error_id = "secret_unreadable"
    status = 409


class SecretNeededError(CallfloorError):
    """The secret goes to another address or another user now, or without protection: enter it again."""

    error_id = "secret_needed"
    status = 422


class ConnectionGivenError(CallfloorError):
    """CALLFLOOR_PBX_URL gives this connection's address: change it there, or start Callfloor without it."""

    error_id = "connection_given"
    status = 409


class DiscoveryDatabaseError(CallfloorError):
    """The PBX's database cannot be read."""

    error_id = "discovery_database"
    status = 502

    def __init__(self, reason: str) -> None:
        super().__init__(f"The PBX's database cannot be read: {reason}", reason=reason)
        self.reason = reason


class SetUpAlreadyError(CallfloorError):
    """Callfloor has its administrator already: sign in."""

    error_id = "set_up_already"
    status = 409


class SetUpCodeError(CallfloorError):
    """The set-up code is another one. It stands where Callfloor was started, and in its log."""

    error_id = "set_up_code"
    status = 403


# --- supervision ------------------------------------------------------------------------------------------------


class SupervisionError(CallfloorError):
    """The call cannot be listened to."""

    error_id = "supervision"
    status = 409


class NothingToHearError(SupervisionError):
    """Nobody of the company talks in this call just now; try again when somebody does."""

    error_id = "nothing_to_hear"


class OwnCallError(SupervisionError):
    """You are in this call yourself."""

    error_id = "own_call"


class SupervisionForbiddenError(SupervisionError):
    """The project's policy lets nobody listen to this employee."""

    error_id = "supervision_forbidden"
    status = 403


class ReasonNeededError(SupervisionError):
    """The project asks for a reason; give one."""

    error_id = "reason_needed"
    status = 422


class SupervisionLimitError(SupervisionError):
    """As many sessions as the project allows are on already; wait until one has ended."""

    error_id = "supervision_limit"


class SupervisionOverError(SupervisionError):
    """The session has ended."""

    error_id = "supervision_over"


class JoinInConferenceError(SupervisionError):
    """In a conference the PBX lets only the employee hear a supervisor: whisper, or dial into the conference."""

    error_id = "join_in_conference"


class BrowserWayError(SupervisionError):
    """Listening in the browser is not possible with this PBX; use your phone."""

    error_id = "browser_way"


class PhoneWayError(SupervisionError):
    """This is no phone of yours."""

    error_id = "phone_way"
    status = 422


class PhoneOfflineError(SupervisionError):
    """Your phone is not registered at the PBX."""

    error_id = "phone_offline"


class ToneError(SupervisionError):
    """The project's policy asks for a tone, and this PBX cannot play it: load its module chan_audiosocket."""

    error_id = "tone_impossible"


# --- the store --------------------------------------------------------------------------------------------------


class StoreError(CallfloorError):
    """The store refused or could not be reached."""

    error_id = "store"
    status = 503


class StoreUnreachableError(StoreError):
    """The database cannot be reached."""

    error_id = "store_unreachable"


class StoreBusyError(StoreError):
    """The database is locked by another program; try again."""

    error_id = "store_busy"


class StoreFullError(StoreError):
    """The disk of the database is full."""

    error_id = "store_full"


class StoreReadOnlyError(StoreError):
    """The database cannot be written: its file, folder or server is read-only."""

    error_id = "store_read_only"


class StoreDamagedError(StoreError):
    """The database's file is damaged or is not a database of Callfloor's."""

    error_id = "store_damaged"
    status = 500


class StoreTooNewError(StoreError):
    """The database was made by a newer Callfloor; start that version, or restore a backup."""

    error_id = "store_too_new"
    status = 500


class StoreHalfUpgradedError(StoreError):
    """An upgrade of the database was cut short: start Callfloor, which goes on with it, and try again after that."""

    error_id = "store_half_upgraded"


class StoppedError(CallfloorError):
    """It was stopped before it was done; the next start goes on from there."""

    error_id = "stopped"


class SuccessionError(CallfloorError):
    """The process that was to take over could not; this one goes on."""

    error_id = "succession"


class RowRefusedError(StoreError):
    """The row can never be written as it is: a value is out of range or is missing."""

    error_id = "row_refused"
    status = 422


class BackupError(CallfloorError):
    """The backup cannot be written or read."""

    error_id = "backup"


class ProjectBoundaryError(StoreError):
    """A query would have left its project; it was not sent."""

    error_id = "project_boundary"
    status = 500


class NotFoundError(CallfloorError):
    """There is no such thing in this project."""

    error_id = "not_found"
    status = 404


class ConflictError(CallfloorError):
    """Another thing of this name is there already."""

    error_id = "conflict"
    status = 409


class StaleEditError(ConflictError):
    """Somebody else has changed this since you opened it: nothing was saved. Look at it as it is now, and save anew."""

    error_id = "stale_edit"


class PhotoError(CallfloorError):
    """The photo cannot be read: a PNG, JPEG or WebP picture is wanted, of up to 5 MB and 40 megapixels."""

    error_id = "photo"
    status = 422


# --- live calls -------------------------------------------------------------------------------------------------


class CallGoneError(NotFoundError):
    """The call is over, or has gone on without waiting for this."""

    error_id = "call_gone"


class CallCannotMoveError(CallfloorError):
    """The call cannot be moved as it is just now."""

    error_id = "call_cannot_move"
    status = 409


class ConferenceWithoutClientError(CallfloorError):
    """Only colleagues are in this conference: take somebody out of it, or hang it up."""

    error_id = "conference_without_client"
    status = 409


class NotInConferenceError(CallfloorError):
    """They are not in this conference any more."""

    error_id = "not_in_conference"
    status = 409


class TargetUnavailableError(CallfloorError):
    """Nobody can take the call there just now."""

    error_id = "target_unavailable"
    status = 409


class NoSuchExtensionError(CallfloorError):
    """The PBX's dialplan has no way there: see "Where calls are sent on" among the project's settings."""

    error_id = "no_such_extension"
    status = 409


class ActionUnderWayError(CallfloorError):
    """Something else was just asked for this call; wait a moment."""

    error_id = "action_under_way"
    status = 409


# --- voicemail and faxes ----------------------------------------------------------------------------------------


class VoicemailGoneError(CallfloorError):
    """The message does not lie in the PBX's voicemail any more."""

    error_id = "voicemail_gone"
    status = 404


class VoicemailUnreachableError(CallfloorError):
    """The PBX's voicemail cannot be read here; see CALLFLOOR_VOICEMAIL."""

    error_id = "voicemail_unreachable"
    status = 404


class FaxNotKeptError(CallfloorError):
    """There is no file of this fax."""

    error_id = "fax_not_kept"
    status = 404


class FaxBrokenError(CallfloorError):
    """The fax's file is damaged, and cannot be shown."""

    error_id = "fax_broken"
    status = 415


# --- people and programs ----------------------------------------------------------------------------------------


class UnauthenticatedError(CallfloorError):
    """Sign in first."""

    error_id = "unauthenticated"
    status = 401


class WrongCredentialsError(UnauthenticatedError):
    """The login or the password is wrong."""

    error_id = "wrong_credentials"


class CodeRequiredError(UnauthenticatedError):
    """The password is right; a code of the second factor is needed too."""

    error_id = "code_required"


class WrongCodeError(UnauthenticatedError):
    """The code is wrong, too old, or was used before."""

    error_id = "wrong_code"


class WrongPasswordError(CallfloorError):
    """This is not your password."""

    error_id = "wrong_password"
    status = 403


class LinkSpentError(CallfloorError):
    """The link was used already, has expired or was replaced by a newer one; ask for another."""

    error_id = "link_spent"
    status = 409


class ProjectArchivedError(ConflictError):
    """The project rests: its past can be read, and nothing else. Take it up again under Settings → Project first."""

    error_id = "project_archived"


class NotArchivedError(ConflictError):
    """Only a project that rests can be removed: archive it first."""

    error_id = "project_not_archived"


class OnlyProjectError(ConflictError):
    """It is the only project. To begin anew, set CALLFLOOR_DATA to an empty folder."""

    error_id = "only_project"


class LastAdministratorError(CallfloorError):
    """The project would have no administrator; make another first."""

    error_id = "last_administrator"
    status = 409


class SignInElsewhereError(CallfloorError):
    """The sign-in service did not answer as it must; its log and Callfloor's say more."""

    error_id = "sign_in_elsewhere"
    status = 409


class ForbiddenError(CallfloorError):
    """Your role does not allow this."""

    error_id = "forbidden"
    status = 403


class NumbersMaskedError(ForbiddenError):
    """You see clients' numbers masked."""

    error_id = "numbers_masked"


class SetUpFirstError(ForbiddenError):
    """Your account must be set up first: sign in to the page and do what it asks."""

    error_id = "set_up_first"


class ThrottledError(CallfloorError):
    """Too many attempts; wait and try again."""

    error_id = "throttled"
    status = 429


class InvalidInputError(CallfloorError):
    """The request cannot be understood."""

    error_id = "invalid_input"
    status = 422


class WeakPasswordError(InvalidInputError):
    """The password is too easy to guess; choose another."""

    error_id = "weak_password"


# --- long work --------------------------------------------------------------------------------------------------


class JobCancelledError(CallfloorError):
    """Somebody cancelled it."""

    error_id = "job_cancelled"
    status = 409


class JobInterruptedError(CallfloorError):
    """Callfloor was stopped while it ran."""

    error_id = "interrupted"
    status = 503


# --- recordings and other sound ---------------------------------------------------------------------------------


class SoundError(CallfloorError):
    """A file with sound in it cannot be given."""

    error_id = "sound"
    status = 404


class NotRecordedError(SoundError):
    """The PBX recorded nothing of this call."""

    error_id = "not_recorded"


class RecordingMissingError(SoundError):
    """The PBX named a recording, and no such file is in the folders of recordings."""

    error_id = "recording_missing"


class RecordingsNotSetUpError(SoundError):
    """Callfloor was not told where the PBX keeps its recordings: set CALLFLOOR_RECORDINGS."""

    error_id = "recordings_not_set_up"


class RecordingsUnreachableError(SoundError):
    """The folder of recordings, or the agent on the PBX that serves it, cannot be reached just now."""

    error_id = "recordings_unreachable"
    status = 502


class SoundEmptyError(SoundError):
    """The file is there, and there is no sound in it."""

    error_id = "sound_empty"


class SoundFormatError(SoundError):
    """The file's format is none that Callfloor can play; it can be downloaded."""

    error_id = "sound_format"
    status = 415


class SoundDamagedError(SoundError):
    """The file is damaged: it says what it is, and nothing in it can be played."""

    error_id = "sound_damaged"
    status = 415


class SoundCacheError(SoundError):
    """The data folder, where decoded sound is kept for a while, is full or cannot be written."""

    error_id = "sound_cache"
    status = 502


class RangeError(CallfloorError):
    """The range asked for lies outside the file."""

    error_id = "range_not_satisfiable"
    status = 416


# --- reports ----------------------------------------------------------------------------------------------------


class ReportError(CallfloorError):
    """The report could not be made."""

    error_id = "report"
    status = 409


class ReportDiskError(ReportError):
    """The disk of the data folder is full or cannot be written: the report was not made, and no part of it is left."""

    error_id = "report_disk"


class MailNotSetUpError(ReportError):
    """Callfloor was not told how to send mail: set CALLFLOOR_SMTP_URL and CALLFLOOR_SMTP_FROM."""

    error_id = "mail_not_set_up"


class LetterNotSentError(ReportError):
    """The mail server did not take the letter."""

    error_id = "letter_not_sent"


class NoAddressError(ReportError):
    """The recipient has no mail address."""

    error_id = "no_address"


class NoLongerAllowedError(ReportError):
    """The recipient, or who asked for the report, may no longer have it."""

    error_id = "no_longer_allowed"

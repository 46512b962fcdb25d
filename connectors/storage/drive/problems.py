"""What Google Drive answered, in words that say what to do."""

from __future__ import annotations

from connectors.problem import ConnectorProblem
from connectors.storage.web import Answer, Damaged, Refused, Unreachable, asked_s, reason_of_error
from ir.reasons import reason_of_status

_RATES = {"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded", "backendError"}


class SeveralOfOneName(Exception):
    """A name that several files or folders have."""

    def __init__(self, name: str, count: int) -> None:
        super().__init__(name)
        self.name = name
        self.count = count


class NoBytes(Exception):
    """A document of Google's own, which is no file."""


def reason_of(answer: Answer) -> str:
    """The service's own word for an error, such as insufficientFilePermissions."""
    error = answer.json().get("error")
    if not isinstance(error, dict):
        return str(error or "")
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("reason") or error.get("status") or "")


def is_busy(answer: Answer) -> bool:
    """Whether the same request may go well a moment later."""
    return answer.status in {408, 429} or answer.status >= 500 or (answer.status == 403 and reason_of(answer) in _RATES)


def drive_problem(error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
    """The diagnostic; `verb` is what was to be done with the file."""
    failed = f"{shown} could not be {verb}"
    otherwise = "IR608" if verb == "written" else "IR506"
    match error:
        case SeveralOfOneName():
            return ConnectorProblem(
                "IR588",
                f'{failed}: {error.count} entries are named "{error.name}"',
                key=("location",),
                hint="rename or remove the others, or name the folder by its id",
            )
        case NoBytes():
            return ConnectorProblem(
                "IR506",
                f"{failed}: it is a document of Google's own, which is no file",
                key=("location",),
                hint="download it as xlsx or csv, and put that there",
            )
        case Damaged():
            return ConnectorProblem("IR623", f"{failed}: what arrived is not what was sent", key=("location",),
                                    hint="run again", reason="network_error")  # fmt: skip
        case FileNotFoundError():
            return ConnectorProblem(
                "IR587",
                f"{failed}: there is no folder of this id",
                key=("location",),
                hint="share the folder with the account, or give drive_id for a shared drive",
            )
        case Unreachable():
            return ConnectorProblem("IR589", f"{failed}: {error.host} does not answer", key=("credentials_ref",),
                                    hint="check the network, and api_base where it is given",
                                    reason=reason_of_error(error))  # fmt: skip
        case Refused():
            return _refused(error, failed, verb)
    return ConnectorProblem(otherwise, f"{failed}: {type(error).__name__}", key=("location",), hint="run again")


def _refused(error: Refused, failed: str, verb: str) -> ConnectorProblem:
    answer = error.answer
    reason, whose = reason_of(answer), ("credentials_ref",)
    if answer.status == 401:
        return ConnectorProblem("IR586", f"{failed}: the access token has expired or was revoked", key=whose,
                                hint="give a refresh_token or a service account's key, which get new ones")  # fmt: skip
    if is_busy(answer):
        said = reason or str(answer.status)
        return ConnectorProblem("IR589", f"{failed}: Google Drive answered {said} again and again", key=("location",),
                                hint="try again later", reason=reason_of_status(answer.status) or "rate_limit",
                                retry_after_s=asked_s(error))  # fmt: skip
    if reason in {"storageQuotaExceeded", "teamDriveFileLimitExceeded", "quotaExceeded"}:
        return ConnectorProblem(
            "IR608", f"{failed}: the drive is full", key=("location",),
            hint="make room; a service account has none of its own: give drive_id of a shared drive, or subject",
        )  # fmt: skip
    if reason in {"sharingNotSupported", "publishOutNotPermitted", "cannotShareTeamDriveWithNonGoogleAccounts",
                  "domainPolicy", "teamDriveDomainUsersOnlyRestriction"}:  # fmt: skip
        return ConnectorProblem(
            "IR620",
            f"{failed}: its owner's rules allow no public links",
            key=("options", "public"),
            hint="leave public out",
        )
    if reason == "accessNotConfigured":
        return ConnectorProblem("IR586", f"{failed}: the Drive API is not enabled for this app", key=whose,
                                hint="enable it in the project the credentials are of")  # fmt: skip
    if answer.status == 403:
        return ConnectorProblem(
            "IR586",
            f"{failed}: access was denied ({reason or 403})",
            key=whose,
            hint="share the folder with the account, as a writer where files are delivered",
        )
    if answer.status == 404:
        return ConnectorProblem("IR587", f"{failed}: the folder or file is not there any more, or not to be seen",
                                key=("location",), hint="share it with the account")  # fmt: skip
    code = "IR608" if verb == "written" else "IR506"
    return ConnectorProblem(code, f"{failed}: Google Drive answered {reason or answer.status}", key=("location",),
                            hint="check the path and the credentials")  # fmt: skip

"""What Dropbox answered, in words that say what to do."""

from __future__ import annotations

from connectors.problem import ConnectorProblem
from connectors.storage.web import Answer, Damaged, Refused, Unreachable, asked_s, reason_of_error
from ir.reasons import reason_of_status


def summary_of(answer: Answer) -> str:
    """The service's own words for an error, such as path/conflict/file."""
    return str(answer.json().get("error_summary") or "").rstrip(".")


def is_busy(answer: Answer) -> bool:
    """Whether the same request may go well a moment later."""
    return answer.status == 429 or answer.status >= 500 or "too_many_write_operations" in summary_of(answer)


def dropbox_problem(error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
    """The diagnostic; `verb` is what was to be done with the file."""
    failed = f"{shown} could not be {verb}"
    match error:
        case Damaged():
            return ConnectorProblem("IR623", f"{failed}: what arrived is not what was sent", key=("location",),
                                    hint="run again", reason="network_error")  # fmt: skip
        case Unreachable():
            return ConnectorProblem("IR589", f"{failed}: {error.host} does not answer", key=("credentials_ref",),
                                    hint="check the network, and api_base where it is given",
                                    reason=reason_of_error(error))  # fmt: skip
        case Refused():
            return _refused(error, failed, verb)
    code = "IR608" if verb == "written" else "IR506"
    return ConnectorProblem(code, f"{failed}: {type(error).__name__}", key=("location",), hint="run again")


def _refused(error: Refused, failed: str, verb: str) -> ConnectorProblem:
    answer = error.answer
    summary, whose = summary_of(answer), ("credentials_ref",)
    tags = set(summary.split("/"))
    if answer.status == 401:
        said = {
            "expired_access_token": "the access token has expired",
            "missing_scope": "the app lacks a permission (files.content.read, files.content.write, "
            "files.metadata.read, sharing.write)",
            "user_suspended": "the account is suspended",
        }.get(summary.partition("/")[0], "the access token is not known, or was revoked")
        return ConnectorProblem(
            "IR586",
            f"{failed}: {said}",
            key=whose,
            hint="give refresh_token with app_key and app_secret, of an app that may do this",
        )
    if is_busy(answer):
        said = summary or str(answer.status)
        return ConnectorProblem("IR589", f"{failed}: Dropbox answered {said} again and again", key=("location",),
                                hint="try again later", reason=reason_of_status(answer.status) or "rate_limit",
                                retry_after_s=asked_s(error))  # fmt: skip
    if tags & {"settings_error", "access_denied", "email_not_verified"} and verb == "written":
        return ConnectorProblem(
            "IR620",
            f"{failed}: the account's rules allow no public links",
            key=("options", "public"),
            hint="leave public out",
        )
    if tags & {"no_write_permission", "team_folder", "access_error", "no_permission"} or answer.status == 403:
        return ConnectorProblem("IR586", f"{failed}: access was denied", key=whose,
                                hint="give the app and the account the right to this folder")  # fmt: skip
    if tags & {"insufficient_space", "insufficient_quota"}:
        return ConnectorProblem("IR608", f"{failed}: the account has no room left", key=("location",), hint="make room")
    if tags & {"disallowed_name", "malformed_path"}:
        return ConnectorProblem("IR606", f"{failed}: Dropbox allows no such name", key=("filename_template",),
                                hint="leave out characters such as < > : | ? *")  # fmt: skip
    if tags & {"folder", "file_ancestor"} and "conflict" in tags:
        return ConnectorProblem("IR606", f"{failed}: a folder has this name, or a file the name of its folder",
                                key=("filename_template",), hint="choose another name")  # fmt: skip
    code = "IR608" if verb == "written" else "IR506"
    return ConnectorProblem(code, f"{failed}: Dropbox answered {summary or answer.status}", key=("location",),
                            hint="check the path and the credentials")  # fmt: skip

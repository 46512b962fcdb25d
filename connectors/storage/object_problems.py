"""What a store of buckets answered, in words that say what to do."""

from __future__ import annotations

from connectors.problem import ConnectorProblem
from connectors.storage.object_files import NoBucket
from connectors.storage.web import Refused, Unreachable, asked_s, reason_of_error
from ir.reasons import reason_of_status


def object_problem(
    error: Exception, shown: str, *, verb: str, store: str, bucket: str, denied: str
) -> ConnectorProblem:
    """The diagnostic; `verb` is what was to be done with the file, `bucket` what the store calls one, and `denied` what
    may be wrong with who asks."""
    failed = f"{shown} could not be {verb}"
    match error:
        case NoBucket():
            return ConnectorProblem("IR587", f'there is no {bucket} "{error}"', key=("location",),
                                    hint=f"check its name and the account; a run makes no {bucket}")  # fmt: skip
        case Unreachable():
            return ConnectorProblem("IR589", f"{failed}: {error.host} does not answer", key=("credentials_ref",),
                                    hint="check the network, and the server where the credentials name one",
                                    reason=reason_of_error(error))  # fmt: skip
        case Refused():
            status = error.answer.status
            if status in {401, 403}:
                said = "the credentials are not known, or have expired" if status == 401 else "access was denied"
                return ConnectorProblem("IR586", f"{failed}: {said}", key=("credentials_ref",), hint=denied)
            if status in {408, 429} or status >= 500:
                return ConnectorProblem("IR589", f"{failed}: {store} answered {status} again and again",
                                        key=("location",), hint="try again later",
                                        reason=reason_of_status(status), retry_after_s=asked_s(error))  # fmt: skip
            code = "IR608" if verb == "written" else "IR506"
            return ConnectorProblem(code, f"{failed}: {store} answered {status}", key=("location",),
                                    hint="check the path and the credentials")  # fmt: skip
    code = "IR608" if verb == "written" else "IR506"
    return ConnectorProblem(code, f"{failed}: {type(error).__name__}", key=("location",), hint="run again")

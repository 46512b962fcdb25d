"""One delivery of messages as it was compiled: which rows, one message for what, to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from connectors.messages.sender import SendingAccount
from engine.messages.names import Kind
from engine.messages.texts import MessageTexts
from ir.diagnostics import Pointer
from ir.model.deliveries import Message
from ir.records import dataclass
from ir.types import Schema
from transforms.frame import Frame

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action

_ONE_FOR: Mapping[Kind, str] = {
    "per_item": "a message a row",
    "per_group": "a message a group",
    "summary": "one message",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Whom messages go to: so many `texts`, or the value at `path` in each row, whose first part is a column.

    Where neither is given it is the group's key.
    """

    texts: tuple[str, ...] = ()
    """Templates, as they are written."""
    shown: tuple[str, ...] = ()
    """The same for people, with what inputs and the run's words stand for."""
    path: tuple[str, ...] = ()

    @property
    def column(self) -> str | None:
        return self.path[0] if self.path else None


NO_RECIPIENTS = Recipients()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOutput:
    """One delivery of messages. `frame` is None until a first pass tells its columns, and after an error.

    The frame has every column of its input, since texts and recipients may name any. Rows come sorted by `groups`,
    where there is a message for each group.
    """

    kind: ClassVar[Literal["message"]] = "message"
    id: str
    at: Pointer
    delivery: Message
    scope: Kind
    account: SendingAccount = field(compare=False)
    """From where it is sent."""
    action: Action | None = field(default=None, compare=False)
    """The plugin's action that sends it; None where a sender of its own does."""
    recipients: Recipients = NO_RECIPIENTS
    cc: int = 0
    """How many of its texts are copies."""
    bcc: int = 0
    frame: Frame | None = None
    source: str = "data"
    """The name of its rows in the document."""
    texts: MessageTexts | None = None
    """What its messages say; None as `frame` is."""
    groups: tuple[str, ...] = ()
    empty_names: Mapping[str, str] = field(default_factory=dict)
    """{column of `groups`: what stands for a missing value}; rows without a value in another one are left out."""
    follows: str | None = None
    """The delivery before it, whose result its texts name as `step_result`."""
    follows_one: bool = False
    """Whether that is a single message for all rows."""
    send_when_empty: bool = True
    branch: str | None = None
    """The branch of a conditional that it belongs to: without rows it does nothing then."""

    @property
    def frames(self) -> list[Frame]:
        """The frames whose rows it takes."""
        return [frame for frame, _ in self.spooled]

    @property
    def spooled(self) -> list[tuple[Frame, str | None]]:
        """The frames whose rows wait until all are there, and the column that they are split by."""
        if self.frame is None or self.texts is None:
            return []
        return [(self.frame, None), *self.texts.spooled]

    @property
    def columns(self) -> Schema | None:
        """The columns that bodies show; None until a first pass tells them."""
        return self.texts.part.columns if self.texts is not None else None

    @property
    def attachments(self) -> Sequence[str]:
        """The ids of the file deliveries that go along."""
        return self.delivery.attachments

    @property
    def depends_on(self) -> list[str]:
        """The deliveries that must have gone well before."""
        before = [self.follows] if self.follows is not None else []
        return list(dict.fromkeys([*self.delivery.depends_on, *self.attachments, *before]))

    @property
    def shown_target(self) -> str:
        """Whom it goes to, in the words of the document."""
        return f"{self.delivery.plugin_key} to {self.shown_recipients}"

    @property
    def shown_recipients(self) -> str:
        given = self.recipients
        if given.texts:
            return ", ".join(given.shown or given.texts)
        if given.path:
            each = "each of " if self.scope == "summary" else ""
            return f'{each}the addresses in "{".".join(given.path)}"'
        if self.scope == "per_group" and not self.delivery.config.get("url"):
            return f"the group's {', '.join(self.groups) or 'key'}"
        return str(self.delivery.config.get("url") or "its address")

    @property
    def summary(self) -> str:
        """What is sent, for people: a message a row by email to customer, "Your order"."""
        one = _ONE_FOR[self.scope]
        groups = f" of {', '.join(self.groups)}" if self.groups else ""
        subject = f', "{self.delivery.subject}"' if self.delivery.subject else ""
        files = f", with {', '.join(self.attachments)}" if self.attachments else ""
        return f"{one}{groups} by {self.shown_target}{subject}{files}"


def settings_of(output: MessageOutput) -> dict[str, Any]:
    """What the document says of the delivery, for tools and for comparing plans."""
    left_out = {
        "id",
        "input_source",
        "columns",
        "depends_on",
        "credentials_ref",
        "execution_constraints",
        "description",
    }
    said = output.delivery.model_dump(exclude_defaults=True, exclude_none=True, exclude=left_out)
    found: dict[str, Any] = {"scope": output.scope, **said}
    if output.groups:
        found["group_by"] = list(output.groups)
    if output.follows is not None:
        found["follows"] = output.follows
    return found

"""What a field of an answer means: by the words of its name, then by its type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from connectors.ai.local.extracting.labels import LABELS
from connectors.ai.local.extracting.page import folded
from connectors.ai.shape import Field
from ir import types as t
from ir.records import dataclass

Form = Literal["date", "amount", "whole", "boolean", "choice", "code", "email", "phone", "url", "iban", "bic",
               "tax_number", "currency", "name", "text"]  # fmt: skip
"""How a value is written."""

_OF_NAME: Sequence[tuple[str, str, Form]] = (
    (r"due|deadline|pay(ment)? by|faellig|fallig|echeance|vencimiento|scadenza", "due_date", "date"),
    (r"birth|dob|geburt|naissance|nacimiento", "birth_date", "date"),
    (r"deliver(y|ed)|shipp(ed|ing) (date|on)|liefer|service date|supply", "delivery_date", "date"),
    (r"invoice (number|no|nr|id|num|code)|bill (number|no)|receipt (number|no|id)|document (number|no)|"
     r"(rechnung|beleg)s?.?(nummer|nr)|^(number|nummer|no|invoice)$|numero.*(facture|factura|fattura)|"
     r"(facture|factura|fattura|factuur).*(numero|number|nr)", "invoice_number", "code"),
    (r"order (number|no|nr|id|ref)|purchase order|^po( |$)|bestell|auftrags?.?(nummer|nr)|commande|pedido",
     "order_number", "code"),
    (r"(customer|client|account|member|kunden).?(number|no|nr|id|nummer)", "customer_number", "code"),
    (r"\biban\b|bank account", "iban", "iban"),
    (r"\b(bic|swift)\b", "bic", "bic"),
    (r"vat (id|number|no|reg)|tax (id|number)|ust.?id|steuernummer|\bnif\b|partita iva", "vat_id", "tax_number"),
    (r"e ?mails?\b|courriel|correo", "email", "email"),
    (r"phone|telephone|telefon|mobile|\btel\b|\bfax\b", "phone", "phone"),
    (r"web ?site|\burls?\b|homepage|\blinks?\b", "website", "url"),
    (r"currency|wahrung|waehrung|devise|moneda|valuta", "currency", "currency"),
    (r"payment terms|\bterms\b", "payment_terms", "text"),
    (r"payment method|paid (by|with)|zahlungsart", "payment_method", "text"),
    (r"vendor|supplier|seller|merchant|biller|payee|issuer|lieferant|verkaufer|fournisseur|proveedor|fornitore|"
     r"leverancier|company|^(store|shop|restaurant)|sold by|^from$", "vendor", "name"),
    (r"customer|client|buyer|bill(ed)? to|recipient|kunde|acheteur|cliente|klant|purchaser", "customer", "name"),
    (r"net (amount|total)|sub ?total|^net$|netto|excl|before tax|taxable|\bht\b", "net", "amount"),
    (r"\b(vat|tax|ust|mwst|tva|iva|btw|gst|sales tax)\b|mehrwertsteuer|umsatzsteuer", "tax", "amount"),
    (r"discount|rabatt|remise|descuento|sconto", "discount", "amount"),
    (r"\b(tip|gratuity)\b|trinkgeld", "tip", "amount"),
    (r"shipping|freight|postage|versand", "shipping", "amount"),
    (r"quantity|\bqty\b|menge|anzahl|cantidad|quantite", "quantity", "amount"),
    (r"unit price|price per|unit cost|\brate\b|einzelpreis", "unit_price", "amount"),
    (r"total|amount|betrag|montant|importe|importo|summe|\bsum\b|gross|brutto|balance|to pay", "total", "amount"),
    (r"\b(description|product|item name|item|article|designation|bezeichnung)\b", "description", "text"),
    (r"\b(sku|item no|item code|product code|article (no|number))\b", "sku", "code"),
    (r"address|anschrift|adresse|direccion", "address", "text"),
    (r"full name|contact|^(person )?name$|attendee|employee", "person", "name"),
    (r"date|datum|fecha|issued|\bon$|\bat$", "date", "date"),
)  # fmt: skip
_OWN_DATE = re.compile(
    r"(?:(?:invoice|bill|billing|document|issue|issued|receipt|transaction|order|purchase) ?)?(?:date|datum|on)"
    r"|(?:rechnungs|beleg)datum|fecha(?: de)?(?: factura| emision)?|date(?: de)?(?: la)?(?: facture| d'emission)?"
    r"|data(?: fattura)?"
)
"""Names of the date that a document has of its own; `hotel date` is another one."""
_CONFIDENCE = re.compile(r"^(confidence|certainty|score|konfidenz)( score)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What to look for: labels beside it, how it is written, and what it means beyond its label where that is known."""

    name: str | None
    form: Form
    labels: tuple[str, ...]


def is_confidence(field: Field) -> bool:
    """Whether it asks how sure the others are."""
    return isinstance(field.type, t.Number | t.Decimal) and bool(_CONFIDENCE.match(words_of(field.name)))


def words_of(name: str) -> str:
    """`dueDate` and `due_date` as `due date`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return folded(" ".join(re.split(r"[\W_]+", apart))).strip()


def role_of(field: Field, *, is_line: bool = False) -> Role:
    """The role of a field; `is_line`: in a list of a table's rows."""
    words = words_of(field.name)
    form = _form_of_type(field)
    name, stated = _named(words, form)
    if form is None:
        form = stated or "text"
    if is_line and name == "total":
        name = "line_amount"
    if is_line and form == "text" and name is None and words in ("name", "title"):
        name = "description"
    own = [words] if words not in ("value", "text", "answer") else []
    if name is not None and (name != "date" or _OWN_DATE.fullmatch(words) or words in LABELS["date"]):
        own = [each for each in own if each not in LABELS[name]]
        # Words that say more than the role, such as "hotel total", are looked for before its own labels.
        return Role(name=name, form=form, labels=(*own, *LABELS[name]))
    extra = _described(field)
    return Role(name=None, form=form, labels=tuple(dict.fromkeys([*own, *_shorter(words), *extra])))


def _form_of_type(field: Field) -> Form | None:
    if field.choices:
        return "choice"
    match field.type:
        case t.Date() | t.Datetime():
            return "date"
        case t.Integer():
            return "whole"
        case t.Number() | t.Decimal():
            return "amount"
        case t.Boolean():
            return "boolean"
        case t.ListOf(item):
            return _form_of_type(Field(name=field.name, type=item))
        case _:
            return None


def _named(words: str, form: Form | None) -> tuple[str | None, Form | None]:
    """The role that the words name and the way it is written; of a role for another form than the type's, none."""
    for pattern, name, written in _OF_NAME:
        fits = form in (None, "choice", written) or (form == "whole" and written in ("amount", "code"))
        if fits and re.search(pattern, words):
            return name, written
    return None, None


def _shorter(words: str) -> list[str]:
    """`start date` as it is written too: `start`; `project code` as `project`."""
    first, _, last = words.rpartition(" ")
    return [first] if first and last in ("date", "number", "code", "id", "name", "amount", "no", "on", "at") else []


def _described(field: Field) -> list[str]:
    """Words in quotes of its description: `the number beside "Policy no."`."""
    found = re.findall(r"[\"“'`]([^\"”'`]{2,40})[\"”'`]", field.description or "")
    return [folded(each) for each in found]

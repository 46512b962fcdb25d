"""What a PDF says about itself: the dictionary that readers show, and the same as XMP."""

from __future__ import annotations

from datetime import UTC
from xml.sax.saxutils import escape

from connectors.files.pdf_objects import PdfObjects, pdf_text
from connectors.files.report import Report

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
{description}<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
{source}<xmp:CreateDate>{made}</xmp:CreateDate>
<xmp:ModifyDate>{made}</xmp:ModifyDate>
<xmp:CreatorTool>weirflow</xmp:CreatorTool>
<pdf:Producer>weirflow</pdf:Producer>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def language_of(report: Report) -> str:
    """`de-CH` of the locale `de_CH.UTF-8`."""
    return report.locale.partition(".")[0].replace("_", "-") or "en"


def put_information(objects: PdfObjects, report: Report) -> int:
    """The dictionary with title, subject and times."""
    when = f"D:{report.generated_at.astimezone(UTC):%Y%m%d%H%M%S}Z"
    subject = f"/Subject{pdf_text(report.subtitle)}" if report.subtitle else ""
    sources = f"/Keywords{pdf_text('; '.join(report.provenance.lines))}" if report.provenance else ""
    number = objects.reserve()
    objects.put(number, f"<</Title{pdf_text(report.heading)}{subject}{sources}/Creator(weirflow)/Producer(weirflow)"
                        f"/CreationDate({when})/ModDate({when})>>".encode())  # fmt: skip
    return number


def put_metadata(objects: PdfObjects, report: Report) -> int:
    """The XMP stream, which is not compressed so that other programs find it."""
    description = _entry("dc:description", report.subtitle)
    source = "\n".join(report.provenance.lines) if report.provenance else None
    content = _XMP.format(
        title=_xml(report.heading), language=_xml(language_of(report)), description=description,
        source=f"<dc:source>{_xml(source)}</dc:source>\n" if source else "",
        made=f"{report.generated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )  # fmt: skip
    return objects.stream(content.encode("utf-8", "replace"), "/Type/Metadata/Subtype/XML", plain=True)


def _entry(name: str, text: str | None) -> str:
    if not text:
        return ""
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{_xml(text)}</rdf:li></rdf:Alt></{name}>\n'


def _xml(text: str) -> str:
    """The text without the characters that no XML may hold."""
    return escape("".join(each if each >= " " and each not in "\ufffe\uffff" else " " for each in text))

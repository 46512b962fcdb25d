"""The text of documents: PDF, DOCX, XLSX, HTML, mails and their attachments, CSV and plain text."""

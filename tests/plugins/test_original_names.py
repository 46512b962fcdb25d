"""The plugins and actions of the original are found under its names."""

from __future__ import annotations

import pytest

from connectors.plugins.registry import find_plugin

NAMES = {
    "airtable": "list_bases list_records get_record create_records update_records list_tables upload_attachment "
    "get_attachment_urls",
    "discord": "send_message get_channels list_guilds get_messages create_channel delete_message",
    "dropbox": "list_files search_files download_file upload_file create_folder get_or_create_folder delete_file "
    "move_file copy_file create_shared_link get_file_metadata",
    "google-calendar": "list_events create_event update_event delete_event get_event_details get_free_busy "
    "list_available_slots list_calendars",
    "google-docs": "read_document insert_text append_text create_document get_document_info replace_text",
    "google-drive": "list_files search_files get_file_metadata read_file_content download_file get_folder_contents "
    "upload_file create_folder get_or_create_folder share_file move_file rename_file copy_file delete_file "
    "revoke_access",
    "google-mail": "send_email search_emails create_draft get_email_attachment modify_email get_or_create_label "
    "list_labels delete_label reply_to_email send_draft batch_modify_emails",
    "google-sheets": "read_range write_range append_rows create_spreadsheet get_or_create_spreadsheet "
    "get_spreadsheet_info get_or_create_sheet_tab format_cells clear_range delete_rows append_row",
    "hubspot": "get_contact get_contact_deals get_contact_activities search_contacts get_deal create_contact "
    "create_task create_deal create_contact_note",
    "notion": "search get_page get_page_content create_page update_page query_database get_database "
    "append_block_children",
    "onedrive": "list_files search_files get_file_metadata download_file upload_file create_folder "
    "get_or_create_folder delete_file move_file copy_file create_share_link get_thumbnails",
    "outlook": "send_email search_emails create_draft modify_message get_email_attachment list_events create_event "
    "update_event delete_event get_event_details",
    "salesforce": "create_lead query_leads update_lead create_account query_accounts create_contact query_contacts "
    "create_opportunity query_opportunities",
    "slack": "send_message read_messages update_message add_reaction remove_reaction get_or_create_channel "
    "create_channel list_channels list_users get_user_info upload_file",
    "stripe": "create_checkout_session create_payment_intent charge_saved_method refund_payment refund_partial "
    "create_subscription update_subscription cancel_subscription list_subscriptions create_customer get_customer "
    "list_customers list_payment_methods get_payment",
    "whatsapp-business": "send_template_message send_text_message send_interactive_message list_message_templates "
    "mark_message_read",
}


@pytest.mark.parametrize("key", NAMES)
def test_every_action_that_the_original_has_is_there_under_its_name(key: str) -> None:
    plugin = find_plugin(key)
    known = {name for action in plugin.actions.values() for name in (action.name, *action.manifest.aliases)}
    assert [name for name in NAMES[key].split() if name not in known] == []

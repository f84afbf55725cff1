//! The table of metrics. What is counted, what `/metrics` says of it, and docs/metrics.md follow from it.

program_kit::metric_table! {
    BUILD_INFO: Gauge = "ct_ingest_build_info" ["version", "commit", "target"], "1",
        "Always 1; the labels say which program this is";
    LOG_LINES_LOST: Counter = "ct_ingest_log_lines_lost_total" [], "lines",
        "Log lines that could not be written to stderr";
    FILES: Counter = "ct_ingest_files_total" [], "files and objects",
        "Files and objects whose reading has ended, whatever was in them";
    RECORDS: Counter = "ct_ingest_records_total" [], "records", "Records written to stdout";
    INFLATED_BYTES: Counter = "ct_ingest_inflated_bytes_total" [], "bytes",
        "Bytes of text that the files hold, inflated";
    DAMAGES: Counter = "ct_ingest_damages_total" ["kind"], "damages",
        "Damages of files for which a record may be missing, by kind: gzip_truncated, gzip_corrupt, not_json and so on";
    WARNINGS: Counter = "ct_ingest_warnings_total" ["kind"], "places",
        "Places in files that are not as they should be and cost no record, by kind: padding, extra_comma, not_utf8 and so on";
    UNREADABLE: Counter = "ct_ingest_unreadable_total" [], "files, objects, messages, listings",
        "Files, objects, messages and parts of listings that could not be read at all";
    SKIPPED_FILES: Counter = "ct_ingest_skipped_files_total" ["kind", "told_by"], "files and objects",
        "Files passed over: digest, config, empty, other, known from the state; told by key (empty by size) or content";
    OBJECTS_FOUND: Counter = "ct_ingest_objects_found_total" [], "objects",
        "Objects to read, listed or named by messages";
    OBJECTS_DOWNLOADED: Counter = "ct_ingest_objects_downloaded_total" [], "objects", "Objects downloaded";
    DOWNLOADED_BYTES: Counter = "ct_ingest_downloaded_bytes_total" [], "bytes", "Bytes of objects downloaded, packed";
    OBJECT_AGE: Gauge = "ct_ingest_object_age_seconds" [], "seconds",
        "Time from the last modification of the object written last to its being written: the delay as a whole";
    REQUESTS: Counter = "ct_ingest_requests_total" ["operation"], "requests",
        "Requests that ask what there is: list, pages of listings; receive, for messages";
    RETRIES: Counter = "ct_ingest_retries_total" ["reason"], "requests",
        "Requests to AWS tried again, by reason: throttled, expired_credentials, no_answer, other";
    MESSAGES_RECEIVED: Counter = "ct_ingest_messages_received_total" [], "messages", "Messages received";
    MESSAGES_DELETED: Counter = "ct_ingest_messages_deleted_total" [], "messages",
        "Messages deleted, all their records having been written";
    MESSAGES_LEFT: Counter = "ct_ingest_messages_left_total" [], "messages",
        "Messages left to the queue: not understood, not readable, damaged, or not finished";
    MESSAGES_UNDELETED: Counter = "ct_ingest_messages_undeleted_total" [], "messages",
        "Messages read that could not be deleted, and come back";
    MESSAGES_EXTENDED: Counter = "ct_ingest_messages_extended_total" [], "times",
        "Times that a message was hidden for longer";
    MESSAGES_EXPIRED: Counter = "ct_ingest_messages_expired_total" [], "messages",
        "Messages whose visibility ended before they were deleted or hidden for longer";
    MESSAGES_IN_FLIGHT: Gauge = "ct_ingest_messages_in_flight" [], "messages",
        "Messages received and neither done with nor left to the queue";
    MESSAGE_AGE: Gauge = "ct_ingest_message_age_seconds" [], "seconds",
        "Age of the oldest message of the queue's last answer; 0 where that was empty";
    MESSAGES_RELEASED: Counter = "ct_ingest_messages_released_total" [], "messages",
        "Messages given back to the queue at the stop";
    NOTIFICATIONS_IGNORED: Counter = "ct_ingest_notifications_ignored_total" ["kind"], "notifications",
        "Parts of messages acknowledged without reading, by kind: removed, changed, test, validation, subscription, config";
}

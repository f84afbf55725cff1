//! The table of metrics, from which the counters, the help texts of `/metrics` and docs/metrics.md are made.

program_kit::metric_table! {
    BUILD_INFO: Gauge = "ct_ingest_build_info" ["version", "commit", "target"], "1",
        "Always 1; the labels say which program this is";
    LOG_LINES_LOST: Counter = "ct_ingest_log_lines_lost_total" [], "lines",
        "Log lines that could not be written to stderr";
    FILES: Counter = "ct_ingest_files_total" [], "files and objects",
        "Files and objects that were read to the end, with any content";
    RECORDS: Counter = "ct_ingest_records_total" [], "records", "Records written to stdout, counted, or read for rules";
    RECORDS_LEFT_OUT: Counter = "ct_ingest_records_left_out_total" ["reason"], "records",
        "Records left out, by reason: time, for --since and --until; where, for --where; duplicate, for --dedupe";
    RECORDS_UNCHECKED: Counter = "ct_ingest_records_unchecked_total" ["reason"], "records",
        "Records that detect did not check, by reason: insight, for an Insights event; incomplete, without a valid time \
         or a type";
    ALERTS: Counter = "ct_ingest_alerts_total" ["rule"], "alerts", "Alerts written to stdout or counted for a report, by rule";
    ALERTS_POSTED: Counter = "ct_ingest_alerts_posted_total" [], "alerts", "Alerts that the server of --http has accepted";
    POSTS_RETRIED: Counter = "ct_ingest_alert_posts_retried_total" ["reason"], "requests",
        "Posts of alerts that failed and are tried again, by reason: refused, for a person to repair; busy, for 408, 429, \
         and 503 with Retry-After; server_error; no_answer";
    INFLATED_BYTES: Counter = "ct_ingest_inflated_bytes_total" [], "bytes",
        "Bytes of the files' text, inflated";
    DAMAGES: Counter = "ct_ingest_damages_total" ["kind"], "damages",
        "Damaged parts of files where a record may be missing, by kind: gzip_truncated, gzip_corrupt, not_json and so \
         on";
    WARNINGS: Counter = "ct_ingest_warnings_total" ["kind"], "places",
        "Unexpected parts of files where no record is missing, by kind: padding, extra_comma, not_utf8 and so on";
    UNREADABLE: Counter = "ct_ingest_unreadable_total" [], "files, objects, messages, listings",
        "Files, objects, messages and parts of listings that could not be read at all";
    SKIPPED_FILES: Counter = "ct_ingest_skipped_files_total" ["kind", "told_by"], "files and objects",
        "Files skipped: digest, config, empty, other, known from the state; detected by key (empty by size) or content";
    OBJECTS_FOUND: Counter = "ct_ingest_objects_found_total" [], "objects",
        "Objects to read, listed or named by messages, and pages of log events";
    OBJECTS_DOWNLOADED: Counter = "ct_ingest_objects_downloaded_total" [], "objects", "Objects downloaded";
    DOWNLOADED_BYTES: Counter = "ct_ingest_downloaded_bytes_total" [], "bytes", "Bytes of objects downloaded, packed";
    OBJECT_AGE: Gauge = "ct_ingest_object_age_seconds" [], "seconds",
        "Time between the last modification of an object and the writing of its records, for the latest object: the \
         total delay";
    REQUESTS: Counter = "ct_ingest_requests_total" ["operation"], "requests",
        "Requests by kind: list, for pages of listings; receive, for messages; filter, for pages of log events";
    LOG_EVENTS: Counter = "ct_ingest_log_events_total" [], "log events", "Log events of CloudWatch Logs handed on";
    RETRIES: Counter = "ct_ingest_retries_total" ["reason"], "requests",
        "Requests to AWS tried again, by reason: throttled, expired_credentials, no_answer, other";
    MESSAGES_RECEIVED: Counter = "ct_ingest_messages_received_total" [], "messages", "Messages received";
    MESSAGES_DELETED: Counter = "ct_ingest_messages_deleted_total" [], "messages",
        "Messages deleted after all their records had been written";
    MESSAGES_LEFT: Counter = "ct_ingest_messages_left_total" [], "messages",
        "Messages left in the queue: not understood, not readable, damaged, or not finished";
    MESSAGES_UNDELETED: Counter = "ct_ingest_messages_undeleted_total" [], "messages",
        "Messages that were read but could not be deleted, and come back";
    MESSAGES_EXTENDED: Counter = "ct_ingest_messages_extended_total" [], "times",
        "Extensions of a message's visibility timeout";
    MESSAGES_EXPIRED: Counter = "ct_ingest_messages_expired_total" [], "messages",
        "Messages whose visibility timeout ended before they were deleted or extended";
    MESSAGES_IN_FLIGHT: Gauge = "ct_ingest_messages_in_flight" [], "messages",
        "Messages received and not yet deleted or left in the queue";
    MESSAGE_AGE: Gauge = "ct_ingest_message_age_seconds" [], "seconds",
        "Age of the oldest message of the queue's last answer; 0 if it was empty";
    MESSAGES_RELEASED: Counter = "ct_ingest_messages_released_total" [], "messages",
        "Messages returned to the queue at the stop";
    NOTIFICATIONS_IGNORED: Counter = "ct_ingest_notifications_ignored_total" ["kind"], "notifications",
        "Parts of messages acknowledged without reading, by kind: removed, changed, test, validation, subscription, config";
}

//! The limits that AWS documents, and one of this crate.
//!
//! Sources: [schema], "CloudTrail Lake integrations event schema"; [api], the API reference of `PutAuditEvents`;
//! [quotas], "Quotas in AWS CloudTrail". AWS gives lengths without a unit and sizes in kB and MB. Here all limits are
//! bytes of UTF-8, with 1,000 bytes per kB. An event within this strictest reading is within every other.
//!
//! [schema]: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-integration-event-schema.html
//! [api]: https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_PutAuditEvents.html
//! [quotas]: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html

/// `version`, in bytes (schema).
pub const MAX_VERSION: usize = 256;
/// `userIdentity.type`, in bytes (schema).
pub const MAX_TYPE: usize = 128;
/// `userIdentity.principalId`, in bytes (schema).
pub const MAX_PRINCIPAL_ID: usize = 1_024;
/// `userAgent`, in bytes (schema).
pub const MAX_USER_AGENT: usize = 1_024;
/// `eventSource`, in bytes (schema).
pub const MAX_EVENT_SOURCE: usize = 1_024;
/// `eventName`, in bytes (schema).
pub const MAX_EVENT_NAME: usize = 1_024;
/// `UID`, in bytes (schema).
pub const MAX_UID: usize = 1_024;
/// `errorCode`, in bytes (schema).
pub const MAX_ERROR_CODE: usize = 256;
/// `errorMessage`, in bytes (schema).
pub const MAX_ERROR_MESSAGE: usize = 256;
/// `requestParameters`, in bytes of JSON; AWS rejects an event with more (schema: 100 kB).
pub const MAX_REQUEST_PARAMETERS: usize = 100_000;
/// `responseElements`, in bytes of JSON; AWS rejects an event with more (schema: 100 kB).
pub const MAX_RESPONSE_ELEMENTS: usize = 100_000;
/// `additionalEventData`, in bytes of JSON; AWS rejects an event with more (schema: 28 kB).
pub const MAX_ADDITIONAL_EVENT_DATA: usize = 28_000;
/// `userIdentity.details`, in bytes of JSON. AWS documents no limit, so this crate uses the largest that the schema
/// allows for any object. With it, each mapped event fits into a call, escaped or not.
pub const MAX_DETAILS: usize = 100_000;

/// An entry's `id`, in bytes (api: `AuditEvent`).
pub const MAX_ENTRY_ID: usize = 128;
/// Entries of one call (api: `auditEvents`; quotas: 100 events per call).
pub const MAX_CALL_ENTRIES: usize = 100;
/// The body of one call, in bytes (quotas: 1 MB). AWS does not document which bytes count, so the whole body does.
pub const MAX_CALL_BYTES: usize = 1_000_000;
/// Calls a second for an account in a region (quotas: `PutAuditEvents`, 100; cannot be raised).
pub const MAX_CALLS_PER_SECOND: u32 = 100;

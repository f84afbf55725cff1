//! Writes an event as OCSF.
//!
//! The rules, each with its page of <https://schema.ocsf.io/1.6.0/>, are at [`to_ocsf`].

mod class;
mod details;
mod head;
mod observables;
mod operations;
mod parties;
mod source;
mod subject;
mod unmapped;
mod user;

use crate::json::{Members, push_string};

use super::FalconEvent;
use super::map::uid;
use observables::Observables;
use source::Source;

/// About how many bytes the attributes take, besides the original, which is written twice. It only saves reallocation.
const USUAL_REST: usize = 1_800;

/// Returns an event of a feed, at an offset, as an event of the [Open Cybersecurity Schema Framework](https://ocsf.io),
/// version 1.6.0. `received_ms`, in ms since 1970, is the time of an event that has none.
///
/// Nothing of the original is lost: each member becomes an attribute unchanged, or stays in `unmapped` under its own
/// path, and `raw_data` has the whole line. The same arguments always give the same text. Members have one order, times
/// are ms since 1970.
///
/// # Classes
///
/// `event.OperationName` decides the class and the activity.
///
/// | class | operations |
/// |---|---|
/// | [Authentication] (3002) | sign-ins: `userAuthenticate`, `twoFactorAuthenticate`, `saml2Assert` |
/// | [Account Change] (3001) | users: `createUser`, `activateUser`, `deactivateUser`, `deleteUser`, `updateUser`, passwords, `selfAcceptEula` |
/// | [User Access Management] (3005) | roles: `grantUserRoles`, `revokeUserRoles`, `updateUserRoles` |
/// | [Entity Management] (3004) | API clients, IP allowlists, subscriptions, detections, quarantined files, host groups |
/// | [API Activity] (6003) | `streamStarted`, `streamStopped`, and every `APIActivityAuditEvent`, whose HTTP method is the activity |
/// | [Base Event] (0) | every other event |
///
/// An operation that a class has no activity for, such as `updateUser`, is activity 99, and `activity_name` is Falcon's
/// name.
///
/// # Attributes
///
/// | attribute | from | page |
/// |---|---|---|
/// | `time` | `metadata.eventCreationTime`, else `event.UTCTimestamp`, else the time of receipt | [Base Event] |
/// | `severity_id` | `event.SeverityName`; if missing, 1 (Informational), in a base event 0 (Unknown) | [Base Event] |
/// | `status_id` | `event.Success`, else the HTTP status | [Base Event] |
/// | `message` | `event.Message` | [Base Event] |
/// | `metadata.uid` | `FEED_OFFSET`, as the id of the audit event | [metadata] |
/// | `metadata.event_code` | `event.OperationName` | [metadata] |
/// | `metadata.correlation_uid` | the detail `trace_id` | [metadata] |
/// | `metadata.log_name`, `.log_version` | `metadata.eventType`, `.version` | [metadata] |
/// | `metadata.original_time` | the member that has the time, as written | [metadata] |
/// | `metadata.product.feature.name` | `event.ServiceName` | [product] |
/// | `metadata.tenant_uid` | `metadata.customerIDString` | [metadata] |
/// | `actor.user` | `event.UserId`, for remote response sessions `event.UserName`; the detail `actor_user_uuid` | [actor], [user] |
/// | `actor.app_uid` | the detail `APIClientID` of an API call | [actor] |
/// | `user` | the details `target_name` and `target_uuid`; for what users do to themselves, else the actor | [user] |
/// | `privileges` | the detail `roles` | [User Access Management] |
/// | `entity`, `access_list` | the details of an entity, the detail `scope(s)` | [managed_entity] |
/// | `src_endpoint.ip` | `event.UserIp`, else `event.SourceIp`, if an IP address | [network_endpoint] |
/// | `dst_endpoint`, `service` | `event.ServiceName`, the detail `request_host` | [network_endpoint] |
/// | `api`, `http_request`, `http_response` | the details of an API call | [api], [http_request] |
/// | `observables` | user names, mail addresses, IP addresses and the user agent, with the paths of their attributes | [observable] |
///
/// Details are the pairs of `event.AuditKeyValues` and `event.Attributes`. Both stay in `unmapped` as well. An attribute
/// that a class requires and an event does not have is `unknown`. A base event with an actor has the profile `host`.
///
/// Half a surrogate pair becomes U+FFFD, except in `unmapped` and `raw_data`. If a name occurs twice, the last member
/// becomes the attribute, and the others stay in `unmapped`.
///
/// [Account Change]: https://schema.ocsf.io/1.6.0/classes/account_change
/// [API Activity]: https://schema.ocsf.io/1.6.0/classes/api_activity
/// [Authentication]: https://schema.ocsf.io/1.6.0/classes/authentication
/// [Base Event]: https://schema.ocsf.io/1.6.0/classes/base_event
/// [Entity Management]: https://schema.ocsf.io/1.6.0/classes/entity_management
/// [User Access Management]: https://schema.ocsf.io/1.6.0/classes/user_access
/// [actor]: https://schema.ocsf.io/1.6.0/objects/actor
/// [api]: https://schema.ocsf.io/1.6.0/objects/api
/// [http_request]: https://schema.ocsf.io/1.6.0/objects/http_request
/// [managed_entity]: https://schema.ocsf.io/1.6.0/objects/managed_entity
/// [metadata]: https://schema.ocsf.io/1.6.0/objects/metadata
/// [network_endpoint]: https://schema.ocsf.io/1.6.0/objects/network_endpoint
/// [observable]: https://schema.ocsf.io/1.6.0/objects/observable
/// [product]: https://schema.ocsf.io/1.6.0/objects/product
/// [user]: https://schema.ocsf.io/1.6.0/objects/user
#[must_use]
pub fn to_ocsf(event: &FalconEvent<'_>, feed: &str, offset: u64, received_ms: i64) -> String {
    let mut out = String::with_capacity(2 * event.json().len() + USUAL_REST);
    let mut source = Source::of(event, received_ms);
    let mut mapped = std::mem::take(&mut source.mapped);
    let mut observables = Observables::default();
    let mut members = Members::new(&mut out);
    head::classification(&mut members, &source);
    if head::severity(&mut members, &source) {
        mapped.extend(event.event.severity_name);
    }
    head::status(&mut members, &source);
    members.text_if("message", source.message.as_deref());
    head::metadata(&mut members, &source, &uid(feed, offset));
    parties::actor(&mut members, &source, &mut observables);
    subject::subject(&mut members, &source, &mut observables);
    parties::endpoints(&mut members, &source, &mut observables);
    observables.write(&mut members);
    unmapped::push_without(members.member("unmapped"), event.json(), &mut mapped);
    push_string(members.member("raw_data"), event.json());
    members.number("raw_data_size", event.json().len());
    members.end();
    out
}

#[cfg(test)]
mod tests;

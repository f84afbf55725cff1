//! Who acted, from where, and on which service.

use std::borrow::Cow;

use super::class::Class;
use super::details::Detail;
use super::observables::{ACTOR, ACTOR_MAIL, Observables, SOURCE_IP};
use super::source::Source;
use super::user::User;
use crate::falcon::map::UNKNOWN;
use crate::json::Members;

/// The service of an event that names none.
pub(super) const SERVICE: &str = "CrowdStrike Falcon";

/// Writes `actor`.
pub(super) fn actor<'s>(members: &mut Members<'_>, source: &'s Source<'_>, observables: &mut Observables<'s>) {
    let is_call = source.class == Class::ApiActivity;
    let app = if is_call { source.details.get(Detail::ApiClientId) } else { None };
    let user = User::actor(source);
    if user.is_none() && app.is_none() && !is_call {
        return;
    }
    let mut actor = members.object("actor");
    if let Some(user) = user.or_else(|| app.is_none().then(User::unknown)) {
        user.write(actor.object("user"));
        user.observe([ACTOR, ACTOR_MAIL], observables);
    }
    actor.text_if("app_uid", app.as_deref());
    actor.end();
}

/// Writes `src_endpoint` and `dst_endpoint`.
pub(super) fn endpoints<'s>(members: &mut Members<'_>, source: &'s Source<'_>, observables: &mut Observables<'s>) {
    let is_base = source.class == Class::BaseEvent;
    if let Some((ip, unmapped)) = &source.ip {
        observables.push(if is_base { *unmapped } else { SOURCE_IP }, Cow::Borrowed(ip));
    }
    if is_base {
        return;
    }
    let is_call = source.class == Class::ApiActivity;
    if source.ip.is_some() || is_call {
        let mut endpoint = members.object("src_endpoint");
        match &source.ip {
            Some((ip, _)) => endpoint.text("ip", ip),
            // The class needs an endpoint, and an endpoint a name.
            None => endpoint.text("name", UNKNOWN),
        }
        endpoint.end();
    }
    if is_call || source.class == Class::Authentication {
        let mut endpoint = members.object("dst_endpoint");
        endpoint.text_if("hostname", source.details.get(Detail::RequestHost).as_deref());
        endpoint.text("svc_name", source.service.as_deref().unwrap_or(SERVICE));
        endpoint.end();
    }
}

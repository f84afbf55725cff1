//! What an operation was about: the attributes that not every class has.

use std::borrow::Cow;

use super::class::Class;
use super::details::Detail;
use super::head::status_code;
use super::observables::{Observables, USER, USER_AGENT, USER_MAIL};
use super::operations::{Entity, Subject, of_method};
use super::parties::SERVICE;
use super::source::Source;
use super::user::User;
use crate::falcon::map::UNKNOWN;
use crate::json::{Members, push_string};

/// Writes the attributes that only one class has.
pub(super) fn subject<'s>(members: &mut Members<'_>, source: &'s Source<'_>, observables: &mut Observables<'s>) {
    match source.subject {
        None if source.class != Class::ApiActivity => {}
        None | Some(Subject::Call) => call(members, source, observables),
        Some(Subject::Entity(kind)) => entity(members, source, kind),
        Some(subject @ (Subject::Target | Subject::Own | Subject::Saml | Subject::Factor)) => {
            let own = if matches!(subject, Subject::Target) { None } else { User::actor(source) };
            let user = User::target(source).or(own).unwrap_or_else(User::unknown);
            user.write(members.object("user"));
            // `actor` has been observed.
            if source.user.as_deref() != Some(user.name()) {
                user.observe([USER, USER_MAIL], observables);
            }
            match source.class {
                Class::Authentication => sign_in(members, source, subject),
                Class::UserAccess => list(members, "privileges", source.details.get(Detail::Roles), Some(UNKNOWN)),
                _ => {}
            }
        }
    }
}

fn sign_in(members: &mut Members<'_>, source: &Source<'_>, subject: Subject) {
    if matches!(subject, Subject::Saml) {
        members.members(r#""auth_protocol_id":5,"auth_protocol":"SAML""#);
    }
    if matches!(subject, Subject::Factor) {
        members.members(r#""is_mfa":true"#);
    }
    let mut service = members.object("service");
    service.text("name", source.service.as_deref().unwrap_or(SERVICE));
    service.end();
}

fn entity(members: &mut Members<'_>, source: &Source<'_>, kind: &Entity) {
    let (name, uid) = (source.details.first(kind.names), source.details.first(kind.uids));
    let mut entity = members.object("entity");
    entity.number("type_id", kind.type_id);
    entity.text("type", kind.kind);
    entity.text_if("name", name.as_deref().or(uid.is_none().then_some(UNKNOWN)));
    entity.text_if("uid", uid.as_deref());
    entity.end();
    list(members, "access_list", source.details.get(Detail::Scopes), None);
}

/// Writes a list that Falcon sends as text with commas. Without elements it is `otherwise`, or left out.
fn list(members: &mut Members<'_>, key: &'static str, text: Option<Cow<'_, str>>, otherwise: Option<&str>) {
    let names = text.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let mut names = names.peekable();
    if names.peek().is_none() && otherwise.is_none() {
        return;
    }
    let is_empty = names.peek().is_none();
    let out = members.member(key);
    let mut before = '[';
    for name in names.chain(otherwise.filter(|_| is_empty)) {
        out.push(before);
        before = ',';
        push_string(out, name);
    }
    out.push(']');
}

fn call<'s>(members: &mut Members<'_>, source: &'s Source<'_>, observables: &mut Observables<'s>) {
    let detail = |name| source.details.get(name);
    let (method, path) = (detail(Detail::RequestMethod), detail(Detail::RequestPath));
    let mut api = members.object("api");
    match (&method, &path) {
        (Some(method), Some(path)) => api.text("operation", &format!("{method} {path}")),
        _ => api.text("operation", source.operation.as_deref().or(source.event_type.as_deref()).unwrap_or(UNKNOWN)),
    }
    if let Some(name) = &source.service {
        let mut service = api.object("service");
        service.text("name", name);
        service.end();
    }
    api.end();
    let agent = detail(Detail::UserAgent);
    let method = method.filter(|method| of_method(method).is_some());
    if method.is_some() || path.is_some() || agent.is_some() {
        let mut request = members.object("http_request");
        request.text_if("http_method", method.as_deref());
        if let Some(path) = &path {
            let mut url = request.object("url");
            url.text_if("hostname", detail(Detail::RequestHost).as_deref());
            url.text("path", path);
            url.end();
        }
        request.text_if("user_agent", agent.as_deref());
        request.end();
    }
    if let Some(code) = status_code(source).and_then(|code| code.parse::<u16>().ok()) {
        let mut response = members.object("http_response");
        response.number("code", code);
        response.end();
    }
    if let Some(agent) = agent {
        observables.push(USER_AGENT, agent);
    }
}

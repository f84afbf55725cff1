//! `observables`: the values by which people search.

use std::borrow::Cow;

use crate::json::{Members, push_string};

/// An attribute to search by, with the constant members of its observable.
#[derive(Clone, Copy)]
pub(super) struct Observable(&'static str);

/// Writes the members of an attribute.
macro_rules! observable {
    ($name:literal, $type_id:literal, $kind:literal) => {
        Observable(concat!(r#"{"name":""#, $name, r#"","type_id":"#, $type_id, r#","type":""#, $kind, r#"","value":"#))
    };
}

pub(super) const ACTOR: Observable = observable!("actor.user.name", 4, "User Name");
pub(super) const ACTOR_MAIL: Observable = observable!("actor.user.email_addr", 5, "Email Address");
pub(super) const USER: Observable = observable!("user.name", 4, "User Name");
pub(super) const USER_MAIL: Observable = observable!("user.email_addr", 5, "Email Address");
pub(super) const SOURCE_IP: Observable = observable!("src_endpoint.ip", 2, "IP Address");
/// The base event has no attribute for the address.
pub(super) const UNMAPPED_USER_IP: Observable = observable!("unmapped.event.UserIp", 2, "IP Address");
pub(super) const UNMAPPED_SOURCE_IP: Observable = observable!("unmapped.event.SourceIp", 2, "IP Address");
pub(super) const USER_AGENT: Observable = observable!("http_request.user_agent", 16, "HTTP User-Agent");

/// Observables with their values.
#[derive(Default)]
pub(super) struct Observables<'s>(Vec<(Observable, Cow<'s, str>)>);

impl<'s> Observables<'s> {
    pub(super) fn push(&mut self, observable: Observable, value: Cow<'s, str>) {
        self.0.push((observable, value));
    }

    /// Writes the list, if it has elements.
    pub(super) fn write(&self, members: &mut Members<'_>) {
        if self.0.is_empty() {
            return;
        }
        let out = members.member("observables");
        let mut before = '[';
        for (Observable(constants), value) in &self.0 {
            out.push(before);
            before = ',';
            out.push_str(constants);
            push_string(out, value);
            out.push('}');
        }
        out.push(']');
    }
}

//! What is done: one row an event, with the share that it has in a busy account's trail.

mod compute;
mod identity;
mod services;
mod storage;

/// One kind of event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its share, against the sum of all.
    pub(crate) weight: usize,
    /// The service: the part of `eventSource` before `.amazonaws.com`.
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) read_only: bool,
    pub(crate) kind: Kind,
    /// Templates of JSON values; an empty one leaves the member out.
    pub(crate) request: &'static str,
    pub(crate) response: &'static str,
    pub(crate) extra: &'static str,
    pub(crate) resources: &'static str,
}

/// What decides the members around an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A management call by anyone.
    Call,
    /// A data call by anyone.
    Data,
    /// A management call by a service for itself.
    ByService,
    /// Something that a service did without a call.
    Service,
    /// A sign-in at the console.
    SignIn,
}

/// An event with nothing to tell; rows are written as what differs from it.
const NOTHING: Event = Event {
    weight: 0,
    service: "",
    name: "",
    read_only: true,
    kind: Kind::Call,
    request: "null",
    response: "null",
    extra: "",
    resources: "",
};

/// Every kind of event.
pub(crate) fn all() -> impl Iterator<Item = &'static Event> {
    [storage::EVENTS, compute::EVENTS, identity::EVENTS, services::EVENTS].into_iter().flatten()
}

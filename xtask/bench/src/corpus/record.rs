//! One record: the event's own members between those that every record has, in the order in which AWS writes them.

use anyhow::{Context, Result};

use super::{
    events::{self, Event, Kind},
    identity::{CALLERS, Caller, SERVICE},
    scene::Scene,
    template::Template,
    world::Names,
};

/// How many calls of a hundred are refused.
const DENIED: usize = 4;
/// How many calls of a hundred from outside have `tlsDetails`; the older services leave them out.
const TLS: usize = 42;

/// All that is needed to write records, parsed once.
#[derive(Debug)]
pub(crate) struct Writer {
    events: Vec<Parsed>,
    /// The sum of the events' weights.
    weights: usize,
    callers: Vec<ParsedCaller>,
    service: ParsedCaller,
    denied: Template,
    ids: Template,
    shared: Template,
    endpoint: Template,
}

#[derive(Debug)]
struct Parsed {
    event: &'static Event,
    request: Template,
    response: Template,
    extra: Template,
    resources: Template,
}

#[derive(Debug)]
struct ParsedCaller {
    caller: &'static Caller,
    identity: Template,
    address: Template,
    agent: Template,
}

impl Writer {
    pub(crate) fn new() -> Result<Self> {
        let events = events::all().map(Parsed::new).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            weights: events.iter().map(|parsed| parsed.event.weight).sum(),
            events,
            callers: CALLERS.iter().map(ParsedCaller::new).collect::<Result<_>>()?,
            service: ParsedCaller::new(&SERVICE)?,
            denied: parse(
                "User: arn:aws:sts::${account}:assumed-role/${role}/${session} is not authorized to perform: ",
            )?,
            ids: parse(r#","requestID":"${uuid}","eventID":"${uuid}""#)?,
            shared: parse(r#""${uuid}""#)?,
            endpoint: parse(r#""${endpoint}""#)?,
        })
    }

    /// Appends one record.
    pub(crate) fn write(&self, out: &mut String, scene: &mut Scene<'_>) -> Result<()> {
        scene.next_record();
        let parsed = self.event(scene).context("there are events")?;
        let caller = self.caller(scene, parsed.event.kind).context("there are callers")?;
        let denied = parsed.event.kind == Kind::Call && scene.rng.percent(DENIED);

        out.push_str(r#"{"eventVersion":"1.09""#);
        member(out, scene, "userIdentity", &caller.identity);
        out.push_str(r#","eventTime":""#);
        scene.clock.write_time(out);
        for text in
            [r#"","eventSource":""#, parsed.event.service, r#".amazonaws.com","eventName":""#, parsed.event.name]
        {
            out.push_str(text);
        }
        for text in [r#"","awsRegion":""#, &scene.region.clone(), r#"","sourceIPAddress":""#] {
            out.push_str(text);
        }
        caller.address.fill(out, scene);
        out.push_str(r#"","userAgent":""#);
        caller.agent.fill(out, scene);
        out.push('"');
        if denied {
            self.write_denied(out, scene, parsed.event);
        }
        parsed.write(out, scene, denied);
        self.ids.fill(out, scene);
        write_end(self, out, scene, parsed, caller.caller);
        Ok(())
    }

    fn event(&self, scene: &mut Scene<'_>) -> Option<&Parsed> {
        let mut at = scene.rng.below(self.weights);
        self.events.iter().find(|parsed| {
            let found = at < parsed.event.weight;
            at = at.saturating_sub(parsed.event.weight);
            found
        })
    }

    fn caller(&self, scene: &mut Scene<'_>, kind: Kind) -> Option<&ParsedCaller> {
        match kind {
            Kind::ByService | Kind::Service => Some(&self.service),
            Kind::SignIn => self.callers.iter().find(|parsed| parsed.caller.identity.contains("IAMUser")),
            Kind::Call | Kind::Data => {
                let mut at = scene.rng.below(100);
                self.callers.iter().find(|parsed| {
                    let found = at < parsed.caller.percent;
                    at = at.saturating_sub(parsed.caller.percent);
                    found
                })
            }
        }
    }

    fn write_denied(&self, out: &mut String, scene: &mut Scene<'_>, event: &Event) {
        out.push_str(r#","errorCode":"AccessDenied","errorMessage":""#);
        self.denied.fill(out, scene);
        for text in [event.service, ":", event.name, " because no identity-based policy allows the action\""] {
            out.push_str(text);
        }
    }
}

impl Parsed {
    fn new(event: &'static Event) -> Result<Self> {
        let Event { request, response, extra, resources, .. } = event;
        let [request, response] = [parse(request)?, parse(response)?];
        Ok(Self { event, request, response, extra: parse(extra)?, resources: parse(resources)? })
    }

    /// What was asked and answered.
    fn write(&self, out: &mut String, scene: &mut Scene<'_>, denied: bool) {
        member(out, scene, "requestParameters", &self.request);
        if denied {
            out.push_str(r#","responseElements":null"#);
        } else {
            member(out, scene, "responseElements", &self.response);
        }
        if !self.event.extra.is_empty() {
            member(out, scene, "additionalEventData", &self.extra);
        }
    }
}

impl ParsedCaller {
    fn new(caller: &'static Caller) -> Result<Self> {
        let Caller { identity, address, agent, .. } = caller;
        Ok(Self { caller, identity: parse(identity)?, address: parse(address)?, agent: parse(agent)? })
    }
}

fn parse(text: &str) -> Result<Template> {
    Template::parse(text, &Names)
}

fn member(out: &mut String, scene: &mut Scene<'_>, name: &str, value: &Template) {
    for text in [",\"", name, "\":"] {
        out.push_str(text);
    }
    value.fill(out, scene);
}

/// The members after the ids.
fn write_end(writer: &Writer, out: &mut String, scene: &mut Scene<'_>, parsed: &Parsed, caller: &Caller) {
    let Event { service, read_only, kind, .. } = parsed.event;
    out.push_str(if *read_only { r#","readOnly":true"# } else { r#","readOnly":false"# });
    if !parsed.event.resources.is_empty() {
        member(out, scene, "resources", &parsed.resources);
    }
    let (event_type, management, category) = match kind {
        Kind::Call | Kind::ByService => ("AwsApiCall", "true", "Management"),
        Kind::Data => ("AwsApiCall", "false", "Data"),
        Kind::Service => ("AwsServiceEvent", "true", "Management"),
        Kind::SignIn => ("AwsConsoleSignIn", "true", "Management"),
    };
    for text in [r#","eventType":""#, event_type, r#"","managementEvent":"#, management] {
        out.push_str(text);
    }
    for text in [r#","recipientAccountId":""#, &scene.account, "\""] {
        out.push_str(text);
    }
    if *kind == Kind::ByService {
        member(out, scene, "sharedEventID", &writer.shared);
    }
    if *kind == Kind::Data && scene.rng.percent(40) {
        member(out, scene, "vpcEndpointId", &writer.endpoint);
    }
    for text in [r#","eventCategory":""#, category, "\""] {
        out.push_str(text);
    }
    if caller.tls && scene.rng.percent(TLS) {
        write_tls(out, scene, service);
    }
    out.push('}');
}

fn write_tls(out: &mut String, scene: &mut Scene<'_>, service: &str) {
    let (version, cipher) =
        if scene.rng.percent(80) { ("3", "TLS_AES_128_GCM_SHA256") } else { ("2", "ECDHE-RSA-AES128-GCM-SHA256") };
    for text in [r#","tlsDetails":{"tlsVersion":"TLSv1."#, version, r#"","cipherSuite":""#, cipher] {
        out.push_str(text);
    }
    for text in [r#"","clientProvidedHostHeader":""#, service, ".", &scene.region, ".amazonaws.com\"}"] {
        out.push_str(text);
    }
}

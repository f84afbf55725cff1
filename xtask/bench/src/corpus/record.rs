//! The records: the event's own members between those that every record has, in the order of AWS. Events and callers
//! come from tables.

use anyhow::{Context, Result, bail};

use super::{names::Names, scene::Scene, table, template::Template};

/// The share of calls that are refused, in percent.
const DENIED: usize = 4;
/// The caller of events that a service makes for itself. It has every share.
const SERVICE: Caller = Caller {
    percent: 100,
    identity: r#"{"type":"AWSService","invokedBy":"${service}"}"#,
    address: "${service}",
    agent: "${service}",
    tls: false,
};

/// A kind of caller.
#[derive(Clone, Copy)]
struct Caller {
    /// The share of the records without a caller of their own, in percent.
    percent: usize,
    /// The templates of `userIdentity`, `sourceIPAddress` and `userAgent`.
    identity: &'static str,
    address: &'static str,
    agent: &'static str,
    /// Whether a call over TLS from outside has `tlsDetails`.
    tls: bool,
}

/// A kind of event.
#[derive(Clone, Copy)]
struct Event {
    /// The share, as a part of the sum of all shares.
    weight: usize,
    /// The service: the part of `eventSource` before `.amazonaws.com`.
    service: &'static str,
    name: &'static str,
    read_only: bool,
    /// The class, which decides the members around the event's own.
    kind: &'static str,
    /// Templates of JSON values; an empty one leaves the member out.
    request: &'static str,
    response: &'static str,
    extra: &'static str,
    resources: &'static str,
}

/// The templates of all records.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Each event with its share, and its record by each caller with the caller's share.
    events: Vec<(usize, Vec<(usize, Record)>)>,
}

/// The record of an event by one caller.
#[derive(Debug)]
struct Record {
    good: Template,
    /// Whether the event is a call that can be refused.
    denied: Option<Template>,
}

impl Writer {
    pub(crate) fn new(names: &Names) -> Result<Self> {
        let callers = callers()?;
        let record = |event: &Event, caller: &Caller| {
            let parse = |denied| Template::parse(&text(event, caller, denied)?, names);
            let denied = (event.kind == "call").then(|| parse(true)).transpose()?;
            Ok((caller.percent, Record { good: parse(false)?, denied }))
        };
        let with_callers = |event: Event| {
            let callers = match event.kind {
                "by-service" | "service" => vec![SERVICE],
                "sign-in" => callers.iter().filter(|it| it.identity.contains("IAMUser")).take(1).copied().collect(),
                _ => callers.clone(),
            };
            Ok((event.weight, callers.iter().map(|caller| record(&event, caller)).collect::<Result<_>>()?))
        };
        Ok(Self { events: events()?.into_iter().map(with_callers).collect::<Result<_>>()? })
    }

    /// Appends one record.
    pub(crate) fn write(&self, out: &mut String, scene: &mut Scene<'_>) -> Result<()> {
        scene.next_record();
        let weights = self.events.iter().map(|(weight, _)| weight).sum();
        let callers = pick(&self.events, scene.rng.below(weights)).context("no event")?;
        let at = if callers.len() > 1 { scene.rng.below(100) } else { 0 };
        let Record { good, denied } = pick(callers, at).context("no caller")?;
        denied.as_ref().filter(|_| scene.rng.percent(DENIED)).unwrap_or(good).fill(out, scene);
        out.push('}');
        Ok(())
    }
}

/// Returns the item whose share this number is in.
fn pick<T>(items: &[(usize, T)], mut at: usize) -> Option<&T> {
    let found = items.iter().find(|(share, _)| {
        let found = at < *share;
        at = at.saturating_sub(*share);
        found
    });
    found.map(|(_, item)| item)
}

/// Returns the template of a record.
fn text(event: &Event, caller: &Caller, denied: bool) -> Result<String> {
    let Event { service, name, read_only, kind, request, extra, resources, .. } = event;
    let Caller { identity, address, agent, .. } = caller;
    let (event_type, category, more) = match *kind {
        "call" => ("AwsApiCall", "Management", ""),
        "by-service" => ("AwsApiCall", "Management", r#","sharedEventID":"${uuid}""#),
        "data" => ("AwsApiCall", "Data", "${maybe:40:vpcendpoint}"),
        "service" => ("AwsServiceEvent", "Management", ""),
        "sign-in" => ("AwsConsoleSignIn", "Management", ""),
        _ => bail!("unknown kind {kind}"),
    };
    let management = category == "Management";
    let member = |name, value: &str| if value.is_empty() { String::new() } else { format!(",\"{name}\":{value}") };
    let error = r#","errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::${account}:assumed-role/${role}/${session} is not authorized to perform: "#;
    let error = if denied {
        format!("{error}{service}:{name} because no identity-based policy allows the action\"")
    } else {
        String::new()
    };
    let response = if denied { "null" } else { event.response };
    let [extra, resources] = [member("additionalEventData", extra), member("resources", resources)];
    // Older services leave the details of TLS out.
    let tls = format!(
        r#"${{rest:42}},"tlsDetails":{{"tlsVersion":"TLSv1.${{maybe:80:tls3:tls2}}","clientProvidedHostHeader":"{service}.${{region}}.amazonaws.com"}}"#
    );
    let tls = if caller.tls { tls } else { String::new() };
    Ok(format!(
        r#"{{"eventVersion":"1.09","userIdentity":{identity},"eventTime":"${{time}}","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"${{region}}","sourceIPAddress":"{address}","userAgent":"{agent}"{error},"requestParameters":{request},"responseElements":{response}{extra},"requestID":"${{uuid}}","eventID":"${{uuid}}","readOnly":{read_only}{resources},"eventType":"{event_type}","managementEvent":{management},"recipientAccountId":"${{account}}"{more},"eventCategory":"{category}"{tls}"#
    ))
}

fn events() -> Result<Vec<Event>> {
    table::read(include_str!("../../data/events.txt"), |row| {
        Ok(Event {
            weight: row.required("weight")?.parse()?,
            service: row.required("service")?,
            name: row.required("name")?,
            read_only: !row.is_set("writes")?,
            kind: row.optional("kind").unwrap_or("call"),
            request: row.optional("request").unwrap_or("null"),
            response: row.optional("response").unwrap_or("null"),
            extra: row.optional("extra").unwrap_or_default(),
            resources: row.optional("resources").unwrap_or_default(),
        })
    })
}

/// Returns all callers except services that call for themselves.
fn callers() -> Result<Vec<Caller>> {
    table::read(include_str!("../../data/callers.txt"), |row| {
        Ok(Caller {
            percent: row.required("percent")?.parse()?,
            identity: row.required("identity")?,
            address: row.required("address")?,
            agent: row.required("agent")?,
            tls: row.is_set("tls")?,
        })
    })
}

//! Where the event inside of a record is: `value/inner.rs`.

/// The place of that event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Inner {
    /// Not looked for.
    #[default]
    Unknown,
    /// The record holds no other event.
    None,
    /// The record is an event in another form.
    Other(Form),
    /// The offsets of its bracket and of the byte behind it.
    At(usize, usize),
}

/// The form of an event of CrowdStrike Falcon that is not in CloudTrail's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line of Falcon's event stream.
    Falcon,
    /// OCSF.
    Ocsf,
}

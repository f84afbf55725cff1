//! Text with holes, `${name}` or `${name:argument}`, filled for each record.
//!
//! | hole | filled with |
//! |---|---|
//! | `account`, `region`, `time`, `date`, `epoch` | the context of the record |
//! | the name of a pool | one of its entries, the same one all over a record |
//! | the name of a snippet | the snippet, filled |
//! | `many:SNIPPET:MOST` | the snippet 1 to MOST times, with commas |
//! | `maybe:PERCENT:SNIPPET` | the snippet in PERCENT of the records |
//! | `maybe:PERCENT:SNIPPET:OTHER` | the same, and the other snippet in the rest |
//! | `rest:PERCENT` | nothing; the text goes on behind it in PERCENT of the records, and ends otherwise |
//! | `one:A\|B\|C` | one of these texts |
//! | `hex:N`, `upper:N`, `alnum:N`, `base64:N` | N random characters |
//! | `int:N` | a number below N |
//! | `uuid` | a random UUID |

use anyhow::{Context, Result};

use super::names::Names;

pub(super) const HEX: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Template(pub(super) Vec<Part>);

/// A text, or a hole.
#[derive(Debug)]
pub(super) enum Part {
    Text(String),
    Account,
    Region,
    Time,
    Date,
    Epoch,
    Pool(usize),
    Snippet { index: usize, most: usize },
    Maybe { percent: usize, index: usize, other: Option<usize> },
    Rest { percent: usize },
    One(Vec<String>),
    Random { alphabet: &'static [u8], length: usize },
    Int(usize),
    Uuid,
}

impl Template {
    pub(crate) fn parse(text: &str, names: &Names) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (hole, after) = after.split_once('}').with_context(|| format!("an open hole in {text}"))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::parse(hole, names).with_context(|| format!("the hole ${{{hole}}} in {text}"))?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }
}

impl Part {
    fn parse(hole: &str, names: &Names) -> Result<Self> {
        let (name, argument) = hole.split_once(':').unwrap_or((hole, ""));
        let random = |alphabet| anyhow::Ok(Self::Random { alphabet, length: argument.parse()? });
        Ok(match name {
            "account" => Self::Account,
            "region" => Self::Region,
            "time" => Self::Time,
            "date" => Self::Date,
            "epoch" => Self::Epoch,
            "uuid" => Self::Uuid,
            "int" => Self::Int(argument.parse()?),
            "hex" => random(HEX)?,
            "upper" => random(UPPER)?,
            "alnum" => random(ALNUM)?,
            "base64" => random(BASE64)?,
            "one" => Self::One(argument.split('|').map(str::to_owned).collect()),
            "rest" => Self::Rest { percent: argument.parse()? },
            "maybe" => {
                let (percent, snippets) = argument.split_once(':').context("which snippet?")?;
                let (snippet, other) =
                    snippets.split_once(':').map_or((snippets, None), |(it, other)| (it, Some(other)));
                let other = other.map(|name| names.snippet(name)).transpose()?;
                Self::Maybe { percent: percent.parse()?, index: names.snippet(snippet)?, other }
            }
            "many" => {
                let (snippet, most) = argument.split_once(':').context("how many?")?;
                Self::Snippet { index: names.snippet(snippet)?, most: most.parse()? }
            }
            _ => match names.pool(name) {
                Some(pool) => Self::Pool(pool),
                None => Self::Snippet { index: names.snippet(name)?, most: 1 },
            },
        })
    }
}

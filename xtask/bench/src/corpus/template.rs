//! Text with holes, `${name}` or `${name:argument}`, filled anew for each record.
//!
//! | hole | filled with |
//! |---|---|
//! | `account`, `region`, `time`, `date`, `epoch` | what the record is about |
//! | the name of a pool | one of its entries, the same one all over a record |
//! | the name of a snippet | the snippet, filled |
//! | `many:SNIPPET:MOST` | the snippet 1 to MOST times, with commas |
//! | `one:A\|B\|C` | one of these texts |
//! | `hex:N`, `upper:N`, `alnum:N`, `base64:N` | N random characters |
//! | `int:N` | a number below N |
//! | `uuid` | a random UUID |

use anyhow::{Context, Result, bail};

use super::{scene::Scene, world::Names};

const HEX: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A parsed template.
#[derive(Debug, Default)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Account,
    Region,
    Time,
    Date,
    Epoch,
    Pool(usize),
    Snippet { index: usize, most: usize },
    One(Vec<String>),
    Random { alphabet: &'static [u8], length: usize },
    Int(usize),
    Uuid,
}

impl Template {
    pub(crate) const EMPTY: Self = Self(Vec::new());

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

    /// Appends the text with its holes filled.
    pub(crate) fn fill(&self, out: &mut String, scene: &mut Scene<'_>) {
        for part in &self.0 {
            part.fill(out, scene);
        }
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
            "many" => {
                let (snippet, most) = argument.split_once(':').context("how many?")?;
                Self::Snippet { index: names.snippet(snippet).context("no such snippet")?, most: most.parse()? }
            }
            _ => match (names.pool(name), names.snippet(name)) {
                (Some(pool), _) => Self::Pool(pool),
                (None, Some(index)) => Self::Snippet { index, most: 1 },
                (None, None) => bail!("no such pool or snippet"),
            },
        })
    }

    fn fill(&self, out: &mut String, scene: &mut Scene<'_>) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Account => out.push_str(&scene.account),
            Self::Region => out.push_str(&scene.region),
            Self::Time => scene.clock.write_time(out),
            Self::Date => scene.clock.write_date(out),
            Self::Epoch => scene.clock.write_epoch(out),
            Self::Pool(pool) => out.push_str(scene.of_pool(*pool)),
            Self::Snippet { index, most } => {
                for turn in 0..=scene.rng.below(*most) {
                    out.push_str(if turn == 0 { "" } else { "," });
                    scene.world.snippet(*index).fill(out, scene);
                }
            }
            Self::One(choices) => out.push_str(scene.rng.pick(choices).map_or("", String::as_str)),
            Self::Random { alphabet, length } => random(out, scene, alphabet, *length),
            Self::Int(limit) => out.push_str(&scene.rng.below(*limit).to_string()),
            Self::Uuid => {
                for (turn, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    out.push_str(if turn == 0 { "" } else { "-" });
                    random(out, scene, HEX, length);
                }
            }
        }
    }
}

fn random(out: &mut String, scene: &mut Scene<'_>, alphabet: &[u8], length: usize) {
    out.extend((0..length).filter_map(|_| scene.rng.pick(alphabet).map(|byte| char::from(*byte))));
}

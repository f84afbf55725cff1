//! Fills templates.

use super::{
    scene::Scene,
    template::{HEX, Part, Template},
};

impl Template {
    /// Appends the text with its holes filled.
    pub(crate) fn fill(&self, out: &mut String, scene: &mut Scene<'_>) {
        for part in &self.0 {
            if matches!(part, Part::Rest { percent } if !scene.rng.percent(*percent)) {
                break;
            }
            part.fill(out, scene);
        }
    }
}

impl Part {
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
                    snippet(*index, out, scene);
                }
            }
            Self::Maybe { percent, index, other } => {
                let index = if scene.rng.percent(*percent) { Some(index) } else { other.as_ref() };
                index.into_iter().for_each(|index| snippet(*index, out, scene));
            }
            Self::Rest { .. } => {}
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

fn snippet(index: usize, out: &mut String, scene: &mut Scene<'_>) {
    scene.world.snippet(index).into_iter().for_each(|template| template.fill(out, scene));
}

fn random(out: &mut String, scene: &mut Scene<'_>, alphabet: &[u8], length: usize) {
    out.extend((0..length).filter_map(|_| scene.rng.pick(alphabet).map(|byte| char::from(*byte))));
}

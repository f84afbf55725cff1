//! What there is in the made-up accounts: pools of names and ids, and snippets of JSON that several events share.

use anyhow::Result;

use super::{
    names::{FIXED_POOLS, MADE_POOLS, SNIPPETS},
    rng::Rng,
    scene::{Clock, Scene},
    template::Template,
};

/// The names that templates may use.
#[derive(Debug)]
pub(crate) struct Names;

impl Names {
    pub(crate) fn pool(&self, name: &str) -> Option<usize> {
        let fixed = FIXED_POOLS.iter().map(|(name, _)| *name);
        fixed.chain(MADE_POOLS.iter().map(|(name, ..)| *name)).position(|there| there == name)
    }

    pub(crate) fn snippet(&self, name: &str) -> Option<usize> {
        SNIPPETS.iter().position(|(there, _)| *there == name)
    }
}

/// The pools, filled, and the snippets, parsed.
#[derive(Debug, Default)]
pub(crate) struct World {
    pools: Vec<Vec<String>>,
    snippets: Vec<Template>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Result<Self> {
        let mut world = Self::default();
        for (_, entries) in FIXED_POOLS {
            world.pools.push(entries.iter().map(|entry| (*entry).to_owned()).collect());
        }
        let mut rng = Rng::new(seed);
        for (_, size, template) in MADE_POOLS {
            let template = Template::parse(template, &Names)?;
            let pool = world.made(&template, *size, &mut rng);
            world.pools.push(pool);
        }
        world.snippets = SNIPPETS.iter().map(|(_, text)| Template::parse(text, &Names)).collect::<Result<_>>()?;
        Ok(world)
    }

    /// A pool's entries; its template may use the pools before it.
    fn made(&self, template: &Template, size: usize, rng: &mut Rng) -> Vec<String> {
        let mut scene = Scene::new(self, rng.next(), "", "", Clock { day: 1, seconds: 0 });
        let mut entry = || {
            let mut text = String::new();
            scene.next_record();
            template.fill(&mut text, &mut scene);
            text
        };
        (0..size).map(|_| entry()).collect()
    }

    pub(crate) fn pool(&self, index: usize) -> &[String] {
        self.pools.get(index).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn snippet(&self, index: usize) -> &Template {
        const EMPTY: &Template = &Template::EMPTY;
        self.snippets.get(index).unwrap_or(EMPTY)
    }
}

//! Reads pools and snippets from their tables.

use anyhow::{Context, Result};

use super::{clock::Clock, names::Names, rng::Rng, scene::Scene, table, template::Template, world::World};

/// Returns the world of this seed.
pub(crate) fn world(seed: u64) -> Result<World> {
    let (mut names, mut pools, mut made) = (Vec::new(), Vec::new(), Vec::new());
    // A pool has written entries, or `size` entries that are made from a template.
    for (name, entries, template, size) in table::read(include_str!("../../data/pools.txt"), |row| {
        let size = row.optional("size").map_or(Ok(0), str::parse)?;
        Ok((row.required("name")?, row.all("entry"), row.optional("made"), size))
    })? {
        made.extend(template.map(|template| (pools.len(), template, size)));
        names.push(name);
        pools.push(entries.into_iter().map(str::to_owned).collect());
    }
    let (snippets, texts) =
        table::read(include_str!("../../data/snippets.txt"), |row| Ok((row.required("name")?, row.required("text")?)))?
            .into_iter()
            .unzip::<_, _, _, Vec<_>>();
    let mut world = World { names: Names { pools: names, snippets }, pools, snippets: Vec::new() };
    let mut rng = Rng::new(seed);
    for (index, template, size) in made {
        let entries = entries(&world, &Template::parse(template, &world.names)?, size, &mut rng);
        *world.pools.get_mut(index).context("a pool")? = entries;
    }
    world.snippets = texts.iter().map(|text| Template::parse(text, &world.names)).collect::<Result<_>>()?;
    Ok(world)
}

/// Returns a pool's entries. A pool's template may use the pools before it.
fn entries(world: &World, template: &Template, size: usize, rng: &mut Rng) -> Vec<String> {
    let mut scene = Scene::new(world, rng.next(), "", "", Clock { day: 1, seconds: 0 });
    let mut entry = || {
        let mut text = String::new();
        scene.next_record();
        template.fill(&mut text, &mut scene);
        text
    };
    (0..size).map(|_| entry()).collect()
}

//! `pmatch`: paths below other paths.

use super::glob::Glob;

/// A set of paths, each a row of components with patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    paths: Vec<Vec<Component>>,
}

#[derive(Clone, Debug)]
enum Component {
    Name(Box<[u8]>),
    Pattern(Glob),
}

impl Component {
    fn new(name: &[u8]) -> Self {
        if name.iter().any(|byte| matches!(byte, b'?' | b'*' | b'[')) {
            Self::Pattern(Glob::new(name, false))
        } else {
            Self::Name(name.into())
        }
    }

    fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Name(own) => **own == *name,
            Self::Pattern(glob) => glob.matches(name),
        }
    }
}

/// Splits at slashes; empty components do not count.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

impl Paths {
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = &'p [u8]>) -> Self {
        Self { paths: paths.into_iter().map(|path| components(path).map(Component::new).collect()).collect() }
    }

    /// Whether the path is one of the set or below one of it.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        self.paths.iter().any(|own| {
            let mut names = components(path);
            own.iter().all(|component| names.next().is_some_and(|name| component.matches(name)))
        })
    }
}

//! What files define, before conditions are put together.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::Priority;
use super::budget::Budget;
use super::text::{Place, Scalar, Text};
use super::version::Version;

/// Definitions in the order of their names' first appearance.
#[derive(Debug)]
pub(super) struct Named<T> {
    pub(super) all: Vec<T>,
    by_name: HashMap<String, usize>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_name: HashMap::new() }
    }
}

impl<T> Named<T> {
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.by_name.get(name).and_then(|index| self.all.get(*index))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.by_name.get(name).and_then(|index| self.all.get_mut(*index))
    }

    /// Sets the definition of a name; a later one takes the place of an earlier one.
    pub(super) fn set(&mut self, name: &str, value: T) {
        match self.get_mut(name) {
            Some(place) => *place = value,
            None => {
                self.by_name.insert(name.to_owned(), self.all.len());
                self.all.push(value);
            }
        }
    }
}

/// Where an item is and what it is called in messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) label: String,
    pub(super) at: Place,
    /// The number of the item that defined the name first; what comes later sees it.
    pub(super) index: usize,
    /// The number of the item that changed it last; it sees what was defined before.
    pub(super) visibility: usize,
}

#[derive(Clone, Debug)]
pub(super) struct ListInfo {
    pub(super) item: Item,
    pub(super) name: String,
    pub(super) items: Vec<Rc<Scalar>>,
}

#[derive(Clone, Debug)]
pub(super) struct MacroInfo {
    pub(super) item: Item,
    pub(super) name: String,
    pub(super) condition: Text,
}

#[derive(Clone, Debug)]
pub(super) struct RuleInfo {
    pub(super) item: Item,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) is_source_unknown: bool,
    /// Whether an error in it was reported, so that it cannot be used. It is still checked for other errors.
    pub(super) is_broken: bool,
    /// `None` if it is wrong.
    pub(super) condition: Option<Text>,
    /// `None` if it is wrong.
    pub(super) output: Option<Text>,
    pub(super) description: String,
    pub(super) priority: Priority,
    pub(super) tags: BTreeSet<String>,
    pub(super) is_enabled: bool,
    pub(super) skips_if_unknown: bool,
    pub(super) exceptions: Vec<Exception>,
    /// The part of the budget that the exceptions have used.
    pub(super) budget: Budget,
}

/// An exception of a rule.
#[derive(Clone, Debug)]
pub(super) struct Exception {
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) fields: Option<Entry>,
    pub(super) comps: Option<Entry>,
    pub(super) values: Vec<Entry>,
}

/// A value of an exception: one, or a list of them.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    One(Rc<Scalar>),
    /// A word that was not in the file.
    Implied(&'static str),
    List(Vec<Entry>),
}

impl Entry {
    /// The text of one value; that of a list is empty, as in Falco.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::One(scalar) => &scalar.text,
            Self::Implied(word) => word,
            Self::List(_) => "",
        }
    }
}

/// A plugin that a file requires, or one of several.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub(super) item: Item,
    /// Name and version of each alternative.
    pub(super) alternatives: Vec<(String, Version)>,
}

/// Everything that the files have defined so far.
#[derive(Debug)]
pub(super) struct Definitions {
    pub(super) lists: Named<ListInfo>,
    pub(super) macros: Named<MacroInfo>,
    pub(super) rules: Named<RuleInfo>,
    pub(super) requirements: Vec<Requirement>,
    pub(super) count: usize,
    /// What lists and tags have used.
    pub(super) budget: Budget,
}

impl Default for Definitions {
    fn default() -> Self {
        Self {
            lists: Named::default(),
            macros: Named::default(),
            rules: Named::default(),
            requirements: Vec::new(),
            count: 0,
            budget: Budget::ITEMS,
        }
    }
}

impl Definitions {
    /// Numbers the next item.
    pub(super) fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }
}

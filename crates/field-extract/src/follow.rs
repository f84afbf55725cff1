//! All colons of a record at once, and its end: for who wants to know how long it is, and has the walk to most of its
//! members for nothing.

use crate::colons::Colons;
use crate::masks::Masks;
use crate::walk::{Reached, Visit, along, begin};
use json_scan::{Followed, Reach, Task};

/// Lists the colons of the object that `text` begins with, and answers how long it is; none where it does not end. Those
/// further in are listed only by kernels that follow.
pub(crate) fn follow(text: &[u8], reach: Reach, masks: &mut Masks, followed: &mut Followed) -> Option<usize> {
    let kernel = masks.kernel();
    if kernel.follows() {
        kernel.follow(text, reach, followed);
        return followed.end.map(|end| end as usize + 1);
    }
    followed.reset();
    let length = kernel.run(List { text, masks, colons: &mut followed.colons });
    (followed.escapes, followed.odd) = (masks.has_escapes(), masks.has_odd());
    followed.end = length.and_then(|length| u32::try_from(length - 1).ok());
    length
}

/// Walks to the object's end and lists the places of its colons, whatever stands before them.
struct List<'a> {
    text: &'a [u8],
    masks: &'a mut Masks,
    colons: &'a mut Vec<u32>,
}

impl Task for List<'_> {
    type Answer = Option<usize>;

    #[inline(always)]
    fn perform(self) -> Option<usize> {
        match along(&mut begin(0), self.text, self.masks, &mut Places(self.colons)) {
            Reached::End(length) => Some(length),
            Reached::Stop => None,
        }
    }
}

struct Places<'a>(&'a mut Vec<u32>);

impl Visit for Places<'_> {
    #[inline(always)]
    fn colons(&mut self, _: &[u8], _: &Masks, colons: Colons) {
        self.0.extend(colons.map(|colon| colon.place));
    }

    #[inline(always)]
    fn stop(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::follow;
    use crate::masks::Masks;
    use json_scan::{Followed, Kernel, Reach};
    use proptest::prelude::*;

    proptest! {
        /// However a kernel follows, or the walk does for it.
        #[test]
        fn all_kernels_list_the_same_colons(
            rest in proptest::collection::vec(
                prop_oneof![6 => Just(b'a'), 5 => proptest::sample::select(b":{}[]\"\\ ,".to_vec())], 0..4000,
            ),
        ) {
            let text = [b"{", &rest[..]].concat();
            let found = Kernel::all().into_iter().map(|kernel| {
                let mut followed = Followed::default();
                let length = follow(&text, Reach::Own, &mut Masks::with(kernel), &mut followed);
                (length, followed.colons)
            });
            let found: Vec<_> = found.collect();
            prop_assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
        }
    }
}

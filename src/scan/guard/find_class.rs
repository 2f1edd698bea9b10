//! Whether the `find_class` of an Unpickler lets through only what a closed list names.

use super::{Judge, Verdict};
use crate::scan::scopes::ClassId;

impl<'a> Judge<'_, 'a, '_> {
    /// What the class does to the names that a pickle holds; `None` where it defines no `find_class`.
    pub fn unpickler(&mut self, _class: ClassId) -> Option<Verdict> {
        None
    }
}

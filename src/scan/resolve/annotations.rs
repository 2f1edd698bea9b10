//! What annotations say of the values they stand at.

use super::Resolver;
use crate::scan::meaning::{MAX_MEANINGS, Meaning, Meanings};
use crate::scan::scopes::Place;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

/// How the value is related to the class that is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// `X`, `Optional[X]`, `X | None`
    Instance,
    /// `list[X]`
    Holder,
    /// `type[X]`
    Class,
}

impl<'a> Resolver<'a, '_> {
    /// What a variable with this annotation may be.
    pub(super) fn annotated(&mut self, annotation: &'a Expr, place: Place) -> Meanings<'a> {
        let mut found = Meanings::unknown();
        let mut pending = vec![(annotation, Relation::Instance)];
        for _ in 0..MAX_MEANINGS {
            let Some((annotation, relation)) = pending.pop() else { break };
            match annotation {
                Expr::BinOp(either) => pending.extend([(&*either.left, relation), (&*either.right, relation)]),
                Expr::Tuple(tuple) => pending.extend(tuple.elts.iter().map(|element| (element, relation))),
                Expr::Subscript(subscript) => {
                    let name = match &*subscript.value {
                        Expr::Name(name) => name.id.as_str(),
                        Expr::Attribute(attribute) => attribute.attr.as_str(),
                        _ => continue,
                    };
                    pending.extend(within(name, relation).map(|relation| (&*subscript.slice, relation)));
                }
                Expr::StringLiteral(text) => {
                    let (inner, relation) = match text.value.to_str().split_once('[') {
                        Some((outer, inner)) => {
                            let name = outer.rsplit('.').next().unwrap_or(outer).trim();
                            let Some(relation) = within(name, relation) else { continue };
                            (inner, relation)
                        }
                        None => (text.value.to_str(), relation),
                    };
                    let is_other = |c: char| !c.is_alphanumeric() && c != '_' && c != '.';
                    for path in inner.split(is_other).filter(|path| !path.is_empty()).take(MAX_MEANINGS) {
                        let mut parts = path.split('.');
                        let first = parts.next().unwrap_or_default();
                        let object = self.name(first, place, text.start());
                        let named = parts.fold(object, |object, part| self.attribute(&object, part));
                        self.relate(&named, relation, &mut found);
                    }
                }
                Expr::Name(_) | Expr::Attribute(_) => {
                    let named = self.meaning(annotation, place);
                    self.relate(&named, relation, &mut found);
                }
                _ => {}
            }
        }
        found
    }

    fn relate(&self, named: &Meanings<'a>, relation: Relation, found: &mut Meanings<'a>) {
        for &meaning in &named.known {
            match (meaning, relation) {
                (Meaning::Name(_) | Meaning::Class(_), Relation::Class) => found.insert(meaning),
                (Meaning::Name(id), Relation::Instance) if self.names.is_class(id) => {
                    found.insert(Meaning::Handed(id));
                }
                (Meaning::Name(id), Relation::Holder) if self.names.is_class(id) => found.insert(Meaning::Holder(id)),
                (Meaning::Class(class), Relation::Instance) => found.insert(Meaning::Object(class)),
                _ => {}
            }
        }
    }
}

/// How a value is related to a class that is named between the brackets after `name`.
fn within(name: &str, outer: Relation) -> Option<Relation> {
    match name {
        "Optional" | "Union" | "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired" | "ReadOnly" => {
            Some(outer)
        }
        "Literal" | "Callable" => None,
        "type" | "Type" => Some(Relation::Class),
        _ => Some(Relation::Holder),
    }
}

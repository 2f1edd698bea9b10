//! Whether two expressions are the same value.

use super::paths::Follow;
use super::sources::{Known, Passage};
use crate::scan::scopes::{Binding, Bound, Place};
use crate::scan::weigh::Weighing;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextSize};

/// How many aliases and wrappers are looked through.
const MAX_STEPS: u32 = 16;

impl<'a> Weighing<'a, '_> {
    /// Whether `a`, evaluated in `place_a`, is the value that `b` is in `place_b`: the same name with the same bindings, or
    /// the same attributes and elements of such a name, with nothing assigned to it between the two.
    ///
    /// Names that only stand for another are looked through (`payload = data`), and so is what keeps bytes as they are:
    /// `io.BytesIO(data)` and what it holds, `memoryview(data)`, `data[:]`. A stream is the same as itself, what is read
    /// from it twice is not; two calls are never the same. Which of the two runs first does not matter. What functions do
    /// to a value that can change is not seen.
    #[allow(dead_code, reason = "what stands before a load asks it")]
    pub fn same_value(&mut self, a: &'a Expr, place_a: Place, b: &'a Expr, place_b: Place) -> bool {
        let (a, place_a) = self.plain(a, place_a);
        let (b, place_b) = self.plain(b, place_b);
        self.same(a, place_a, b, place_b, MAX_STEPS)
    }

    /// What `expression` stands for, without names and wrappers that change nothing.
    fn plain(&mut self, expression: &'a Expr, place: Place) -> (&'a Expr, Place) {
        let (mut expression, mut place) = (expression, place);
        for _ in 0..MAX_STEPS {
            (expression, place) = match expression {
                Expr::Named(named) => (&*named.value, place),
                Expr::Subscript(subscript) if is_whole(&subscript.slice) => (&*subscript.value, place),
                Expr::Call(_) => match self.kept(expression, place) {
                    Some(kept) => (kept, place),
                    None => break,
                },
                Expr::Name(name) => match self.only_binding(name.id.as_str(), place, name.start()) {
                    Some(Binding { bound: Bound::Value(value), place, .. }) if stands_for_another(value) => {
                        (value, place)
                    }
                    Some(Binding { bound: Bound::Value(value) | Bound::Entered(value), place, .. })
                        if self.kept(value, place).is_some() =>
                    {
                        (value, place)
                    }
                    _ => break,
                },
                _ => break,
            };
        }
        (expression, place)
    }

    /// The argument or object whose bytes a call keeps as they are.
    pub(super) fn kept(&mut self, expression: &'a Expr, place: Place) -> Option<&'a Expr> {
        let Expr::Call(call) = expression else { return None };
        let arguments = &call.arguments;
        if let Expr::Attribute(method) = &*call.func
            && arguments.is_empty()
            && self.sources.method(method.attr.as_str()) == Some(Passage::Keeps)
        {
            return Some(&method.value);
        }
        let [only] = &*arguments.args else { return None };
        let paths = self.paths(&call.func, place, Follow::Values);
        let keeps = |path: &String| self.sources.exactly(path) == [Known::Passage(Passage::Keeps)];
        let all = !paths.is_empty() && paths.iter().all(keeps);
        (all && arguments.keywords.is_empty() && !only.is_starred_expr()).then_some(only)
    }

    /// The binding of `name`, if no other can be in effect.
    fn only_binding(&self, name: &str, place: Place, offset: TextSize) -> Option<Binding<'a>> {
        let scopes = self.resolver.scopes();
        let reaching = scopes.reaching(name, place, offset, &|_| false);
        match reaching.bindings[..] {
            [only] if reaching.crowded.is_empty() => Some(scopes.bindings[only]),
            _ => None,
        }
    }

    fn same(&mut self, a: &'a Expr, place_a: Place, b: &'a Expr, place_b: Place, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if a.range() == b.range() {
            return true;
        }
        let between = (a.start().min(b.start()), a.start().max(b.start()));
        let is_between = |at: TextSize| between.0 < at && at <= between.1;
        match (a, b) {
            (Expr::Name(a), Expr::Name(b)) if a.id == b.id => {
                let scopes = self.resolver.scopes();
                let at_a = scopes.reaching(&a.id, place_a, a.start(), &|_| false);
                let mut at_b = scopes.reaching(&b.id, place_b, b.start(), &|_| false);
                let mut bindings = at_a.bindings;
                bindings.sort_unstable();
                at_b.bindings.sort_unstable();
                let still = |&id: &usize| {
                    let at = scopes.bindings[id].at;
                    at != crate::scan::scopes::ANY_TIME && !is_between(at)
                };
                at_a.crowded.is_empty()
                    && at_b.crowded.is_empty()
                    && bindings == at_b.bindings
                    && bindings.iter().all(still)
            }
            (Expr::Attribute(a), Expr::Attribute(b)) => {
                let stored = |target: &Expr| matches!(target, Expr::Attribute(target) if target.attr == a.attr);
                a.attr == b.attr
                    && !self.stored_between(between, stored)
                    && self.same(&a.value, place_a, &b.value, place_b, depth)
            }
            (Expr::Subscript(a), Expr::Subscript(b)) => {
                let root = root(&a.value);
                let stored = |target: &Expr| matches!(target, Expr::Subscript(target) if same_root(self::root(&target.value), root));
                self.same(&a.slice, place_a, &b.slice, place_b, depth)
                    && !self.stored_between(between, stored)
                    && self.same(&a.value, place_a, &b.value, place_b, depth)
            }
            (Expr::Slice(a), Expr::Slice(b)) => {
                let parts = [(&a.lower, &b.lower), (&a.upper, &b.upper), (&a.step, &b.step)];
                parts.into_iter().all(|parts| match parts {
                    (None, None) => true,
                    (Some(a), Some(b)) => self.same(a, place_a, b, place_b, depth),
                    _ => false,
                })
            }
            (Expr::UnaryOp(a), Expr::UnaryOp(b)) if a.op == b.op => {
                self.same(&a.operand, place_a, &b.operand, place_b, depth)
            }
            (Expr::StringLiteral(a), Expr::StringLiteral(b)) => a.value.to_str() == b.value.to_str(),
            (Expr::BytesLiteral(a), Expr::BytesLiteral(b)) => a.value.bytes().eq(b.value.bytes()),
            (Expr::NumberLiteral(a), Expr::NumberLiteral(b)) => a.value == b.value,
            _ => false,
        }
    }

    /// Whether something that is `stored` is assigned to between two offsets.
    fn stored_between(&mut self, between: (TextSize, TextSize), stored: impl Fn(&Expr) -> bool) -> bool {
        let stores = &self.resolver.scopes().stores;
        let first = stores.partition_point(|store| store.at <= between.0);
        let mut stores = stores[first..].iter().take_while(|store| store.at <= between.1);
        // Where there are too many to look at, one of them may be it.
        stores.any(|store| stored(store.target) || !self.spend())
    }
}

/// Whether a name with this value only is another word for it.
fn stands_for_another(value: &Expr) -> bool {
    matches!(value, Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) | Expr::Named(_))
}

/// Whether `slice` is `[:]`.
pub(super) fn is_whole(slice: &Expr) -> bool {
    matches!(slice, Expr::Slice(slice) if slice.lower.is_none() && slice.upper.is_none() && slice.step.is_none())
}

/// The expression that attributes, elements and methods are taken from.
fn root(expression: &Expr) -> &Expr {
    let mut root = expression;
    loop {
        root = match root {
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            Expr::Call(call) => &call.func,
            _ => return root,
        };
    }
}

fn same_root(a: &Expr, b: &Expr) -> bool {
    matches!((a, b), (Expr::Name(a), Expr::Name(b)) if a.id == b.id)
}

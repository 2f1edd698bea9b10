//! What functions do between data and its loading, and which callables are gadgets.

use super::Problems;
use super::check::checked;
use super::form::{FunctionForm, GadgetForm};
use super::matches::{filled, one_argument};
use super::words::{is_dotted, is_identifier};
use crate::rules::model::{Does, Function};
use toml::Spanned;

/// Checks one `[[function]]`.
pub fn function(form: Spanned<FunctionForm>, problems: &mut Problems<'_>) -> Function {
    let at = form.span();
    let form = form.into_inner();
    let (names, methods) = match (form.calls, form.methods) {
        (Some(calls), None) => (calls, Vec::new()),
        (None, Some(methods)) => (methods.classes, filled(methods.methods, &at, "a method", problems)),
        _ => {
            problems.add(at.clone(), "expected one of `calls` and `methods`".into());
            (Vec::new(), Vec::new())
        }
    };
    let is_qualified = |name: &str| name.contains('.') && is_dotted(name);
    let names = checked(names, problems, "a qualified name such as `hmac.new`", is_qualified);
    let methods = checked(methods, problems, "a method name", is_identifier);
    let argument = |form: Option<_>, problems: &mut Problems<'_>| form.map(|form| one_argument(form, problems));
    if form.does != Does::Leave && form.data.is_none() {
        problems.add(at.clone(), "expected `data`, found none".into());
    }
    if (form.does == Does::Compare) != form.other.is_some() {
        problems.add(at, "expected `other` where `does` is \"compare\", and only there".into());
    }
    Function {
        names,
        methods,
        does: form.does,
        data: argument(form.data, problems),
        other: argument(form.other, problems),
        key: argument(form.key, problems),
        public_key: form.public_key,
        algorithm: argument(form.algorithm, problems),
        needs: argument(form.needs, problems),
    }
}

/// The names of all `[[gadget]]` tables and those known before, sorted.
pub fn gadgets(forms: Vec<GadgetForm>, known: &[String], problems: &mut Problems<'_>) -> Vec<String> {
    let is_gadget = |name: &str| {
        let path = name.strip_suffix(".*").unwrap_or(name);
        is_dotted(path) && name.contains('.')
    };
    let mut all = known.to_vec();
    for form in forms {
        all.extend(checked(form.names, problems, "a qualified name, or a module and `.*`", is_gadget));
    }
    all.sort();
    all.dedup();
    all
}

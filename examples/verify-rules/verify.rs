//! What a match says of its library, and whether one version of that has it.

use super::library::{Found, Library};
use super::outline::Signature;
use picklegate::finding::Severity;
use picklegate::rules::{Argument, EditChange, Match, Target, Value};
use std::collections::BTreeMap;

/// What the sources say of a claim, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// It is there.
    Found,
    /// The argument may be passed on in `**kwargs` or `*args`.
    PassedOn,
    /// It is there, but only running code would tell what it is or takes.
    Dynamic,
    /// It comes from another library.
    Outside,
    /// It is in a compiled module.
    Compiled,
    /// The sources do not say the name of the setting: it may be put together.
    Unmentioned,
    /// What it is imported from was not fetched.
    Absent,
    /// At the position there is an argument of another name.
    OtherName,
    /// The argument is at another position.
    OtherPosition,
    /// There is no such argument.
    NoArgument,
    /// There is no such name.
    Missing,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::PassedOn => "passed on",
            Self::Dynamic => "dynamic",
            Self::Outside => "outside",
            Self::Compiled => "compiled",
            Self::Unmentioned => "not mentioned",
            Self::Absent => "not fetched",
            Self::OtherName => "other name",
            Self::OtherPosition => "other position",
            Self::NoArgument => "no such argument",
            Self::Missing => "missing",
        }
    }

    /// Whether the sources contradict the claim.
    pub fn refutes(self) -> bool {
        self >= Self::OtherName
    }
}

/// One thing that a match says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Claim {
    /// `torch.load(weights_only@3)`
    pub text: String,
    /// Claims of a match with the same purport need hold for one of its callables only; `None` need not hold: a condition
    /// may speak of an argument that only later versions have.
    pub purport: Option<String>,
}

impl Claim {
    fn new(text: String) -> Self {
        Self { purport: Some(text.clone()), text }
    }
}

/// Judges everything that `candidate` says of `library`, which is imported by `imports`.
pub fn judge(library: &Library, imports: &[String], candidate: &Match) -> BTreeMap<Claim, Verdict> {
    let mut verdicts = BTreeMap::new();
    let mut callables: Vec<(String, Vec<Found>)> = Vec::new();
    match &candidate.target {
        Target::Call(paths) => callables.extend(paths.iter().map(|path| (path.clone(), vec![library.find(path)]))),
        Target::Method { classes, methods } => {
            for class in classes {
                let found = library.find(class);
                for method in methods {
                    let name = if method == "[]" { "__getitem__" } else { method };
                    let members = match &found {
                        Found::Class(it, module) => library.member(it, module, name),
                        // What makes an instance may stand for its class.
                        Found::Function(_) => vec![Found::Value],
                        other => vec![other.clone()],
                    };
                    callables.push((format!("{class}.{method}"), members));
                }
            }
        }
        Target::Base { classes, .. } => {
            for class in classes {
                verdicts.insert(Claim::new(class.clone()), existence(&[library.find(class)]));
            }
        }
        Target::Setting(setting) => {
            for name in &setting.names {
                let is_there = name.split('.').all(|word| library.mentions(word));
                let verdict = if is_there { Verdict::Found } else { Verdict::Unmentioned };
                verdicts.insert(Claim::new(format!("setting {name}")), verdict);
            }
            values(library, imports, &setting.values, &mut verdicts);
            values(library, imports, &setting.other_than, &mut verdicts);
        }
        Target::Text { .. } | Target::Installed => {}
    }
    let is_method = matches!(candidate.target, Target::Method { .. });
    // A note may say that there is no such argument.
    let must = candidate.severity != Some(Severity::Note);
    let conditions = candidate.when.iter().map(|condition| (condition.argument.clone(), must && !condition.absent));
    let mut arguments: Vec<(Argument, bool)> = conditions.collect();
    arguments.extend(candidate.data.clone().map(|data| (data, true)));
    match candidate.edit.as_ref().map(|edit| &edit.change) {
        Some(EditChange::SetArgument { keyword, .. } | EditChange::RemoveArgument(keyword)) => {
            arguments.push((Argument { keyword: Some(keyword.clone()), position: None }, true));
        }
        Some(EditChange::ReplaceCallee(path)) => {
            verdicts.insert(Claim::new(format!("edit {path}")), existence(&[library.find(path)]));
        }
        None => {}
    }
    for condition in &candidate.when {
        values(library, imports, &condition.is, &mut verdicts);
        values(library, imports, &condition.is_not, &mut verdicts);
    }
    for (path, found) in callables {
        let there = existence(&found);
        if !there.refutes() {
            for (argument, must) in &arguments {
                let verdict = found.iter().map(|found| takes(library, found, &path, is_method, argument)).min();
                let purport = must.then(|| format!("({})", shown(argument)));
                let claim = Claim { text: format!("{path}({})", shown(argument)), purport };
                verdicts.insert(claim, verdict.unwrap_or(Verdict::Missing));
            }
        }
        verdicts.insert(Claim::new(path), there);
    }
    relax(&candidate.target, &mut verdicts);
    verdicts
}

/// Of classes and methods that a match lists together, not each class need have each method.
fn relax(target: &Target, verdicts: &mut BTreeMap<Claim, Verdict>) {
    let Target::Method { classes, methods } = target else { return };
    let holds = |class: &String, method: &String| {
        let claim = Claim::new(format!("{class}.{method}"));
        verdicts.get(&claim).is_some_and(|verdict| !verdict.refutes())
    };
    let is_had = |method: &String| classes.iter().any(|class| holds(class, method));
    let mut needless = Vec::new();
    for class in classes.iter().filter(|class| methods.iter().any(|method| holds(class, method))) {
        needless.extend(methods.iter().filter(|method| is_had(method)).map(|method| format!("{class}.{method}")));
    }
    for text in needless {
        let claim = Claim::new(text);
        if let Some(verdict) = verdicts.get(&claim).copied().filter(|verdict| verdict.refutes()) {
            verdicts.remove(&claim);
            verdicts.insert(Claim { purport: None, ..claim }, verdict);
        }
    }
}

fn values(library: &Library, imports: &[String], values: &[Value], verdicts: &mut BTreeMap<Claim, Verdict>) {
    let is_own = |path: &str| {
        let below = |import: &String| path.strip_prefix(import.as_str()).is_some_and(|rest| rest.starts_with('.'));
        imports.iter().any(below)
    };
    for value in values {
        if let Value::Name(path) | Value::Returned(path) = value
            && is_own(path)
        {
            verdicts.insert(Claim::new(format!("value {path}")), existence(&[library.find(path)]));
        }
    }
}

fn existence(found: &[Found]) -> Verdict {
    let one = |found: &Found| match found {
        Found::Module(_) | Found::Function(_) | Found::Class(..) => Verdict::Found,
        Found::Value => Verdict::Dynamic,
        Found::Outside => Verdict::Outside,
        Found::Compiled => Verdict::Compiled,
        Found::Absent => Verdict::Absent,
        Found::Missing => Verdict::Missing,
    };
    found.iter().map(one).min().unwrap_or(Verdict::Missing)
}

/// `weights_only@3`
fn shown(argument: &Argument) -> String {
    let position = argument.position.map(|position| format!("@{position}")).unwrap_or_default();
    format!("{}{position}", argument.keyword.as_deref().unwrap_or(""))
}

/// Whether calling what was found at `path` takes `argument`.
fn takes(library: &Library, found: &Found, path: &str, is_method: bool, argument: &Argument) -> Verdict {
    match found {
        Found::Function(signature) => {
            // A function that is found in a class is called on it, or on an instance.
            let class = path.rsplit_once('.').map(|(class, _)| library.find(class));
            let is_bound = is_method || matches!(class, Some(Found::Class(..)));
            has(signature, is_bound && !signature.is_static, argument)
        }
        Found::Class(class, module) => {
            let mut verdicts = Vec::new();
            for name in ["__init__", "__new__", "__call__"] {
                for member in library.member(class, module, name) {
                    verdicts.push(match member {
                        Found::Function(signature) => has(&signature, true, argument),
                        other => existence(&[other]).max(Verdict::Dynamic),
                    });
                }
                if name == "__new__" && !verdicts.is_empty() {
                    break;
                }
            }
            // The attributes of dataclasses and models are their parameters.
            let fields = Signature { positional: library.fields(class, module, 0), ..Signature::default() };
            verdicts.push(match has(&fields, false, argument) {
                Verdict::NoArgument if verdicts.is_empty() && !class.bases.is_empty() => Verdict::Dynamic,
                verdict => verdict,
            });
            verdicts.into_iter().min().unwrap_or(Verdict::Missing)
        }
        other => existence(std::slice::from_ref(other)).max(Verdict::Dynamic),
    }
}

fn has(signature: &Signature, is_bound: bool, argument: &Argument) -> Verdict {
    let positional = &signature.positional[usize::from(is_bound).min(signature.positional.len())..];
    let at = |name: &String| positional.iter().position(|known| known == name);
    let position = argument.position.map(|position| position as usize);
    match (&argument.keyword, position) {
        (Some(keyword), position) => match (at(keyword), position) {
            (Some(at), Some(position)) if at != position => Verdict::OtherPosition,
            (Some(_), _) => Verdict::Found,
            (None, Some(_)) if signature.keyword_only.contains(keyword) => Verdict::OtherPosition,
            (None, None) if signature.keyword_only.contains(keyword) => Verdict::Found,
            (None, _) if signature.has_kwargs => Verdict::PassedOn,
            // What is decorated may take other arguments.
            (None, _) if signature.is_decorated => Verdict::Dynamic,
            (None, Some(position)) if position < positional.len() => Verdict::OtherName,
            (None, _) => Verdict::NoArgument,
        },
        (None, Some(position)) if position < positional.len() => Verdict::Found,
        (None, Some(_)) if signature.has_args => Verdict::PassedOn,
        (None, _) => Verdict::NoArgument,
    }
}

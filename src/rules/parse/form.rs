//! The shape of a rules file, as serde reads it: names, types and where each value stands. No meaning is checked here.

use crate::finding::{Confidence, Severity, Source};
use crate::rules::model::{Does, Proof};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// Read before anything else, so that a file of a later schema is refused for that reason and no other.
#[derive(Deserialize)]
pub struct SchemaForm {
    pub schema: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileForm {
    #[serde(rename = "schema")]
    pub _schema: i64,
    #[serde(default)]
    pub library: Vec<LibraryForm>,
    #[serde(default)]
    pub rule: Vec<RuleForm>,
    #[serde(default)]
    pub function: Vec<Spanned<FunctionForm>>,
    #[serde(default)]
    pub gadget: Vec<GadgetForm>,
    #[serde(default)]
    pub origin: Vec<Spanned<OriginForm>>,
    #[serde(default)]
    pub passages: PassageForm,
    #[serde(default)]
    pub dump: Vec<Spanned<DumpForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginForm {
    pub kind: Spanned<Source>,
    #[serde(default)]
    pub names: Vec<Spanned<String>>,
    #[serde(default)]
    pub decorators: Vec<Spanned<String>>,
    #[serde(default)]
    pub parameters: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct PassageForm {
    pub opens: Vec<Spanned<String>>,
    pub keeps: Vec<Spanned<String>>,
    pub reads: Vec<Spanned<String>>,
    pub changes: Vec<Spanned<String>>,
    pub makes: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DumpForm {
    pub names: Vec<Spanned<String>>,
    pub file: Option<Spanned<ArgumentForm>>,
    pub rules: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LibraryForm {
    pub name: Spanned<String>,
    #[serde(default)]
    pub imports: Vec<Spanned<String>>,
    #[serde(default)]
    pub also_installed_as: Vec<Spanned<String>>,
    #[serde(default)]
    pub standard: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleForm {
    pub id: Spanned<String>,
    pub library: Spanned<String>,
    #[serde(default)]
    pub replace: bool,
    #[serde(default)]
    pub producer: bool,
    pub severity: Severity,
    pub confidence: Option<Confidence>,
    pub message: Spanned<String>,
    pub runs: Spanned<String>,
    pub fix: Spanned<String>,
    pub alternative: Spanned<String>,
    #[serde(default)]
    pub cwe: Vec<u32>,
    #[serde(default)]
    pub references: Vec<Spanned<String>>,
    #[serde(default, rename = "match")]
    pub matches: Vec<Spanned<MatchForm>>,
    #[serde(default, rename = "hit")]
    pub hits: Vec<HitForm>,
    #[serde(default, rename = "miss")]
    pub misses: Vec<ExampleForm>,
    #[serde(default)]
    pub instead: Vec<ExampleForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionForm {
    pub calls: Option<Vec<Spanned<String>>>,
    pub methods: Option<MethodsForm>,
    pub does: Does,
    pub data: Option<Spanned<ArgumentForm>>,
    pub other: Option<Spanned<ArgumentForm>>,
    pub key: Option<Spanned<ArgumentForm>>,
    #[serde(default)]
    pub public_key: bool,
    pub algorithm: Option<Spanned<ArgumentForm>>,
    pub needs: Option<Spanned<ArgumentForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GadgetForm {
    pub names: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MatchForm {
    pub library: Option<Spanned<String>>,
    #[serde(default)]
    pub installed: bool,
    pub calls: Option<Vec<Spanned<String>>>,
    pub methods: Option<MethodsForm>,
    pub bases: Option<Vec<Spanned<String>>>,
    pub defines: Option<Vec<Spanned<String>>>,
    pub lacks: Option<Vec<Spanned<String>>>,
    pub settings: Option<SettingsForm>,
    pub text: Option<TextForm>,
    pub versions: Option<Spanned<OneOrMore>>,
    #[serde(default)]
    pub requires: Vec<RequirementForm>,
    pub proof: Option<Spanned<Proof>>,
    #[serde(default)]
    pub when: Vec<Spanned<ConditionForm>>,
    pub data: Option<Spanned<ArgumentForm>>,
    pub severity: Option<Severity>,
    pub message: Option<Spanned<String>>,
    pub fix: Option<Spanned<String>>,
    pub because: Option<Spanned<String>>,
    pub edit: Option<Spanned<EditForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodsForm {
    pub classes: Vec<Spanned<String>>,
    pub methods: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingsForm {
    pub names: Vec<Spanned<String>>,
    #[serde(default)]
    pub values: Vec<Spanned<String>>,
    #[serde(default)]
    pub other_than: Vec<Spanned<String>>,
    #[serde(default, rename = "in")]
    pub within: Vec<Spanned<String>>,
    #[serde(default)]
    pub unless: Vec<Spanned<String>>,
    #[serde(default)]
    pub text: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextForm {
    pub files: Vec<Spanned<String>>,
    pub pattern: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequirementForm {
    pub library: Spanned<String>,
    pub versions: Spanned<OneOrMore>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConditionForm {
    pub argument: Option<Spanned<String>>,
    pub position: Option<u32>,
    #[serde(default)]
    pub is: Vec<Spanned<String>>,
    #[serde(default)]
    pub is_not: Vec<Spanned<String>>,
    #[serde(default)]
    pub absent: bool,
    pub unknown: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentForm {
    pub keyword: Option<Spanned<String>>,
    pub position: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EditForm {
    pub set_argument: Option<Spanned<String>>,
    pub value: Option<Spanned<String>>,
    pub replace_callee: Option<Spanned<String>>,
    pub remove_argument: Option<Spanned<String>>,
    #[serde(default)]
    pub safe: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HitForm {
    pub code: Spanned<CodeForm>,
    pub file: Option<Spanned<String>>,
    #[serde(default)]
    pub versions: BTreeMap<Spanned<String>, Spanned<String>>,
    pub severity: Option<Severity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleForm {
    pub code: Spanned<CodeForm>,
    pub file: Option<Spanned<String>>,
    #[serde(default)]
    pub versions: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// The code of one example, or of several.
pub enum CodeForm {
    One(String),
    Several(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for CodeForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = CodeForm;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<CodeForm, E> {
                Ok(CodeForm::One(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<CodeForm, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(CodeForm::Several(all))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A string, or an array of strings.
pub struct OneOrMore(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMore;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMore, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(OneOrMore(all))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

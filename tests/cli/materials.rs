//! The inventory as a bill of materials: what validators of CycloneDX say.

use crate::inventory::{hostile, ordinary};
use crate::support::{Repository, show};
use crate::tools::validate;
use std::collections::BTreeSet;

fn document(repository: &Repository) -> String {
    let output = repository.picklegate(&["audit-deps", "--format", "cyclonedx"]);
    assert!(output.status.code().is_some_and(|code| code != 1), "{}", show(&output));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

#[test]
fn bills_of_materials_are_valid() {
    for repository in [ordinary(), hostile("http://127.0.0.1:9/"), Repository::new()] {
        let document = document(&repository);
        assert_eq!(validate(&repository, &document), Ok(()), "{document}");
        let read: serde_json::Value = serde_json::from_str(&document).expect("it is JSON");
        let components = read["components"].as_array().expect("it is a list");
        let references: Vec<&str> = components.iter().filter_map(|found| found["bom-ref"].as_str()).collect();
        let distinct: BTreeSet<&str> = references.iter().copied().chain(["picklegate:audited"]).collect();
        assert_eq!(distinct.len(), components.len() + 1);
        for edges in read["dependencies"].as_array().expect("it is a list") {
            let ends = edges["dependsOn"].as_array().into_iter().flatten().chain([&edges["ref"]]);
            assert!(ends.into_iter().all(|end| distinct.contains(end.as_str().expect("it is text"))), "{edges}");
        }
    }
}

#[test]
fn the_validator_refuses_what_the_schema_does() {
    let repository = ordinary();
    let document = document(&repository);
    for (written, wrong) in
        [("\"type\": \"library\"", "\"type\": \"jar\""), ("\"specVersion\"", "\"spec\""), ("\"scope\"", "\"extent\"")]
    {
        assert!(validate(&repository, &document.replace(written, wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn locks_say_who_needs_whom() {
    let read: serde_json::Value = serde_json::from_str(&document(&ordinary())).expect("it is JSON");
    let edges = read["dependencies"].as_array().expect("it is a list");
    let of = |reference: &str| {
        let found = edges.iter().find(|edges| edges["ref"] == reference).expect("each component is in the graph");
        found["dependsOn"].to_string()
    };
    assert!(of("picklegate:audited").contains("pkg:pypi/torch@2.3.1"), "{}", of("picklegate:audited"));
    let torch = read["components"].as_array().into_iter().flatten().find(|found| found["name"] == "torch");
    let properties = torch.expect("it is a component")["properties"].to_string();
    for expected in ["picklegate:rule:active", "picklegate:calls:torch-load:error", "picklegate:line"] {
        assert!(properties.contains(expected), "{properties}");
    }
}

use super::*;
use crate::gate::{Policy, scan};
use crate::rules::{RuleSet, parse};
use crate::snapshot::MemorySnapshot;
use std::sync::Arc;

/// What the edits of all findings make of `source`, in a repository with these requirements; `None` where there are none.
fn edited(requirements: &str, source: &str) -> Option<String> {
    let path = RepoPath::from("a.py");
    let mut snapshot = MemorySnapshot::default();
    snapshot.insert("requirements.txt".into(), requirements.replace(' ', "\n"));
    snapshot.insert(path.clone(), source);
    let policy = Policy { rules: RuleSet::builtin(), ..Policy::default() };
    let verdict = scan(&snapshot, &RepoPath::root(), &policy, &[]);
    let mut edits = Edits::default();
    for edit in verdict.findings.iter().filter_map(|finding| finding.edit.as_ref()) {
        assert!(edits.add(edit), "{source}");
        for replacement in &edit.replacements {
            let lines = Lines::new(source.as_bytes());
            assert_eq!(lines.position(replacement.range.start), replacement.start, "{source}");
            assert_eq!(lines.offset(replacement.end), replacement.range.end, "{source}");
        }
    }
    if edits.is_empty() {
        return None;
    }
    Some(String::from_utf8(edits.applied(source.as_bytes())).expect("it is UTF-8"))
}

fn becomes(source: &str, expected: &str) {
    assert_eq!(edited("torch==2.10.0 pyyaml==5.3", source).as_deref(), Some(expected), "{source}");
    assert_eq!(edited("torch==2.10.0 pyyaml==5.3", expected), None, "edited again: {expected}");
}

fn stays(source: &str) {
    assert_eq!(edited("torch==2.10.0 pyyaml==5.3", source), None, "{source}");
}

#[test]
fn an_argument_is_replaced_where_it_is_written() {
    for (source, expected) in [
        ("import torch\ntorch.load(f, weights_only=False)\n", "import torch\ntorch.load(f, weights_only=True)\n"),
        ("import torch\ntorch.load(f, weights_only=(False))\n", "import torch\ntorch.load(f, weights_only=(True))\n"),
        (
            "import torch\ntorch.load(weights_only  =  False, f=f)\n",
            "import torch\ntorch.load(weights_only  =  True, f=f)\n",
        ),
        ("import yaml as y\ny.load(f, y.Loader)\n", "import yaml as y\ny.load(f, y.SafeLoader)\n"),
        ("import yaml as y\ny.load(f, (y.Loader))\n", "import yaml as y\ny.load(f, (y.SafeLoader))\n"),
        (
            "import numpy as np\nnp.load(f, None, True)  # kept\n",
            "import numpy as np\nnp.load(f, None, False)  # kept\n",
        ),
        (
            "import torch\r\nx = 'ä'; y = torch.load(f, weights_only=False)\r\n",
            "import torch\r\nx = 'ä'; y = torch.load(f, weights_only=True)\r\n",
        ),
        (
            "\u{feff}import torch\ntorch.load(f, weights_only=False)\n",
            "\u{feff}import torch\ntorch.load(f, weights_only=True)\n",
        ),
        (
            "import functools, torch\nload = functools.partial(torch.load, weights_only=False)\n",
            "import functools, torch\nload = functools.partial(torch.load, weights_only=True)\n",
        ),
    ] {
        becomes(source, expected);
    }
}

#[test]
fn an_argument_is_added_as_the_call_is_laid_out() {
    let import = "from torch.hub import load_state_dict_from_url as get\n";
    for (source, expected) in [
        ("get(u)", "get(u, weights_only=True)"),
        ("get(u, )", "get(u, weights_only=True, )"),
        ("get((u))", "get((u), weights_only=True)"),
        ("get(u, progress=(True))", "get(u, progress=(True), weights_only=True)"),
        ("get(\n    u\n)", "get(\n    u,\n    weights_only=True\n)"),
        ("get(\n\tu,\n)", "get(\n\tu,\n\tweights_only=True,\n)"),
        ("get(\n    u  # where\n)", "get(\n    u,  # where\n    weights_only=True\n)"),
        ("get(\n    u,  # where\n)", "get(\n    u,  # where\n    weights_only=True,\n)"),
        ("get(\n    # where\n    u, progress=True\n)", "get(\n    # where\n    u, progress=True, weights_only=True\n)"),
        ("get(u,\n    d)", "get(u,\n    d, weights_only=True)"),
        ("get(\\\n  u)", "get(\\\n  u, weights_only=True)"),
        ("get([x for x in u])", "get([x for x in u], weights_only=True)"),
        ("get((x for x in u))", "get((x for x in u), weights_only=True)"),
        ("a = get(u); b = get(v)", "a = get(u, weights_only=True); b = get(v, weights_only=True)"),
        ("get(get(u))", "get(get(u, weights_only=True), weights_only=True)"),
        (
            "get(\n    get(\n        u\n    )\n)",
            "get(\n    get(\n        u,\n        weights_only=True\n    ),\n    weights_only=True\n)",
        ),
        ("get(f'{u}')", "get(f'{u}', weights_only=True)"),
        ("@decorate(get(u))\nclass A: pass", "@decorate(get(u, weights_only=True))\nclass A: pass"),
    ] {
        for end in ["\n", "\r\n", "\r"] {
            let lines = |code: &str| format!("{import}{code}\n").replace('\n', end);
            // To Python a carriage return alone ends a line.
            becomes(&lines(source), &lines(expected));
        }
        becomes(&format!("{import}{source}"), &format!("{import}{expected}"));
    }
}

#[test]
fn another_function_is_called_by_a_name_that_the_file_has() {
    for (source, expected) in [
        ("import yaml\nyaml.load(f)\n", "import yaml\nyaml.safe_load(f)\n"),
        ("import yaml as y\ny . load (f)\n", "import yaml as y\ny.safe_load (f)\n"),
        (
            "from yaml import load as l, safe_load as s\nl(f)\nl(g)\n",
            "from yaml import load as l, safe_load as s\ns(f)\ns(g)\n",
        ),
        ("import yaml\nread = yaml.load\nread(f)\n", "import yaml\nread = yaml.load\nyaml.safe_load(f)\n"),
        (
            "def f():\n    import yaml\n    return yaml.load(x)\n",
            "def f():\n    import yaml\n    return yaml.safe_load(x)\n",
        ),
    ] {
        becomes(source, expected);
    }
}

#[test]
fn an_import_is_added_where_it_takes_one() {
    for (source, expected) in [
        (
            "from yaml import load as l  # why\n\nl(f)\nl(g)\n",
            "from yaml import load as l  # why\nfrom yaml import safe_load\n\nsafe_load(f)\nsafe_load(g)\n",
        ),
        (
            "from yaml import (\r\n    load,\r\n)\r\nload(f)\r\n",
            "from yaml import (\r\n    load,\r\n)\r\nfrom yaml import safe_load\r\nsafe_load(f)\r\n",
        ),
        (
            "from yaml import load, load_all\nload(f)\nload_all(f)\n",
            "from yaml import load, load_all\nfrom yaml import safe_load\nfrom yaml import safe_load_all\nsafe_load(f)\nsafe_load_all(f)\n",
        ),
    ] {
        becomes(source, expected);
    }
    becomes("from yaml import load\nload(f)", "from yaml import load\nfrom yaml import safe_load\nsafe_load(f)");
    for source in [
        // The name is taken, or it would have to be imported in a place that is not plain.
        "from yaml import load\nsafe_load = print\nload(f)\n",
        "from yaml import load\ndef g(safe_load):\n    return load(f)\n",
        "def g():\n    from yaml import load\n    return load(f)\n",
        "from yaml import load; x = load(f)\n",
        "try:\n    from yaml import load\nexcept ImportError:\n    load = None\nload(f)\n",
    ] {
        stays(source);
    }
}

#[test]
fn an_argument_is_taken_out_with_its_comma() {
    let import = "import torch, dill\n";
    for (source, expected) in [
        ("torch.load(f, pickle_module=dill)", "torch.load(f)"),
        ("torch.load(f, pickle_module=dill,)", "torch.load(f,)"),
        ("torch.load(f, pickle_module=dill, mmap=True)", "torch.load(f, mmap=True)"),
        ("torch.load(pickle_module=dill, f=f)", "torch.load(f=f)"),
        ("torch.load(f, pickle_module=(dill))", "torch.load(f)"),
        ("torch.load(\n    f,\n    pickle_module=dill,\n)", "torch.load(\n    f,\n)"),
        ("torch.load(\n    f,\n    pickle_module=dill,\n    mmap=True\n)", "torch.load(\n    f,\n    mmap=True\n)"),
    ] {
        becomes(&format!("{import}{source}\n"), &format!("{import}{expected}\n"));
    }
    stays(&format!("{import}torch.load(f, pickle_module=dill, # why\n mmap=True)\n"));
}

#[test]
fn what_is_not_plain_stays() {
    for source in [
        "import torch\ntorch.load(*args, **rest)\n",
        "import torch\ntorch.load(f, **rest)\n",
        "from torch.hub import load_state_dict_from_url as get\nget(*u)\n",
        "from torch.hub import load_state_dict_from_url as get\nget(u, **rest)\n",
        "from torch.hub import load_state_dict_from_url as get\nget(x for x in u)\n",
        "from torch.hub import load_state_dict_from_url as get\nf'{get(u)}'\n",
        "import torch\nf'{torch.load(f, weights_only=False)}'\n",
        "import torch\nlist(map(torch.load, files))\n",
        "import numpy as np\nnp.load(*args, allow_pickle)\n",
        "import torch\ntorch.load(f, weights_only=(safe := False))\n",
        "import torch\ntorch.load(f, weights_only=False if  # tensors\n    x else False)\n",
        "import torch, json\nload = torch.load if x else json.load\nload(f, weights_only=False)\n",
        "import torch\ntorch.load(f, weights_only=False\n",
        "# coding: latin-1\nimport torch\ntorch.load(f, weights_only=False)\n",
        "import pickle\npickle.load(f)\n",
        "import yaml\nyaml.load(f, Loader=None)\n",
    ] {
        stays(source);
    }
}

#[test]
fn an_edit_that_only_trades_one_finding_for_another_is_not_offered() {
    let rules = "
        schema = 1
        [[library]]
        name = 'acme'
        imports = ['acme']
        [[rule]]
        id = 'acme-a'
        library = 'acme'
        severity = 'error'
        message = 'm'
        runs = 'r'
        fix = 'f'
        alternative = 'a'
        [[rule.match]]
        calls = ['acme.a']
        edit = { replace-callee = 'acme.b' }
        [[rule.hit]]
        code = 'import acme; acme.a()'
        [[rule.miss]]
        code = 'import acme; acme.c()'
        [[rule]]
        id = 'acme-b'
        library = 'acme'
        severity = 'error'
        message = 'm'
        runs = 'r'
        fix = 'f'
        alternative = 'a'
        [[rule.match]]
        calls = ['acme.b']
        [[rule.hit]]
        code = 'import acme; acme.b()'
        [[rule.miss]]
        code = 'import acme; acme.c()'
        ";
    let source = "import acme\nacme.a()\n";
    let offers = |rules: &str| {
        let rules = parse(rules, "acme.toml").expect("it is a rule file");
        let policy = Policy { rules: Arc::new(rules), ..Policy::default() };
        scan(&MemorySnapshot::from([("a.py", source)]), &RepoPath::root(), &policy, &[]).findings[0].edit.is_some()
    };
    assert!(!offers(rules));
    assert!(offers(&rules.replace(
        "id = 'acme-b'\n        library = 'acme'\n        severity = 'error'",
        "id = 'acme-b'\n        library = 'acme'\n        severity = 'warning'"
    )));
}

#[test]
fn work_is_linear_in_what_is_found() {
    let calls = "x = torch.load(f, weights_only=False); y = yaml.load(g)\n".repeat(2000);
    let source = format!("import torch\nimport yaml\n{calls}");
    let after = edited("torch==2.10.0 pyyaml==5.3", &source).expect("all are edited");
    assert_eq!(after.matches("weights_only=True").count(), 2000);
    assert_eq!(after.matches("yaml.safe_load(g)").count(), 2000);
    let nested = format!("import yaml\n{}x{}\n", "yaml.load(".repeat(150), ")".repeat(150));
    assert!(edited("pyyaml==5.3", &nested).is_some_and(|after| after.matches("safe_load").count() > 100));
}

//! The templates: parsed, complete, and without a secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::template::{Template, last};

type Names = BTreeSet<String>;

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
    names.into_iter().map(str::to_owned).collect()
}

/// `param name = value`, which the grammar does not know.
fn given(instance: &str) -> BTreeMap<String, String> {
    let file = super::root().join(format!("deploy/azure/{instance}.bicepparam"));
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert_eq!(lines.next(), Some("using './main.bicep'"), "{instance}");
    let pairs = lines.map(|line| line.strip_prefix("param ").and_then(|line| line.split_once(" = ")));
    pairs.map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()).collect()
}

/// The parameters that have no default.
fn required(template: &Template) -> Names {
    let all = template.of_kind("parameter_declaration").into_iter();
    names(all.filter(|node| node.named_child_count() == 2).map(|node| template.name_of(node)))
}

#[test]
fn every_template_parses() {
    for template in Template::all() {
        let faults = template.nodes().into_iter().filter(|node| node.is_error() || node.is_missing());
        let lines: Vec<_> = faults.map(|node| node.start_position().row + 1).collect();
        assert_eq!(lines, Vec::<usize>::new(), "{}", template.name);
    }
    let broken = Template::parse("broken", "param name string = \nvar other = {");
    assert!(broken.nodes().iter().any(|node| node.is_error() || node.is_missing()));
}

#[test]
fn both_instances_give_every_parameter_and_no_other() {
    let wanted = required(&Template::read("main.bicep"));
    assert!(wanted.len() > 10, "{wanted:?}");
    for instance in ["team", "prod"] {
        let given = given(instance);
        assert_eq!(given.keys().cloned().collect::<Names>(), wanted, "{instance}");
        assert_eq!(given["instance"], format!("'{instance}'"));
        // The script says how far, and which commit; neither has a default that could go unnoticed.
        assert_eq!(given["stage"], "readEnvironmentVariable('GATEHOUSE_STAGE')");
        assert_eq!(given["imageTag"], "readEnvironmentVariable('GATEHOUSE_COMMIT')");
    }
}

#[test]
fn every_module_is_given_what_it_wants_and_has_what_is_asked_of_it() {
    let main = Template::read("main.bicep");
    let modules = main.modules();
    assert_eq!(modules.len(), 5);
    for (name, file, properties) in modules {
        let module = Template::read(file);
        let given = names(main.properties(properties["params"]).into_keys());
        assert_eq!(given, names(module.declared("parameter_declaration")), "{name}");
        let outputs = module.declared("output_declaration");
        let start = format!("{name}.outputs.");
        for (at, _) in main.text.match_indices(&start) {
            let rest = &main.text[at + start.len()..];
            let output = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            assert!(outputs.contains(&output), "{name} has no output {output}");
        }
    }
}

#[test]
fn no_secret_is_a_parameter_an_output_or_a_value() {
    for template in Template::all() {
        for function in ["listKeys", "listCredentials", "listSecrets"] {
            assert!(!template.text.contains(function), "{}: {function}", template.name);
        }
        for output in template.of_kind("output_declaration") {
            let text = template.text_of(output).to_lowercase();
            let is_secret = ["password", "secret", "getsecret"].iter().any(|word| text.contains(word));
            assert!(!is_secret, "{}: {text}", template.name);
        }
        // What the platform keeps as a secret is where to find it.
        for list in template.all_named("secrets").into_iter().filter(|list| list.kind() != "identifier") {
            let text = template.text_of(list);
            assert!(text.contains("keyVaultUrl:") && text.contains("identity:"), "{}: {text}", template.name);
            assert!(!text.contains("value:"), "{}: {text}", template.name);
        }
        for variable in template.objects_with("secretRef") {
            assert_eq!(variable.keys().collect::<Vec<_>>(), [&"name", &"secretRef"], "{}", template.name);
        }
    }
    let main = Template::read("main.bicep");
    assert_eq!(main.text.matches("@secure()").count(), 0, "a secret would have to be given");
    assert_eq!(
        main.text.matches("administratorPassword: vault.getSecret('postgres-admin-password')").count(),
        1
    );
    let database = Template::read("database.bicep");
    assert!(database.text.contains("@secure()\nparam administratorPassword string"));
}

#[test]
fn what_is_secret_comes_from_the_vault_and_only_to_who_needs_it() {
    let main = Template::read("main.bicep");
    let text = |node| main.text_of(node).trim_matches('\'').to_owned();
    let from_vault: Vec<_> = main
        .objects_with("variable")
        .iter()
        .map(|one| (text(one["variable"]), text(one["secret"])))
        .collect();
    let open =
        names(main.objects_with("value").iter().map(|one| main.text_of(one["name"]).trim_matches('\'')));
    for name in ["SECRET_KEYS", "DATABASE_URL", "UPSTREAM_CLIENT_SECRET"] {
        assert!(from_vault.iter().any(|(variable, _)| variable == name), "{name}");
        assert!(!open.contains(name), "{name} is there to read");
    }
    let readers: Vec<_> = main
        .objects_with("principalId")
        .iter()
        .map(|one| (text(one["secret"]), text(one["principalId"])))
        .collect();
    for (_, secret) in &from_vault {
        let owner = if secret.starts_with("mcp-server") { "mcpPrincipalId" } else { "authPrincipalId" };
        let reader = (secret.clone(), format!("foundation.outputs.{owner}"));
        assert!(readers.contains(&reader), "{reader:?}");
    }
    let mcp = readers.iter().filter(|(_, reader)| reader.ends_with("mcpPrincipalId"));
    assert_eq!(mcp.count(), 1, "the mcp-server reads more than its database's URL");
    assert_eq!(readers.len(), 7);
}

#[test]
fn every_variable_is_a_setting() {
    let main = Template::read("main.bicep");
    let page = fs::read_to_string(super::root().join("docs/settings.md")).unwrap();
    let section = |name: &str| {
        let (_, rest) = page.split_once(&format!("\n## {name}\n")).unwrap();
        rest.split("\n## ").next().unwrap_or_default().to_owned()
    };
    for (name, file, properties) in main.modules().into_iter().filter(|(_, file, _)| *file == "app.bicep") {
        let params = main.text_of(properties["params"]);
        let program = if name == "authServer" { "auth-server" } else { "mcp-server" };
        assert!(params.contains(&format!("name: '{program}'")), "{file}");
        let known = format!("{}{}", section(program), section("both"));
        let marked = |mark: &'static str| {
            params
                .split(mark)
                .skip(1)
                .filter_map(|rest| rest.split('\'').next())
                .filter(|name| name.contains(char::is_uppercase))
        };
        let used: Vec<_> = marked("{ name: '").chain(marked("variable: '")).collect();
        assert!(used.len() >= 4, "{program}: {used:?}");
        for name in used {
            assert!(known.contains(&format!("`{name}`")), "{program} reads no {name}");
        }
    }
}

/// Behind the ingress, that counts as one hop.
#[test]
fn both_apps_know_whose_word_about_addresses_is_good() {
    let main = Template::read("main.bicep");
    let apps = main.modules().into_iter().filter(|(_, file, _)| *file == "app.bicep");
    let told = apps.map(|(name, _, properties)| {
        let params = main.text_of(properties["params"]);
        (name, params.matches("{ name: 'TRUSTED_PROXIES', value: '1' }").count())
    });
    assert_eq!(told.collect::<Vec<_>>(), [("authServer", 1), ("mcpServer", 1)]);
}

#[test]
fn each_app_is_probed_ends_gracefully_and_runs_the_image_of_a_commit() {
    let app = Template::read("app.bicep");
    let probes: Names = app
        .objects_with("httpGet")
        .iter()
        .map(|probe| {
            let path = app.properties(probe["httpGet"])["path"];
            // Azure's own limit.
            let failures: u32 = app.text_of(probe["failureThreshold"]).parse().unwrap();
            assert!((1..=10).contains(&failures));
            format!("{} {}", app.text_of(probe["type"]), app.text_of(path))
        })
        .collect();
    assert_eq!(probes, names(["'Startup' '/healthz'", "'Liveness' '/healthz'", "'Readiness' '/readyz'"]));
    let grace: u32 = app.text_of(app.all_named("terminationGracePeriodSeconds")[0]).parse().unwrap();
    assert!(grace > 10, "the programs give requests in progress ten seconds");
    assert_eq!(app.text_of(app.all_named("allowInsecure")[0]), "false");
    assert_eq!(app.text_of(app.all_named("minReplicas")[0]), "1");
    let main = Template::read("main.bicep");
    let images: Names =
        main.all_named("image").into_iter().map(|image| main.text_of(image).to_owned()).collect();
    let of = |program| format!("'${{foundation.outputs.registryServer}}/{program}:${{imageTag}}'");
    assert_eq!(images, Names::from([of("auth-server"), of("mcp-server")]));
    for template in Template::all() {
        assert!(!template.text.contains(":latest"), "{}", template.name);
    }
}

#[test]
fn streams_that_live_in_one_process_are_served_by_one() {
    let main = Template::read("main.bicep");
    let modules = main.modules();
    let (_, _, properties) = modules.iter().find(|(name, _, _)| *name == "mcpServer").unwrap();
    let params = main.properties(properties["params"]);
    assert_eq!(main.text_of(params["maxReplicas"]), "olderTransport ? 1 : mcpReplicas");
    assert_eq!(main.text_of(params["affinity"]), "'sticky'");
    // Azure has affinity in this mode alone.
    let app = Template::read("app.bicep");
    assert_eq!(app.text_of(app.all_named("activeRevisionsMode")[0]), "'Single'");
}

#[test]
fn the_database_is_private_and_speaks_tls() {
    let database = Template::read("database.bicep");
    assert!(database.all_named("delegatedSubnetResourceId").len() == 1, "it has a public address");
    assert!(!database.text.contains("firewallRules"));
    let tls =
        database.of_kind("resource_declaration").into_iter().find(|node| database.name_of(*node) == "tls");
    let properties = database.properties(tls.and_then(last).unwrap());
    assert_eq!(database.text_of(properties["name"]), "'require_secure_transport'");
    assert_eq!(database.text_of(database.properties(properties["properties"])["value"]), "'on'");
}

//! `deploy.sh`, run with stand-ins for everything that would reach Azure.

use std::fs;

use super::machine::Machine;

const TEAM: [&str; 2] = ["team", "--yes"];
const PROD: [&str; 5] = ["prod", "--yes", "--yes-prod", "--confirm", "gatehouse-prod"];

/// Arguments, variables, and why they are refused.
type Mistake<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

/// The calls that change something, by their first words.
fn in_order(calls: &[&str]) -> Vec<String> {
    let word = |call: &str, option: &str| {
        let mut words = call.split(' ').skip_while(|word| *word != option);
        words.nth(1).unwrap_or_default().to_owned()
    };
    let named = |call: &&str| match *call {
        call if call.starts_with("az keyvault secret set") => format!("secret {}", word(call, "--name")),
        call if call.starts_with("az acr build") => format!("build {}", word(call, "--target")),
        call if call.starts_with("az acr import") => format!("import {}", word(call, "--image")),
        call if call.starts_with("az deployment group create") => word(call, "--name"),
        call => call.split(' ').take(4).collect::<Vec<_>>().join(" "),
    };
    calls.iter().map(named).collect()
}

#[test]
fn a_deployment_goes_through_its_steps_in_order_and_ends_with_conform() {
    let machine = Machine::new();
    let run = machine.deploy(&TEAM).worked();
    let expected = [
        "gatehouse-foundation",
        "secret secret-keys",
        "secret postgres-admin-password",
        "secret auth-server-database-url",
        "secret mcp-server-database-url",
        "build auth-server",
        "build mcp-server",
        "import postgres:17",
        "gatehouse-database",
        "az containerapp job start",
        "gatehouse-apps",
        "cargo conform https://mcp.example.com/mcp --user",
    ];
    assert_eq!(in_order(&run.changes()), expected);
    assert_eq!(machine.read("typed"), "the account's password");
    let commit = machine.commit_now();
    let stages = format!("foundation {commit}\ndatabase {commit}\napps {commit}\n");
    assert_eq!(machine.read("stages"), stages);
    // Each stage is asked about first, and both services are asked before conform is.
    for stage in ["foundation", "database", "apps"] {
        let at = |verb: &str| {
            let start = format!(
                "az deployment group {verb} --resource-group gatehouse-team --name gatehouse-{stage} "
            );
            run.calls.iter().position(|call| call.starts_with(&start)).unwrap()
        };
        assert!(at("what-if") < at("create"), "{stage}");
    }
    let curls = run.calls.iter().filter(|call| call.starts_with("curl") && call.ends_with("/readyz"));
    assert_eq!(curls.count(), 2);
    assert!(run.calls.last().unwrap().starts_with("cargo conform"));
}

#[test]
fn a_dry_run_calls_nothing_and_says_everything() {
    let machine = Machine::new();
    let run = machine.deploy(&["team", "--dry-run"]).worked();
    assert_eq!(run.calls, Vec::<String>::new());
    for said in [
        "az deployment group what-if --resource-group gatehouse-team --name gatehouse-foundation",
        "az deployment group create --resource-group gatehouse-team --name gatehouse-apps",
        "az keyvault secret set --vault-name VAULTNAME --name secret-keys --file",
        "az acr build --registry REGISTRYNAME --image auth-server:",
        "az containerapp job start --name database-roles",
        "/readyz",
        "cargo conform MCPURL",
    ] {
        assert!(run.output.contains(said), "{said}\n{}", run.output);
    }
}

#[test]
fn prod_wants_to_be_told_twice() {
    let machine = Machine::new();
    for (arguments, why) in [
        (&["prod", "--yes"][..], "add --yes-prod"),
        (&["prod", "--yes", "--confirm", "gatehouse-prod"], "add --yes-prod"),
        (&["prod", "--yes", "--yes-prod"], "--confirm must name"),
        (&["prod", "--yes", "--yes-prod", "--confirm", "gatehouse-team"], "--confirm must name"),
        (&["prod", "--set-secret", "secret-keys"], "add --yes-prod"),
    ] {
        let run = machine.deploy(arguments);
        run.refused(why);
        assert_eq!(run.calls, Vec::<String>::new(), "{arguments:?}");
    }
    machine.deploy(&PROD).worked();
}

#[test]
fn a_mistake_is_refused_before_anything_changes() {
    let machine = Machine::new();
    let none: [(&str, &str); 0] = [];
    let cases: [Mistake<'_>; 8] = [
        (&[], &none, "which instance?"),
        (&["staging"], &none, "unknown: staging"),
        (&["team", "prod"], &none, "one instance at a time"),
        (&["team"], &none, "nobody can be asked"),
        (&TEAM, &[("STAND_IN_TAG", "prod")], "not tagged gatehouse=team"),
        (&TEAM, &[("STAND_IN_FAILS", "az group show")], "no resource group gatehouse-team"),
        (&TEAM, &[("CONFORM_USER", "")], "set CONFORM_USER"),
        (&["team", "--yes", "--commit", "0123abc"], &none, "no such commit"),
    ];
    for (arguments, variables, why) in cases {
        let run = machine.deploy_with(arguments, variables);
        run.refused(why);
        assert_eq!(run.changes(), Vec::<&str>::new(), "{why}");
    }
    machine.write("repository/Dockerfile", "FROM something-else");
    let run = machine.deploy(&TEAM);
    run.refused("the work tree has changes");
    assert_eq!(run.changes(), Vec::<&str>::new());
}

#[test]
fn no_secret_is_an_argument_or_is_printed() {
    let machine = Machine::new();
    let run = machine.deploy(&TEAM).worked();
    let secrets: Vec<String> =
        ["secret-keys", "postgres-admin-password", "auth-server-database-url", "mcp-server-database-url"]
            .map(|name| machine.read(&format!("vault/{name}")))
            .to_vec();
    let text = format!("{}{}", run.calls.join("\n"), run.output);
    for secret in &secrets {
        assert!(secret.len() > 30 && !secret.ends_with('\n'), "not a secret: {secret:?}");
        assert!(!text.contains(secret.as_str()), "it is shown");
        if let Some(password) =
            secret.strip_prefix("postgres://").and_then(|rest| rest.split([':', '@']).nth(1))
        {
            assert!(password.len() == 48 && !text.contains(password), "its password is shown");
        }
    }
    assert!(!text.contains("the account's password"));
    let left = fs::read_dir(machine.path(""))
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("tmp."));
    assert_eq!(left.count(), 0, "the folder with the secrets is still there");
}

#[test]
fn secrets_have_the_form_the_programs_read() {
    let machine = Machine::new();
    machine.deploy(&TEAM).worked();
    let key = machine.read("vault/secret-keys");
    assert!(
        key.len() == 43 && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
        "{key}"
    );
    let urls = ["auth", "mcp"].map(|program| machine.read(&format!("vault/{program}-server-database-url")));
    for (url, role) in urls.iter().zip(["auth_server", "mcp_server"]) {
        let host = "@psql-1.postgres.database.azure.com/";
        assert!(url.starts_with(&format!("postgres://{role}:")), "{role}");
        assert!(url.contains(&format!("{host}{role}?sslmode=verify-full&sslrootcert=/")), "{role}");
    }
    assert_ne!(urls[0].split(['@', ':']).nth(2), urls[1].split(['@', ':']).nth(2));
}

#[test]
fn a_second_run_makes_nothing_anew() {
    let machine = Machine::new();
    machine.deploy(&TEAM).worked();
    let key = machine.read("vault/secret-keys");
    let again = machine.deploy(&TEAM).worked();
    let expected = [
        "gatehouse-foundation",
        "gatehouse-database",
        "az containerapp job start",
        "gatehouse-apps",
        "cargo conform https://mcp.example.com/mcp --user",
    ];
    assert_eq!(in_order(&again.changes()), expected);
    assert_eq!(machine.read("vault/secret-keys"), key);
}

#[test]
fn a_lost_master_secret_is_not_made_anew() {
    let machine = Machine::new();
    machine.deploy(&TEAM).worked();
    fs::remove_file(machine.path("vault/secret-keys")).unwrap();
    machine.deploy(&TEAM).refused("the vault has lost secret-keys");
    assert_eq!(machine.read("vault/secret-keys"), "");
}

#[test]
fn a_provider_needs_its_secret_first() {
    let machine = Machine::new();
    let file = "repository/deploy/azure/team.bicepparam";
    let with = machine.read(file).replace("upstreamIssuer = ''", "upstreamIssuer = 'https://id.example.com'");
    machine.write(file, &with);
    machine.commit();
    machine.deploy(&TEAM).refused("there is a provider and no secret for it");
    machine.write("given", "from the provider\n");
    let set = machine.deploy_reading(&["team", "--set-secret", "upstream-client-secret"], "given").worked();
    assert_eq!(machine.read("vault/upstream-client-secret"), "from the provider");
    assert!(!format!("{}{}", set.calls.join("\n"), set.output).contains("from the provider"));
    machine.deploy(&TEAM).worked();
}

#[test]
fn what_fails_half_way_says_what_was_done_and_how_to_go_on() {
    let machine = Machine::new();
    let failed = machine.deploy_with(&TEAM, &[("STAND_IN_JOB", "Failed")]);
    failed.refused("stopped at: roles and databases");
    assert!(failed.output.contains("done: secrets") && failed.output.contains("say the same again"));
    assert!(!in_order(&failed.changes()).contains(&"gatehouse-apps".to_owned()));
    machine.deploy(&TEAM).worked();
}

#[test]
fn what_conform_or_readiness_refuses_fails_the_deployment() {
    let machine = Machine::new();
    machine.deploy_with(&TEAM, &[("STAND_IN_FAILS", "cargo conform")]).refused("stopped at: conform");
    let never = machine.deploy_with(&TEAM, &[("STAND_IN_FAILS", "curl")]);
    never.refused("stopped at: both are ready");
    assert_eq!(never.calls.iter().filter(|call| call.starts_with("sleep")).count(), 20);
    assert!(!never.calls.iter().any(|call| call.starts_with("cargo")));
    let unchecked = machine.deploy(&["team", "--yes", "--no-conform"]).worked();
    assert!(unchecked.output.contains("Not checked with conform"));
    assert!(!unchecked.calls.iter().any(|call| call.starts_with("cargo")));
}

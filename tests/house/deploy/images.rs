//! What `deploy.sh` builds, and from what.

use super::machine::Machine;

#[test]
fn an_image_is_built_from_the_commit_and_nothing_else() {
    let machine = Machine::new();
    let older = machine.commit_now();
    machine.write("repository/added-later", "text");
    let newer = machine.commit();
    machine.write("repository/.env", "SECRET_KEYS=never");
    let run = machine.deploy(&["team", "--yes"]).worked();
    let context = machine.read("context");
    assert!(
        context.contains("Dockerfile") && context.contains("added-later") && !context.contains(".env\n"),
        "{context}"
    );
    assert!(run.calls.iter().any(|call| call.contains(&format!("--image mcp-server:{newer} "))));
    // The way back: the same commands with a commit of before.
    let back = machine.deploy(&["team", "--yes", "--commit", &older[..10]]).worked();
    assert!(!machine.read("context").contains("added-later"));
    assert!(back.calls.iter().any(|call| call.contains(&format!("--image mcp-server:{older} "))));
    let docker = machine.deploy(&["team", "--yes", "--docker", "--commit", &newer]).worked();
    assert!(
        !docker.calls.iter().any(|call| call.starts_with("docker build")),
        "it is in the registry already"
    );
}

#[test]
fn docker_builds_where_the_registry_does_not() {
    let machine = Machine::new();
    let run = machine.deploy(&["team", "--yes", "--docker"]).worked();
    let commit = machine.commit_now();
    let docker: Vec<_> = run.calls.iter().filter(|call| call.starts_with("docker")).collect();
    assert_eq!(docker.len(), 4, "{docker:?}");
    assert!(
        docker[0].contains(&format!("--target auth-server --tag registry1.azurecr.io/auth-server:{commit}"))
    );
    assert_eq!(*docker[3], format!("docker push registry1.azurecr.io/mcp-server:{commit}"));
    assert!(!run.calls.iter().any(|call| call.starts_with("az acr build")));
}

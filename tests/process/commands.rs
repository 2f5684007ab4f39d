//! The command lines.

use conformance::failure::Outcome;

use crate::harness::Deployment;

#[tokio::test]
async fn help_and_version_need_no_settings_and_no_database() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.set("ISSUER", "not an issuer").keep_in_files();
        for arguments in [&["--help"][..], &["-h"]] {
            let ended = service.run(arguments, None).await?;
            assert!(ended.status.success() && ended.said.contains("Usage:"), "{}", ended.said);
        }
        let ended = service.run(&["--version"], None).await?;
        assert!(ended.status.success() && ended.said.contains(env!("CARGO_PKG_VERSION")), "{}", ended.said);
        let ended = service.run(&["--loud"], None).await?;
        assert_eq!(ended.status.code(), Some(2), "{}", ended.said);
        assert!(ended.said.contains("--loud") && ended.said.contains("--help"), "{}", ended.said);
    }
    for arguments in [&["users", "--help"][..], &["users", "add", "--help"]] {
        let ended = deployment.auth.run(arguments, None).await?;
        assert!(ended.status.success() && ended.said.contains("Usage:"), "{}", ended.said);
    }
    assert_eq!(deployment.folder().read_dir()?.count(), 0, "nothing was made on the way");
    Ok(())
}

#[tokio::test]
async fn an_account_is_made_once_beside_a_running_server() -> Outcome {
    let deployment = Deployment::start().await?;
    for email in ["demo@example.com", "Demo@Example.com "] {
        let ended = deployment
            .auth
            .run(&["users", "add", email, "--password-stdin"], Some("another password\n"))
            .await?;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
        assert!(ended.said.contains("has an account already"), "{}", ended.said);
    }
    // The password is still the first one.
    deployment.actor().await?.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn an_account_needs_an_address_and_a_password() -> Outcome {
    let deployment = Deployment::prepare()?;
    let add = async |email: &str, password: &str| {
        deployment.auth.run(&["users", "add", email, "--password-stdin"], Some(password)).await
    };
    for (email, password, told) in
        [("nobody", "long enough\n", "e-mail"), ("a@example.com", "short\n", "8"), ("a@example.com", "", "8")]
    {
        let ended = add(email, password).await?;
        assert_eq!(ended.status.code(), Some(1), "{email}: {}", ended.said);
        assert!(ended.said.contains(told) && !ended.said.contains("panicked"), "{}", ended.said);
    }
    let ended = deployment.auth.run(&["users", "add", "a@example.com"], None).await?;
    assert_eq!(ended.status.code(), Some(2), "a password on the command line is not offered: {}", ended.said);
    // The last line may lack its end, as with `printf`.
    let ended = add("a@example.com", "long enough").await?;
    assert!(ended.status.success() && ended.said.contains("a@example.com"), "{}", ended.said);
    assert!(!ended.said.contains("long enough"), "{}", ended.said);
    Ok(())
}

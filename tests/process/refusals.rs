//! What keeps a server from starting is told in full, with a failure as exit code.

use std::{fs, time::Duration};

use conformance::failure::Outcome;

use crate::harness::{Deployment, Service};

/// Starts a service that cannot, and returns what it says.
async fn refusal(service: &mut Service) -> Outcome<String> {
    let ended = service.run(&[], None).await?;
    assert!(ended.status.code().is_some_and(|code| code != 0), "exit code {}:\n{}", ended.status, ended.said);
    assert!(!ended.said.contains("panicked"), "{}", ended.said);
    Ok(ended.said)
}

#[tokio::test]
async fn a_second_server_on_the_same_port() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.start().await?;
        let said = refusal(service).await?;
        let address = service.setting("LISTEN").to_owned();
        assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
        assert!(said.to_lowercase().contains("in use"), "why: {said}");
        // The first one does not mind.
        service.process()?.says("serving").await?;
        assert_eq!(crate::harness::get(&format!("{}/healthz", service.origin())).await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn all_wrong_settings_at_once() -> Outcome {
    let wrong = [
        ("LISTEN", "here"),
        ("ISSUER", "http://auth.example.com"),
        ("WORKERS", "many"),
        ("LOG_FORMAT", "xml"),
    ];
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        for (name, value) in wrong {
            service.set(name, value);
        }
        let said = refusal(service).await?;
        for (name, _) in wrong {
            let lines = said.lines().filter(|line| line.trim_start().starts_with(name));
            let told: Vec<&str> = lines.collect();
            assert!(matches!(told[..], [one] if one.contains("for example")), "{name} in:\n{said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_none() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let file = deployment.folder().join("no/folder.txt");
    fs::create_dir_all(&file)?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.keep_in_files().set("DATABASE_URL", "postgers://localhost/gatehouse");
        // Without this the auth-server asks for it first: no file lies beside a database it does not know.
        service.set("SECRET_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let said = refusal(service).await?;
        assert!(said.contains("`sqlite:`") && said.contains("`postgres:`"), "{said}");
        service.set("DATABASE_URL", &format!("sqlite:{}", file.display()));
        let said = refusal(service).await?;
        assert!(said.contains("cannot open the database") && said.contains("folder.txt"), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn postgresql_without_secrets() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.set("DATABASE_URL", "postgres://localhost/gatehouse").unset("SECRET_KEYS");
    let said = refusal(&mut deployment.auth).await?;
    assert!(said.contains("SECRET_KEYS") && said.contains("required on PostgreSQL"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_secret_file_that_is_lost_or_not_the_right_one() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.keep_in_files();
    deployment.auth.start().await?;
    deployment.auth.kill()?;
    let file = deployment.folder().join("auth-server.secret");
    let kept = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    // A new key in its place would sign everybody out, and the lost one would not be missed until it is too late.
    for _ in 0..2 {
        let said = refusal(&mut deployment.auth).await?;
        assert!(said.contains("secret") && said.contains("restore"), "{said}");
    }
    fs::write(&file, "not a secret\n")?;
    let said = refusal(&mut deployment.auth).await?;
    assert!(said.contains("auth-server.secret"), "{said}");
    assert!(!said.contains("not a secret"), "what the file holds is not shown: {said}");
    fs::write(&file, kept)?;
    deployment.auth.start().await
}

#[tokio::test]
async fn a_database_that_cannot_be_reached() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let unreachable = "postgres://gatehouse:swordfish@127.0.0.1:9/gatehouse?connect_timeout=5";
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.set("DATABASE_URL", unreachable).set("SECRET_KEYS", key).set("DATABASE_WAIT", "1");
        let ended = tokio::time::timeout(Duration::from_secs(60), refusal(service)).await??;
        assert!(ended.contains("cannot open the database"), "{ended}");
        assert!(!ended.contains("swordfish"), "the password is not shown: {ended}");
    }
    Ok(())
}

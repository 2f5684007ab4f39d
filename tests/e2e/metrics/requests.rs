//! Requests: each counts once under the template of its path, whatever somebody sends.

use conformance::{failure::Outcome, world::World};
use reqwest::Method;

#[tokio::test]
async fn a_sign_in_counts_each_request_once() -> Outcome {
    let world = World::start().await?;
    let before = world.auth_figures().await?;
    world.actor().await?.sign_in().await?;
    let after = world.auth_figures().await?;
    let grown = after.grown("http_requests_total", &before);
    let expected = [
        (r#"http_requests_total{route="/oauth/authorize",method="GET",status="200"}"#.to_owned(), 1.0),
        (r#"http_requests_total{route="/oauth/decision",method="POST",status="303"}"#.to_owned(), 1.0),
        (r#"http_requests_total{route="/oauth/register",method="POST",status="201"}"#.to_owned(), 1.0),
        (r#"http_requests_total{route="/oauth/token",method="POST",status="200"}"#.to_owned(), 1.0),
    ];
    assert_eq!(grown, expected);
    assert_eq!(after.get(r#"http_request_duration_seconds_count{route="/oauth/token"}"#), 1.0);
    assert!(after.get(r#"http_request_duration_seconds_sum{route="/oauth/token"}"#) > 0.0);
    assert_eq!(after.get("http_requests_in_flight"), 0.0);
    Ok(())
}

#[tokio::test]
async fn odd_requests_make_no_figures_of_their_own() -> Outcome {
    let world = World::start().await?;
    let client = reqwest::Client::new();
    for origin in [world.issuer(), world.mcp_origin()] {
        for number in 0..300 {
            let method = Method::from_bytes(format!("BREW{number}").as_bytes())?;
            let url = format!("{origin}/secret-{number}/../{number}?token=secret-{number}");
            client.request(method, url).header("user-agent", format!("secret-{number}")).send().await?;
        }
    }
    for figures in [world.auth_figures().await?, world.mcp_figures().await?] {
        let requests = figures.of("http_requests_total");
        let odd = r#"http_requests_total{route="unmatched",method="other",status="404"}"#;
        assert_eq!(requests, [(odd, 300.0)]);
        assert!(!figures.text.contains("secret") && !figures.text.contains("BREW"), "{}", figures.text);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_of_it_is_on_the_public_port() -> Outcome {
    let world = World::start().await?;
    for origin in [world.issuer(), world.mcp_origin()] {
        let answer = reqwest::get(format!("{origin}/metrics")).await?;
        assert_eq!(answer.status(), 404);
        assert!(!answer.text().await?.contains("http_requests"));
    }
    Ok(())
}

#[tokio::test]
async fn the_process_and_the_database_are_measured() -> Outcome {
    let world = World::start().await?;
    world.actor().await?.sign_in().await?;
    let figures = world.auth_figures().await?;
    for queue in ["reader", "writer"] {
        let name = |name: &str| format!(r#"gatehouse_database_{name}{{queue="{queue}"}}"#);
        assert!(figures.get(&name("wait_seconds_count")) >= 1.0, "{}", figures.text);
        assert!(figures.get(&name("job_duration_seconds_count")) >= 1.0);
        assert!(figures.has(&name("queue_depth")) && figures.has(&name("lost_connections_total")));
    }
    if cfg!(target_os = "linux") {
        for name in [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_start_time_seconds",
        ] {
            assert!(figures.get(name) > 0.0, "{name}: {}", figures.text);
        }
    }
    assert!(figures.text.ends_with("# EOF\n"));
    Ok(())
}

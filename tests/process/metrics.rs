//! The metrics have a port of their own, and end with the service.

use conformance::failure::Outcome;

use crate::harness::{Deployment, Signal, free_port, get};

#[tokio::test]
async fn the_metrics_are_on_a_port_of_their_own_while_the_service_runs() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        let port = free_port()?;
        service.set("METRICS_LISTEN", &format!("127.0.0.1:{port}")).start().await?;
        let own = format!("http://127.0.0.1:{port}");
        get(&format!("{}/healthz", service.origin())).await?;
        let shown = get(&format!("{own}/metrics")).await?;
        let line = r#"http_requests_total{route="/healthz",method="GET",status="200"} 1"#;
        assert!(shown.status == 200 && shown.text().contains(line), "{}", shown.text());
        for elsewhere in
            [format!("{own}/"), format!("{own}/healthz"), format!("{}/metrics", service.origin())]
        {
            assert_eq!(get(&elsewhere).await?.status, 404, "{elsewhere}");
        }
        let process = service.process()?;
        process.signal(Signal::Terminate).await?;
        let ended = process.ends().await?;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
        assert!(get(&format!("{own}/metrics")).await.is_err());
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none_is_told_with_an_example() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        let ended = service.set("METRICS_LISTEN", "9464").run(&[], None).await?;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
        assert!(
            ended.said.contains("METRICS_LISTEN") && ended.said.contains("127.0.0.1:9464"),
            "{}",
            ended.said
        );
    }
    Ok(())
}

//! Heads that are too large end their connection with a status that says so, and disturb nobody else.

use conformance::{failure::Outcome, world::World};

use crate::negative::raw;

/// One field more than is read, and a little more than fits; what is just within both is answered.
#[tokio::test]
async fn a_head_with_too_much_is_told_so() -> Outcome {
    let world = World::start().await?;
    // `Host` and `Connection` are two of the 96.
    let fields = |count: usize| (0..count).map(|at| format!("X-{at}: {at}\r\n")).collect::<String>();
    let long = |size: usize| format!("X-Long: {}\r\n", "a".repeat(size));
    for origin in [world.issuer(), world.mcp_origin()] {
        for (what, lines, status) in [
            ("96 fields", fields(94), 200),
            ("97 fields", fields(95), 431),
            ("127 KiB", long(127 * 1024), 200),
            ("129 KiB", long(129 * 1024), 431),
        ] {
            let head =
                format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n");
            match raw::send(origin, &head, b"").await {
                Ok(reply) => assert_eq!(reply.status, status, "{what} to {origin}"),
                // What was not read any more may reset the connection before the answer is.
                Err(fault) => assert_eq!((what, status), ("129 KiB", 431), "{origin}: {fault}"),
            }
        }
    }
    Ok(())
}

//! Two methods at once are refused, whichever they are, and whether or not both hold (OAuth 2.1 §2.4).

use conformance::{
    actor::Request,
    assertion::Algorithm,
    failure::{Failure, Outcome},
    world::World,
};

use super::{Signing, signed};
use crate::negative::check::refused;

const REQUEST: (u16, &str) = (400, "invalid_request");

#[tokio::test]
async fn every_pair_is_refused() -> Outcome {
    let world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::Es256).await?;
    let mut other = world.actor().await?;
    let tokens = other.sign_in().await?;
    let (id, assertion) = (signing.actor.client.id.clone(), signing.assertion(&world)?);
    let own = other.client.id.clone();
    let secret = other.client.secret.clone().ok_or_else(|| Failure::new("no secret"))?;
    let assertion_of_other = signing.signer.assertion(&own, world.issuer(), world.clock().now())?;
    for endpoint in ["token", "revoke", "introspect"] {
        let happy = || other.refresh_request(&tokens.refresh).with("token", "x").to(other.endpoint(endpoint));
        let bare = || happy().without("client_secret").without("client_id");
        let of_signing = || bare().with("client_id", id.as_str());
        let rows: Vec<(&str, Request)> = vec![
            ("header and secret", happy().basic(&own, &secret)),
            ("header and wrong secret", happy().with("client_secret", "wrong").basic(&own, &secret)),
            ("header and assertion", signed(bare(), &assertion_of_other).basic(&own, &secret)),
            (
                "secret and assertion",
                signed(happy(), &assertion_of_other).with("client_secret", secret.as_str()),
            ),
            ("all three", {
                let request = signed(happy(), &assertion).with("client_secret", secret.as_str());
                request.basic(&own, &secret)
            }),
            ("a bearer token and an assertion", signed(of_signing(), &assertion).bearer(&tokens.access)),
            (
                "an assertion and a made-up secret",
                signed(of_signing(), &assertion).with("client_secret", "x"),
            ),
        ];
        for (what, request) in rows {
            refused(&format!("{what} at {endpoint}"), &other.send(request).await?, REQUEST);
        }
    }
    // Nothing was used up on the way: not the refresh token, not the assertion.
    other.refresh(&tokens.refresh).await?;
    let look = super::introspect_request(&signing.actor, "unknown");
    assert_eq!(signing.send(look, &assertion).await?.status, 200);
    Ok(())
}

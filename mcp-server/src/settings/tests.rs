//! What settings mean, and what is told of wrong ones.

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
    Settings::from_env(&Env::from_iter(pairs.iter().copied())).map_err(|faults| faults.to_string())
}

#[test]
fn without_an_environment_everything_is_on_this_machine() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.resource.as_str(), "http://localhost:8000/mcp");
    assert_eq!(settings.issuer.as_str(), "http://localhost:9000");
    assert_eq!(settings.challenge_style, ChallengeStyle::Auto);
}

#[test]
fn all_faults_are_told_at_once() {
    let faults = read(&[
        ("RESOURCE", "http://mcp.example.com/mcp"),
        ("ISSUER", "auth"),
        ("ISSUER_FETCH_URL", "ftp://a"),
        ("LISTEN", "8000"),
        ("CHALLENGE_STYLE", "loud"),
        ("STATIC_TOKENS", "yes"),
        ("MIXED_MODE", "1"),
        ("ALLOWED_ORIGINS", "https://a.example/path"),
        ("JWKS_MAX_AGE", "soon"),
        ("RATE_LIMITS", "many"),
        ("TRUSTED_PROXIES", "everybody"),
        ("WORKERS", "0"),
    ])
    .unwrap_err();
    for name in [
        "RESOURCE",
        "ISSUER",
        "ISSUER_FETCH_URL",
        "LISTEN",
        "CHALLENGE_STYLE",
        "STATIC_TOKENS",
        "MIXED_MODE",
        "ALLOWED_ORIGINS",
        "JWKS_MAX_AGE",
        "RATE_LIMITS",
        "TRUSTED_PROXIES",
        "WORKERS",
    ] {
        assert!(faults.contains(&format!("{name} (given)")), "{name} is missing in {faults}");
    }
}

#[test]
fn origins_are_kept_as_browsers_write_them() {
    let settings = read(&[("ALLOWED_ORIGINS", "https://A.example:443/ http://b.example:81")]).unwrap();
    assert_eq!(settings.allowed_origins, ["https://a.example", "http://b.example:81"]);
}

#[test]
fn a_private_address_of_the_issuer_needs_no_tls() {
    let pairs = [("ISSUER", "https://auth.example.com"), ("ISSUER_FETCH_URL", "http://auth-server:9000")];
    assert_eq!(read(&pairs).unwrap().issuer.as_str(), "https://auth.example.com");
}

#[test]
fn the_older_transport_is_beside_the_resource() {
    for (resource, sse) in [
        ("https://h.example/mcp", "https://h.example/sse"),
        ("https://h.example/mcp/", "https://h.example/sse"),
        ("https://h.example/t/mcp", "https://h.example/t/sse"),
        ("https://h.example", "https://h.example/sse"),
        ("https://h.example/", "https://h.example/sse"),
        ("HTTPS://H.example:443/a/b/c", "HTTPS://H.example:443/a/b/sse"),
    ] {
        assert_eq!(read(&[("RESOURCE", resource)]).unwrap().sse_resource.as_str(), sse);
    }
    for taken in ["https://h.example/sse", "https://h.example/t/messages/"] {
        assert!(read(&[("RESOURCE", taken)]).unwrap_err().contains("older transport"), "{taken}");
    }
}

#[test]
fn what_opens_a_door_is_off_until_it_is_switched_on() {
    let settings = read(&[]).unwrap();
    assert!(!settings.static_tokens && !settings.mixed_mode && settings.openai_apps_challenge.is_none());
    let settings = read(&[("STATIC_TOKENS", "on"), ("MIXED_MODE", "on")]).unwrap();
    assert!(settings.static_tokens && settings.mixed_mode);
}

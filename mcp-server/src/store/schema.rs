//! The tables as the queries see them. `migrations/mcp-server` is what makes them.

diesel::table! {
    notes (id) {
        id -> BigInt,
        owner -> Text,
        title -> Text,
        body -> Text,
        title_folded -> Text,
        body_folded -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    meetings (id) {
        id -> BigInt,
        owner -> Text,
        title -> Text,
        started_at -> BigInt,
        summary -> Text,
        attendees -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    static_tokens (id) {
        id -> BigInt,
        digest -> Text,
        label -> Text,
        user_id -> Text,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

//! The tables as diesel sees them; `migrations/auth-server` makes them.

diesel::table! {
    users (id) {
        id -> Text,
        login -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        email -> Text,
        email_verified -> Bool,
        disabled_at -> Nullable<BigInt>,
        codes_from -> BigInt,
    }
}

diesel::table! {
    sign_ins (id) {
        id -> Text,
        user_id -> Text,
        browser -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        user_agent -> Text,
    }
}

diesel::table! {
    links (id) {
        id -> Text,
        purpose -> Text,
        user_id -> Nullable<Text>,
        email -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    grants (id) {
        id -> BigInt,
        tag -> Text,
        user_id -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        resource -> Text,
        scope -> Text,
        generation -> BigInt,
        rotated_at -> BigInt,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        attempt -> Nullable<BigInt>,
    }
}

diesel::table! {
    signing_keys (number) {
        number -> BigInt,
        kid -> Text,
        sealed -> Text,
        created_at -> BigInt,
        signs_from -> BigInt,
        ends_at -> Nullable<BigInt>,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        registration -> Text,
        created_at -> BigInt,
        used_at -> BigInt,
    }
}

diesel::table! {
    preregistered_clients (id) {
        id -> Text,
        registration -> Text,
        secret_digest -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    blocked_clients (id) {
        id -> Text,
        blocked_at -> BigInt,
    }
}

diesel::table! {
    client_documents (url) {
        url -> Text,
        document -> Text,
        fetched_at -> BigInt,
    }
}

diesel::table! {
    client_assertions (id) {
        id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        user_id -> Text,
        name -> Text,
        created_at -> BigInt,
        signed_in_at -> BigInt,
    }
}

diesel::table! {
    upstream_attempts (id) {
        id -> Text,
        browser -> Text,
        sealed -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    incidents (slot) {
        slot -> BigInt,
        id -> BigInt,
        reference -> Text,
        noted_at -> BigInt,
        client -> Nullable<Text>,
        browser -> Nullable<Text>,
        grant_id -> Nullable<BigInt>,
        document -> Text,
    }
}

diesel::joinable!(identities -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(identities, users);
diesel::table! {
    passkeys (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        credential -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(passkeys -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(passkeys, users);
diesel::joinable!(grants -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(grants, users);
diesel::joinable!(sign_ins -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(sign_ins, users);

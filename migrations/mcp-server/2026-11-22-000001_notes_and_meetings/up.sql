-- An owner is an issuer and a subject of it, in one text. The folded columns hold the text in lower case for searching.
CREATE TABLE notes (
    id BIGINT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    title_folded TEXT NOT NULL,
    body_folded TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX notes_of_an_owner ON notes (owner, id);

CREATE TABLE meetings (
    id BIGINT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    summary TEXT NOT NULL,
    attendees TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX meetings_of_an_owner ON meetings (owner, started_at, id);

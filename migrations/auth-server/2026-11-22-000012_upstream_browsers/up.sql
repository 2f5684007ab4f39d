-- One browser has only so many rows there: its oldest are looked for at every start.
CREATE INDEX upstream_attempts_browser ON upstream_attempts (browser, expires_at);

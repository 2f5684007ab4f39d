DROP INDEX upstream_attempts_browser;

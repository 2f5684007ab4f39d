DROP TABLE static_tokens;

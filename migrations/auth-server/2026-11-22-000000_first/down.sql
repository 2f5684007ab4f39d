DROP TABLE clients;
DROP TABLE signing_keys;
DROP TABLE grants;
DROP TABLE sign_ins;
DROP TABLE users;

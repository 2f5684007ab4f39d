DROP TABLE client_assertions;
DROP TABLE client_documents;
DROP TABLE blocked_clients;
DROP TABLE preregistered_clients;

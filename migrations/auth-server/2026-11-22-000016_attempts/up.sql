-- Which request made the grant: it knows its own when the connection broke while that was committed.
ALTER TABLE grants ADD COLUMN attempt BIGINT;

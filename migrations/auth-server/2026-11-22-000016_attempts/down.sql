ALTER TABLE grants DROP COLUMN attempt;

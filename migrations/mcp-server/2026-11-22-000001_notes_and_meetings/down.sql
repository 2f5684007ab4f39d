DROP TABLE meetings;
DROP TABLE notes;
